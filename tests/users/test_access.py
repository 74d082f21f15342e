from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from apps.users.accounts import deactivate, set_password, sign_out_everywhere
from apps.users.granting import granted
from apps.users.models import Session, User
from apps.users.serializers import ProfileSerializer
from apps.users.tokens import read_access
from tests.users.conftest import Phone
from tests.users.forging import read, signed


def test_an_access_token_lives_ten_minutes(phone: Phone, alice: User) -> None:
    access = phone.sign_in(alice)["access"]
    start = timezone.now()

    with time_machine.travel(start + timedelta(minutes=9, seconds=58)):
        assert phone.me(access).status_code == 200
    with time_machine.travel(start + timedelta(minutes=10, seconds=1)):
        assert phone.me(access).status_code == 401


def test_it_costs_one_query_to_know_who_asks(phone: Phone, alice: User) -> None:
    access = phone.sign_in(alice)["access"]

    with CaptureQueriesContext(connection) as queries:
        phone.me(access)

    assert len([query for query in queries if "users_session" in query["sql"]]) == 1


def test_it_ends_with_its_session(phone: Phone, alice: User) -> None:
    ended, other = phone.sign_in(alice), phone.sign_in(alice)
    phone.revoke(ended["refresh"])

    assert phone.me(ended["access"]).status_code == 401
    assert phone.me(other["access"]).status_code == 200


def test_it_ends_at_once_when_the_account_is_closed_or_its_password_changed(
    phone: Phone, alice: User, bob: User
) -> None:
    of_alice, of_bob = phone.sign_in(alice), phone.sign_in(bob)
    with transaction.atomic():
        deactivate(user=alice, now=timezone.now())
        set_password(user=bob, password="another long sentence", now=timezone.now())

    for tokens in (of_alice, of_bob):
        assert phone.me(tokens["access"]).status_code == 401
        assert phone.refresh(tokens["refresh"]).status_code == 401


def test_it_ends_with_the_epoch(phone: Phone, alice: User) -> None:
    tokens = phone.sign_in(alice)
    User.objects.filter(pk=alice.pk).update(epoch=1)

    assert phone.me(tokens["access"]).status_code == 401
    assert phone.me(phone.refresh(tokens["refresh"]).json()["access"]).status_code == 200


def test_it_ends_with_the_user(phone: Phone, alice: User) -> None:
    access = phone.sign_in(alice)["access"]
    alice.delete()

    assert phone.me(access).status_code == 401


def test_a_new_sign_in_works_after_signing_out_everywhere(phone: Phone, alice: User) -> None:
    phone.sign_in(alice)
    with transaction.atomic():
        sign_out_everywhere(user=alice, reason=Session.Reason.ENDED_BY_STAFF, now=timezone.now())

    assert phone.me(phone.sign_in(alice)["access"]).status_code == 200


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        (None, 'Bearer realm="campanile"'),
        ("Basic YTpi", 'Bearer realm="campanile", error="invalid_token"'),
        ("Bearer", 'Bearer realm="campanile", error="invalid_token"'),
        ("Bearer x", 'Bearer realm="campanile", error="invalid_token"'),
        ("Bearer a.b.c d", 'Bearer realm="campanile", error="invalid_token"'),
        ("Bearer \xff", 'Bearer realm="campanile", error="invalid_token"'),
    ],
)
def test_no_token_or_a_bad_one_is_401_and_says_what_is_wanted(
    phone: Phone, db: None, header: str | None, challenge: str
) -> None:
    answer = phone.get("/api/v1/me/", headers={"Authorization": header} if header else {})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == challenge
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("claim", ["aud", "iss", "exp", "jti", "token_type", "sid", "sub", "epoch"])
def test_every_claim_is_needed_and_checked(phone: Phone, alice: User, claim: str) -> None:
    claims = read(phone.sign_in(alice)["access"])
    assert phone.me(signed(claims)).status_code == 200

    without = {name: value for name, value in claims.items() if name != claim}
    assert phone.me(signed(without)).status_code == 401
    if claim != "jti":
        other = without | {claim: 1 if claim in ("exp", "epoch") else "other"}
        assert phone.me(signed(other)).status_code == 401


def test_who_asks_is_the_session_and_the_user_as_their_rows_are(phone: Phone, alice: User) -> None:
    access = phone.sign_in(alice)["access"]
    claims = read_access(access)
    session = granted(claims, now=timezone.now())
    assert session is not None
    row = Session.objects.select_related("user").get(pk=claims.session)
    for found, expected in ((session, row), (session.user, row.user)):
        assert (found._state.db, found._state.adding) == (expected._state.db, expected._state.adding)
        for field in expected._meta.concrete_fields:
            assert getattr(found, field.attname) == getattr(expected, field.attname)


def test_of_who_asks_no_more_is_read_than_views_look_at(phone: Phone, alice: User) -> None:
    session = granted(read_access(phone.sign_in(alice)["access"]), now=timezone.now())
    assert session is not None
    with CaptureQueriesContext(connection) as queries:
        assert ProfileSerializer(session.user).data["email"] == alice.email
    assert len(queries) == 1  # the role
    assert {"last_login", "date_joined"} <= session.user.get_deferred_fields()
    assert {"fingerprint", "last_used_at"} <= session.get_deferred_fields()


def test_a_session_nobody_used_for_long_grants_nothing(phone: Phone, alice: User) -> None:
    claims = read_access(phone.sign_in(alice)["access"])
    [session] = Session.objects.all()
    ends_at = session.last_used_at + Session.LONGEST_PAUSE
    assert granted(claims, now=ends_at - timedelta(microseconds=1)) is not None
    assert granted(claims, now=ends_at) is None


def test_a_token_that_was_good_a_moment_ago_is_looked_at_again(
    phone: Phone, alice: User, settings: Settings
) -> None:
    access = phone.sign_in(alice)["access"]
    assert phone.me(access).status_code == 200
    header, payload, signature = access.split(".")
    assert phone.me(f"{header}.{payload}.{signature[::-1]}").status_code == 401
    settings.TOKEN_KEYS = ["a key that nothing was signed with yet"]
    assert phone.me(access).status_code == 401
