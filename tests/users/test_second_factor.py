"""Entering the admin: a password, of which few wrong ones may be tried, then a code, which is good once."""

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from apps.mail.models import Letter
from apps.users.models import User
from apps.users.roles import Role, set_role
from tests.users.conftest import PASSWORD, Phone

pytestmark = pytest.mark.django_db
LOGIN, ASK, SET_UP = "/admin/login/", "/admin/second-factor/", "/admin/second-factor/set-up/"


@pytest.fixture(autouse=True)
def _required(settings: Settings) -> None:
    settings.ADMIN_SECOND_FACTOR = "required"


@pytest.fixture
def vera(db: None) -> User:
    user = User.objects.create_user("vera@example.org", PASSWORD, first_name="Vera")
    set_role(users=[user.pk], role=Role.STAFF)
    return User.objects.get(pk=user.pk)


def with_password(user: User, password: str = PASSWORD, client: Client | None = None) -> Client:
    client = client or Client()
    client.post(LOGIN, {"username": user.email, "password": password})
    return client


def code(key: str) -> str:
    """What the app on the phone shows."""
    return f"{totp(bytes.fromhex(key)):06}"  # type: ignore[no-untyped-call]  # it has no annotations


def key_shown(client: Client) -> str:
    page = client.get(SET_UP).content.decode()
    [shown] = re.findall(r"<code[^>]*>([A-Z2-7 ]+)</code>", page)
    return base64.b32decode(shown.replace(" ", "")).hex()


def enrol(user: User) -> tuple[str, list[str]]:
    """The key in the phone, and the recovery codes."""
    client = with_password(user)
    key = key_shown(client)
    page = client.post(SET_UP, {"code": code(key)}).content.decode()
    return key, re.findall(r"<li>([0-9a-z]{5}-[0-9a-z]{5})</li>", page)


@pytest.fixture
def later() -> Iterator[Callable[..., Any]]:
    """Moves the clock on: an app's next code comes after half a minute. It starts with a code's first second, so that none comes by itself."""
    now = timezone.now()
    with time_machine.travel(now - timedelta(seconds=now.second % 30)) as clock:
        yield lambda **delta: clock.shift(timedelta(**delta))


