"""Whom a change concerns: the groups of the entry before or after, by course or by group of a term."""

from typing import Any

import pytest
from django.utils import timezone

from apps.courses.hidden_entries import hide
from apps.courses.models import Change, Term
from apps.notifications.delivery import send_due
from apps.notifications.models import Notification, Push
from apps.notifications.outbox import expand_due
from apps.users.models import User
from tests.factories.courses import (
    change,
    days_ahead,
    follow,
    follow_group,
    make_course,
    make_entry,
    make_exam,
    make_term,
    make_user,
    record,
)
from tests.factories.documents import entry as entry_document
from tests.factories.documents import put_course, put_term, stored
from tests.factories.notifications import make_device
from tests.notifications.clock import Clock
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user("alice")


@pytest.fixture
def bob() -> User:
    return make_user("bob")


def told(*changes: Change) -> set[str]:
    record(*changes)
    expand_due()
    return set(Notification.objects.values_list("user__first_name", flat=True))


def moved(thing: Any, field: str = "rooms", old: Any = None, new: Any = None) -> Change:
    return change(thing, field, old or ["A"], new or ["B"], dates=days_ahead(3))


def test_whoever_follows_the_whole_course_hears_of_every_group(alice: User, bob: User) -> None:
    entry = make_entry(make_course(), groups=["101"])
    follow(alice, entry.course)
    follow(bob, make_course())
    assert told(moved(entry)) == {"Alice"}


def test_a_group_of_a_course_hears_of_its_own_entries_only(alice: User, bob: User) -> None:
    entry = make_entry(make_course(), groups=["101", "103"])
    follow(alice, entry.course, "101")
    follow(bob, entry.course, "102")
    assert told(moved(entry)) == {"Alice"}


def test_an_entry_that_names_no_group_concerns_all_groups(alice: User, bob: User) -> None:
    entry = make_entry(make_course())
    follow(alice, entry.course, "101")
    follow(bob, entry.course)
    assert told(moved(entry)) == {"Alice", "Bob"}


def test_a_changed_list_of_groups_concerns_those_who_leave_and_those_who_come(alice: User, bob: User) -> None:
    charlie = make_user("charlie")
    entry = make_entry(make_course(), groups=["102"])
    follow(alice, entry.course, "101")
    follow(bob, entry.course, "102")
    follow(charlie, entry.course, "103")
    assert told(moved(entry, "groups", ["101"], ["102"])) == {"Alice", "Bob"}


def test_an_entry_that_leaves_concerns_the_groups_it_had(alice: User, bob: User) -> None:
    course = make_course()
    entry = make_entry(course, groups=["101"])
    document = {"id": str(entry.pk), "kind": "lab", "weekday": 1, "starts_at": "09:00", "ends_at": "10:00"}
    document |= {"rooms": [], "teachers": [], "groups": ["101"], "exceptions": []}
    follow(alice, course, "101")
    follow(bob, course, "102")
    assert told(change(entry, "", document, None, dates=days_ahead(3))) == {"Alice"}


def test_a_group_of_a_term_brings_along_every_course_that_has_it(alice: User, bob: User) -> None:
    term = make_term()
    lecture = make_entry(make_course(term=term), groups=[])
    make_entry(lecture.course, groups=["101"])
    follow_group(alice, term, "101")
    follow_group(bob, term, "102")
    assert told(moved(lecture)) == {"Alice"}


def test_a_group_of_another_term_is_another_group(alice: User) -> None:
    entry = make_entry(make_course(), groups=["101"])
    follow_group(alice, make_term(), "101")
    assert told(moved(entry)) == set()


def test_an_exam_concerns_the_groups_of_the_sittings_that_differ(alice: User, bob: User) -> None:
    exam = make_exam(make_course())
    day = days_ahead(3)[0].isoformat()
    first = {
        "starts_at": f"{day}T09:00:00+00:00",
        "ends_at": f"{day}T11:00:00+00:00",
        "rooms": ["A"],
        "groups": ["101"],
    }
    second = {**first, "groups": ["102"]}
    follow(alice, exam.course, "101")
    follow(bob, exam.course, "102")
    assert told(moved(exam, "sittings", [first, second], [{**first, "rooms": ["B"]}, second])) == {"Alice"}


