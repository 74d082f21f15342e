"""Reminders know the same timetable as /me/schedule/ and /me/exams/, whatever anybody follows."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from apps.courses.beginnings import beginning
from apps.courses.enrolments import enrol
from apps.courses.hidden_entries import hide
from apps.courses.models import Entry
from apps.courses.models.sourced import term_id
from apps.notifications.audience import followers
from apps.notifications.reminders import matters_of
from apps.users.models import User
from tests.factories.courses import make_user
from tests.factories.documents import SOURCE, api_id, entry, exam, put_course, put_term

pytestmark = pytest.mark.django_db
GROUPS = ["101", "102", "103"]
COURSES = ["algorithms", "databases", "logic"]
MONDAY = datetime(2026, 10, 5, tzinfo=UTC)
Told = set[tuple[UUID, str, str]]


@pytest.mark.parametrize("seed", range(6))
def test_who_is_told_of_what_is_what_each_would_be_shown(seed: int, time_machine: Any) -> None:
    time_machine.move_to(MONDAY, tick=False)
    chance = random.Random(seed)
    put_term()
    put_term(id="elsewhere", time_zone="Asia/Tokyo")
    for course in COURSES:
        put_course(**_course(chance, course))
    users = [_somebody(chance, f"user{n}") for n in range(8)]
    found = beginning(MONDAY - timedelta(days=1), MONDAY + timedelta(days=7))
    told = {
        (user, str(found[n].id), found[n].starts_at.isoformat())
        for user, positions in followers(matters_of(found)).items()
        for n in positions
    }
    assert told == {each for user in users for each in _shown(user)}
    assert told, "somebody follows something"


def _course(chance: random.Random, id: str) -> dict[str, Any]:
    def groups() -> list[str]:
        return chance.sample(GROUPS, chance.randrange(3))

    entries = [
        entry(
            id=f"entry{n}",
            weekday=chance.randint(1, 5),
            starts_at=f"{chance.randint(8, 12):02}:15",
            groups=groups(),
            exceptions=chance.choice(
                [
                    [],
                    [{"date": "2026-10-06", "status": "cancelled"}],
                    [{"date": "2026-10-01", "status": "moved", "new_date": "2026-10-07"}],
                    [{"date": "2026-10-10", "status": "added"}],
                ]
            ),
        )
        for n in range(4)
    ]
    sitting = {"starts_at": "2026-10-08T09:00:00Z", "ends_at": "2026-10-08T11:00:00Z"}
    sittings = [{**sitting, "groups": groups()}]
    term = chance.choice(["autumn", "elsewhere"])
    return {"id": id, "term": term, "entries": entries, "exams": [exam(sittings=sittings)]}


def _somebody(chance: random.Random, name: str) -> User:
    user = make_user(name)
    for course in chance.sample(COURSES, chance.randrange(3)):
        enrol(user_id=user.pk, course_id=api_id(course), group=chance.choice(["", *GROUPS]))
    if chance.random() < 0.5:
        term = term_id(SOURCE, chance.choice(["autumn", "elsewhere"]))
        enrol(user_id=user.pk, term_id=term, group=chance.choice(GROUPS))
    for each in Entry.objects.order_by("pk"):
        if chance.random() < 0.2:
            hide(user_id=user.pk, entry_id=each.pk)
    return user


def _shown(user: User) -> Told:
    client = APIClient()
    client.force_authenticate(user)
    first, last = (MONDAY + timedelta(days=days) for days in (-1, 7))
    days = f"from={first:%Y-%m-%d}&to={last:%Y-%m-%d}"
    held = [
        (each["entry"], datetime.fromisoformat(each["starts_at"]).astimezone(UTC))
        for each in client.get(f"/api/v1/me/schedule/?{days}").json()["results"]
        if each["status"] != "cancelled"
    ]
    exams = [
        (each["id"], datetime.fromisoformat(sitting["starts_at"]).astimezone(UTC))
        for each in client.get("/api/v1/me/exams/").json()["results"]
        for sitting in each["sittings"]
    ]
    return {(user.pk, id, at.isoformat()) for id, at in held + exams if first <= at <= last}
