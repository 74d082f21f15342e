import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.courses.models import Change, Course, Term
from apps.users.models import User
from apps.webhooks.admin.import_forms import MAX_FILE_BYTES
from apps.webhooks.models import Delivery
from apps.webhooks.processing import apply_pending
from tests.courses.admin_pages import Form, signed_in
from tests.webhooks.tables.files import EXAM_HEADER, EXAM_ROWS, SOURCE, edited, file, import_now

pytestmark = pytest.mark.django_db
URL = "/admin/import/"
NEW_TERM = {
    "source": SOURCE,
    "term": "autumn",
    "name": "Jesen",
    "starts_on": "2026-09-28",
    "ends_on": "2027-02-14",
    "time_zone": "Europe/Belgrade",
    "periods": "teaching, 2026-09-28, 2027-01-15\nexams, 2027-01-18, 2027-02-14, Januar",
}


@pytest.fixture
def staff() -> Client:
    return signed_in(User.objects.create_superuser("alice@example.org"))


def look(client: Client, timetable: Any = None, exams: Any = None, **fields: Any) -> Any:
    files = {
        name: SimpleUploadedFile(f"{name}.csv", content)
        for name, content in (("timetable", timetable), ("exams", exams))
        if content is not None
    }
    return client.post(URL, {**fields, **files})


def apply(client: Client, page: Any) -> Any:
    return client.post(URL, {"looked": Form(page.content.decode()).values["looked"]}, follow=True)


def into() -> str:
    return str(Term.objects.get(external_id="autumn").pk)


def rows(page: Any) -> list[list[str]]:
    return [
        [re.sub(r"<[^>]*>|\s+", " ", str(cell)).strip() for cell in row]
        for row in page.context["table"]["rows"]
    ]


def test_both_files_and_a_new_term_from_the_form_to_the_catalogue(staff: Client) -> None:
    assert "Import a timetable" in staff.get("/admin/").content.decode()
    page = look(staff, file(), file(EXAM_HEADER, EXAM_ROWS), **NEW_TERM)
    assert rows(page)[0] == ["Algoritmi", "added", "", "–", "3 entries, 1 exam"]
    assert not Delivery.objects.exists()
    assert not Term.objects.exists()

    answer = apply(staff, page)
    assert "Stored as 2 deliveries, which the worker applies now." in answer.content.decode()
    assert answer.redirect_chain[-1][0] == "/admin/webhooks/delivery/?source=raf"
    apply_pending()
    assert Course.objects.visible().count() == 2
    assert Term.objects.get().periods[1]["name"] == "Januar"
    assert LogEntry.objects.filter(user__email="alice@example.org").count() == 2


def test_an_edited_file_shows_old_and_new_and_applies_just_that(staff: Client) -> None:
    import_now(file())
    before = Change.objects.count()
    page = look(staff, edited("Raf20", "Raf04"), into=into())
    assert rows(page) == [
        ["Algoritmi", "changed", "lecture, Monday 09:15 to 12:00, Raf20: rooms", "Raf20", "Raf04"]
    ]
    assert Change.objects.count() == before
    apply(staff, page)
    apply_pending()
    assert Change.objects.count() == before + 1


def test_faults_are_shown_by_line_and_column_and_nothing_is_stored(staff: Client) -> None:
    page = look(staff, edited("PON", "danas"), edited("20.01.", "juče", EXAM_HEADER, EXAM_ROWS), **NEW_TERM)
    assert [row[:3] for row in rows(page)] == [["exams", "2", "Datum"], ["timetable", "2", "Dan"]]
    assert "Nothing was imported: 2 things are wrong." in page.content.decode()
    # What was typed is still there.
    assert Form(page.content.decode()).values["name"] == "Jesen"
    assert not Delivery.objects.exists()


def test_what_stands_in_a_file_is_shown_as_text(staff: Client) -> None:
    page = look(staff, edited("Algoritmi", "<script>alert(1)</script>"), **NEW_TERM)
    assert "<script>alert" not in page.content.decode()
    assert "&lt;script&gt;alert(1)" in page.content.decode()


def test_silence_goes_along(staff: Client) -> None:
    apply(staff, look(staff, file(), silent="on", **NEW_TERM))
    assert all(Delivery.objects.values_list("silenced", flat=True))


def test_what_is_applied_is_what_was_shown(staff: Client) -> None:
    import_now(file())
    page = look(staff, edited("Raf20", "Raf04"), into=into())
    import_now(edited("Raf02", "Raf03"))
    stored = Delivery.objects.count()
    answer = apply(staff, page)
    assert "The catalogue has changed in the meantime. Look again." in answer.content.decode()
    assert len(rows(answer)) == 2
    assert Delivery.objects.count() == stored
    assert "Stored as" in apply(staff, answer).content.decode()


def test_the_second_step_is_bound_to_who_took_the_first_and_to_an_hour(staff: Client) -> None:
    page = look(staff, file(), **NEW_TERM)
    bob = signed_in(User.objects.create_superuser("bob@example.org"))
    assert "looked at too long ago" in apply(bob, page).content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert "looked at too long ago" in apply(staff, page).content.decode()
    assert "looked at too long ago" in staff.post(URL, {"looked": "x:y:z"}, follow=True).content.decode()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("source", "course-service", "course-service belongs to a course service"),
        ("source", "Раф", "A source is a slug"),
        ("name", "", "A new term needs this."),
        ("periods", "teaching", "is no period"),
        ("into", "00000000-0000-0000-0000-000000000000", "Select a valid choice"),
    ],
)
def test_a_form_filled_in_wrongly_is_shown_again(
    staff: Client, settings: Settings, field: str, value: str, error: str
) -> None:
    settings.WEBHOOK_SECRETS = {"course-service": ["whsec_x"]}
    page = look(staff, file(), **{**NEW_TERM, field: value})
    assert error in str(page.context["form"].errors)
    assert error.split("'")[0] in page.content.decode()


def test_a_form_without_files_and_terms_of_course_services_are_not_for_here(
    staff: Client, settings: Settings
) -> None:
    import_now(file())
    assert into() in staff.get(URL).content.decode()
    settings.WEBHOOK_SECRETS = {SOURCE: ["whsec_x"]}
    assert into() not in staff.get(URL).content.decode()
    assert "Choose a timetable, an exam list, or both." in look(staff, **NEW_TERM).content.decode()


def test_large_files_are_refused_before_they_are_read(staff: Client) -> None:
    answer = look(staff, b"x" * (MAX_FILE_BYTES + 1), **NEW_TERM)
    assert "at most 491,520 are read here" in answer.content.decode()

    class Unread:
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

        readline = read

    large: dict[str, Any] = {"CONTENT_LENGTH": "104857600", "wsgi.input": Unread()}
    answer = staff.generic("POST", URL, b"", "multipart/form-data; boundary=x", **large)
    assert answer.status_code == 413
    assert "At most 491,520 bytes a file are read here" in answer.content.decode()


def test_it_needs_the_right_to_add_deliveries() -> None:
    bob = User.objects.create_user("bob@example.org", is_staff=True)
    client = signed_in(bob)
    assert client.get(URL).status_code == 403
    assert Client().get(URL).status_code == 302
    bob.user_permissions.add(Permission.objects.get(codename="add_delivery"))
    assert client.get(URL).status_code == 200


def test_a_form_of_another_site_is_refused(staff: Client) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get())
    assert look(client, file(), **NEW_TERM).status_code == 403
    page = look(staff, file(), **NEW_TERM)
    assert apply(client, page).status_code == 403
    assert not Delivery.objects.exists()
