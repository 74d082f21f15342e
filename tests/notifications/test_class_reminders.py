"""Some minutes before each class of one's own the phone rings: at the hour the timetable says by then, once, and never late."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from rest_framework.test import APIClient

from apps.courses.enrolments import enrol
from apps.courses.hidden_entries import hide
from apps.courses.models import Enrolment
from apps.courses.models.sourced import part_id, term_id
from apps.notifications.delivery import send_due
from apps.notifications.models import Device, Notification, Push, Reminder
from apps.notifications.preferences import PreferenceChanges, change_preferences
from apps.notifications.reminders import forget, plan_due
from apps.notifications.reminding import due_at
from apps.users.models import User
from tests.courses.admin_pages import signed_in, url_of
from tests.factories.courses import make_user
from tests.factories.documents import SOURCE, api_id, delete_course, entry, exam, put_course, put_term
from tests.factories.notifications import make_device
from tests.notifications.clock import Clock
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db
LECTURE = part_id(api_id(), "entry", "lecture")


@pytest.fixture
def alice(clock: Clock) -> User:
    """She follows group 101 of Algorithms, held on Tuesdays at 11:15 in Belgrade, and is reminded a quarter of an hour before."""
    clock.move("2026-10-06 08:00")
    put_term()
    put_course(
        entries=[entry(groups=["101"]), entry(id="other", groups=["102"], starts_at="11:15", rooms=["Raf01"])]
    )
    alice = make_user("alice")
    enrol(user_id=alice.pk, course_id=api_id(), group="101")
    make_device(alice, "alice")
    choose(alice, {"reminder_minutes": 15})
    return alice


def choose(user: User, changes: PreferenceChanges) -> None:
    change_preferences(user_id=user.pk, changes=changes)


def rung(phones: Phones, clock: Clock, moment: str) -> list[str]:
    """What the phone shows anew after the worker's turn at that moment."""
    before = len(phones.messages())
    clock.move(moment)
    plan_due()
    send_due()
    return phones.shown()[before:]


def test_it_rings_at_the_minute_asked_for(phones: Phones, clock: Clock, alice: User) -> None:
    assert rung(phones, clock, "2026-10-06 10:58") == []
    assert rung(phones, clock, "2026-10-06 10:59:30") == []
    assert rung(phones, clock, "2026-10-06 11:00") == ["Algorithms in 15 min: Raf20, 11:15"]
    assert rung(phones, clock, "2026-10-06 11:00:10") == []
    assert rung(phones, clock, "2026-10-06 11:01") == []
    assert rung(phones, clock, "2026-10-06 11:15") == []


def test_it_is_urgent_until_the_start_and_replaces_itself_alone(
    phones: Phones, clock: Clock, alice: User
) -> None:
    rung(phones, clock, "2026-10-06 11:00")
    [shown] = phones.messages()
    reminder = Reminder.objects.get()
    message = shown["message"]
    assert (message["android"]["priority"], message["android"]["ttl"]) == ("high", "900s")
    assert message["android"]["notification"] == {"channel_id": "reminders", "tag": str(reminder.pk)}
    assert message["apns"]["headers"]["apns-collapse-id"] == str(reminder.pk)
    assert shown["data"] == {
        "notification": str(reminder.pk),
        "kind": "class_reminder",
        "course": str(api_id()),
        "revision": "",
        "deep_link": f"campanile://courses/{api_id()}/entries/{LECTURE}?date=2026-10-06",
    }


def test_it_is_in_no_inbox(phones: Phones, clock: Clock, alice: User) -> None:
    rung(phones, clock, "2026-10-06 11:00")
    client = APIClient()
    client.force_authenticate(alice)
    assert client.get("/api/v1/me/notifications/").json()["results"] == []
    assert client.get("/api/v1/me/notifications/summary/").json() == {"unread": 0}
    assert client.get("/api/v1/me/devices/").json()["results"][0]["last_test"] is None
    assert not Notification.objects.exists()


