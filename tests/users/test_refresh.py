from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.users.models import Session, User
from tests.together import together
from tests.users.conftest import Phone


def test_a_refresh_answers_with_new_tokens(phone: Phone, alice: User) -> None:
    first = phone.sign_in(alice)

    second = phone.refresh(first["refresh"])

    assert second.status_code == 200
    assert second["Cache-Control"] == "no-store"
    assert not set(second.json().values()) & set(first.values())
    assert phone.me(second.json()["access"]).status_code == 200
    assert phone.refresh(second.json()["refresh"]).status_code == 200


def test_a_lost_answer_is_given_again_word_for_word(phone: Phone, alice: User) -> None:
    first = phone.sign_in(alice)
    lost = phone.refresh(first["refresh"])

    with time_machine.travel(timezone.now() + timedelta(seconds=9)):
        again = phone.refresh(first["refresh"])

    assert again.json() == lost.json()
    assert phone.refresh(again.json()["refresh"]).status_code == 200


def test_the_same_token_after_the_grace_ends_the_session(phone: Phone, alice: User) -> None:
    first = phone.sign_in(alice)
    second = phone.refresh(first["refresh"]).json()

    with time_machine.travel(timezone.now() + timedelta(seconds=11)):
        assert phone.refresh(first["refresh"]).status_code == 401
        assert phone.refresh(second["refresh"]).status_code == 401
        assert phone.me(second["access"]).status_code == 401
    assert Session.objects.get().revoked_reason == "reused"


def test_the_same_token_ends_the_session_once_its_successor_was_used(phone: Phone, alice: User) -> None:
    first = phone.sign_in(alice)
    second = phone.refresh(first["refresh"]).json()
    third = phone.refresh(second["refresh"]).json()

    assert phone.refresh(first["refresh"]).status_code == 401
    assert phone.refresh(third["refresh"]).status_code == 401
    assert phone.me(third["access"]).status_code == 401


def test_any_ancestor_ends_the_session(phone: Phone, alice: User) -> None:
    tokens = [phone.sign_in(alice)["refresh"]]
    for _ in range(4):
        tokens.append(phone.refresh(tokens[-1]).json()["refresh"])

    assert phone.refresh(tokens[1]).status_code == 401
    assert phone.refresh(tokens[-1]).status_code == 401


def test_the_end_of_one_session_leaves_the_others(phone: Phone, alice: User, bob: User) -> None:
    tablet, others = phone.sign_in(alice), phone.sign_in(bob)
    reused = phone.sign_in(alice)["refresh"]
    phone.refresh(phone.refresh(reused).json()["refresh"])

    assert phone.refresh(reused).status_code == 401
    assert phone.refresh(tablet["refresh"]).status_code == 200
    assert phone.refresh(others["refresh"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_take_one_step_and_get_one_answer(alice: User) -> None:
    first = Phone().sign_in(alice)["refresh"]

    answers = together(20, lambda: Phone().refresh(first), at=Session.objects.all())

    assert Counter(answer.status_code for answer in answers) == {200: 20}
    assert len({answer.content for answer in answers}) == 1
    assert Session.objects.get().generation == 1
    assert Phone().refresh(answers[0].json()["refresh"]).status_code == 200


def test_a_session_ends_however_often_it_is_refreshed(phone: Phone, alice: User) -> None:
    token = phone.sign_in(alice)["refresh"]
    start = timezone.now()
    for day in (45, 89):
        with time_machine.travel(start + timedelta(days=day)):
            token = phone.refresh(token).json()["refresh"]

    with time_machine.travel(start + timedelta(days=90, seconds=1)):
        assert phone.refresh(token).status_code == 401


@pytest.mark.parametrize("odd", ["", " ", "x", "a.b.c", "\0", "č", "." * 5000, "Bearer x"])
def test_garbage_is_401(phone: Phone, alice: User, odd: str) -> None:
    phone.sign_in(alice)

    answer = phone.post("/api/v1/auth/token/refresh/", {"refresh": odd})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="campanile"'
    assert answer["Content-Type"] == "application/problem+json"


def test_a_token_that_is_a_lone_surrogate_or_bottomless_json_is_401(phone: Phone, alice: User) -> None:
    import base64

    bottomless = base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=")
    for odd in (r"\ud800", f"{bottomless}.e30.x", f"e30.{bottomless}.x"):
        answer = phone.post(
            "/api/v1/auth/token/refresh/", f'{{"refresh": "{odd}"}}', content_type="application/json"
        )
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"refresh": None}, {"refresh": {"a": 1}}, {"refresh": ["x"]}, {"refresh": 7}, [], "x"]
)
def test_a_body_without_a_token_is_400(phone: Phone, db: None, body: object) -> None:
    assert phone.post("/api/v1/auth/token/refresh/", body).status_code == 400


def test_an_access_token_is_no_refresh_token_nor_the_other_way_round(phone: Phone, alice: User) -> None:
    tokens = phone.sign_in(alice)

    assert phone.refresh(tokens["access"]).status_code == 401
    assert phone.me(tokens["refresh"]).status_code == 401
    assert phone.refresh(tokens["refresh"]).status_code == 200


def test_a_flipped_byte_is_401(phone: Phone, alice: User) -> None:
    token = phone.sign_in(alice)["refresh"]
    middle = len(token) // 2
    flipped = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]

    assert phone.refresh(flipped).status_code == 401


def test_a_token_of_a_deleted_or_disabled_user_is_401(phone: Phone, alice: User, bob: User) -> None:
    of_alice, of_bob = phone.sign_in(alice), phone.sign_in(bob)
    alice.delete()
    User.objects.filter(pk=bob.pk).update(is_active=False)

    assert phone.refresh(of_alice["refresh"]).status_code == 401
    assert phone.refresh(of_bob["refresh"]).status_code == 401
