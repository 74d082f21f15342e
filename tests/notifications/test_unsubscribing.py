"""A link in a letter stops that kind of letter: with one click, for ever, and for nobody else."""

import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.signing import Signer
from django.test import Client

from apps.notifications.preferences import preferences_of
from apps.notifications.unsubscribing import Topic, link
from apps.users.models import User
from tests.factories.courses import make_user
from tests.notifications.letters import by_email

pytestmark = pytest.mark.django_db
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def alice() -> User:
    alice = make_user("alice")
    by_email(alice, "exams", "schedule")
    return alice


@pytest.fixture
def mailbox() -> Client:
    """A program, or a browser that has never been here, on a server which takes no forms without a token."""
    return Client(enforce_csrf_checks=True)


def path(user: User, topic: Topic) -> str:
    return urlsplit(link(user.pk, topic)).path


def test_one_click_stops_letters_of_that_category_alone(mailbox: Client, alice: User) -> None:
    answer = mailbox.post(path(alice, Topic.EXAMS), ONE_CLICK, content_type=FORM)
    assert answer.status_code == 200
    assert preferences_of(alice.pk).email_on == ["schedule"]
    assert preferences_of(alice.pk).unread_exams_email
    assert not answer.cookies
    assert mailbox.post(path(alice, Topic.EXAMS), ONE_CLICK, content_type=FORM).status_code == 200


def test_letters_about_unread_exams_are_stopped_by_their_own_link(mailbox: Client, alice: User) -> None:
    mailbox.post(path(alice, Topic.UNREAD_EXAMS), ONE_CLICK, content_type=FORM)
    assert not preferences_of(alice.pk).unread_exams_email
    assert preferences_of(alice.pk).email_on == ["exams", "schedule"]


def test_who_has_chosen_nothing_yet_can_stop_them_too(mailbox: Client) -> None:
    bob = make_user("bob")
    assert mailbox.post(path(bob, Topic.UNREAD_EXAMS), ONE_CLICK, content_type=FORM).status_code == 200
    assert not preferences_of(bob.pk).unread_exams_email


def test_a_look_shows_a_button_and_changes_nothing(mailbox: Client, alice: User) -> None:
    for answer in (mailbox.get(path(alice, Topic.EXAMS)), mailbox.head(path(alice, Topic.EXAMS))):
        assert answer.status_code == 200
    page = mailbox.get(path(alice, Topic.EXAMS))
    assert '<form method="post">' in page.content.decode()
    assert preferences_of(alice.pk).email_on == ["exams", "schedule"]


def test_the_page_loads_nothing_from_elsewhere_and_is_kept_nowhere(mailbox: Client, alice: User) -> None:
    answer = mailbox.get(path(alice, Topic.EXAMS))
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "no-store" in answer["Cache-Control"]
    page = answer.content.decode()
    assert "http" not in page.replace("http-equiv", "")
    assert "style=" not in page
    assert "<script" not in page


def test_the_page_speaks_the_users_language(mailbox: Client, alice: User) -> None:
    User.objects.update(language="sr")
    page = mailbox.get(path(alice, Topic.EXAMS)).content.decode()
    assert '<html lang="sr-latn">' in page
    assert "Prekini" in page


def forged(alice: User) -> list[str]:
    good = link(alice.pk, Topic.EXAMS).rstrip("/").rpartition("/")[2]
    user, topic, signature = good.split(".")
    bob = make_user("bob").pk.hex
    return [
        f"{bob}.{topic}.{signature}",
        f"{user}.schedule.{signature}",
        f"{user}.{topic}.{signature[:-1]}",
        f"{user}.{topic}.",
        f"{user}.{topic}",
        "x",
        "..",
        good.upper(),
        Signer().sign(f"{user}.{topic}"),
        Signer(salt="unsubscribe", sep=".").sign(f"{user}.{topic}"),
    ]


def test_a_forged_link_leads_nowhere(mailbox: Client, alice: User) -> None:
    for token in forged(alice):
        answers: list[Any] = [mailbox.get(f"/unsubscribe/{token}/"), mailbox.post(f"/unsubscribe/{token}/")]
        assert [answer.status_code for answer in answers] == [404, 404], token
    assert preferences_of(alice.pk).email_on == ["exams", "schedule"]


def test_a_link_of_an_account_that_is_gone_leads_nowhere(mailbox: Client) -> None:
    gone = User(id=uuid.uuid4())
    assert mailbox.post(path(gone, Topic.EXAMS)).status_code == 404
