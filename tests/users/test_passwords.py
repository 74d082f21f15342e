from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.mail.models import Letter
from apps.users.models import Session, User
from tests.together import together
from tests.users.conftest import PASSWORD, Phone
from tests.users.letters import key_in, letters, newest

CHANGE = "/api/v1/auth/password/change/"
ASK = "/api/v1/auth/password/reset/"
RESET = "/api/v1/auth/password/reset/confirm/"
NEW = "another long sentence"


def sign_in(phone: Phone, user: User, password: str) -> int:
    body = {"email": user.email, "password": password}
    status: int = phone.post("/api/v1/auth/token/", body).status_code
    return status


def change(phone: Phone, tokens: dict[str, str], *, current: str = PASSWORD, new: str = NEW) -> Any:
    body = {"current_password": current, "new_password": new}
    return phone.post(CHANGE, body, headers={"Authorization": f"Bearer {tokens['access']}"})


def ask(phone: Phone, user: User) -> str:
    assert phone.post(ASK, {"email": user.email}).status_code == 202
    return key_in(newest(user.email))


def test_a_change_ends_all_other_sessions_and_this_one_goes_on(phone: Phone, alice: User, bob: User) -> None:
    here, there, of_bob = phone.sign_in(alice), phone.sign_in(alice), phone.sign_in(bob)

    assert change(phone, here).status_code == 204

    assert phone.me(here["access"]).status_code == 200
    assert phone.refresh(here["refresh"]).status_code == 200
    assert phone.me(there["access"]).status_code == 401
    assert phone.refresh(there["refresh"]).status_code == 401
    assert phone.me(of_bob["access"]).status_code == 200
    assert (sign_in(phone, alice, PASSWORD), sign_in(phone, alice, NEW)) == (401, 200)
    assert [each.revoked_reason for each in Session.objects.exclude(revoked_at=None)] == ["password_changed"]


def test_a_change_is_told_by_letter(phone: Phone, alice: User) -> None:
    change(phone, phone.sign_in(alice))

    letter = newest(alice.email)
    assert letter.subject == "Your password was changed"
    assert letter.user == alice
    assert NEW not in letter.text


def test_a_change_needs_the_current_password(phone: Phone, alice: User) -> None:
    tokens = phone.sign_in(alice)

    refused = change(phone, tokens, current="wrong")

    assert refused.status_code == 400
    assert [each["field"] for each in refused.json()["errors"]] == ["current_password"]
    assert not letters(alice.email)
    assert sign_in(phone, alice, PASSWORD) == 200


def test_whoever_holds_a_phone_cannot_guess_the_password(phone: Phone, alice: User) -> None:
    tokens = phone.sign_in(alice)

    tries = [change(phone, tokens, current=f"guess {number}") for number in range(6)]

    assert Counter(each.status_code for each in tries) == {400: 5, 429: 1}
    assert int(tries[-1]["Retry-After"]) >= 1
    assert sign_in(phone, alice, PASSWORD) == 429


def test_a_change_needs_somebody_signed_in(phone: Phone, db: None) -> None:
    assert phone.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW}).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_of_four_changes_at_once_one_counts(alice: User) -> None:
    signed_in = [Phone().sign_in(alice) for _ in range(4)]

    answers = together(4, lambda: change(Phone(), signed_in.pop()), at=User.objects.all())

    assert Counter(answer.status_code for answer in answers) == {204: 1, 401: 3}
    assert Session.objects.filter(revoked_at=None).count() == 1
    assert Letter.objects.count() == 1


def test_a_forgotten_password_is_replaced_by_one_who_reads_the_mail(phone: Phone, alice: User) -> None:
    signed_in = phone.sign_in(alice)

    key = ask(phone, alice)
    assert phone.me(signed_in["access"]).status_code == 200
    assert phone.post(RESET, {"key": key, "password": NEW}).status_code == 204

    assert (sign_in(phone, alice, PASSWORD), sign_in(phone, alice, NEW)) == (401, 200)
    assert phone.me(signed_in["access"]).status_code == 401
    assert phone.refresh(signed_in["refresh"]).status_code == 401
    assert newest(alice.email).subject == "Your password was changed"


def test_asking_answers_the_same_whoever_has_the_address(phone: Phone, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)

    emails = [alice.email, alice.email.upper(), bob.email, "nobody@example.org"]
    answers = [phone.post(ASK, {"email": email}) for email in emails]

    assert {(answer.status_code, answer.content, *answer.headers.items()) for answer in answers} == {
        (202, b"", *answers[0].headers.items())
    }
    assert newest(alice.email).subject == "Choose another password for Campanile"
    assert newest(bob.email).subject == newest("nobody@example.org").subject
    assert newest("nobody@example.org").subject == "There is no account with this address"
    assert "/account/" not in newest("nobody@example.org").text


