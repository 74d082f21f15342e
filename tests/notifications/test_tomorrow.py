"""In the evening the phone tells what tomorrow brings, at the hour on its user's clock."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.courses.enrolments import enrol
from apps.courses.hidden_entries import hide
from apps.courses.models import Enrolment
from apps.courses.models.sourced import part_id
from apps.notifications.delivery import send_due
from apps.notifications.models import Push, Reminder
from apps.notifications.preferences import PreferenceChanges, change_preferences
from apps.notifications.tomorrow import plan_tomorrow
from apps.users.models import User
from tests.factories.courses import make_user
from tests.factories.documents import api_id, entry, exam, put_course, put_term
from tests.factories.notifications import make_device
from tests.notifications.clock import Clock
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(clock: Clock) -> User:
    """She follows Algorithms, held on Tuesdays at 11:15 in Belgrade, and hears at eight in the evening of the next day."""
    clock.move("2026-10-05 08:00")
    put_term()
    put_course()
    return following("alice")


def following(name: str, **facts: Any) -> User:
    user = make_user(name, **facts)
    enrol(user_id=user.pk, course_id=api_id())
    make_device(user, name)
    choose(user, {"tomorrow_summary_hour": 20})
    return user


def choose(user: User, changes: PreferenceChanges) -> None:
    change_preferences(user_id=user.pk, changes=changes)


def rung(phones: Phones, clock: Clock, moment: str) -> list[str]:
    """What phones show anew after the worker's turn at that moment."""
    before = len(phones.messages())
    clock.move(moment)
    plan_tomorrow()
    send_due()
    return phones.shown()[before:]


def test_it_rings_once_at_the_hour_on_the_eve(phones: Phones, clock: Clock, alice: User) -> None:
    assert rung(phones, clock, "2026-10-05 19:58") == []
    assert rung(phones, clock, "2026-10-05 19:59:30") == []
    assert rung(phones, clock, "2026-10-05 20:00") == ["Tomorrow: 1 class, 11:15 Algorithms, Raf20"]
    assert rung(phones, clock, "2026-10-05 20:00:20") == []
    assert rung(phones, clock, "2026-10-05 20:30") == []
    assert rung(phones, clock, "2026-10-06 20:00") == []
    assert rung(phones, clock, "2026-10-12 20:00") == ["Tomorrow: 1 class, 11:15 Algorithms, Raf20"]


def full_day(minute: float = 1) -> None:
    put_course(
        minute,
        silenced=True,
        entries=[entry(), entry(id="early", starts_at="09:15", ends_at="10:00", rooms=["Raf04"])],
        exams=[
            exam(
                sittings=[
                    {"starts_at": "2026-10-06T12:00:00Z", "ends_at": "2026-10-06T14:00:00Z", "rooms": [room]}
                    for room in ("Raf01", "Raf02")
                ]
            )
        ],
    )


def test_it_counts_classes_names_the_first_and_every_exam(phones: Phones, clock: Clock, alice: User) -> None:
    full_day()
    assert rung(phones, clock, "2026-10-05 20:00") == [
        "Tomorrow: 2 classes, first 09:15 Algorithms, Raf04; exam 14:00 Algorithms, Raf01"
    ]
    data = phones.messages()[0]["data"]
    early = part_id(api_id(), "entry", "early")
    assert data == {
        "notification": str(Reminder.objects.get().pk),
        "kind": "tomorrow",
        "course": "",
        "revision": "",
        "deep_link": f"campanile://courses/{api_id()}/entries/{early}?date=2026-10-06",
    }


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1 čas, 08:00"), (2, "2 časa, prvi 08:00"), (4, "4 časa, prvi 08:00"), (5, "5 časova, prvi 08:00")],
)
def test_it_speaks_the_users_language(
    phones: Phones, clock: Clock, alice: User, number: int, words: str
) -> None:
    User.objects.update(language="sr")
    entries = [entry(id=str(n), starts_at=f"{8 + n:02}:00", ends_at="22:00", rooms=[]) for n in range(number)]
    put_course(1, silenced=True, entries=entries)
    assert rung(phones, clock, "2026-10-05 20:00") == [f"Sutra: {words} Algorithms"]


def test_it_does_not_delay_what_is_urgent_and_is_no_news_after_midnight(
    phones: Phones, clock: Clock, alice: User
) -> None:
    rung(phones, clock, "2026-10-05 20:00")
    android = phones.messages()[0]["message"]["android"]
    assert (Push.objects.get().bulk, android["priority"], android["ttl"]) == (True, "high", "14400s")
    assert android["notification"]["channel_id"] == "reminders"


@pytest.mark.parametrize(
    "choices",
    [
        {"tomorrow_summary_hour": None},
        {"categories": {"reminders": {"push": False}}},
        {"muted_courses": [api_id()]},
        {"tomorrow_summary_hour": 22},
    ],
)
@pytest.mark.parametrize("planned", [False, True])
def test_who_wants_none_gets_none(
    phones: Phones, clock: Clock, alice: User, choices: PreferenceChanges, planned: bool
) -> None:
    if planned:
        rung(phones, clock, "2026-10-05 19:59:30")
        assert Push.objects.count() == 1
    choose(alice, choices)
    assert rung(phones, clock, "2026-10-05 20:00") == []