def test_it_speaks_the_users_language(phones: Phones, clock: Clock, alice: User) -> None:
    User.objects.update(language="sr")
    translations = {"sr": {"title": "Algoritmi"}}
    put_course(1, entries=[entry()], translations=translations)
    assert rung(phones, clock, "2026-10-06 11:00") == ["Algoritmi za 15 min: Raf20, 11:15"]


def test_an_exam_is_reminded_of_as_a_class_is(phones: Phones, clock: Clock, alice: User) -> None:
    at = {"starts_at": "2027-01-20T09:00:00+01:00", "ends_at": "2027-01-20T12:00:00+01:00"}
    sittings = [
        {**at, "rooms": ["Raf01"], "groups": ["101"]},
        {**at, "rooms": ["Raf02"], "groups": ["101", "102"]},
        {**at, "rooms": ["Raf03"], "groups": ["102"]},
        {"starts_at": "2027-01-20T10:00:00+01:00", "ends_at": "2027-01-20T12:00:00+01:00", "groups": ["102"]},
    ]
    put_course(1, exams=[exam(sittings=sittings)])
    assert rung(phones, clock, "2027-01-20 08:45") == ["Algorithms: exam in 15 min: Raf01, Raf02, 09:00"]
    assert rung(phones, clock, "2027-01-20 09:45") == []
    data = phones.messages()[0]["data"]
    assert data["kind"] == "exam_reminder"
    assert data["deep_link"] == f"campanile://exams/{part_id(api_id(), 'exam', 'january')}"


def test_a_sitting_may_be_written_at_any_offset(phones: Phones, clock: Clock, alice: User) -> None:
    at = {"starts_at": "2027-01-21T05:00:00+21:00", "ends_at": "2027-01-21T09:00:00+21:00"}
    put_course(1, exams=[exam(sittings=[at])])
    assert rung(phones, clock, "2027-01-20 08:45") == ["Algorithms: exam in 15 min: 09:00"]


@pytest.mark.parametrize(
    "choices",
    [
        {"reminder_minutes": None},
        {"categories": {"reminders": {"push": False}}},
        {"muted_courses": [api_id()]},
    ],
)
@pytest.mark.parametrize("planned", [False, True])
def test_who_wants_none_gets_none(
    phones: Phones, clock: Clock, alice: User, choices: PreferenceChanges, planned: bool
) -> None:
    if planned:
        rung(phones, clock, "2026-10-06 10:59:30")
        assert Push.objects.count() == 1
    choose(alice, choices)
    assert rung(phones, clock, "2026-10-06 11:00") == []


def gone(name: str) -> Callable[[User], object]:
    return {
        "un-enrolled": lambda alice: Enrolment.objects.all().delete(),
        "in another group": lambda alice: Enrolment.objects.update(group="103"),
        "hidden": lambda alice: hide(user_id=alice.pk, entry_id=LECTURE),
        "deactivated": lambda alice: User.objects.update(is_active=False),
        "deleted": lambda alice: alice.delete(),
        "signed out": lambda alice: Device.objects.update(retired_at=datetime.now(UTC)),
        "cancelled": lambda alice: put_course(
            1, entries=[entry(exceptions=[{"date": "2026-10-06", "status": "cancelled"}])]
        ),
        "holiday": lambda alice: put_term(
            1,
            periods=[{"kind": "holiday", "name": "", "starts_on": "2026-10-06", "ends_on": "2026-10-06"}],
        ),
        "taught as a Friday": lambda alice: put_term(
            1, day_overrides=[{"date": "2026-10-06", "taught_as": 5}]
        ),
        "course deleted": lambda alice: delete_course(1),
        "moved to another day": lambda alice: put_course(1, entries=[entry(weekday=4)]),
    }[name]


@pytest.mark.parametrize(
    "how",
    [
        "un-enrolled",
        "in another group",
        "hidden",
        "deactivated",
        "deleted",
        "signed out",
        "cancelled",
        "holiday",
        "taught as a Friday",
        "course deleted",
        "moved to another day",
    ],
)
@pytest.mark.parametrize("planned", [False, True])
def test_what_is_over_by_then_rings_nobody(
    phones: Phones, clock: Clock, alice: User, how: str, planned: bool
) -> None:
    if planned:
        rung(phones, clock, "2026-10-06 10:59:30")
        assert Push.objects.count() == 1
    gone(how)(alice)
    assert rung(phones, clock, "2026-10-06 11:00") == []


