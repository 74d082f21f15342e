"""What is an ID token for us and what is not."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from apps.users.oidc.id_tokens import LONGEST, BadIdToken, check
from apps.users.oidc.issuers import KNOWN
from tests.fakes.oidc import ANOTHER_RSA, AUDIENCE, EC, RSA, FakeIssuer, jwk

NOW = int(time.time())
PUBLIC = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


@pytest.fixture(autouse=True)
def _now(time_machine: Any) -> None:
    """The table below tells times as of when it was read."""
    time_machine.move_to(NOW, tick=False)


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: Any, payload: Any, key: bytes | None = None) -> str:
    """Signed with a symmetric key, or not at all, as no library would."""
    signed = f"{part(header)}.{part(payload)}"
    signature = hmac.digest(key, signed.encode(), "sha256") if key else b""
    return f"{signed}.{part(signature)}"


def test_a_good_token_tells_who_it_is(university: FakeIssuer) -> None:
    claims = check(
        university.token(email="Alice@Example.org", locale="sr-Latn-RS"), issuer=university.issuer(), nonce=""
    )

    assert (claims.subject, claims.email, claims.domain) == (
        "248289761001",
        "alice@example.org",
        "example.org",
    )
    assert (claims.first_name, claims.last_name, claims.language) == ("Alice", "Jović", "sr")


FAULTS: dict[str, dict[str, Any]] = {
    "of another issuer": {"iss": "https://evil.example"},
    "of almost the same issuer": {"iss": "{url}/"},
    "without issuer": {"iss": ...},
    "with a list of issuers": {"iss": ["{url}"]},
    "for another app": {"aud": "other-app"},
    "for nobody": {"aud": ...},
    "for an empty list": {"aud": []},
    "for a prefix of us": {"aud": AUDIENCE[:-1]},
    "for an object": {"aud": {AUDIENCE: True}},
    "for a list of odd things": {"aud": [AUDIENCE, 1]},
    "for several, issued to nobody": {"aud": [AUDIENCE, "other-app"]},
    "for several, issued to another": {"aud": [AUDIENCE, "other-app"], "azp": "other-app"},
    "for several, issued to something odd": {"aud": [AUDIENCE, "other-app"], "azp": [AUDIENCE]},
    "expired": {"exp": NOW - 60},
    "without end": {"exp": ...},
    "with no number for an end": {"exp": "tomorrow"},
    "with an end that overflows": {"exp": float("inf")},
    "with an end that is no number": {"exp": float("nan")},
    "with a list for an end": {"exp": [NOW + 60]},
    "not valid yet": {"nbf": NOW + 600},
    "issued in the future": {"iat": NOW + 600},
    "without time of issue": {"iat": ...},
    "about nobody": {"sub": ...},
    "about an empty subject": {"sub": ""},
    "about a number": {"sub": 7},
    "about a subject that is too long": {"sub": "x" * 256},
    "about a subject with NUL": {"sub": "x\0"},
    "about a subject beyond ASCII": {"sub": "ć"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_claim_that_is_wrong_spoils_it(university: FakeIssuer, fault: str) -> None:
    claims = json.loads(
        json.dumps({k: v for k, v in FAULTS[fault].items() if v is not ...}).replace("{url}", university.url)
    )
    claims |= {name: ... for name, value in FAULTS[fault].items() if value is ...}
    # The library refuses to sign some of these itself.
    payload = university.claims(**claims)
    token = jwt.api_jws.encode(
        json.dumps(payload).encode(), RSA, algorithm="RS256", headers={"kid": "1", "typ": "JWT"}
    )

    with pytest.raises(BadIdToken):
        check(token, issuer=university.issuer(), nonce="")


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW - 10},
        {"nbf": NOW + 20},
        {"iat": NOW + 20},
        {"aud": [AUDIENCE]},
        {"aud": [AUDIENCE, "other-app"], "azp": AUDIENCE},
        {"aud": AUDIENCE, "azp": "campus-app-for-android"},
    ],
)
def test_clocks_may_differ_a_little_and_audiences_be_several(
    university: FakeIssuer, claims: dict[str, Any]
) -> None:
    assert check(university.token(**claims), issuer=university.issuer(), nonce="").subject


def hostile(university: FakeIssuer) -> dict[str, str]:
    """Tokens whose signature is none of the issuer's."""
    good, claims = university.token(), university.claims()
    header, payload, signature = good.split(".")
    mine = jwk(ANOTHER_RSA, "1")
    forged = jwt.encode(claims, ANOTHER_RSA, algorithm="RS256", headers={"kid": "1"})
    return {
        "unsigned": by_hand({"alg": "none", "kid": "1"}, claims),
        "unsigned, oddly spelt": by_hand({"alg": "nOnE", "kid": "1"}, claims),
        "without algorithm": by_hand({"kid": "1"}, claims),
        "with a list of algorithms": by_hand({"alg": ["RS256"], "kid": "1"}, claims),
        "signed with the public key as a secret": by_hand({"alg": "HS256", "kid": "1"}, claims, PUBLIC),
        "signed with the published modulus as a secret": by_hand(
            {"alg": "HS256", "kid": "1"}, claims, university.keys[0]["n"].encode()
        ),
        "signed with nothing as a secret": by_hand({"alg": "HS256", "kid": "1"}, claims, b"\0"),
        "by another key under the same id": forged,
        "with its own key": jwt.encode(
            claims, ANOTHER_RSA, algorithm="RS256", headers={"kid": "1", "jwk": mine}
        ),
        "with an address of its own keys": jwt.encode(
            claims, ANOTHER_RSA, algorithm="RS256", headers={"kid": "evil", "jku": f"{university.url}/evil"}
        ),
        "with an address of a certificate": jwt.encode(
            claims, ANOTHER_RSA, algorithm="RS256", headers={"kid": "1", "x5u": f"{university.url}/evil"}
        ),
        "by an algorithm the key is not for": jwt.encode(
            claims, RSA, algorithm="PS256", headers={"kid": "1"}
        ),
        "by a key of another kind": jwt.encode(claims, EC, algorithm="ES256", headers={"kid": "1"}),
        "with an id that is a path": jwt.encode(
            claims, ANOTHER_RSA, algorithm="RS256", headers={"kid": "../../dev/null"}
        ),
        "with an id that is no text": by_hand({"alg": "RS256", "kid": {"a": 1}}, claims),
        "another kind of token": jwt.encode(
            claims, RSA, algorithm="RS256", headers={"kid": "1", "typ": "at+jwt"}
        ),
        "a kind that is no text": jwt.encode(
            claims, RSA, algorithm="RS256", headers={"kid": "1", "typ": "logout+jwt"}
        ),
        "that must be understood otherwise": by_hand(
            {"alg": "RS256", "kid": "1", "crit": ["x"], "x": 1}, claims
        ),
        "detached": by_hand({"alg": "RS256", "kid": "1", "b64": False, "crit": ["b64"]}, claims),
        "changed": f"{header}.{part({**claims, 'sub': 'bob'})}.{signature}",
        "cut": good[:-5],
        "without signature": f"{header}.{payload}.",
        "in two parts": f"{header}.{payload}",
        "in five parts": f"{good}.x.y",
        "with a line break": good + "\n",
        "with a lone surrogate": good + "\ud800",
        "beyond ASCII": "ć" + good,
        "no token": "no token",
        "nothing": "",
        "bottomless": f"{header}.{part(b'[' * 5000)}.{signature}",
        "a bottomless header": f"{part(b'[' * 5000)}.{payload}.{signature}",
        "a list": by_hand([], claims),
        "huge": jwt.encode(
            university.claims(padding="x" * LONGEST), RSA, algorithm="RS256", headers={"kid": "1"}
        ),
    }