@pytest.mark.parametrize("planned", [False, True])
def test_with_nothing_tomorrow_it_does_not_ring(
    phones: Phones, clock: Clock, alice: User, planned: bool
) -> None:
    bob, carol, dora = (following(name) for name in ("bob", "carol", "dora"))
    if planned:
        rung(phones, clock, "2026-10-05 19:59:30")
        assert Push.objects.count() == 4
    hide(user_id=bob.pk, entry_id=part_id(api_id(), "entry", "lecture"))
    Enrolment.objects.filter(user=carol).delete()
    User.objects.filter(pk=dora.pk).update(is_active=False)
    assert len(rung(phones, clock, "2026-10-05 20:00")) == 1
    cancelled = {"date": "2026-10-13", "status": "cancelled"}
    put_course(1, silenced=True, entries=[entry(exceptions=[cancelled])])
    assert rung(phones, clock, "2026-10-12 20:00") == []


def test_it_says_what_is_so_by_then(phones: Phones, clock: Clock, alice: User) -> None:
    rung(phones, clock, "2026-10-05 19:59:30")
    full_day()
    assert "2 classes" in rung(phones, clock, "2026-10-05 20:00")[0]


@pytest.mark.parametrize(("minutes", "rings"), [(59, True), (61, False)])
@pytest.mark.parametrize("planned", [False, True])
def test_it_is_not_more_than_an_hour_late(
    phones: Phones, clock: Clock, alice: User, minutes: int, rings: bool, planned: bool
) -> None:
    if planned:
        clock.move("2026-10-05 19:59:30")
        plan_tomorrow()
    late = datetime(2026, 10, 5, 20) + timedelta(minutes=minutes)  # noqa: DTZ001  # the clock's own form
    assert bool(rung(phones, clock, str(late))) is rings


def test_an_hour_that_is_over_when_it_is_chosen_is_the_next_days(
    phones: Phones, clock: Clock, alice: User
) -> None:
    put_course(1, entries=[entry(), entry(id="wednesday", weekday=3)])
    clock.move("2026-10-05 18:30")
    choose(alice, {"tomorrow_summary_hour": 18})
    assert rung(phones, clock, "2026-10-05 18:31") == []
    assert len(rung(phones, clock, "2026-10-06 18:00")) == 1


def test_a_later_hour_chosen_afterwards_does_not_ring_again(
    phones: Phones, clock: Clock, alice: User
) -> None:
    rung(phones, clock, "2026-10-05 20:00")
    choose(alice, {"tomorrow_summary_hour": 21})
    assert rung(phones, clock, "2026-10-05 21:00") == []


@pytest.mark.parametrize(
    ("zone", "utc"),
    [
        ("Asia/Tokyo", "2026-10-05T11:00Z"),
        ("America/New_York", "2026-10-06T00:00Z"),
        ("Europe/Belgrade", "2026-10-05T18:00Z"),
    ],
)
def test_the_hour_is_of_the_users_clock(
    phones: Phones, clock: Clock, alice: User, zone: str, utc: str
) -> None:
    User.objects.update(time_zone=zone)
    due = datetime.fromisoformat(utc)
    assert rung(phones, clock, str(due - timedelta(minutes=2))) == []
    assert len(rung(phones, clock, str(due))) == 1


def test_a_zone_this_machine_does_not_know_keeps_nobody_else_waiting(
    phones: Phones, clock: Clock, alice: User
) -> None:
    bob = following("bob")
    User.objects.filter(pk=bob.pk).update(time_zone="Mars/Olympus")
    assert len(rung(phones, clock, "2026-10-05T18:00Z")) == 1
    assert len(phones.messages("alice")) == 1
    assert len(rung(phones, clock, "2026-10-05T20:00Z")) == 1, "Bob's clock is taken for UTC"


@pytest.mark.parametrize(
    ("eve", "hour", "utc"),
    [
        ("2026-10-24", 2, None),  # a Saturday like others
        ("2026-10-25", 2, "2026-10-25T00:00Z"),  # the first time of two
        (
            "2027-03-28",
            2,
            "2027-03-28T01:00Z",
        ),  # a skipped hour: as if the clock had been put forward after it
        ("2027-03-28", 20, "2027-03-28T18:00Z"),
    ],
)
def test_it_rings_once_where_clocks_are_changed(
    phones: Phones, clock: Clock, alice: User, eve: str, hour: int, utc: str | None
) -> None:
    put_term(1, ends_on="2027-06-01", periods=[])
    put_course(1, silenced=True, entries=[entry(weekday=1)])
    choose(alice, {"tomorrow_summary_hour": hour})
    found = []
    midnight = datetime.fromisoformat(f"{eve}T00:00+00:00") - timedelta(hours=2)
    for minutes in range(0, 26 * 60, 30):
        moment = midnight + timedelta(minutes=minutes)
        found += [moment for _ in rung(phones, clock, str(moment))]
    assert found == ([datetime.fromisoformat(utc)] if utc else [])
