from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from apps.mail.models import Letter
from apps.users import notices
from apps.users.models import Session, User
from tests.users.conftest import PASSWORD, Phone
from tests.users.letters import letters, newest


def test_a_refresh_token_that_comes_twice_is_told_once(phone: Phone, alice: User) -> None:
    body = {"email": alice.email, "password": PASSWORD, "device_name": "Alice's phone"}
    stolen = phone.post("/api/v1/auth/token/", body).json()["refresh"]
    newer = phone.refresh(phone.refresh(stolen).json()["refresh"]).json()["refresh"]
    assert not letters(alice.email)

    for token in (stolen, newer, stolen):
        assert phone.refresh(token).status_code == 401

    (letter,) = letters(alice.email)
    assert letter.subject == "A phone was signed out of your account"
    assert "“Alice's phone”" in letter.text
    assert letter.user == alice


def test_what_ends_otherwise_is_no_alarm(phone: Phone, alice: User) -> None:
    tokens = phone.sign_in(alice)
    lost = phone.refresh(tokens["refresh"])
    assert phone.refresh(tokens["refresh"]).json() == lost.json()
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        phone.refresh(lost.json()["refresh"])
    phone.revoke(tokens["refresh"])
    phone.refresh(tokens["refresh"])

    assert not letters(alice.email)


def test_a_notice_goes_out_with_the_change_or_not_at_all(alice: User) -> None:
    with transaction.atomic():
        notices.password_changed(alice, now=timezone.now())
        transaction.set_rollback(True)

    assert not letters(alice.email)


@pytest.mark.parametrize("language", ["en", "sr"])
def test_every_notice_says_when_and_what_to_do_in_the_language_of_the_user(
    alice: User, language: str
) -> None:
    alice.language, alice.time_zone = language, "Africa/Cairo"
    now = datetime.fromisoformat("2026-11-21T09:30:00+00:00")
    session = Session(user=alice)

    notices.password_changed(alice, now=now)
    notices.session_reused(session, now=now)
    notices.social_account_linked(alice, provider="Google", now=now)
    notices.second_factor_changed(alice, now=now)

    posted = list(Letter.objects.all())
    assert len({each.subject for each in posted}) == 4
    for each in posted:
        assert "21.11.2026, 11:30 (Africa/Cairo)" in each.text
        assert ("If it was not you" in each.text) == (language == "en")
        assert ("Ako to niste bili vi" in each.text) == (language == "sr")


def test_a_password_set_by_staff_is_told_too(alice: User, phone: Phone) -> None:
    from django.test import Client

    boss = User.objects.create_superuser("boss@example.org", PASSWORD)
    staff = Client()
    staff.force_login(boss)
    form = {
        "usable_password": "true",
        "set-password": "",
        "password1": "new and long",
        "password2": "new and long",
    }

    assert staff.post(f"/admin/users/user/{alice.pk}/password/", form).status_code == 302

    assert newest(alice.email).subject == "Your password was changed"
