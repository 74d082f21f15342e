import json
from collections.abc import Callable
from functools import partial

import pytest
from django.utils import timezone

from apps.users.accounts import deactivate, set_password
from apps.users.models import Session, User
from tests.together import together
from tests.users.conftest import PASSWORD, Phone

URL = "/api/v1/auth/token/"


def test_the_right_password_opens_a_session(phone: Phone, alice: User) -> None:
    answer = phone.post(
        URL, {"email": " Alice@Example.org ", "password": PASSWORD, "device_name": "Alice's phone"}
    )

    assert answer.status_code == 200
    assert answer.json().keys() == {"access", "refresh"}
    assert answer["Cache-Control"] == "no-store"
    session = Session.objects.get(user=alice)
    assert session.device_name == "Alice's phone"
    assert phone.me(answer.json()["access"]).json()["email"] == "alice@example.org"


def test_no_token_is_kept(phone: Phone, alice: User) -> None:
    tokens = phone.sign_in(alice)

    row = repr(Session.objects.values().get())

    assert not any(part in row for token in tokens.values() for part in token.split("."))


def test_whoever_may_not_sign_in_gets_one_and_the_same_answer(phone: Phone, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)

    answers = [
        phone.post(URL, body)
        for body in (
            {"email": "alice@example.org", "password": "wrong"},
            {"email": "nobody@example.org", "password": PASSWORD},
            {"email": "not an address", "password": PASSWORD},
            {"email": "bob@example.org", "password": PASSWORD},
        )
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert {answer["WWW-Authenticate"] for answer in answers} == {'Bearer realm="campanile"'}
    assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert not Session.objects.exists()


def test_the_password_is_hashed_also_when_nobody_has_the_address(
    phone: Phone, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    phone.post(URL, {"email": "alice@example.org", "password": "wrong"})
    known = len(hashed)
    phone.post(URL, {"email": "nobody@example.org", "password": "wrong"})

    assert known == len(hashed) - known == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [deactivate, partial(set_password, password="another long sentence")])
def test_a_sign_in_overtaken_by_a_change_of_the_account_opens_nothing(
    alice: User, change: Callable[..., None]
) -> None:
    answers = together(
        1,
        lambda: Phone().post(URL, {"email": alice.email, "password": PASSWORD}),
        at=User.objects.all(),
        meanwhile=lambda: change(user=alice, now=timezone.now()),
    )

    assert [answer.status_code for answer in answers] == [401]
    assert not Session.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "alice@example.org"},
        {"email": "alice@example.org", "password": ["x"]},
        {"email": "alice\0@example.org", "password": "x"},
        {"email": "alice@example.org", "password": "x\0"},
        {"email": "a" * 255, "password": "x"},
        {"email": "alice@example.org", "password": "x" * 1025},
        {"email": "alice@example.org", "password": "\ud800"},
        ["alice@example.org", "x"],
        "text",
        None,
    ],
)
def test_a_malformed_body_is_a_problem_of_the_sender(phone: Phone, body: object) -> None:
    answer = phone.post(URL, json.dumps(body), content_type="application/json")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