def test_a_course_that_leaves_concerns_all_its_followers(alice: User, bob: User) -> None:
    term = make_term()
    course = make_course(term=term)
    follow(alice, course, "101")
    follow_group(bob, term, "101")
    document = {"id": str(course.pk), "title": "Algorithms", "entries": [{"groups": ["101"]}], "exams": []}
    assert told(change(course, "", document, None, dates=days_ahead(3))) == {"Alice", "Bob"}


def test_a_change_of_the_term_concerns_all_who_follow_anything_in_it(alice: User, bob: User) -> None:
    term = make_term()
    follow(alice, make_course(term=term))
    follow_group(bob, term, "101")
    follow(make_user("charlie"), make_course())
    assert told(moved(term, "day_overrides", [1], [2])) == {"Alice", "Bob"}


def test_a_user_who_may_not_sign_in_hears_nothing(alice: User) -> None:
    entry = make_entry(make_course())
    follow(alice, entry.course)
    User.objects.update(is_active=False)
    assert told(moved(entry)) == set()


def test_what_befalls_an_entry_does_not_concern_who_hides_it(alice: User, bob: User) -> None:
    course = make_course()
    shown, hidden = make_entry(course), make_entry(course, groups=["101"])
    for user in (alice, bob):
        follow(user, course, "101")
    assert course.term
    follow_group(alice, course.term, "101")
    hide(user_id=alice.pk, entry_id=hidden.pk)
    assert told(moved(hidden)) == {"Bob"}
    assert told(moved(shown), moved(hidden, "kind")) == {"Alice", "Bob"}
    mine = Notification.objects.get(user=alice)
    assert [change["id"] for change in mine.changes] == [str(shown.pk)]


def test_a_course_that_leaves_concerns_also_who_hides_entries_of_it(alice: User) -> None:
    course = make_course()
    follow(alice, course)
    hide(user_id=alice.pk, entry_id=make_entry(course).pk)
    document = {"id": str(course.pk), "title": "Algorithms", "entries": [{"groups": []}], "exams": []}
    assert told(change(course, "", document, None, dates=days_ahead(3))) == {"Alice"}


def test_each_user_is_told_their_own_part_of_a_change_set_once(alice: User, bob: User) -> None:
    course = make_course()
    mine, theirs = make_entry(course, groups=["101"]), make_entry(course, groups=["102"])
    follow(alice, course, "101")
    follow_group(alice, course.term, "101") if course.term else None
    follow(bob, course)
    assert told(moved(mine), moved(theirs)) == {"Alice", "Bob"}
    parts = {
        n.user.first_name: {c["id"] for c in n.changes} for n in Notification.objects.select_related("user")
    }
    assert parts == {"Alice": {str(mine.pk)}, "Bob": {str(mine.pk), str(theirs.pk)}}


def test_a_course_that_goes_to_another_term_is_told_to_groups_of_both(
    clock: Clock, phones: Phones, alice: User, bob: User
) -> None:
    clock.move("2026-10-05 08:00")
    put_term(name="Autumn")
    put_term(id="later", name="Later")
    put_course(silenced=True, entries=[entry_document(groups=["101"])])
    carol, dave, erin = (make_user(name) for name in ("carol", "dave", "erin"))
    autumn, later = (Term.objects.get(external_id=id) for id in ("autumn", "later"))
    follow_group(alice, autumn, "101")
    follow_group(bob, later, "101")
    follow(carol, stored(), "101")
    follow_group(dave, autumn, "102")
    follow_group(erin, make_term(), "101")
    make_device(alice, "alice")
    put_course(1, term="later", entries=[entry_document(groups=["101"])])
    assert expand_due() == 1
    assert set(Notification.objects.values_list("user", flat=True)) == {alice.pk, bob.pk, carol.pk}
    Push.objects.update(next_try_at=timezone.now())
    send_due()
    assert phones.shown("alice") == ["Algorithms changed: term Autumn → Later"]
