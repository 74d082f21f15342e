"""Signing in with an ID token: whose account it opens, or that one is made."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from apps.mail.models import Letter
from apps.users.accounts import deactivate
from apps.users.deletion import request_deletion
from apps.users.models import Identity, Registration, Session, User
from apps.users.oidc import keys
from apps.users.registration import register
from apps.users.roles import Role, role_of
from tests.fakes.oidc import FakeIssuer, fake_issuer, send
from tests.together import wait_until_waiting
from tests.users.conftest import Phone

pytestmark = pytest.mark.django_db


@pytest.fixture
def university(settings: Settings) -> Iterator[FakeIssuer]:
    keys.forget()
    with fake_issuer() as fake:
        settings.OIDC_ISSUERS = {"university": fake.issuer()}
        yield fake
    keys.forget()


def trusting(settings: Settings, fake: FakeIssuer, **configured: Any) -> None:
    settings.OIDC_ISSUERS = {"university": fake.issuer(**configured)}


def sign_in(token: str, provider: str = "university", **body: str) -> Any:
    return Phone().post(f"/api/v1/auth/social/{provider}/", {"id_token": token, **body})


def told(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json", answer.content
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def test_the_first_sign_in_makes_the_account_and_the_next_opens_it(university: FakeIssuer) -> None:
    answer = sign_in(university.token(locale="sr"), device_name="Alice's phone")

    assert answer.status_code == 200, answer.content
    assert "no-store" in answer["Cache-Control"]
    me = Phone().me(answer.json()["access"]).json()
    assert {name: me[name] for name in ("email", "first_name", "last_name", "language")} == {
        "email": "alice@example.org",
        "first_name": "Alice",
        "last_name": "Jović",
        "language": "sr",
    }
    assert Session.objects.get().device_name == "Alice's phone"
    alice = User.objects.get()
    assert (alice.has_usable_password(), role_of(alice), alice.is_staff) == (False, Role.STUDENT, False)
    assert Phone().refresh(answer.json()["refresh"]).status_code == 200

    assert sign_in(university.token(email="alice@new.example", email_verified=False)).status_code == 200
    assert User.objects.get().email == "alice@example.org"


def test_a_provider_that_is_not_configured_is_404(university: FakeIssuer) -> None:
    for provider in ("google", "UNIVERSITY", "x" * 200):
        assert sign_in(university.token(), provider).status_code == 404


def test_it_takes_a_request_for_deletion_back(university: FakeIssuer) -> None:
    assert sign_in(university.token()).status_code == 200
    with transaction.atomic():
        request_deletion(user=User.objects.get(), now=timezone.now())
    assert not User.objects.get().is_active

    assert sign_in(university.token()).status_code == 200
    assert User.objects.get().is_active


def test_bad_tokens_and_closed_accounts_get_one_answer(university: FakeIssuer) -> None:
    assert sign_in(university.token()).status_code == 200
    bad = [sign_in(token) for token in ("x", "", university.token(aud="other"), university.token(exp=1))]
    with transaction.atomic():
        deactivate(user=User.objects.get(), now=timezone.now())
    closed = sign_in(university.token())

    assert {
        (answer.status_code, answer.content, answer["WWW-Authenticate"]) for answer in [*bad, closed]
    } == {(401, closed.content, 'Bearer realm="campanile"')}
    assert told(closed) == (401, "bad_id_token")


def test_the_nonce_is_checked(university: FakeIssuer) -> None:
    assert sign_in(university.token(nonce="n1"), nonce="n2").status_code == 401
    assert sign_in(university.token(nonce="n1"), nonce="n1").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id_token": None},
        {"id_token": 7, "nonce": []},
        {"id_token": "x", "device_name": 7},
        {"id_token": "x", "nonce": "n" * 256},
    ],
)
def test_a_body_that_is_none_is_400(university: FakeIssuer, body: dict[str, Any]) -> None:
    assert Phone().post("/api/v1/auth/social/university/", body).status_code == 400


def test_without_keys_it_is_503_and_says_when_to_come_back(university: FakeIssuer) -> None:
    university.answer = lambda request: request.send_error(500)
    answer = sign_in(university.token())

    assert told(answer) == (503, "unavailable")
    assert answer["Retry-After"] == "5"


@pytest.mark.parametrize("address", ["alice@example.org", "nobody@example.org"])
def test_an_address_nobody_vouches_for_opens_nothing_and_shows_nothing(
    university: FakeIssuer, settings: Settings, alice: User, address: str
) -> None:
    trusting(settings, university, link_by_email=frozenset({"*"}))
    assert told(sign_in(university.token(email=address, email_verified=False))) == (403, "email_not_verified")
    assert (User.objects.count(), Identity.objects.count()) == (1, 0)


def test_an_account_is_opened_by_its_address_only_to_an_issuer_trusted_for_it(
    university: FakeIssuer, settings: Settings, alice: User
) -> None:
    assert told(sign_in(university.token())) == (409, "account_exists")
    trusting(settings, university, link_by_email=frozenset({"other.example"}))
    assert told(sign_in(university.token())) == (409, "account_exists")
    assert not Letter.objects.exists()

    trusting(settings, university, link_by_email=frozenset({"example.org"}))
    assert sign_in(university.token(email="ALICE@example.org")).status_code == 200
    assert (Identity.objects.get().user, User.objects.count()) == (alice, 1)
    assert [letter.address for letter in Letter.objects.all()] == [alice.email]
    assert Phone().sign_in(alice)

    assert sign_in(university.token()).status_code == 200
    assert Letter.objects.count() == 1


def test_another_person_who_was_given_the_address_is_not_taken_for_the_first(
    university: FakeIssuer, settings: Settings
) -> None:
    trusting(settings, university, link_by_email=frozenset({"*"}))
    assert sign_in(university.token(sub="first")).status_code == 200
    assert told(sign_in(university.token(sub="second"))) == (409, "account_exists")


def test_a_closed_account_is_not_linked(university: FakeIssuer, settings: Settings, alice: User) -> None:
    trusting(settings, university, link_by_email=frozenset({"*"}))
    with transaction.atomic():
        deactivate(user=alice, now=timezone.now())

    assert told(sign_in(university.token())) == (401, "bad_id_token")
    assert not Identity.objects.exists()


def test_a_registration_nobody_confirmed_gives_way_and_its_password_is_void(university: FakeIssuer) -> None:
    register(
        email="alice@example.org",
        password="mallory waits for her",
        now=timezone.now(),
        first_name="Mallory",
        last_name="",
        language="en",
        time_zone="UTC",
    )
    assert sign_in(university.token()).status_code == 200

    assert not Registration.objects.exists()
    tried = Phone().post(
        "/api/v1/auth/token/", {"email": "alice@example.org", "password": "mallory waits for her"}
    )
    assert tried.status_code == 401
    assert User.objects.get().first_name == "Alice"


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("vera@teachers.example.edu", Role.TEACHER),
        ("vera@example.edu", Role.STUDENT),
        ("vera@sub.teachers.example.edu", Role.STUDENT),
        ("vera@teachers.example.edu.evil.example", Role.STUDENT),
    ],
)
def test_newcomers_get_the_role_of_their_domain(
    university: FakeIssuer, settings: Settings, email: str, role: Role
) -> None:
    trusting(settings, university, roles={"teachers.example.edu": "teacher"})
    assert sign_in(university.token(email=email)).status_code == 200

    assert role_of(User.objects.get()) is role


def test_a_later_sign_in_neither_gives_nor_takes_a_role(
    university: FakeIssuer, settings: Settings, alice: User
) -> None:
    trusting(settings, university, link_by_email=frozenset({"*"}), roles={"example.org": "staff"})

    assert sign_in(university.token()).status_code == 200
    assert role_of(User.objects.get()) is Role.STUDENT


def test_a_role_is_not_given_for_an_address_the_issuer_does_not_host(
    university: FakeIssuer, settings: Settings
) -> None:
    trusting(settings, university, issuer="https://accounts.google.com", roles={"example.org": "teacher"})

    assert sign_in(university.token(iss="https://accounts.google.com")).status_code == 200
    assert role_of(User.objects.get()) is Role.STUDENT


@pytest.mark.django_db(transaction=True)
def test_twenty_first_sign_ins_at_once_make_one_account(university: FakeIssuer) -> None:
    token = university.token()
    assert sign_in(university.token(sub="bob", email="bob@example.org")).status_code == 200

    def call(_: int) -> Any:
        try:
            return sign_in(token)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        with transaction.atomic():
            # All of them meet at the address, which somebody is about to take and then does not.
            User.objects.create_user("alice@example.org")
            pending = pool.map(call, range(20))
            wait_until_waiting(20)
            transaction.set_rollback(True)
        answers = list(pending)

    assert Counter(answer.status_code for answer in answers) == {200: 20}
    assert (User.objects.filter(email="alice@example.org").count(), Identity.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_issuer_is_asked(university: FakeIssuer) -> None:
    open_ones = []

    def answer(request: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND state LIKE 'idle in transaction%%'"
            )
            open_ones.append(cursor.fetchone())
        connection.close()
        send(request, {"keys": university.keys})

    university.answer = answer
    assert sign_in(university.token()).status_code == 200
    assert open_ones == [(0,)]