def test_a_class_moved_at_the_last_moment_is_reminded_of_at_its_new_hour(
    phones: Phones, clock: Clock, alice: User
) -> None:
    rung(phones, clock, "2026-10-06 10:59:30")
    later = {"date": "2026-10-06", "status": "moved", "starts_at": "13:15", "rooms": ["Raf04"]}
    put_course(1, silenced=True, entries=[entry(exceptions=[later])])
    assert rung(phones, clock, "2026-10-06 11:00") == []
    assert rung(phones, clock, "2026-10-06 13:00") == ["Algorithms in 15 min: Raf04, 13:15"]


def test_a_class_moved_after_the_reminder_is_reminded_of_again(
    phones: Phones, clock: Clock, alice: User
) -> None:
    rung(phones, clock, "2026-10-06 11:00")
    later = {"date": "2026-10-06", "status": "moved", "starts_at": "11:45"}
    put_course(1, silenced=True, entries=[entry(exceptions=[later])])
    assert rung(phones, clock, "2026-10-06 11:30") == ["Algorithms in 15 min: Raf20, 11:45"]


def test_one_moved_away_and_back_is_reminded_of_after_all(phones: Phones, clock: Clock, alice: User) -> None:
    rung(phones, clock, "2026-10-06 10:59:30")
    put_course(1, silenced=True, entries=[entry(starts_at="12:15")])
    assert rung(phones, clock, "2026-10-06 11:00") == []
    put_course(2, silenced=True, entries=[entry()])
    assert rung(phones, clock, "2026-10-06 11:00:40") == ["Algorithms in 15 min: Raf20, 11:15"]
    assert rung(phones, clock, "2026-10-06 11:00:50") == []


def test_an_added_class_of_a_holiday_is_reminded_of(phones: Phones, clock: Clock, alice: User) -> None:
    extra = {"date": "2026-10-10", "status": "added", "starts_at": "09:00", "ends_at": "10:00", "rooms": []}
    put_course(1, silenced=True, entries=[entry(exceptions=[extra])])
    assert rung(phones, clock, "2026-10-10 08:45") == ["Algorithms in 15 min: 09:00"]


def test_who_follows_a_group_of_the_term_is_reminded(phones: Phones, clock: Clock, alice: User) -> None:
    bob = make_user("bob")
    enrol(user_id=bob.pk, term_id=term_id(SOURCE, "autumn"), group="102")
    make_device(bob, "bob")
    choose(bob, {"reminder_minutes": 15})
    rung(phones, clock, "2026-10-06 11:00")
    assert phones.shown("bob") == ["Algorithms in 15 min: Raf01, 11:15"]
    assert len(phones.shown("alice")) == 1


def test_each_of_a_users_phones_rings_once(phones: Phones, clock: Clock, alice: User) -> None:
    make_device(alice, "tablet", platform="ios")
    rung(phones, clock, "2026-10-06 11:00")
    assert sorted(each["address"] for each in phones.messages()) == ["alice", "tablet"]
    assert Reminder.objects.count() == 1


@pytest.mark.parametrize(("seconds", "rings"), [(0, True), (119, True), (121, False), (300, False)])
@pytest.mark.parametrize("planned", [False, True])
def test_one_that_an_outage_made_late_is_not_sent(
    phones: Phones, clock: Clock, alice: User, seconds: int, rings: bool, planned: bool
) -> None:
    if planned:
        clock.move("2026-10-06 10:59:30")
        plan_due()
    late = datetime(2026, 10, 6, 11, 0) + timedelta(seconds=seconds)  # noqa: DTZ001  # the clock's own form
    assert bool(rung(phones, clock, str(late))) is rings


