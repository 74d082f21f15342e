from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from apps.users.models import Attempts, User
from tests.together import together
from tests.users.conftest import PASSWORD, Phone

SIGN_IN = "/api/v1/auth/token/"


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_after_five_wrong_tries_an_account_waits_out_the_minute(
    phone: Phone, alice: User, email: str
) -> None:
    start = timezone.now()
    for second in range(5):
        with time_machine.travel(start + timedelta(seconds=second)):
            assert phone.post(SIGN_IN, {"email": email, "password": "wrong"}).status_code == 401

    with time_machine.travel(start + timedelta(seconds=20), tick=False):
        refused = phone.post(SIGN_IN, {"email": email.upper(), "password": PASSWORD})
    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    assert 40 <= int(refused["Retry-After"]) <= 41

    with time_machine.travel(start + timedelta(seconds=20 + int(refused["Retry-After"]))):
        assert phone.post(SIGN_IN, {"email": email, "password": "wrong"}).status_code == 401
        # One try has left the window, the other four have not.
        assert phone.post(SIGN_IN, {"email": email, "password": "wrong"}).status_code == 429


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_forty_tries_at_once_after_a_wrong_one_are_four(alice: User, email: str) -> None:
    def guess() -> Any:
        return Phone().post(SIGN_IN, {"email": email, "password": "wrong"})

    guess()
    answers = together(40, guess, at=Attempts.objects.all())

    assert Counter(answer.status_code for answer in answers) == {401: 4, 429: 36}
    assert all(int(answer["Retry-After"]) >= 1 for answer in answers if answer.status_code == 429)


def test_the_right_password_uses_up_nothing(phone: Phone, alice: User) -> None:
    for _ in range(4):
        phone.post(SIGN_IN, {"email": alice.email, "password": "wrong"})
    for _ in range(8):
        phone.sign_in(alice)

    assert phone.post(SIGN_IN, {"email": alice.email, "password": "wrong"}).status_code == 401
    assert phone.post(SIGN_IN, {"email": alice.email, "password": PASSWORD}).status_code == 429


def test_limits_hold_without_redis(phone: Phone, alice: User, settings: Settings) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}

    phone.refresh(phone.sign_in(alice)["refresh"])
    tries = [phone.post(SIGN_IN, {"email": alice.email, "password": "wrong"}) for _ in range(6)]

    assert Counter(answer.status_code for answer in tries) == {401: 5, 429: 1}


def test_one_account_does_not_lock_another(phone: Phone, alice: User, bob: User) -> None:
    for _ in range(6):
        phone.post(SIGN_IN, {"email": alice.email, "password": "wrong"})

    assert phone.sign_in(bob)["access"]


def test_the_table_names_nobody_and_does_not_grow(phone: Phone, db: None) -> None:
    start = timezone.now()
    with time_machine.travel(start):
        for number in range(20):
            phone.post(SIGN_IN, {"email": f"nobody{number}@example.org", "password": "wrong"})
        assert Attempts.objects.count() == 20
        assert "nobody" not in repr(Attempts.objects.values())

    with time_machine.travel(start + timedelta(minutes=2)):
        for _ in range(10):
            phone.post(SIGN_IN, {"email": "nobody19@example.org", "password": "wrong"})
        assert max(len(row.taken) for row in Attempts.objects.all()) == 5
        # Refused tries sweep nothing: five passed, two rows went with each.
        assert Attempts.objects.count() == 10


def test_an_address_refreshes_sixty_times_a_minute(phone: Phone, alice: User) -> None:
    start = timezone.now()
    with time_machine.travel(start):
        assert Counter(phone.refresh("x").status_code for _ in range(61)) == {401: 60, 429: 1}
        refused = phone.refresh(phone.sign_in(alice)["refresh"])
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60

    with time_machine.travel(start + timedelta(seconds=61)):
        assert phone.refresh("x").status_code == 401


@pytest.mark.parametrize(
    ("proxies", "told_apart"),
    [(0, []), (1, ["10.0.0.9"]), (2, ["1.1.1.1"]), (5, ["6.6.6.6"])],
)
def test_the_address_is_the_one_our_outermost_proxy_saw(
    phone: Phone, db: None, settings: Settings, proxies: int, told_apart: list[str]
) -> None:
    settings.TRUSTED_PROXIES = proxies
    forwarded = ["6.6.6.6", "1.1.1.1", "10.0.0.9"]

    def refresh(hops: list[str]) -> None:
        phone.post(
            "/api/v1/auth/token/refresh/", {"refresh": "x"}, headers={"X-Forwarded-For": ", ".join(hops)}
        )

    refresh(forwarded)
    for changed in forwarded:
        before = Attempts.objects.count()
        refresh(["9.9.9.9" if hop == changed else hop for hop in forwarded])
        assert (Attempts.objects.count() > before) == (changed in told_apart)
