from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.users.accounts import open_account
from apps.users.models import Registration, Session, User
from tests.together import together
from tests.users.conftest import PASSWORD, Phone
from tests.users.letters import key_in, letters, newest

REGISTER = "/api/v1/auth/register/"
CONFIRM = "/api/v1/auth/email/confirm/"
RESEND = "/api/v1/auth/email/resend/"
CHARLIE = "charlie@example.org"
BODY = {
    "email": CHARLIE,
    "password": PASSWORD,
    "first_name": "Charlie",
    "language": "sr",
    "time_zone": "Africa/Cairo",
}


def sign_in(phone: Phone, password: str = PASSWORD, email: str = CHARLIE) -> int:
    status: int = phone.post("/api/v1/auth/token/", {"email": email, "password": password}).status_code
    return status


def test_from_wanting_an_account_to_being_signed_in(phone: Phone, db: None) -> None:
    asked = phone.post(REGISTER, BODY | {"email": " Charlie@Example.org"})

    assert (asked.status_code, asked.json()) == (201, {"email": CHARLIE})
    assert asked["Cache-Control"] == "no-store"
    assert sign_in(phone) == 401
    assert not User.objects.exists()

    assert phone.post(CONFIRM, {"key": key_in(newest(CHARLIE))}).status_code == 204
    user = User.objects.get()
    assert (user.email, user.first_name, user.language, user.time_zone) == (
        CHARLIE,
        "Charlie",
        "sr",
        "Africa/Cairo",
    )
    assert sign_in(phone) == 200
    assert not Registration.objects.exists()


def test_an_address_and_a_password_are_enough(phone: Phone, db: None) -> None:
    assert phone.post(REGISTER, {"email": CHARLIE, "password": PASSWORD}).status_code == 201
    phone.post(CONFIRM, {"key": key_in(newest(CHARLIE))})

    assert sign_in(phone) == 200


def test_neither_the_password_nor_the_key_is_kept(phone: Phone, db: None) -> None:
    phone.post(REGISTER, BODY)

    row = repr(Registration.objects.values().get())
    assert PASSWORD not in row
    assert key_in(newest(CHARLIE)) not in row


def test_an_address_that_is_taken_gets_the_same_answer_and_a_letter_that_says_so(
    phone: Phone, alice: User
) -> None:
    other = phone.post(REGISTER, BODY)
    taken = phone.post(REGISTER, BODY | {"email": "Alice@example.org", "password": "of somebody else"})

    assert (taken.status_code, taken.json()) == (201, {"email": "alice@example.org"})
    assert {**taken.headers, "Content-Length": ""} == {**other.headers, "Content-Length": ""}
    letter = newest("alice@example.org")
    assert "already" in letter.subject
    assert "/account/" not in letter.text
    assert sign_in(phone, "of somebody else", alice.email) == 401
    assert sign_in(phone, PASSWORD, alice.email) == 200


def test_letters_hold_nothing_that_whoever_registered_could_write(phone: Phone, alice: User) -> None:
    lure = "You won! http://evil.example"
    for email in (CHARLIE, alice.email):
        phone.post(REGISTER, BODY | {"email": email, "first_name": lure, "last_name": lure})

        assert "evil" not in newest(email).text + newest(email).subject


def test_letters_speak_the_language_of_the_profile(phone: Phone, alice: User) -> None:
    phone.post(REGISTER, BODY)
    phone.post(REGISTER, BODY | {"email": alice.email})

    assert newest(CHARLIE).subject == "Potvrdite svoju adresu za Campanile"
    assert newest(alice.email).subject == "You have an account with Campanile already"


def test_a_key_is_good_for_three_days(phone: Phone, db: None) -> None:
    start = timezone.now()
    with time_machine.travel(start):
        phone.post(REGISTER, BODY)
    key = key_in(newest(CHARLIE))

    assert newest(CHARLIE).expires_at - start < timedelta(days=3, minutes=1)
    with time_machine.travel(start + timedelta(days=3, seconds=1)):
        refused = phone.post(CONFIRM, {"key": key})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "key")
    with time_machine.travel(start + timedelta(days=2, hours=23)):
        assert phone.post(CONFIRM, {"key": key}).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_use_a_key_at_once_one_has_an_account(db: None) -> None:
    Phone().post(REGISTER, BODY)
    key = key_in(newest(CHARLIE))

    answers = together(20, lambda: Phone().post(CONFIRM, {"key": key}), at=Registration.objects.all())

    assert Counter(answer.status_code for answer in answers) == {204: 1, 400: 19}
    assert User.objects.count() == 1


