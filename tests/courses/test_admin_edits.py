from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.courses.models import Change, ChangeSet, Entry, Exam, Override, Revision, Term
from apps.courses.signals import change_sets_recorded
from apps.users.models import User
from tests.courses.admin_pages import errors, opened, save, signed_in, url_of
from tests.factories.documents import delete_course, entry, exam, put_course, put_term, stored

pytestmark = pytest.mark.django_db
DROP = "courses_entry_drop_override"


@pytest.fixture
def alice() -> User:
    return User.objects.create_superuser("alice@example.org")


@pytest.fixture
def staff(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def lecture() -> Entry:
    put_term()
    put_course(
        1,
        description="First line.\nSecond line.",
        credits=6,
        translations={"sr": {"title": "Algoritmi", "description": "Prvi red.\nDrugi red."}},
        entries=[
            entry(weeks=[1, 2, 5], exceptions=[{"date": "2026-10-06", "status": "cancelled", "rooms": []}])
        ],
        exams=[exam()],
    )
    return Entry.objects.get()


def revision() -> int:
    return Revision.objects.get().n


def test_an_edit_is_an_override_a_ledger_row_one_revision_and_one_signal(
    staff: Client, alice: User, lecture: Entry
) -> None:
    heard: list[ChangeSet] = []

    def hear(change_sets: list[ChangeSet], **_: Any) -> None:
        heard.extend(change_sets)

    before = revision()
    change_sets_recorded.connect(hear)
    try:
        answer = save(staff, lecture, rooms="Raf04\nŠumatovačka 3")
    finally:
        change_sets_recorded.disconnect(hear)

    assert answer.status_code == 302
    override = Override.objects.get()
    assert (override.object_id, override.owner, override.author) == (lecture.pk, stored().pk, alice)
    assert override.fields == {"rooms": ["Raf04", "Šumatovačka 3"]}
    change = Change.objects.get(field="rooms")
    assert (change.old, change.new) == (["Raf20"], ["Raf04", "Šumatovačka 3"])
    assert (change.change_set.user, change.change_set.delivery) == (alice, None)
    assert change.dates
    assert revision() == before + 1
    assert [change_set.revision for change_set in heard] == [before + 1]
    assert Entry.objects.get().rooms == ["Raf04", "Šumatovačka 3"]


def test_the_api_shows_it_at_once(staff: Client, lecture: Entry) -> None:
    save(staff, lecture, rooms="Raf04")
    answer = Client().get(f"/api/v1/courses/{stored().pk}/")
    assert answer.json()["entries"][0]["rooms"] == ["Raf04"]
    assert answer["Campanile-Revision"] == str(revision())


def test_saving_without_a_change_writes_nothing(staff: Client, lecture: Entry) -> None:
    before = revision()
    for obj in (lecture, stored(), Term.objects.get(), Exam.objects.get()):
        with CaptureQueriesContext(connection) as queries:
            assert save(staff, obj).status_code == 302
        written = [q["sql"] for q in queries if not q["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))]
        assert written == []
    assert (revision(), Override.objects.count(), LogEntry.objects.count()) == (before, 0, 0)


def test_the_page_shows_what_is_served_and_beside_it_what_the_source_says(
    staff: Client, lecture: Entry
) -> None:
    put_course(2, entries=[entry(rooms=["<b>Raf20</b>"])])
    save(staff, lecture, rooms="Raf04", weekday="3")
    page = staff.get(url_of(lecture)).content.decode()
    assert opened(staff, lecture).values["rooms"] == "Raf04"
    assert "The source says: &lt;b&gt;Raf20&lt;/b&gt;" in page
    assert "The source says: Tuesday" in page
    assert page.count("The source says: ") == 2


def test_a_source_update_between_opening_and_saving_is_not_undone(staff: Client, lecture: Entry) -> None:
    shown = opened(staff, lecture).values
    put_course(2, entries=[entry(teachers=["Nada Vasiljčić"])])
    staff.post(url_of(lecture), {**shown, "rooms": "Raf04", "_save": ""})
    assert Override.objects.get().fields == {"rooms": ["Raf04"]}
    assert Entry.objects.get().teachers == ["Nada Vasiljčić"]


def test_setting_a_field_back_drops_it(staff: Client, lecture: Entry) -> None:
    save(staff, lecture, rooms="Raf04")
    assert save(staff, lecture, rooms="Raf20").status_code == 302
    assert not Override.objects.exists()
    assert Entry.objects.get().rooms == ["Raf20"]


def test_the_button_drops_the_override_and_is_there_only_for_one(
    staff: Client, alice: User, lecture: Entry
) -> None:
    assert DROP not in opened(staff, lecture).buttons
    save(staff, lecture, rooms="Raf04")
    assert DROP in opened(staff, lecture).buttons
    before = revision()
    staff.post(url_of(lecture), {DROP: ""})
    assert not Override.objects.exists()
    assert Entry.objects.get().rooms == ["Raf20"]
    assert revision() == before + 1
    assert ChangeSet.objects.latest("revision").user == alice


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_at": "10:00"}, "ends_at"),
        ({"starts_at": "quarter past"}, "starts_at"),
        ({"weekday": "8"}, "weekday"),
        ({"weeks": "1-x"}, "weeks"),
        ({"weeks": "111"}, "weeks"),
        ({"rooms": "R" * 501}, "rooms"),
        ({"online_url": "javascript:alert(1)"}, "online_url"),
        ({"exceptions-0-date": "2026-13-40"}, "exceptions"),
        ({"exceptions-1-note": "no date"}, "exceptions"),
        ({"exceptions-0-note": "a\0b"}, "exceptions"),
        ({"valid_from": "tomorrow"}, "valid_from"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00", "rooms": "Raf04"}, "expires_at"),
        ({"expires_at_0": "2100-01-01", "expires_at_1": "00:00"}, "expires_at"),
    ],
)
def test_a_bad_value_is_an_error_of_its_field(
    staff: Client, lecture: Entry, changes: dict[str, str], field: str
) -> None:
    before = revision()
    assert set(errors(save(staff, lecture, **changes))) == {field}
    assert (revision(), Override.objects.count()) == (before, 0)


def test_a_term_that_ends_before_it_starts_is_an_error_of_its_last_day(staff: Client, lecture: Entry) -> None:
    answer = save(staff, Term.objects.get(), ends_on="2026-01-01")
    assert list(errors(answer)) == ["ends_on"]


def test_tables_are_edited_row_by_row(staff: Client, lecture: Entry) -> None:
    save(
        staff,
        lecture,
        **{
            "weeks": "1-3, 7",
            "exceptions-0-status": "moved",
            "exceptions-0-new_date": "2026-10-07",
            "exceptions-1-date": "2026-10-13",
            "exceptions-1-status": "cancelled",
        },
    )
    fields = Override.objects.get().fields
    assert fields["weeks"] == [1, 2, 3, 7]
    assert fields["exceptions"] == [
        {"date": "2026-10-06", "status": "moved", "new_date": "2026-10-07", "rooms": []},
        {"date": "2026-10-13", "status": "cancelled"},
    ]
    emptied = {name: "" for name in opened(staff, lecture).values if name.startswith("exceptions-0-")}
    save(staff, lecture, **emptied)
    assert [row["date"] for row in Entry.objects.get().exceptions] == ["2026-10-13"]


def test_sittings_are_shown_and_read_in_the_zone_of_the_term(staff: Client, lecture: Entry) -> None:
    sitting = {"starts_at": "2027-01-20T08:00:00Z", "ends_at": "2027-01-20T11:00:00Z"}
    put_course(2, entries=[entry()], exams=[exam(sittings=[sitting])])
    january = Exam.objects.get()
    assert opened(staff, january).values["sittings-0-starts_at"] == "2027-01-20T09:00"
    save(staff, january, **{"sittings-0-starts_at": "2027-01-20T10:30"})
    [served] = Exam.objects.get().sittings
    assert served["starts_at"] == "2027-01-20T10:30:00+01:00"


def test_translations_and_numbers_of_a_course_are_edited(staff: Client, lecture: Entry) -> None:
    save(staff, stored(), **{"translations-0-title": "Algoritmi 1", "credits": "7.5"})
    course = stored()
    assert course.translations == {"sr": {"title": "Algoritmi 1", "description": "Prvi red.\nDrugi red."}}
    assert course.credits == 7.5
    assert course.description == "First line.\nSecond line."


def test_an_expiry_is_kept_and_can_be_taken_off(staff: Client, lecture: Entry) -> None:
    until = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    when = {"expires_at_0": f"{until:%Y-%m-%d}", "expires_at_1": f"{until:%H:%M:%S}"}
    save(staff, lecture, rooms="Raf04", **when)
    assert Override.objects.get().expires_at == until
    before = revision()
    save(staff, lecture, expires_at_0="", expires_at_1="")
    assert Override.objects.get().expires_at is None
    assert revision() == before


def test_nothing_is_added_or_deleted_by_hand(staff: Client, lecture: Entry) -> None:
    for model in ("term", "course", "entry", "exam"):
        assert staff.get(f"/admin/courses/{model}/add/").status_code == 403
    for obj in (lecture, stored(), Term.objects.get(), Exam.objects.get()):
        assert staff.post(url_of(obj).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    assert stored().visible


def test_a_deleted_course_can_only_be_looked_at(staff: Client, lecture: Entry) -> None:
    delete_course(2)
    page = staff.get(url_of(stored()))
    assert page.status_code == 200
    assert "deleted by its source" in page.content.decode()
    assert staff.post(url_of(stored()), {"title": "Back"}).status_code == 403


def test_staff_without_the_permission_are_refused(lecture: Entry) -> None:
    bob = User.objects.create_user("bob@example.org", is_staff=True)
    client = signed_in(bob)
    assert client.get(url_of(lecture)).status_code == 403

    bob.user_permissions.add(Permission.objects.get(codename="view_entry"))
    assert client.get(url_of(lecture)).status_code == 200
    for body in ({"rooms": "Raf04"}, {DROP: ""}):
        assert client.post(url_of(lecture), body).status_code == 403
    assert not Override.objects.exists()

    bob.user_permissions.add(Permission.objects.get(codename="change_entry"))
    assert save(client, lecture, rooms="Raf04").status_code == 302
    assert Override.objects.get().author == bob


def test_students_and_strangers_are_sent_to_sign_in(lecture: Entry) -> None:
    charlie = User.objects.create_user("charlie@example.org")
    for client in (signed_in(charlie), Client()):
        answer = client.post(url_of(lecture), {"rooms": "Raf04"})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


def test_the_ledger_is_told_on_the_page_of_the_entry_and_of_its_course(
    staff: Client, alice: User, lecture: Entry
) -> None:
    save(staff, lecture, rooms="<i>Raf04</i>", weekday="3")
    for obj in (lecture, stored()):
        rows = staff.get(url_of(obj)).context["ledger"]()["rows"]
        told = [(row[2], row[3], row[4], row[5], row[6]) for row in rows[:2]]
        assert (alice.email, "entry lecture", "rooms", "Raf20", "<i>Raf04</i>") in told
        assert (alice.email, "entry lecture", "weekday", "Tuesday", "Wednesday") in told
        assert "<i>Raf04</i>" not in staff.get(url_of(obj)).content.decode()


def test_a_course_lists_its_entries_and_exams_with_links(staff: Client, lecture: Entry) -> None:
    page = staff.get(url_of(stored())).content.decode()
    for part in (lecture, Exam.objects.get()):
        assert f'href="{url_of(part)}"' in page
    assert "Tuesday 11:15 to 13:00" in page
