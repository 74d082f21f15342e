import os
import subprocess
import sys
from datetime import timedelta

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings as chosen
from django.utils import timezone
from pytest_django import Settings

from apps.users.keyring import key_id
from apps.users.models import User
from tests.users.conftest import Phone
from tests.users.forging import read, signed, unsigned

OLD, NEW = "an old key that was made long ago", "a new key that is to replace the old"


def test_tokens_name_the_key_they_are_signed_with_and_not_the_key(
    phone: Phone, alice: User, settings: Settings
) -> None:
    settings.TOKEN_KEYS = [NEW, OLD]

    for token in phone.sign_in(alice).values():
        header = jwt.get_unverified_header(token)
        assert header == {"typ": "JWT", "alg": "HS256", "kid": key_id(NEW)}
        assert NEW not in str(header)


def test_old_tokens_are_good_as_long_as_their_key_is_listed(
    phone: Phone, alice: User, settings: Settings
) -> None:
    settings.TOKEN_KEYS = [OLD]
    of_old = phone.sign_in(alice)
    settings.TOKEN_KEYS = [NEW, OLD]

    assert phone.me(of_old["access"]).status_code == 200
    of_new = phone.refresh(of_old["refresh"])
    assert jwt.get_unverified_header(of_new.json()["refresh"])["kid"] == key_id(NEW)

    settings.TOKEN_KEYS = [NEW]
    assert phone.me(of_old["access"]).status_code == 401
    assert phone.refresh(of_old["refresh"]).status_code == 401
    assert phone.me(of_new.json()["access"]).status_code == 200
    assert phone.refresh(of_new.json()["refresh"]).status_code == 200


def test_a_key_is_known_before_it_signs(phone: Phone, alice: User, settings: Settings) -> None:
    """While processes are restarted one after the other, some sign with the new key already."""
    settings.TOKEN_KEYS = [NEW, OLD]
    tokens = phone.sign_in(alice)

    settings.TOKEN_KEYS = [OLD, NEW]
    assert phone.me(tokens["access"]).status_code == 200


def test_a_token_signed_with_anything_else_is_401(phone: Phone, alice: User) -> None:
    claims = read(phone.sign_in(alice)["access"])
    assert phone.me(signed(claims)).status_code == 200
    ours: str = chosen.TOKEN_KEYS[0]
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    forged = {
        "SECRET_KEY": signed(claims, key=chosen.SECRET_KEY),
        "another key, which it brings along": signed(claims, key=OLD, jwk={"kty": "oct", "k": OLD}),
        "another key, by its own name": signed(claims, key=OLD, kid=key_id(OLD)),
        "no key named": jwt.encode(claims, ours),
        "an odd name": signed(claims, kid=key_id(ours)[:-1]),
        "none": signed(claims, key="", algorithm="none"),
        "none, in capitals": unsigned(claims, algorithm="NONE"),
        "no signature": unsigned(claims, algorithm="HS256"),
        "HS512 of our key": signed(claims, algorithm="HS512"),
        "RS256": jwt.encode(claims, private, "RS256", headers={"kid": key_id(ours)}),
        "RS256 without a signature": unsigned(claims, algorithm="RS256"),
    }
    assert {how: phone.me(token).status_code for how, token in forged.items()} == dict.fromkeys(forged, 401)
    assert {phone.refresh(token).status_code for token in forged.values()} == {401}


def test_a_token_from_before_its_time_is_401(phone: Phone, alice: User) -> None:
    claims = read(phone.sign_in(alice)["access"])
    later = timezone.now() + timedelta(minutes=5)

    token = signed(claims | {"nbf": int(later.timestamp())})

    assert phone.me(token).status_code == 401
    with time_machine.travel(later + timedelta(seconds=1)):
        assert phone.me(token).status_code == 200


@pytest.mark.parametrize(("keys", "fault"), [("", "users.E001"), ("too-short", "users.E003")])
def test_production_does_not_start_without_a_sound_key(keys: str, fault: str) -> None:
    refused = start_production(keys)

    assert refused.returncode == 1
    assert fault in refused.stderr


def test_production_starts_with_one() -> None:
    assert start_production(OLD.replace(" ", "-")).returncode == 0


def start_production(keys: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "TOKEN_KEYS": keys,
        "PUBLIC_URL": "https://campus.example.org",
        "FCM_EMULATOR_HOST": "",
    }
    return subprocess.run(
        [sys.executable, "-c", "import config.wsgi"], env=environ, capture_output=True, text=True, check=False
    )