def test_one_that_fcm_would_not_take_in_time_is_given_up(phones: Phones, clock: Clock, alice: User) -> None:
    phones.fail(address="alice", status=503, times=2)
    assert rung(phones, clock, "2026-10-06 11:00") == []
    assert rung(phones, clock, "2026-10-06 11:02:30") == []
    assert Push.objects.get().status == "expired"


def test_it_never_rings_after_the_start(phones: Phones, clock: Clock, alice: User) -> None:
    clock.move("2026-10-06 11:00")
    plan_due()
    assert rung(phones, clock, "2026-10-06 11:15") == []


def test_the_text_counts_the_minutes_that_are_left(phones: Phones, clock: Clock, alice: User) -> None:
    assert rung(phones, clock, "2026-10-06 11:01:30") == ["Algorithms in 14 min: Raf20, 11:15"]


@pytest.mark.parametrize(
    ("chosen_at", "minutes", "rings_at"),
    [
        ("2026-10-06 10:00", 60, "2026-10-06 10:15"),
        ("2026-10-06 10:00", 5, "2026-10-06 11:10"),
        ("2026-10-06 10:59:40", 5, "2026-10-06 11:10"),
        ("2026-10-06 10:30", 120, None),
        ("2026-10-06 11:00:30", 30, "2026-10-06 11:00"),
        ("2026-10-06 11:00:30", 5, "2026-10-06 11:00"),
    ],
)
def test_after_another_choice_there_is_still_at_most_one(
    phones: Phones, clock: Clock, alice: User, chosen_at: str, minutes: int, rings_at: str | None
) -> None:
    moments = ["2026-10-06 09:15", "2026-10-06 10:15", "2026-10-06 10:30", "2026-10-06 10:45"]
    moments += ["2026-10-06 10:59:30", chosen_at, "2026-10-06 11:00", "2026-10-06 11:10"]
    found = []
    for moment in sorted(moments):
        found += [moment for _ in rung(phones, clock, moment)]
        if moment == chosen_at:
            choose(alice, {"reminder_minutes": minutes})
    assert found == ([rings_at] if rings_at else [])


@pytest.mark.parametrize(
    ("hours", "rings_at"),
    [
        (("10:00", "12:00"), "11:00"),  # it begins before they end
        (("10:00", "11:15"), "11:00"),  # just as they end
        (("10:00", "11:05"), "11:05"),  # when they end
        (("11:10", "12:00"), "11:00"),  # before they begin
    ],
)
def test_quiet_hours_delay_only_what_begins_after_they_end(
    phones: Phones, clock: Clock, alice: User, hours: tuple[str, str], rings_at: str
) -> None:
    begins, ends = (datetime.strptime(each, "%H:%M").time() for each in hours)  # noqa: DTZ007  # a time of day
    choose(alice, {"quiet_hours": {"from": begins, "to": ends}})
    found = []
    for moment in ("11:00", "11:02", "11:05", "11:08"):
        found += [moment for _ in rung(phones, clock, f"2026-10-06 {moment}")]
    assert found == [rings_at]


@pytest.mark.parametrize(
    ("back_at", "rings_at"),
    [
        ("11:03", "11:05"),  # before quiet hours end
        ("11:06:50", "11:06:50"),  # just after
        ("11:07:10", None),  # too late
    ],
)
def test_what_quiet_hours_put_off_is_not_lost_when_no_worker_runs_at_its_own_hour(
    phones: Phones, clock: Clock, alice: User, back_at: str, rings_at: str | None
) -> None:
    choose(alice, {"quiet_hours": {"from": time(22), "to": time(11, 5)}})
    rung(phones, clock, "2026-10-06 10:55")
    moments = [each for each in ("11:03", "11:04:30", "11:05", "11:06:50", "11:07:10") if each >= back_at]
    found = [each for each in moments for _ in rung(phones, clock, f"2026-10-06 {each}")]
    assert found == ([rings_at] if rings_at else [])
    assert Reminder.objects.count() == len(found)