def test_a_key_is_good_once(phone: Phone, alice: User) -> None:
    key = ask(phone, alice)
    phone.post(RESET, {"key": key, "password": NEW})

    again = phone.post(RESET, {"key": key, "password": PASSWORD})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (400, "key")
    assert sign_in(phone, alice, NEW) == 200


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_use_a_key_at_once_one_chooses_the_password(alice: User) -> None:
    key = ask(Phone(), alice)

    answers = together(20, lambda: Phone().post(RESET, {"key": key, "password": NEW}), at=User.objects.all())

    assert Counter(answer.status_code for answer in answers) == {204: 1, 400: 19}
    assert len(letters(alice.email)) == 2


def test_a_key_is_good_for_an_hour(phone: Phone, alice: User) -> None:
    start = timezone.now()
    with time_machine.travel(start):
        key = ask(phone, alice)

    with time_machine.travel(start + timedelta(minutes=60, seconds=2)):
        assert phone.post(RESET, {"key": key, "password": NEW}).status_code == 400
    with time_machine.travel(start + timedelta(minutes=59)):
        assert phone.post(RESET, {"key": key, "password": NEW}).status_code == 204


def test_whatever_changes_the_account_voids_the_key(phone: Phone, alice: User) -> None:
    def refused() -> bool:
        answer = phone.post(RESET, {"key": key, "password": "a third long sentence"})
        return bool(answer.status_code == 400)

    key = ask(phone, alice)
    change(phone, phone.sign_in(alice))
    assert refused()

    key = ask(phone, alice)
    User.objects.filter(pk=alice.pk).update(email="alice@elsewhere.example")
    assert refused()

    alice.refresh_from_db()
    key = ask(phone, alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert refused()

    User.objects.filter(pk=alice.pk).update(is_active=True)
    key = ask(phone, alice)
    alice.delete()
    assert refused()


def test_the_key_of_one_does_not_open_the_account_of_another(phone: Phone, alice: User, bob: User) -> None:
    of_alice, of_bob = ask(phone, alice), ask(phone, bob)

    swapped = of_bob.partition("-")[0] + "-" + of_alice.partition("-")[2]

    assert phone.post(RESET, {"key": swapped, "password": NEW}).status_code == 400
    assert sign_in(phone, bob, PASSWORD) == 200


@pytest.mark.parametrize(
    "key", ["x", "-", "", "0" * 32, "0" * 32 + "-1-2", "é" * 32 + "-", "{key}x", "x{key}", "\0", None, 7]
)
def test_what_is_no_key_is_a_problem_that_names_it(phone: Phone, alice: User, key: str | None) -> None:
    odd = key.replace("{key}", ask(phone, alice)) if isinstance(key, str) else key

    answer = phone.post(RESET, {"key": odd, "password": NEW})

    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == ["key"]


def test_a_weak_password_is_refused_by_its_name_and_the_key_stays_good(phone: Phone, alice: User) -> None:
    key = ask(phone, alice)
    for weak in ("short", "alice@example.org", "student1"):
        answer = phone.post(RESET, {"key": key, "password": weak})
        assert (answer.status_code, {each["field"] for each in answer.json()["errors"]}) == (
            400,
            {"password"},
        )
    tokens = phone.sign_in(alice)
    answer = change(phone, tokens, new="short")
    assert (answer.status_code, {each["field"] for each in answer.json()["errors"]}) == (
        400,
        {"new_password"},
    )

    assert phone.post(RESET, {"key": key, "password": NEW}).status_code == 204


def test_who_has_no_password_gets_one_by_mail(phone: Phone, alice: User) -> None:
    """Signed up with another service: the letter goes to an address that is theirs."""
    alice.set_unusable_password()
    alice.save()

    assert phone.post(RESET, {"key": ask(phone, alice), "password": NEW}).status_code == 204
    assert sign_in(phone, alice, NEW) == 200


def test_letters_speak_the_language_of_the_user_and_to_strangers_that_of_their_phone(
    phone: Phone, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(language="sr")
    for email in (alice.email, "nobody@example.org"):
        phone.post(ASK, {"email": email}, headers={"Accept-Language": "en" if email == alice.email else "sr"})

    assert newest(alice.email).subject == "Izaberite drugu lozinku za Campanile"
    assert newest("nobody@example.org").subject == "Nema naloga sa ovom adresom"
