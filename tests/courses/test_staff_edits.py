from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.courses.expiry import expire_due
from apps.courses.layers import Invalid
from apps.courses.ledger import Outcome
from apps.courses.models import ChangeSet, Course, Entry, Exam, Override, Revision, Term
from apps.courses.staff_edits import NothingToEdit, clear_override, expire_override, set_override
from apps.users.models import User
from tests.factories.documents import (
    api_id,
    course,
    delete_course,
    entry,
    exam,
    put_course,
    put_snapshot,
    put_term,
    stored,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unbraked")]


@pytest.fixture
def alice() -> User:
    return User.objects.create_superuser("alice@example.org")


@pytest.fixture
def lecture() -> Entry:
    put_term()
    put_course(1, exams=[exam()])
    return Entry.objects.get()


def edit(obj: Course | Entry | Exam | Term, author: User, **fields: Any) -> Outcome:
    with transaction.atomic():
        return set_override(object_id=obj.pk, fields=fields, author=author)


def clear(obj: Course | Entry, author: User) -> Outcome:
    with transaction.atomic():
        return clear_override(object_id=obj.pk, author=author)


def rooms() -> list[str]:
    document = stored().public()
    assert document is not None
    assert document["entries"][0]["rooms"] == Entry.objects.get().rooms
    return list(Entry.objects.get().rooms)


def revision() -> int:
    return Revision.objects.get().n


def test_an_edit_is_served_and_the_sources_document_and_guard_stay(lecture: Entry, alice: User) -> None:
    before = stored()
    edit(lecture, alice, rooms=["Raf04"])
    after = stored()
    assert rooms() == ["Raf04"]
    assert (after.guard, after.source_document) == (before.guard, before.source_document)


def test_a_later_update_of_the_source_keeps_what_staff_set_and_brings_the_rest(
    lecture: Entry, alice: User
) -> None:
    edit(lecture, alice, rooms=["Raf04"])
    put_course(2, entries=[entry(rooms=["Raf07"], teachers=["Nada Vasiljčić"])])
    assert rooms() == ["Raf04"]
    assert Entry.objects.get().teachers == ["Nada Vasiljčić"]


def test_an_update_older_than_the_sources_last_is_still_overtaken(lecture: Entry, alice: User) -> None:
    edit(lecture, alice, rooms=["Raf04"])
    assert put_course(0.5, title="Old").counts == {"overtaken": 1}


def test_clearing_serves_what_the_source_says_by_now(lecture: Entry, alice: User) -> None:
    edit(lecture, alice, rooms=["Raf04"])
    put_course(2, entries=[entry(rooms=["Raf07"])])
    outcome = clear(lecture, alice)
    assert outcome.revision == revision()
    assert rooms() == ["Raf07"]
    assert not Override.objects.exists()


def test_clearing_twice_is_one_change_set(lecture: Entry, alice: User) -> None:
    edit(lecture, alice, rooms=["Raf04"])
    clear(lecture, alice)
    before = revision()
    assert clear(lecture, alice).revision is None
    assert revision() == before


def test_a_second_edit_keeps_the_fields_of_the_first(lecture: Entry, alice: User) -> None:
    edit(lecture, alice, rooms=["Raf04"])
    edit(lecture, alice, weekday=3)
    assert Override.objects.get().fields == {"rooms": ["Raf04"], "weekday": 3}


def test_a_field_set_back_to_the_sources_value_is_no_longer_set(lecture: Entry, alice: User) -> None:
    edit(lecture, alice, rooms=["Raf04"], weekday=3)
    edit(lecture, alice, weekday=2)
    assert Override.objects.get().fields == {"rooms": ["Raf04"]}
    edit(lecture, alice, rooms=["Raf20"])
    assert not Override.objects.exists()


def test_one_moment_in_two_zones_is_one_value(lecture: Entry, alice: User) -> None:
    sitting = {
        "starts_at": "2027-01-20T08:00:00Z",
        "ends_at": "2027-01-20T11:00:00Z",
        "rooms": ["Raf01"],
    }
    assert edit(Exam.objects.get(), alice, sittings=[sitting]).revision is None
    assert not Override.objects.exists()


def test_the_same_edit_again_gives_the_revision_back(lecture: Entry, alice: User) -> None:
    bob = User.objects.create_superuser("bob@example.org")
    edit(lecture, alice, rooms=["Raf04"])
    before = revision()
    assert edit(lecture, bob, rooms=["Raf04"]).revision is None
    assert (revision(), ChangeSet.objects.count(), Override.objects.get().author) == (before, 3, alice)


def test_a_course_a_term_and_an_exam_are_edited_the_same_way(lecture: Entry, alice: User) -> None:
    edit(stored(), alice, title="Algoritmi", description=None)
    edit(Term.objects.get(), alice, name="Jesen")
    edit(Exam.objects.get(), alice, note="Bring a pen.")
    put_term(5, name="Autumn again")
    assert (stored().title, Term.objects.get().name) == ("Algoritmi", "Jesen")
    assert Exam.objects.get().note == "Bring a pen."


def test_none_hides_an_optional_value_of_the_source(lecture: Entry, alice: User) -> None:
    put_course(2, url="https://example.org/")
    edit(stored(), alice, url=None)
    assert stored().url is None


def test_what_the_contract_forbids_is_refused_by_field(lecture: Entry, alice: User) -> None:
    before = revision()
    with pytest.raises(Invalid) as invalid:
        edit(lecture, alice, ends_at="10:00")
    assert invalid.value.errors == (("ends_at", "ends_at is not after starts_at"),)
    early = {"date": "2026-10-06", "status": "moved", "ends_at": "11:00"}
    with pytest.raises(Invalid) as invalid:
        edit(lecture, alice, exceptions=[early])
    message = "exceptions have an ends_at that is not after starts_at, on 2026-10-06"
    assert invalid.value.errors == (("exceptions", message),)
    with pytest.raises(Invalid) as invalid:
        edit(Exam.objects.get(), alice, sittings=[{"starts_at": "soon", "ends_at": "later"}])
    assert {field for field, _ in invalid.value.errors} == {"sittings"}
    assert "row 1, starts_at: " in str(invalid.value)
    assert (revision(), Override.objects.count()) == (before, 0)


@pytest.mark.parametrize("field", ["id", "term", "entries", "updated_at", "guard"])
def test_what_is_the_sources_to_say_cannot_be_set(lecture: Entry, alice: User, field: str) -> None:
    with pytest.raises(ValueError, match="not for staff"):
        edit(stored(), alice, **{field: "other"})


def test_a_deleted_course_and_an_entry_that_went_cannot_be_edited(lecture: Entry, alice: User) -> None:
    edit(lecture, alice, rooms=["Raf04"])
    delete_course(2)
    for gone in (lecture, stored()):
        with pytest.raises(NothingToEdit):
            edit(gone, alice, rooms=[])
    assert clear(lecture, alice).revision is None
    assert not Override.objects.exists()


def test_an_edit_returns_with_the_course(lecture: Entry, alice: User) -> None:
    edit(lecture, alice, rooms=["Raf04"])
    put_snapshot(2)
    assert not stored().visible
    put_snapshot(3, course(), id="s2")
    assert rooms() == ["Raf04"]


def test_an_override_gives_way_once_its_time_has_come(lecture: Entry, alice: User) -> None:
    with transaction.atomic():
        set_override(
            object_id=lecture.pk,
            fields={"rooms": ["Raf04"]},
            author=alice,
            expires_at=timezone.now() + timedelta(hours=1),
        )
    assert expire_due() == 0
    assert rooms() == ["Raf04"]
    Override.objects.update(expires_at=timezone.now())
    assert expire_due() == 1
    assert rooms() == ["Raf20"]
    last = ChangeSet.objects.latest("revision")
    assert (last.user, last.delivery, last.revision) == (None, None, revision())
    assert expire_due() == 0


def test_one_prolonged_in_the_last_moment_stays(lecture: Entry, alice: User) -> None:
    now = timezone.now()
    with transaction.atomic():
        later = now + timedelta(hours=1)
        set_override(object_id=lecture.pk, fields={"rooms": ["Raf04"]}, author=alice, expires_at=later)
    with transaction.atomic():
        assert expire_override(object_id=lecture.pk, now=now).revision is None
    assert rooms() == ["Raf04"]


def test_an_edit_that_the_source_makes_impossible_lies_idle_until_it_fits_again(
    lecture: Entry, alice: User
) -> None:
    edit(lecture, alice, ends_at="12:00")
    edit(Term.objects.get(), alice, ends_on="2027-01-31")
    put_course(2, entries=[entry(starts_at="12:30", ends_at="14:00")])
    put_term(2, starts_on="2027-02-01")
    assert f"{Entry.objects.get().ends_at:%H:%M}" == "14:00"
    assert f"{Term.objects.get().ends_on}" == "2027-02-14"
    put_course(3)
    put_term(3)
    assert f"{Entry.objects.get().ends_at:%H:%M}" == "12:00"
    assert f"{Term.objects.get().ends_on}" == "2027-01-31"


def test_entries_of_a_course_are_found_by_their_own_id_alone(lecture: Entry, alice: User) -> None:
    put_course(3, entries=[entry(), entry(id="lab", kind="lab", rooms=["Raf11"])])
    edit(lecture, alice, rooms=["Raf04"])
    assert Entry.objects.get(external_id="lab").rooms == ["Raf11"]
    assert Override.objects.get().owner == api_id()
