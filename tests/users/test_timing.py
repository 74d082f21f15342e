"""Nobody can tell by the time an answer takes whether an address has an account.

Samples of both kinds are taken in turn, so that whatever else the machine does befalls both alike, and each pair is compared: if the kinds
take the same time, either is the slower one in half of the pairs. One test takes the equalising work away, to show that it would be seen.
"""

import re
from collections.abc import Callable, Iterator
from itertools import count
from math import comb
from statistics import median
from time import perf_counter

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.users import registration
from apps.users.models import User
from tests.users.conftest import PASSWORD, Phone

AUTH = "/api/v1/auth"
PAIRS = 40


@pytest.fixture
def known(db: None, settings: Settings) -> Iterator[str]:
    """Addresses that have accounts, each asked for once: limits are per address."""
    settings.PASSWORD_HASHERS = ["apps.users.hashers.Argon2"]
    password = make_password(PASSWORD)
    users = [
        User(email=f"known{number}@example.org", password=password, language="en")
        for number in range(PAIRS + 2)
    ]
    User.objects.bulk_create(users)
    return (user.email for user in users)


@pytest.fixture
def unknown() -> Iterator[str]:
    return (f"nobody{number}@example.org" for number in count())


def seconds(route: str, email: str, number: int, **body: str) -> float:
    phone = Phone(REMOTE_ADDR=f"10.0.{number // 250}.{number % 250}")
    began = perf_counter()
    answer = phone.post(f"{AUTH}/{route}/", {"email": email, **body})
    took = perf_counter() - began
    assert answer.status_code in (201, 202, 401), answer.content
    return took


def tells_apart(ask: Callable[[str, int], float], known: Iterator[str], unknown: Iterator[str]) -> bool:
    """By a sign test whose chance to be wrong is one in a million, and only if the typical difference is one that can be seen from outside."""
    for number in range(2):
        ask(next(known), number)
        ask(next(unknown), number)
    pairs = []
    for number in range(2, PAIRS + 2):
        # Who goes first takes turns too.
        if number % 2:
            of_known, of_unknown = ask(next(known), number), ask(next(unknown), number)
        else:
            of_unknown, of_known = ask(next(unknown), number), ask(next(known), number)
        pairs.append((of_known, of_unknown))
    slower = sum(one > other for one, other in pairs)
    extreme = max(slower, PAIRS - slower)
    chance = 2 * sum(comb(PAIRS, k) for k in range(extreme, PAIRS + 1)) / 2**PAIRS
    typical = median(other for _, other in pairs)
    difference = abs(median(one - other for one, other in pairs)) / typical
    return chance < 1e-6 and difference > 0.1


ROUTES: dict[str, dict[str, str]] = {
    "register": {"password": PASSWORD},
    "email/resend": {},
    "password/reset": {},
    "token": {"password": "wrong"},
}


@pytest.mark.parametrize("route", ROUTES)
def test_the_time_does_not_tell(known: Iterator[str], unknown: Iterator[str], route: str) -> None:
    assert not tells_apart(
        lambda email, number: seconds(route, email, number, **ROUTES[route]), known, unknown
    )


def test_without_the_hash_for_known_addresses_it_would(
    known: Iterator[str], unknown: Iterator[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def hurried(password: str) -> str:
        return "!" if asked[-1].startswith("known") else make_password(password)

    def ask(email: str, number: int) -> float:
        asked.append(email)
        return seconds("register", email, number, password=PASSWORD)

    monkeypatch.setattr(registration, "make_password", hurried)

    assert tells_apart(ask, known, unknown)


@pytest.mark.parametrize("route", ROUTES)
def test_the_database_is_asked_the_same(alice: User, route: str) -> None:
    """What is too quick to show in a sample would show in many: the same statements on the same tables, and as many letters."""

    def statements(email: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            seconds(route, email, 0, **ROUTES[route])
        return [re.sub(r"'[^']*'|[0-9]+", "…", query["sql"])[:60] for query in queries]

    assert statements(alice.email) == statements("nobody@example.org")
