"""The pages on which staff write, look at, send, schedule and cancel announcements."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from apps.notifications.announcements import finish, send_due
from apps.notifications.delivery import send_due as ring_due
from apps.notifications.models import Announcement, Notification
from apps.users.models import User
from tests.courses.admin_pages import errors, opened, save, signed_in, url_of
from tests.factories.courses import follow, make_course, make_user
from tests.factories.notifications import announce, make_announcement, make_device
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db
LIST = "/admin/notifications/announcement/"
BELGRADE = ZoneInfo("Europe/Belgrade")


@pytest.fixture
def staff() -> Client:
    """In Belgrade, which is not the server's zone."""
    return signed_in(User.objects.create_superuser("staff@example.org"))


@pytest.fixture(autouse=True)
def alice() -> User:
    alice = make_user("alice", language="sr")
    make_device(alice, "alice-phone")
    make_device(alice, "alice-tablet")
    return alice


def page(client: Client, announcement: Announcement) -> str:
    answer = client.get(url_of(announcement))
    assert answer.status_code == 200
    return answer.content.decode()


def write(client: Client, **values: Any) -> Any:
    return client.post(f"{LIST}add/", {"audience": "everyone", **values}, follow=True)


def send(client: Client, announcement: Announcement, **values: str) -> Any:
    """As the page offers it, once it has been looked at."""
    url = f"{LIST}{announcement.pk}/send/"
    assert f'href="{url}"' in page(client, announcement)
    answer = client.get(url)
    assert answer.status_code == 200
    return client.post(url, {"seen": answer.context["form"]["seen"].value(), **values}, follow=True)


def test_from_writing_to_phones(staff: Client, phones: Phones) -> None:
    answer = write(staff, title_sr="Biblioteka zatvorena", body_sr="Od ponedeljka.")
    draft = Announcement.objects.get()
    assert answer.redirect_chain[-1][0] == url_of(draft)
    assert (draft.state, str(draft.written_by)) == ("draft", "staff@example.org")
    assert send_due() == 0, "a draft goes nowhere"

    answer = send(staff, draft)
    assert "It goes out now, to 2 phones of 2 people." in answer.content.decode()
    assert send_due() == 1
    ring_due()
    assert phones.shown("alice-phone") == ["Biblioteka zatvorena: Od ponedeljka."]
    assert phones.shown("alice-tablet") == ["Biblioteka zatvorena: Od ponedeljka."]

    finish()
    over = Announcement.objects.get()
    assert (over.state, over.people, over.phones, str(over.confirmed_by)) == (
        "sent",
        2,
        2,
        "staff@example.org",
    )
    assert "2 rung: FCM has taken it" in page(staff, over)


def test_the_page_shows_the_phone_in_each_language_and_the_count(staff: Client, alice: User) -> None:
    course = make_course()
    follow(alice, course)
    draft = make_announcement(
        "course",
        course=course,
        texts={
            "en": {"title": "Room <changed>", "body": "See the board."},
            "sr": {"title": "Nova sala", "body": "Vidi tablu."},
        },
    )
    shown = page(staff, draft)
    assert "This would ring\n        2 phones of 1 person" in shown
    for words in ("Room &lt;changed&gt;", "See the board.", "Nova sala", "Vidi tablu.", "English", "Srpski"):
        assert words in shown


def test_the_phone_shows_where_a_long_text_is_cut(staff: Client) -> None:
    draft = make_announcement(texts={"sr": {"title": "Важно", "body": "библиотека " * 200}})
    assert "библиотека…" in page(staff, draft)
    assert "cut here" in page(staff, draft)


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({}, "__all__"),
        ({"title_en": "Only a title"}, "body_en"),
        ({"title_en": "A", "body_en": "B", "body_sr": "C"}, "title_sr"),
        ({"title_en": "A", "body_en": "B", "audience": "course"}, "course"),
        ({"title_en": "A", "body_en": "B", "audience": "term-group"}, "group"),
        ({"title_en": "A", "body_en": "B", "audience": "role"}, "role"),
        ({"title_en": "A", "body_en": "B", "audience": "department", "department": "Nowhere"}, "department"),
        ({"title_en": "A", "body_en": "B", "deep_link": "https://example.org/"}, "deep_link"),
        ({"title_en": "A" * 201, "body_en": "B"}, "title_en"),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_its_field(staff: Client, values: Any, where: str) -> None:
    assert where in errors(write(staff, **values))
    assert not Announcement.objects.exists()


def test_what_the_audience_has_no_use_for_is_not_kept(staff: Client) -> None:
    course = make_course()
    write(
        staff, title_en="A", body_en="B", audience="course", course=str(course.pk), group="101", role="staff"
    )
    draft = Announcement.objects.get()
    assert (draft.course, draft.group, draft.role) == (course, "", "")


def test_a_draft_is_written_anew(staff: Client) -> None:
    draft = make_announcement()
    save(staff, draft, title_en="Library open", department="")
    assert Announcement.objects.get().texts["en"]["title"] == "Library open"


def test_scheduled_in_the_zone_of_the_one_who_schedules(staff: Client) -> None:
    draft = make_announcement()
    later = (timezone.now().astimezone(BELGRADE) + timedelta(days=2)).replace(hour=18, minute=0)
    answer = send(staff, draft, send_at=f"{later:%Y-%m-%dT%H:%M}")
    assert "18:00:00 (Europe/Belgrade), to 2 phones" in answer.content.decode()
    scheduled = Announcement.objects.get()
    assert scheduled.send_at == datetime(later.year, later.month, later.day, 18, tzinfo=BELGRADE)
    assert scheduled.state == "scheduled"
    assert send_due() == 0
    assert "Goes out at" in page(staff, scheduled)


