"""How often each route of an account may be asked, for one account and from one address, however many ask at once."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from apps.mail.models import Letter
from apps.users.models import Attempts, User
from tests.together import together
from tests.users.conftest import PASSWORD, Phone

AUTH = "/api/v1/auth"
LETTERS = ["register", "email/resend", "password/reset"]
BODIES: dict[str, dict[str, Any]] = {
    "register": {"email": "alice@example.org", "password": PASSWORD},
    "email/resend": {"email": "alice@example.org"},
    "password/reset": {"email": "alice@example.org"},
    "email/confirm": {"key": "x"},
    "password/reset/confirm": {"key": "x", "password": PASSWORD},
}


def ask(route: str, address: str = "127.0.0.1", **body: str) -> Any:
    return Phone(REMOTE_ADDR=address).post(f"{AUTH}/{route}/", BODIES[route] | body)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("route", LETTERS)
@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_forty_at_once_put_five_letters_into_a_mailbox(alice: User, route: str, email: str) -> None:
    addresses = [f"10.0.0.{number}" for number in range(41)]
    ask(route, addresses.pop(), email=email)
    shared = Attempts.objects.filter(stale_at__gt=timezone.now() + timedelta(minutes=5))

    answers = together(40, lambda: ask(route, addresses.pop(), email=email.upper()), at=shared)

    passed = 201 if route == "register" else 202
    assert Counter(answer.status_code for answer in answers) == {passed: 4, 429: 36}
    assert Letter.objects.filter(address=email).count() == 5
    assert all(int(answer["Retry-After"]) > 3500 for answer in answers if answer.status_code == 429)


@pytest.mark.django_db
@pytest.mark.parametrize("route", LETTERS)
def test_an_hour_later_there_may_be_more(route: str) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        wait = [ask(route) for _ in range(6)][-1]["Retry-After"]

    with time_machine.travel(start + timedelta(seconds=int(wait))):
        assert ask(route).status_code in (201, 202)


@pytest.mark.django_db
@pytest.mark.parametrize("route", BODIES)
def test_an_address_asks_sixty_times_a_minute(route: str) -> None:
    def one_of_many(number: int, **headers: str) -> int:
        body = {"email": f"student{number}@example.org"} if "email" in BODIES[route] else {}
        status: int = ask(route, **body).status_code
        return status

    with time_machine.travel(
        timezone.now(), tick=False
    ):  # a busy machine may take more than a minute for them
        statuses = Counter(one_of_many(number) for number in range(62))

        assert statuses[429] == 2
        assert ask(route, "10.0.0.1").status_code != 429


@pytest.mark.django_db
def test_nobody_has_more_by_writing_an_address_of_their_own(settings: Settings) -> None:
    """The client writes X-Forwarded-For itself, up to what our own proxies add."""

    def ask(number: int) -> int:
        spoofed = {"X-Forwarded-For": f"10.1.1.{number}, 192.0.2.7"}
        status: int = Phone().post(f"{AUTH}/email/confirm/", {"key": "x"}, headers=spoofed).status_code
        return status

    for proxies in (0, 1):
        settings.TRUSTED_PROXIES = proxies
        assert Counter(ask(number) for number in range(61)) == {400: 60, 429: 1}


@pytest.mark.django_db
def test_a_malformed_request_counts_for_the_address_and_not_for_the_account(alice: User) -> None:
    for _ in range(6):
        assert ask("register", password="short").status_code == 400

    assert ask("register").status_code == 201