NAMES = list(hostile(FakeIssuer(url="http://127.0.0.1:9")))


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_token_is_refused(university: FakeIssuer, name: str) -> None:
    with pytest.raises(BadIdToken):
        check(hostile(university)[name], issuer=university.issuer(), nonce="")
    assert not university.asked["/evil"]


@pytest.mark.parametrize(
    ("claimed", "sent", "passes"),
    [
        ("n-0S6", "n-0S6", True),
        (hashlib.sha256(b"n-0S6").hexdigest(), "n-0S6", True),
        ("n-0S6", "", True),
        (..., "", True),
        ("n-0S6", "other", False),
        (..., "n-0S6", False),
        ("", "n-0S6", False),
        (["n-0S6"], "n-0S6", False),
        ("n-0S6", hashlib.sha256(b"n-0S6").hexdigest(), False),
        ("n-0S6", "\ud800", False),
    ],
)
def test_the_nonce_is_the_one_of_the_token_or_hashed_in_it(
    university: FakeIssuer, claimed: Any, sent: str, passes: bool
) -> None:
    token, issuer = university.token(nonce=claimed), university.issuer()
    if passes:
        assert check(token, issuer=issuer, nonce=sent).subject
    else:
        with pytest.raises(BadIdToken):
            check(token, issuer=issuer, nonce=sent)