@pytest.mark.parametrize("moment", ["2020-01-01T10:00", "soon", "2027-03-28T02:30"])
def test_a_moment_that_is_over_or_does_not_exist_is_refused(staff: Client, moment: str) -> None:
    answer = send(staff, make_announcement(), send_at=moment)
    assert answer.context["form"].errors["send_at"]
    assert Announcement.objects.get().state == "draft"


def test_what_was_written_anew_since_it_was_looked_at_is_shown_again(staff: Client) -> None:
    draft = make_announcement()
    seen = draft.written_at.isoformat()
    save(staff, draft, title_en="Something else", department="")
    answer = staff.post(f"{LIST}{draft.pk}/send/", {"seen": seen}, follow=True)
    assert "It has been changed in the meantime. Look again." in answer.content.decode()
    assert Announcement.objects.get().state == "draft"


def test_to_nobody_it_cannot_be_sent(staff: Client) -> None:
    draft = make_announcement("course", course=make_course())
    assert "Nobody would get it." in send(staff, draft).content.decode()
    assert Announcement.objects.get().state == "draft"


@pytest.mark.parametrize("sending", [False, True])
def test_a_button_cancels(staff: Client, phones: Phones, sending: bool) -> None:
    announcement = announce()
    if sending:
        send_due()
    assert "cancel" in opened(staff, announcement).buttons
    staff.post(url_of(announcement), {"cancel": "1"})
    send_due()
    ring_due()
    assert phones.messages() == []
    cancelled = Announcement.objects.get()
    assert (cancelled.state, str(cancelled.cancelled_by)) == ("cancelled", "staff@example.org")
    assert set(Notification.objects.values_list("why", flat=True)) <= {"withdrawn", "no-device"}


@pytest.mark.parametrize("state", ["scheduled", "sending", "sent", "cancelled"])
def test_only_a_draft_is_edited_sent_or_deleted(staff: Client, state: str) -> None:
    announcement = make_announcement()
    Announcement.objects.update(state=state)
    staff.post(url_of(announcement), {"title_en": "Changed", "body_en": "B", "audience": "everyone"})
    staff.post(f"{LIST}{announcement.pk}/send/", {"seen": announcement.written_at.isoformat()})
    staff.post(f"{LIST}{announcement.pk}/delete/", {"post": "yes"})
    kept = Announcement.objects.get()
    assert (kept.state, kept.texts) == (state, announcement.texts)
    assert "Send or schedule" not in page(staff, kept)


def test_one_that_goes_out_while_it_is_written_stays_as_it_went_out(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = make_announcement()
    values = {**opened(staff, draft).values, "title_en": "Too late", "department": ""}
    Announcement.objects.update(state="scheduled")
    monkeypatch.setattr(
        "apps.notifications.admin.announcements.AnnouncementAdmin.has_change_permission", lambda *_: True
    )
    monkeypatch.setattr(
        "apps.notifications.admin.announcements.AnnouncementAdmin.get_fieldsets",
        lambda *_: [(None, {"fields": ["title_en", "body_en", "audience"]})],
    )
    answer = staff.post(url_of(draft), values, follow=True)
    assert "Somebody has sent or cancelled it in the meantime." in answer.content.decode()
    kept = Announcement.objects.get()
    assert (kept.state, kept.texts) == ("scheduled", draft.texts)


def test_who_may_only_look_sends_and_cancels_nothing() -> None:
    looker = User.objects.create_user("looker@example.org", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_announcement"))
    client = signed_in(looker)
    draft, going = make_announcement(), announce()
    assert "Send or schedule" not in page(client, draft)
    assert client.post(f"{LIST}{draft.pk}/send/", {}).status_code == 403
    assert client.post(url_of(going), {"cancel": "1"}).status_code == 403
    assert Announcement.objects.get(pk=going.pk).state == "scheduled"


def test_the_list_says_what_state_each_is_in_and_for_whom(staff: Client) -> None:
    make_announcement("role", role="students")
    announce("department", department="Computing")
    shown = staff.get(LIST).content.decode()
    for words in ("Library closed", "draft", "scheduled", "students: all who", "a department: Computing"):
        assert words in shown


def test_the_page_tells_whom_it_has_reached(staff: Client, phones: Phones, alice: User) -> None:
    make_user("bob")
    announcement = announce()
    send_due()
    ring_due()
    Notification.objects.filter(user=alice).mark_read()
    figures = dict(staff.get(url_of(announcement)).context["reach"]["figures"])
    assert figures["Delivered to FCM"] == figures["Their phones"] == 2
    assert figures["Read in the app"] == 1
    assert figures["People concerned"] >= 2


def test_the_page_tells_why_its_messages_could_not_be_made(staff: Client) -> None:
    announcement = announce()
    Announcement.objects.update(attempts=3, error="Traceback: <a bug>", next_try_at=Now())
    page = staff.get(url_of(announcement)).content.decode()
    assert "Traceback: &lt;a bug&gt;" in page
    assert "making its messages failed" in page
    Announcement.objects.update(error="")
    assert "making its messages failed" not in staff.get(url_of(announcement)).content.decode()
