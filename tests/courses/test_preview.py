import pytest

from apps.courses.differences import differences
from apps.courses.models import Change, ChangeSet, Course, Revision
from apps.courses.preview import preview
from apps.notifications.models import FanOut
from tests.factories.documents import (
    course,
    delete_course,
    entry,
    exam,
    put_course,
    put_snapshot,
    put_term,
    stored,
)

pytestmark = pytest.mark.django_db


def said(write: object) -> dict[str, list[str]]:
    assert callable(write)
    found = preview(write)
    return {
        difference.name: [difference.status, *map(str, difference.lines)]
        for difference in differences(found.changes, found.documents)
    }


def test_a_preview_says_old_and_new_and_leaves_nothing_behind() -> None:
    put_term()
    put_course(1)
    before = (stored().document, Revision.objects.get().n, Change.objects.count(), FanOut.objects.count())
    found = said(lambda: put_course(2, entries=[entry(rooms=["Raf04"])]))
    assert found == {
        "ALG Algorithms": ["changed", "lecture, Tuesday 11:15 to 13:00, Raf20: rooms: Raf20 -> Raf04"]
    }
    after = (stored().document, Revision.objects.get().n, Change.objects.count(), FanOut.objects.count())
    assert after == before


def test_an_entry_is_called_what_people_know_it_as() -> None:
    put_course(1)
    found = said(lambda: put_course(2, entries=[entry(weekday=3, starts_at="09:15")]))
    assert found["ALG Algorithms"][1:] == [
        "lecture, Tuesday 11:15 to 13:00, Raf20: weekday: Tuesday -> Wednesday",
        "lecture, Tuesday 11:15 to 13:00, Raf20: starts at: 11:15 -> 09:15",
    ]


def test_what_comes_and_goes_is_said_in_words() -> None:
    put_course(1)
    found = said(lambda: put_course(2, entries=[entry("lab", kind="lab")], exams=[exam()]))
    assert found["ALG Algorithms"][1:] == [
        "entry: removed: lecture, Tuesday 11:15 to 13:00, Raf20 -> –",
        "entry: added: – -> lab, Tuesday 11:15 to 13:00, Raf20",
        "exam: added: – -> written exam, 2027-01-20 09:00 to 12:00 (UTC+01:00), rooms Raf01",
    ]


@pytest.mark.usefixtures("unbraked")
def test_courses_added_and_removed_by_a_snapshot_of_several_pages() -> None:
    put_term()
    put_course(1)

    def pages() -> None:
        put_snapshot(5, course("calculus", title="Calculus", code="CAL"), id="s", page=1, pages=2)
        put_snapshot(5, id="s", page=2, pages=2)

    assert said(pages) == {
        "ALG Algorithms": ["removed", "removed: 1 entry, 0 exams -> –"],
        "CAL Calculus": ["added", "added: – -> 1 entry, 0 exams"],
    }
    assert stored().visible
    assert Course.objects.count() == 1


def test_a_write_that_changes_nothing_previews_as_nothing() -> None:
    put_course(1)
    assert said(lambda: put_course(2)) == {}
    assert said(lambda: delete_course(0)) == {}
    assert ChangeSet.objects.count() == 1


def test_a_term_is_previewed_too() -> None:
    put_term()
    found = said(lambda: put_term(1, ends_on="2027-02-21"))
    assert found == {"Autumn 2026": ["changed", "ends on: 2027-02-14 -> 2027-02-21"]}


def test_what_fails_reaches_the_caller_and_leaves_nothing_behind() -> None:
    def fails() -> None:
        put_course(1)
        raise LookupError

    with pytest.raises(LookupError):
        preview(fails)
    assert not Course.objects.exists()
