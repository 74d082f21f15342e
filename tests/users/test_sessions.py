from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from apps.users.models import Session, User
from apps.users.pruning import prune
from tests.factories.notifications import make_device
from tests.users.conftest import PASSWORD, Phone

URL = "/api/v1/auth/sessions/"


@pytest.fixture
def sign_in(phone: Phone) -> Callable[..., dict[str, str]]:
    def sign_in(user: User, device_name: str = "") -> dict[str, str]:
        body = {"email": user.email, "password": PASSWORD, "device_name": device_name}
        tokens: dict[str, str] = phone.post("/api/v1/auth/token/", body).json()
        return tokens

    return sign_in


def listed(phone: Phone, tokens: dict[str, str]) -> list[dict[str, Any]]:
    answer = phone.get(URL, headers=bearer(tokens))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-cache"
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def bearer(tokens: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access']}"}


def end(phone: Phone, tokens: dict[str, str], id: object) -> int:
    status: int = phone.delete(f"{URL}{id}/", headers=bearer(tokens)).status_code
    return status


def test_they_are_listed_the_one_used_last_first_and_the_current_one_marked(
    phone: Phone, alice: User, bob: User, sign_in: Callable[..., dict[str, str]]
) -> None:
    start = timezone.now()
    with time_machine.travel(start - timedelta(days=2)):
        tablet = sign_in(alice, "tablet")
    with time_machine.travel(start - timedelta(days=1)):
        here = sign_in(alice, "Alice's phone")
    sign_in(bob, "of Bob")
    with time_machine.travel(start):
        phone.refresh(tablet["refresh"])
        here = phone.refresh(here["refresh"]).json()

    found = listed(phone, here)

    assert [(each["device_name"], each["current"]) for each in found] in (
        [("tablet", False), ("Alice's phone", True)],
        [("Alice's phone", True), ("tablet", False)],
    )
    assert found[0]["last_used_at"] > found[0]["created_at"]
    assert found[0].keys() == {"id", "device_name", "created_at", "last_used_at", "expires_at", "current"}


def test_nothing_of_a_token_is_shown(
    phone: Phone, alice: User, sign_in: Callable[..., dict[str, str]]
) -> None:
    tokens = sign_in(alice)

    shown = repr(listed(phone, tokens))

    assert Session.objects.get().fingerprint not in shown
    assert not any(part in shown for token in tokens.values() for part in token.split("."))


def test_one_is_ended_from_another_with_its_device(
    phone: Phone, alice: User, sign_in: Callable[..., dict[str, str]]
) -> None:
    there, here = sign_in(alice, "there"), sign_in(alice, "here")
    lost = Session.objects.get(device_name="there")
    device = make_device(alice, "address", session=lost.pk)

    assert end(phone, here, lost.pk) == 204

    assert phone.me(there["access"]).status_code == 401
    assert phone.refresh(there["refresh"]).status_code == 401
    device.refresh_from_db()
    assert device.retired_at is not None
    assert [each["device_name"] for each in listed(phone, here)] == ["here"]
    assert end(phone, here, lost.pk) == 404


def test_the_current_one_can_be_ended_too(
    phone: Phone, alice: User, sign_in: Callable[..., dict[str, str]]
) -> None:
    tokens = sign_in(alice)

    assert end(phone, tokens, Session.objects.get().pk) == 204
    assert phone.get(URL, headers=bearer(tokens)).status_code == 401


def test_those_of_others_are_not_there(
    phone: Phone, alice: User, bob: User, sign_in: Callable[..., dict[str, str]]
) -> None:
    of_alice, of_bob = sign_in(alice), sign_in(bob)

    assert end(phone, of_bob, Session.objects.get(user=alice).pk) == 404
    assert end(phone, of_bob, uuid4()) == 404
    assert phone.me(of_alice["access"]).status_code == 200
    assert phone.get(URL).status_code == 401
    assert phone.delete(f"{URL}{uuid4()}/").status_code == 401


def test_ended_and_expired_ones_are_not_listed(
    phone: Phone, alice: User, sign_in: Callable[..., dict[str, str]]
) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=91)):
        sign_in(alice, "expired")
    phone.revoke(sign_in(alice, "signed out")["refresh"])

    assert [each["device_name"] for each in listed(phone, sign_in(alice, "live"))] == ["live"]


def test_a_phone_that_is_not_used_for_two_months_has_to_sign_in_again(
    phone: Phone, alice: User, sign_in: Callable[..., dict[str, str]]
) -> None:
    """OWASP ASVS 5.0, 7.3.1."""
    start = timezone.now()
    with time_machine.travel(start):
        left, used = sign_in(alice), sign_in(alice)
    with time_machine.travel(start + timedelta(days=59)):
        used = phone.refresh(used["refresh"]).json()

    with time_machine.travel(start + timedelta(days=60, seconds=1)):
        assert phone.refresh(left["refresh"]).status_code == 401
        assert phone.refresh(used["refresh"]).status_code == 200


def test_old_sessions_are_forgotten_and_not_before_their_tokens_would_be_dead(
    phone: Phone, alice: User, sign_in: Callable[..., dict[str, str]]
) -> None:
    start = timezone.now()
    with time_machine.travel(start):
        tokens = sign_in(alice)
        phone.revoke(tokens["refresh"])

    with time_machine.travel(start + timedelta(days=119)):
        assert prune() == 0
    with time_machine.travel(start + timedelta(days=121)):
        assert prune() == 1
        assert phone.refresh(tokens["refresh"]).status_code == 401
