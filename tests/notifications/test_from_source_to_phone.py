"""What the source says, through the real write path, and what phones then show."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.courses.models import Term
from apps.notifications.delivery import send_due
from apps.notifications.models import FanOut, Notification, Push
from apps.notifications.outbox import expand_due
from apps.users.models import User
from tests.factories.courses import follow, follow_group, make_user
from tests.factories.documents import delete_course, entry, exam, put_course, put_snapshot, put_term, stored
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unbraked")]

TODAY = timezone.now().date()
MONDAY = TODAY - timedelta(days=TODAY.weekday())
NEXT_TUESDAY = MONDAY + timedelta(days=8)


@pytest.fixture
def alice() -> User:
    """A student whose phone is registered, in a term that is under way."""
    teaching = {
        "kind": "teaching",
        "name": "Teaching",
        "starts_on": (MONDAY - timedelta(weeks=3)).isoformat(),
        "ends_on": (MONDAY + timedelta(weeks=12)).isoformat(),
    }
    dates: dict[str, Any] = {"starts_on": teaching["starts_on"], "ends_on": teaching["ends_on"]}
    put_term(silenced=True, periods=[teaching], time_zone="UTC", **dates)
    alice = make_user("alice", time_zone="UTC")
    make_device(alice, "alice")
    return alice


def after(phones: Phones) -> list[str]:
    while expand_due():
        pass
    send_due()
    assert not FanOut.objects.exclude(error="").exists()
    return [re.sub(r"[A-Z][a-z]{2} \d+ [A-Z][a-z]{2}", "DAY", shown) for shown in phones.shown("alice")]


def day_of(shown: dict[str, Any]) -> date:
    return date.fromisoformat(shown["data"]["deep_link"].partition("?date=")[2])


def test_a_moved_lecture(phones: Phones, alice: User) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    put_course(2, entries=[entry(weekday=3, starts_at="13:15", ends_at="15:00", rooms=["Raf04"])])
    assert after(phones) == ["Algorithms moved: Tue 11:15 Raf20 → Wed 13:15 Raf04"]
    assert day_of(phones.messages()[0]) >= TODAY


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        (
            {"entries": [entry(exceptions=[{"date": NEXT_TUESDAY.isoformat(), "status": "cancelled"}])]},
            "Algorithms cancelled: DAY 11:15 Raf20 is cancelled.",
        ),
        (
            {
                "entries": [
                    entry(
                        exceptions=[{"date": NEXT_TUESDAY.isoformat(), "status": "moved", "rooms": ["Raf1"]}]
                    )
                ]
            },
            "Algorithms moved once: DAY 11:15 Raf20 → DAY 11:15 Raf1",
        ),
        ({"entries": []}, "Algorithms: lecture removed: Tue 11:15 Raf20 is no longer held."),
        (
            {"entries": [entry(), entry(id="lab", kind="lab", weekday=5, rooms=["L1"])]},
            "Algorithms: new lab: Fri 11:15 L1",
        ),
        (
            {"entries": [entry(rooms=["Raf04"]), entry(id="lab", kind="lab", weekday=5)]},
            "Algorithms: new room: Tue 11:15: Raf20 → Raf04 · +1 more",
        ),
        (
            {
                "entries": [entry()],
                "exams": [
                    exam(
                        sittings=[
                            {
                                "starts_at": f"{NEXT_TUESDAY}T09:00:00Z",
                                "ends_at": f"{NEXT_TUESDAY}T11:00:00Z",
                                "rooms": ["Raf01", "Raf02"],
                            }
                        ]
                    )
                ],
            },
            "Algorithms: new exam: DAY 09:00 Raf01, Raf02",
        ),
    ],
)
def test_every_kind_of_change(phones: Phones, alice: User, fields: dict[str, Any], shown: str) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    put_course(2, **fields)
    assert after(phones) == [shown]


def test_a_course_that_leaves_and_comes_back(phones: Phones, alice: User) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    delete_course(2)
    assert after(phones) == ["Algorithms removed: The course is no longer in the catalogue."]
    assert phones.messages()[0]["data"]["deep_link"].startswith("campanile://notifications/")
    put_course(3)
    assert after(phones)[1:] == ["Algorithms added: The course is now in the catalogue."]


def test_a_new_course_rings_those_who_follow_its_group(phones: Phones, alice: User) -> None:
    follow_group(alice, Term.objects.get(), "101")
    put_course(1, entries=[entry(groups=["101"])])
    assert after(phones) == ["Algorithms added: The course is now in the catalogue."]


def test_a_course_that_leaves_rings_those_who_follow_its_group(phones: Phones, alice: User) -> None:
    put_course(1, silenced=True, entries=[entry(groups=["101"])])
    follow_group(alice, Term.objects.get(), "101")
    put_snapshot(2)
    assert after(phones) == ["Algorithms removed: The course is no longer in the catalogue."]


def test_a_day_taught_as_another(phones: Phones, alice: User) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    term = Term.objects.get().source_document
    assert term
    override = {"date": (NEXT_TUESDAY + timedelta(days=3)).isoformat(), "taught_as": 2}
    put_term(5, **{**term, "day_overrides": [override]})
    assert after(phones) == ["Autumn 2026 changed: The calendar of the term is different now."]


@pytest.mark.parametrize(
    "fields", [{"title": "Algoritmi"}, {"description": "New words"}, {"credits": 9}, {"teachers": ["Ana"]}]
)
def test_what_touches_no_day_rings_nobody(phones: Phones, alice: User, fields: dict[str, Any]) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    put_course(2, **fields)
    assert after(phones) == []


IN_THREE_DAYS = TODAY + timedelta(days=3)
TOMORROW = TODAY + timedelta(days=1)
IN_THE_EVENING: dict[str, Any] = {
    "weekday": IN_THREE_DAYS.isoweekday(),
    "starts_at": "18:15",
    "ends_at": "20:00",
}


def in_the_evening(**to: Any) -> dict[str, Any]:
    exceptions = [{"date": IN_THREE_DAYS.isoformat(), **to}] if to else []
    return entry(**IN_THE_EVENING, exceptions=exceptions)


@pytest.mark.parametrize(
    ("entries", "begins"),
    [
        ([in_the_evening(status="cancelled")], f"{IN_THREE_DAYS} 18:15"),
        ([in_the_evening(status="moved", starts_at="08:00", ends_at="10:00")], f"{IN_THREE_DAYS} 08:00"),
        (
            [
                in_the_evening(
                    status="moved", new_date=TOMORROW.isoformat(), starts_at="07:30", ends_at="09:00"
                )
            ],
            f"{TOMORROW} 07:30",
        ),
        ([], f"{IN_THREE_DAYS} 18:15"),
        (None, f"{IN_THREE_DAYS} 18:15"),
    ],
    ids=["cancelled", "to the morning", "to another day", "no longer held", "with its course"],
)
def test_when_the_first_thing_it_tells_of_begins(alice: User, entries: Any, begins: str) -> None:
    put_course(1, silenced=True, entries=[in_the_evening()])
    follow(alice, stored())
    delete_course(2) if entries is None else put_course(2, entries=entries)
    expand_due()
    starts_at = Notification.objects.get().starts_at
    assert starts_at
    assert f"{starts_at:%Y-%m-%d %H:%M}" == begins


def test_there_and_back_rings_nobody(phones: Phones, alice: User) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    put_course(2, entries=[entry(rooms=["Raf04"])])
    put_course(3)
    assert after(phones) == []


def test_a_deletion_taken_back_before_it_was_told_rings_nobody(phones: Phones, alice: User) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    delete_course(2)
    put_course(3)
    assert after(phones) == []


def test_a_course_that_comes_back_otherwise_is_told_by_what_differs(phones: Phones, alice: User) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    delete_course(2)
    put_course(3, entries=[entry(rooms=["Raf04"])])
    assert after(phones) == ["Algorithms: new room: Tue 11:15: Raf20 → Raf04"]


def test_an_entry_that_comes_back_otherwise_is_told_by_what_differs(phones: Phones, alice: User) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    put_course(2, entries=[])
    put_course(3, entries=[entry(rooms=["Raf04"])])
    assert after(phones) == ["Algorithms: new room: Tue 11:15: Raf20 → Raf04"]


@pytest.mark.parametrize(
    ("comes_back", "shown"),
    [
        (None, ["Algorithms removed: The course is no longer in the catalogue."]),
        ([entry()], ["Algorithms added: The course is now in the catalogue."]),
        (
            [entry(rooms=["Raf05"])],
            [
                "Algorithms: new room: Tue 11:15: Raf20 → Raf05",
                "Algorithms added: The course is now in the catalogue.",
            ],
        ),
    ],
)
def test_what_was_queued_about_a_lecture_before_its_course_left(
    phones: Phones, alice: User, comes_back: Any, shown: list[str]
) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    put_course(2, entries=[entry(rooms=["Raf04"])])
    expand_due()
    delete_course(3)
    expand_due()
    if comes_back:
        put_course(4, entries=comes_back)
    assert sorted(after(phones)) == sorted(shown)


def test_a_course_that_is_muted(phones: Phones, alice: User) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    choices(alice, {"muted_courses": [str(stored().pk)]})
    put_course(2, entries=[entry(rooms=["Raf04"])])
    assert after(phones) == []
    choices(alice, {"muted_courses": []})
    put_course(3, entries=[entry(rooms=["Raf05"])])
    assert after(phones) == ["Algorithms: new room: Tue 11:15: Raf04 → Raf05"]


def test_a_change_in_quiet_hours(phones: Phones, alice: User) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    now = timezone.now()
    hours = {"from": f"{now - timedelta(hours=1):%H:%M}", "to": f"{now + timedelta(minutes=5):%H:%M}"}
    choices(alice, {"quiet_hours": hours})
    in_a_week = {"date": (NEXT_TUESDAY + timedelta(days=7)).isoformat(), "status": "cancelled"}
    put_course(2, entries=[entry(exceptions=[in_a_week])])
    assert after(phones) == []
    choices(alice, {"quiet_hours": None})
    assert after(phones) == ["Algorithms cancelled: DAY 11:15 Raf20 is cancelled."]


def test_a_far_change_with_a_daily_summary(phones: Phones, alice: User) -> None:
    put_course(1, silenced=True)
    follow(alice, stored())
    choices(alice, {"daily_summary_hour": (timezone.now() + timedelta(hours=3)).hour})
    in_a_week = {"date": (NEXT_TUESDAY + timedelta(days=7)).isoformat(), "status": "cancelled"}
    put_course(2, entries=[entry(exceptions=[in_a_week])])
    assert after(phones) == []
    assert Push.objects.get().next_try_at > timezone.now() + timedelta(hours=1)
    choices(alice, {"daily_summary_hour": None})
    assert after(phones) == ["Algorithms cancelled: DAY 11:15 Raf20 is cancelled."]


def choices(user: User, changes: dict[str, Any]) -> None:
    """As the app sends them."""
    phone = APIClient()
    phone.force_authenticate(user)
    assert phone.patch("/api/v1/me/notification-preferences/", changes).status_code == 200