@pytest.mark.parametrize("key", ["x", "", "é", "-", " ", "\0", "k" * 201, 7, None, ["x"], {"a": 1}, "\ud800"])
def test_what_is_no_key_is_a_problem_that_names_it(phone: Phone, db: None, key: object) -> None:
    phone.post(REGISTER, BODY)
    import json

    answer = phone.post(CONFIRM, json.dumps({"key": key}), content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith("key")
    assert not User.objects.exists()


def test_registering_again_starts_over_so_that_nobody_sits_on_an_address(phone: Phone, db: None) -> None:
    phone.post(REGISTER, BODY | {"password": "of who came first", "first_name": "Mallory"})
    first = key_in(newest(CHARLIE))
    phone.post(REGISTER, BODY)

    assert phone.post(CONFIRM, {"key": first}).status_code == 400
    assert phone.post(CONFIRM, {"key": key_in(newest(CHARLIE))}).status_code == 204
    assert (sign_in(phone), sign_in(phone, "of who came first")) == (200, 401)
    assert User.objects.get().first_name == "Charlie"


def test_a_password_that_comes_with_the_key_is_the_one_that_counts(phone: Phone, db: None) -> None:
    """Whoever registers an address after its owner did knows the newest password, but has no letter."""
    phone.post(REGISTER, BODY)
    phone.post(REGISTER, BODY | {"password": "of somebody else"})
    key = key_in(newest(CHARLIE))

    weak = phone.post(CONFIRM, {"key": key, "password": "charlie1"})
    assert (weak.status_code, {each["field"] for each in weak.json()["errors"]}) == (400, {"password"})
    assert phone.post(CONFIRM, {"key": key, "password": PASSWORD}).status_code == 204
    assert (sign_in(phone), sign_in(phone, "of somebody else")) == (200, 401)


def test_an_address_that_got_an_account_meanwhile_cannot_be_confirmed(phone: Phone, db: None) -> None:
    phone.post(REGISTER, BODY)
    open_account(email=CHARLIE, password_hash="!")

    assert phone.post(CONFIRM, {"key": key_in(newest(CHARLIE))}).status_code == 400
    assert sign_in(phone) == 401
    assert not Session.objects.exists()


def test_a_lost_letter_is_sent_again_with_another_key(phone: Phone, db: None) -> None:
    phone.post(REGISTER, BODY)
    lost = key_in(newest(CHARLIE))

    answer = phone.post(RESEND, {"email": CHARLIE.upper()})

    assert (answer.status_code, answer.content) == (202, b"")
    assert phone.post(CONFIRM, {"key": lost}).status_code == 400
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert phone.post(CONFIRM, {"key": key_in(newest(CHARLIE))}).status_code == 204
    assert sign_in(phone) == 200


def test_sending_again_answers_the_same_whatever_waits(phone: Phone, alice: User) -> None:
    phone.post(REGISTER, BODY)

    answers = [phone.post(RESEND, {"email": email}) for email in (CHARLIE, alice.email, "nobody@example.org")]

    assert {(answer.status_code, answer.content, *answer.headers.items()) for answer in answers} == {
        (202, b"", *answers[0].headers.items())
    }
    assert "already" in newest(alice.email).subject
    assert newest("nobody@example.org").subject == "There is nothing to confirm"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "charlie"),
        ("email", "charlie@"),
        ("email", "char\nlie@example.org"),
        ("email", '"charlie"@example.org'),
        ("email", "charlie@[127.0.0.1]"),
        ("email", "a" * 250 + "@example.org"),
        ("email", None),
        ("email", ["charlie@example.org"]),
        ("password", "short"),
        ("password", "12345678901"),
        ("password", "iloveyou"),
        ("password", "Charlie@example.org"),
        ("password", "Campanile2026"),
        ("password", "x" * 1025),
        ("password", "a long enough\0sentence"),
        ("password", None),
        ("first_name", "x" * 151),
        ("language", "xx"),
        ("language", ["sr"]),
        ("time_zone", "Mars/Olympus"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(phone: Phone, db: None, field: str, value: object) -> None:
    answer = phone.post(REGISTER, BODY | {field: value})

    assert answer.status_code == 400
    assert {each["field"] for each in answer.json()["errors"]} == {field}
    assert not letters(CHARLIE)
    assert not Registration.objects.exists()


def test_faults_are_told_in_the_language_of_whoever_registers(phone: Phone, db: None) -> None:
    def detail(headers: dict[str, str], **more: str) -> Any:
        body = {"email": CHARLIE, "password": "short"} | more
        return phone.post(REGISTER, body, headers=headers).json()["errors"][0]["detail"]

    english, serbian = detail({}), detail({}, language="sr")
    assert english.startswith("This password is too short")
    assert serbian.startswith("Ova lozinka")
    assert detail({"Accept-Language": "sr-Latn-RS, en;q=0.5"}) == serbian
    assert detail({"Accept-Language": "sr"}, language="en") == english


def test_drfs_own_sentences_are_in_that_language_too(phone: Phone, db: None) -> None:
    answer = phone.post(REGISTER, {"email": "", "password": None}, headers={"Accept-Language": "sr-Latn-RS"})
    assert [each["detail"] for each in answer.json()["errors"]] == [
        "Ovo polje ne sme biti prazno.",
        "Ovo polje ne sme biti null.",
    ]


def test_any_password_of_eight_characters_will_do_whatever_it_is_made_of(phone: Phone, db: None) -> None:
    """OWASP ASVS 5.0, 6.2.5, 6.2.8 and 6.2.9: any characters, taken as they are, and many of them."""
    for number, password in enumerate(
        [" ћао, свете ", "zxqvbnmw", "€" * 64 + "x" * 900, "Student na krovu zgrade"]
    ):
        email = f"charlie{number}@example.org"
        assert phone.post(REGISTER, {"email": email, "password": password}).status_code == 201
        phone.post(CONFIRM, {"key": key_in(newest(email))})
        assert (sign_in(phone, password, email), sign_in(phone, password.strip() + " ", email)) == (200, 401)


def test_registrations_nobody_confirmed_are_forgotten(phone: Phone, db: None) -> None:
    from apps.users.pruning import prune

    start = timezone.now()
    with time_machine.travel(start - timedelta(days=14, minutes=1)):
        phone.post(REGISTER, BODY)
    phone.post(REGISTER, BODY | {"email": "dave@example.org"})

    assert prune() == 1
    assert [each.email for each in Registration.objects.all()] == ["dave@example.org"]
    assert prune() == 0