@pytest.mark.parametrize(
    "day", ["2026-10-25", "2027-03-28", "2027-04-04"]
)  # clocks put back, forward, left alone
def test_they_are_made_for_the_moment_at_which_they_may_ring(phones: Phones, clock: Clock, day: str) -> None:
    clock.move(f"{day} 00:00")
    put_term(1, starts_on="2026-10-01", ends_on="2027-06-01", periods=[])
    put_course(1, entries=[entry(weekday=7, starts_at="04:30", ends_at="06:00")])
    zones = ["Europe/Belgrade", "Europe/London", "Asia/Kathmandu"]
    nights = [
        ("22:00", "03:00"),
        ("01:45", "02:30"),
        ("03:00", "04:30"),
        ("23:00", "05:00"),
        ("04:00", "03:59"),
    ]
    for zone, (begins, ends), minutes in product(zones, nights, [30, 120]):
        user = make_user(f"{zone}{begins}{minutes}".lower().replace("/", "").replace(":", ""), time_zone=zone)
        enrol(user_id=user.pk, course_id=api_id())
        make_device(user, user.email)
        hours = {"from": time.fromisoformat(begins), "to": time.fromisoformat(ends)}
        choose(user, {"reminder_minutes": minutes, "quiet_hours": hours})
    start = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    for minute in range(0, 216, 3):
        clock.move(str(start + timedelta(minutes=minute)))
        plan_due()
    made = list(Reminder.objects.select_related("user__notification_preferences"))
    assert {each.user for each in made} == set(User.objects.all())
    for each in made:
        due = due_at(each, each.user.notification_preferences, ZoneInfo(each.user.time_zone))
        assert [push.next_try_at for push in each.pushes.all()] == [due], each.user.email


@pytest.mark.parametrize(
    ("day", "weekday", "hour", "utc"),
    [
        ("2026-10-25", 7, "03:15", "2026-10-25 02:15"),  # after the hour that is shown twice
        ("2026-10-25", 7, "02:15", "2026-10-25 00:15"),  # in it: the first time
        ("2027-03-28", 7, "02:30", "2027-03-28 01:30"),  # an hour that is skipped
        ("2027-03-28", 7, "03:10", "2027-03-28 01:10"),  # reminded of before the skip
    ],
)
def test_minutes_are_minutes_when_clocks_are_changed(
    phones: Phones, clock: Clock, alice: User, day: str, weekday: int, hour: str, utc: str
) -> None:
    put_term(1, ends_on="2027-06-01", periods=[])
    put_course(1, silenced=True, entries=[entry(weekday=weekday, starts_at=hour, ends_at="06:00")])
    starts_at = datetime.fromisoformat(f"{utc}+00:00")
    due = starts_at - timedelta(minutes=15)
    assert rung(phones, clock, str(due - timedelta(minutes=3))) == []
    assert len(rung(phones, clock, str(due))) == 1
    assert rung(phones, clock, str(due + timedelta(hours=1))) == []


def test_old_ones_are_forgotten_with_their_pushes(phones: Phones, clock: Clock, alice: User) -> None:
    rung(phones, clock, "2026-10-06 11:00")
    clock.move("2026-10-08 11:00")
    assert forget() == 0
    clock.move("2026-10-08 11:16")
    assert forget() > 0
    assert not Push.objects.exists()
    assert not Reminder.objects.exists()


def test_staff_see_what_became_of_them(phones: Phones, clock: Clock, alice: User) -> None:
    bob = make_user("bob")
    enrol(user_id=bob.pk, course_id=api_id())
    choose(bob, {"reminder_minutes": 15})
    rung(phones, clock, "2026-10-06 11:00")
    staff = signed_in(User.objects.create_superuser("staff@example.org"))
    shown = staff.get("/admin/notifications/reminder/").content.decode()
    assert "alice@campanile.test" in shown
    assert "sent" in shown
    assert "nothing to tell" in shown
    assert "alice@campanile.test" in staff.get("/admin/notifications/push/").content.decode()
    reminder = Reminder.objects.get(user=alice)
    assert staff.get(url_of(reminder)).status_code == 200