def test_an_issuer_may_be_configured_to_need_one(university: FakeIssuer) -> None:
    with pytest.raises(BadIdToken):
        check(university.token(nonce="n"), issuer=university.issuer(nonce_required=True), nonce="")


@pytest.mark.parametrize(
    ("claims", "vouches", "email"),
    [
        ({"email_verified": True}, False, "alice@example.org"),
        ({"email_verified": "true"}, False, "alice@example.org"),
        ({"email_verified": False}, True, ""),
        ({"email_verified": "false"}, True, ""),
        ({"email_verified": 1}, False, ""),
        ({"email_verified": "yes"}, False, ""),
        ({"email_verified": ...}, False, ""),
        ({"email_verified": ...}, True, "alice@example.org"),
        ({"email": ...}, True, ""),
        ({"email": "no address"}, False, ""),
        ({"email": ["alice@example.org"]}, False, ""),
        ({"email": "alice@example.org\0"}, False, ""),
        ({"email": "alice@example.org\nbcc: eve@example.org"}, False, ""),
        ({"email": f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.org"}, False, ""),
    ],
)
def test_only_an_address_that_is_verified_counts(
    university: FakeIssuer, claims: dict[str, Any], vouches: bool, email: str
) -> None:
    issuer = university.issuer(vouches_for_email=vouches)
    assert check(university.token(**claims), issuer=issuer, nonce="").email == email


def test_names_are_one_line_each_and_odd_ones_left_out(university: FakeIssuer) -> None:
    odd: dict[str, Any] = {
        "given_name": ["x"],
        "family_name": 7,
        "name": " Ana\n\x00 Marija  Ilić ",
        "locale": "xx",
    }
    claims = check(university.token(**odd), issuer=university.issuer(), nonce="")
    assert (claims.first_name, claims.last_name, claims.language) == ("Ana", "Marija Ilić", "")

    long = check(university.token(given_name="x" * 500), issuer=university.issuer(), nonce="")
    assert len(long.first_name) == 150


@pytest.mark.parametrize(
    ("email", "hosted", "authoritative"),
    [
        ("alice@gmail.com", ..., True),
        ("alice@example.org", "example.org", True),
        ("alice@example.org", ..., False),
        ("alice@example.org", "other.example", False),
    ],
)
def test_google_knows_only_its_own_mailboxes(
    university: FakeIssuer, email: str, hosted: Any, authoritative: bool
) -> None:
    google = university.issuer(issuer=KNOWN["google"].issuer, spellings=KNOWN["google"].spellings)
    for spelling in ("https://accounts.google.com", "accounts.google.com"):
        token = university.token(iss=spelling, email=email, hd=hosted)
        assert check(token, issuer=google, nonce="").is_authoritative == authoritative
    with pytest.raises(BadIdToken):
        check(university.token(iss="http://accounts.google.com"), issuer=google, nonce="")
