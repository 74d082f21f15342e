from collections.abc import Iterator
from typing import Any

import pytest

from apps.users.models import Session, User
from apps.users.signals import session_ended
from tests.users.conftest import Phone


@pytest.fixture
def announced() -> Iterator[list[Session]]:
    heard: list[Session] = []

    def hear(session: Session, **_: Any) -> None:
        heard.append(session)

    session_ended.connect(hear)
    yield heard
    session_ended.disconnect(hear)


def test_signing_out_ends_the_session_and_announces_it_once(
    phone: Phone, alice: User, announced: list[Session]
) -> None:
    tokens = phone.sign_in(alice)

    assert phone.revoke(tokens["refresh"]).status_code == 204
    assert phone.revoke(tokens["refresh"]).status_code == 204

    assert phone.refresh(tokens["refresh"]).status_code == 401
    assert [session.revoked_reason for session in announced] == ["signed_out"]


def test_a_spent_token_signs_out_too(phone: Phone, alice: User) -> None:
    spent = phone.sign_in(alice)["refresh"]
    current = phone.refresh(spent).json()["refresh"]

    assert phone.revoke(spent).status_code == 204
    assert phone.refresh(current).status_code == 401


def test_a_bad_token_gets_the_same_answer_and_ends_nothing(
    phone: Phone, alice: User, announced: list[Session]
) -> None:
    tokens = phone.sign_in(alice)

    for bad in ("", "x", "\0", tokens["access"], tokens["refresh"] + "x"):
        assert phone.revoke(bad).status_code == 204
    assert announced == []
    assert phone.refresh(tokens["refresh"]).status_code == 200


def test_a_reused_family_is_announced(phone: Phone, alice: User, announced: list[Session]) -> None:
    first = phone.sign_in(alice)["refresh"]
    phone.refresh(phone.refresh(first).json()["refresh"])
    phone.refresh(first)
    phone.refresh(first)

    assert [session.revoked_reason for session in announced] == ["reused"]
