"""The second factor of those who enter the admin: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for a lost phone.

django-otp keeps both and sees to it that each code is good once. What it keeps of recovery codes are keyed hashes, which fit its field.
"""

import base64
import re
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote

import segno
import structlog
from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp import verify_token
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.users import notices, throttling
from apps.users.models import User

log = structlog.get_logger(__name__)

WRONG_CODES = throttling.Limit("wrong codes of an account", times=5)
# Five a minute for a month would find one of a million codes with even chances.
WRONG_CODES_OF_A_DAY = throttling.Limit(
    "wrong codes of an account in a day", times=50, window=timedelta(days=1)
)

RECOVERY_CODES = 10
# Crockford's letters and digits without those that look alike: ten of them are 50 bits.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 10
_FROM_APP = re.compile(r"[0-9]{6}")


class WrongCode(Exception):
    """Not the code of now, or used already."""


def is_set_up(user: User) -> bool:
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def is_demanded(user: User) -> bool:
    """Of everybody, or of those who have chosen to have one."""
    return bool(settings.ADMIN_SECOND_FACTOR == "required") or is_set_up(user)


def new_key() -> str:
    """20 random bytes in hexadecimal, as RFC 4226 recommends for HMAC-SHA-1."""
    return secrets.token_hex(20)


def shown(key: str) -> str:
    """The key for those who type it: base32, in groups of four."""
    text = base64.b32encode(bytes.fromhex(key)).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def qr_code(user: User, key: str) -> str:
    """A data: address of an SVG, which the page's policy lets an image have."""
    secret = shown(key).replace(" ", "")
    label = quote(f"{settings.OTP_TOTP_ISSUER}:{user.email}")
    address = f"otpauth://totp/{label}?secret={secret}&issuer={quote(settings.OTP_TOTP_ISSUER)}"
    return str(segno.make(address, error="m", micro=False).svg_data_uri(scale=5, light="#fff"))


def set_up(*, user: User, key: str, code: str, now: datetime) -> tuple[Device, list[str]]:
    """From now on the account's codes are those of `key`; `code` shows that its owner's app makes them. Also returns the recovery codes,
    which nobody can be shown again. Not to be called in a transaction. Raises WrongCode, or Throttled.
    """
    _count(user, now)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if is_set_up(user):
            raise WrongCode
        device = TOTPDevice.objects.create(user=user, name="authenticator app", key=key)
        if not _FROM_APP.fullmatch(_plain(code)) or not device.verify_token(_plain(code)):
            transaction.set_rollback(True)
            raise WrongCode
        codes = _renew(user)
        notices.second_factor_changed(user, now=now)
        _give_back(user, now)
    return device, codes


def verify(*, user: User, code: str, now: datetime) -> Device:
    """The device whose code it is: of the app, or a recovery code. Not to be called in a transaction. Raises WrongCode, or Throttled."""
    _count(user, now)
    plain = _plain(code)
    if _FROM_APP.fullmatch(plain):
        device, token = TOTPDevice.objects.filter(user=user, confirmed=True).first(), plain
    else:
        device, token = StaticDevice.objects.filter(user=user).first(), _fingerprint(user, plain)
    if device is None:
        raise WrongCode
    # It locks the row, so that of two who send one code one is late.
    verified: Device | None = verify_token(user, device.persistent_id, token)  # type: ignore[no-untyped-call]  # it has no annotations
    if verified is None:
        raise WrongCode
    if isinstance(verified, StaticDevice):
        log.warning("recovery_code_used", user=str(user.pk), left=recovery_codes_left(user))
    _give_back(user, now)
    return verified


def renew_recovery_codes(*, user: User, now: datetime) -> list[str]:
    """The caller opens the transaction, and has asked for a code."""
    notices.second_factor_changed(user, now=now)
    return _renew(user)


def remove(*, user: User, now: datetime) -> bool:
    """Whether there was one. The caller opens the transaction. Whoever must have one sets up another at the next sign-in."""
    found, _ = TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    if found:
        notices.second_factor_changed(user, now=now)
    return bool(found)


def recovery_codes_left(user: User) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def _renew(user: User) -> list[str]:
    """The device stays the same row: a session that a recovery code opened goes on."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)]
    device, _ = StaticDevice.objects.get_or_create(user=user, defaults={"name": "recovery codes"})
    device.token_set.all().delete()
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_fingerprint(user, code)) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _fingerprint(user: User, code: str) -> str:
    """Keyed, so that 50 bits are enough; 96 bits of it are the 16 characters of django-otp's field."""
    digest = salted_hmac(f"apps.users.second_factor.{user.pk}", code, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:12]).decode()


def _plain(code: str) -> str:
    return re.sub(r"[\s-]", "", code).lower()


def _count(user: User, now: datetime) -> None:
    throttling.take(WRONG_CODES, subject=str(user.pk), now=now)
    throttling.take(WRONG_CODES_OF_A_DAY, subject=str(user.pk), now=now)


def _give_back(user: User, now: datetime) -> None:
    throttling.give_back(WRONG_CODES, subject=str(user.pk), now=now)
    throttling.give_back(WRONG_CODES_OF_A_DAY, subject=str(user.pk), now=now)