def enters(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_a_password_alone_leads_to_the_set_up_and_nowhere_else(vera: User) -> None:
    client = with_password(vera)

    answer = client.get("/admin/courses/course/", follow=True)

    assert [path for path, _ in answer.redirect_chain][-1].startswith(SET_UP)
    assert not enters(client)


def admin_paths(patterns: Any, prefix: str = "/") -> Iterator[str]:
    for each in patterns:
        path = prefix + re.sub(r"<[^>]*object_id>", "00000000-0000-0000-0000-000000000000", str(each.pattern))
        if isinstance(each, URLResolver):
            yield from admin_paths(each.url_patterns, path)
        elif isinstance(each, URLPattern) and path.startswith("/admin/"):
            yield path


def test_no_page_of_the_admin_opens_to_a_password_alone(vera: User) -> None:
    client = with_password(vera)
    paths = [path for path in admin_paths(get_resolver().url_patterns) if re.fullmatch(r"[\w/-]+", path)]
    opened = [path for path in paths if client.get(path).status_code == 200]

    assert len(paths) > 60
    assert opened == [SET_UP]


def test_setting_up_shows_a_code_to_scan_and_recovery_codes_once(vera: User) -> None:
    client = with_password(vera)
    key = key_shown(client)
    page = client.get(SET_UP)

    [image] = re.findall(r'<img src="(data:image/svg\+xml[^"]+)"', page.content.decode())
    assert "<svg" in unquote(image)
    assert "img-src 'self' data:" in page["Content-Security-Policy"]
    assert key_shown(client) == key
    assert not TOTPDevice.objects.exists()

    wrong = client.post(SET_UP, {"code": "000000"})
    assert "not the code of now" in wrong.content.decode()
    assert not TOTPDevice.objects.exists()

    done = client.post(SET_UP, {"code": code(key)})
    codes = re.findall(r"<li>([0-9a-z]{5}-[0-9a-z]{5})</li>", done.content.decode())
    assert len(set(codes)) == 10
    assert "no-store" in done["Cache-Control"]
    assert enters(client)
    assert [letter.address for letter in Letter.objects.all()] == [vera.email]
    kept = str(list(StaticToken.objects.values_list("token", flat=True)))
    assert not any(each in kept or each.replace("-", "") in kept for each in codes)


def test_the_next_sign_in_asks_for_a_code(vera: User, later: Callable[..., Any]) -> None:
    key, _ = enrol(vera)
    later(seconds=30)
    client = with_password(vera)

    asked = client.get("/admin/courses/course/?page=2", follow=True)
    assert asked.redirect_chain[-1][0].startswith(ASK)
    before = client.session.session_key
    passed = client.post(asked.redirect_chain[-1][0], {"code": code(key)})

    assert passed["Location"] == "/admin/courses/course/?page=2"
    assert enters(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.parametrize("follows", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_leads_nobody_elsewhere(vera: User, later: Callable[..., Any], follows: str) -> None:
    key, _ = enrol(vera)
    later(seconds=30)

    passed = with_password(vera).post(f"{ASK}?next={follows}", {"code": code(key)})

    assert passed["Location"] == "/admin/"


def test_a_code_is_good_once(vera: User, later: Callable[..., Any]) -> None:
    key, recovery = enrol(vera)
    first, second, third = (with_password(vera) for _ in range(3))

    first.post(ASK, {"code": code(key)})
    assert not enters(first), "it was the code of the set-up"
    later(seconds=30)
    second.post(ASK, {"code": code(key)})
    third.post(ASK, {"code": code(key)})
    assert (enters(second), enters(third)) == (True, False)

    third.post(ASK, {"code": recovery[0].upper()})
    first.post(ASK, {"code": recovery[0]})
    assert (enters(third), enters(first)) == (True, False)
    first.post(ASK, {"code": recovery[1].replace("-", " ")})
    assert enters(first)
    assert StaticToken.objects.count() == 8


@pytest.mark.parametrize(
    "odd", ["", "12345", "1234567", "١٢٣٤٥٦", "+12345", "0x1234", "\0", "x" * 32, "x" * 5000]
)
def test_odd_codes_open_nothing(vera: User, odd: str) -> None:
    enrol(vera)
    client = with_password(vera)

    assert client.post(ASK, {"code": odd}).status_code == 200
    assert not enters(client)


def test_codes_of_somebody_else_open_nothing(vera: User, later: Callable[..., Any]) -> None:
    olga = User.objects.create_superuser("olga@example.org", PASSWORD)
    key, recovery = enrol(olga)
    enrol(vera)
    later(seconds=30)
    client = with_password(vera)

    for each in (code(key), recovery[0]):
        client.post(ASK, {"code": each})
    assert not enters(client)
    assert StaticToken.objects.filter(device__user=olga).count() == 10


def test_a_password_alone_replaces_nothing(vera: User, later: Callable[..., Any]) -> None:
    key, _ = enrol(vera)
    later(seconds=30)
    client = with_password(vera)

    assert client.get(SET_UP)["Location"].startswith(ASK)
    client.post(SET_UP, {"code": code(key)})
    client.post(ASK, {"remove": "", "code": "000000"})
    assert TOTPDevice.objects.get().key == key
    assert not enters(client)


def test_five_wrong_codes_a_minute_and_then_even_the_right_one_waits(
    vera: User, later: Callable[..., Any]
) -> None:
    key, _ = enrol(vera)
    later(seconds=30)
    client = with_password(vera)
    tries = [client.post(ASK, {"code": "000000"}) for _ in range(5)]
    right = client.post(ASK, {"code": code(key)})

    assert {answer.status_code for answer in tries} == {200}
    assert right.status_code == 429
    assert 1 <= int(right["Retry-After"]) <= 60
    assert not enters(client)

    later(seconds=int(right["Retry-After"]) + 1)
    assert client.post(ASK, {"code": code(key)}).status_code == 302


def test_fifty_wrong_codes_a_day(vera: User, later: Callable[..., Any]) -> None:
    enrol(vera)
    client = with_password(vera)
    answers: Counter[int] = Counter()
    for _ in range(12):
        later(minutes=2)
        answers.update(client.post(ASK, {"code": "000000"}).status_code for _ in range(5))

    assert answers[200] == 50


@pytest.mark.django_db(transaction=True)
def test_one_code_in_many_hands_at_once_opens_one_door(vera: User) -> None:
    _, recovery = enrol(vera)
    clients = [with_password(vera) for _ in range(4)]

    def try_it(client: Client) -> int:
        try:
            return client.post(ASK, {"code": recovery[0]}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(try_it, clients))

    assert sorted(answers) == [200, 200, 200, 302]


def test_the_recovery_codes_are_renewed_and_the_phone_removed_with_a_code(
    vera: User, later: Callable[..., Any]
) -> None:
    client = with_password(vera)
    key = key_shown(client)
    client.post(SET_UP, {"code": code(key)})
    assert "10 recovery codes left" in client.get(ASK).content.decode()
    client.post(ASK, {"renew": "", "code": "000000"})
    old = set(StaticToken.objects.values_list("token", flat=True))

    later(seconds=30)
    renewed = client.post(ASK, {"renew": "", "code": code(key)}).content.decode()
    assert len(re.findall(r"<li>([0-9a-z]{5}-[0-9a-z]{5})</li>", renewed)) == 10
    assert not old & set(StaticToken.objects.values_list("token", flat=True))

    later(seconds=30)
    assert client.post(ASK, {"remove": "", "code": code(key)})["Location"] == SET_UP
    assert not TOTPDevice.objects.exists()
    assert not enters(client)
    assert Letter.objects.count() == 3


def test_whoever_is_locked_out_is_let_set_up_another_by_a_command(vera: User) -> None:
    client = with_password(vera)
    client.post(SET_UP, {"code": code(key_shown(client))})
    assert enters(client)

    said = StringIO()
    call_command("reset_second_factor", "Vera@example.org", stdout=said)

    assert said.getvalue() == "The second factor of vera@example.org is removed.\n"
    assert not enters(client)
    assert with_password(vera).get("/admin/", follow=True).redirect_chain[-1][0].startswith(SET_UP)
    assert Letter.objects.count() == 2
    call_command("reset_second_factor", vera.email, stdout=said)
    assert "has none" in said.getvalue()
    with pytest.raises(CommandError, match=r"nobody@example\.org"):
        call_command("reset_second_factor", "nobody@example.org")


def test_signing_out_is_possible_without_a_code(vera: User) -> None:
    client = with_password(vera)
    assert client.post(SET_UP, {"sign_out": ""})["Location"] == LOGIN
    assert client.get(SET_UP)["Location"].startswith(LOGIN)


def test_it_is_no_door_for_students_or_strangers(alice: User) -> None:
    student = Client()
    student.force_login(alice)
    for client in (Client(), student, with_password(alice)):
        for path in (ASK, SET_UP):
            assert client.get(path)["Location"].startswith(LOGIN)
            assert client.post(path, {"code": "000000"})["Location"].startswith(LOGIN)


def test_where_it_is_optional_a_password_is_enough_until_one_is_set_up(
    vera: User, settings: Settings, later: Callable[..., Any]
) -> None:
    settings.ADMIN_SECOND_FACTOR = "optional"
    client = with_password(vera)
    assert enters(client)

    key, _ = enrol(vera)
    assert not enters(client)
    later(seconds=30)
    client.post(ASK, {"code": code(key)})
    assert enters(client)


def test_a_code_typed_from_another_site_is_refused(vera: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(vera)
    assert client.post(SET_UP, {"code": "000000"}).status_code == 403


def test_wrong_passwords_are_counted_with_those_of_the_app(vera: User, phone: Phone) -> None:
    for _ in range(3):
        with_password(vera, "wrong")
    for _ in range(2):
        phone.post("/api/v1/auth/token/", {"email": vera.email, "password": "wrong"})

    refused = Client().post(LOGIN, {"username": vera.email.upper(), "password": PASSWORD})
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert "Too many wrong tries" in refused.content.decode()
    assert phone.post("/api/v1/auth/token/", {"email": vera.email, "password": PASSWORD}).status_code == 429


def test_right_passwords_use_up_nothing(vera: User) -> None:
    for _ in range(7):
        assert "sessionid" in with_password(vera).cookies


def test_deactivated_staff_are_out_at_once(vera: User) -> None:
    client = with_password(vera)
    client.post(SET_UP, {"code": code(key_shown(client))})
    assert enters(client)
    with transaction.atomic():
        User.objects.filter(pk=vera.pk).update(is_active=False)
    assert not enters(client)
