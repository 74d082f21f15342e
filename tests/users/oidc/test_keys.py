"""Keys are fetched from the issuer when needed, once for all who wait, and kept while it is away."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from apps.core.errors import Unavailable
from apps.users.oidc.id_tokens import BadIdToken, check
from apps.users.oidc.issuers import Issuer
from tests.fakes.oidc import ANOTHER_RSA, EC, RSA, FakeIssuer, jwk, send, send_raw
from tests.users.oidc.conftest import Clock

pytestmark = pytest.mark.filterwarnings("error")


def good(token: str, issuer: Issuer) -> bool:
    try:
        check(token, issuer=issuer, nonce="")
    except BadIdToken:
        return False
    return True


def test_keys_are_asked_for_once_and_then_at_hand(university: FakeIssuer) -> None:
    assert all(good(university.token(), university.issuer()) for _ in range(3))
    assert university.asked == {"/keys": 1}


def test_without_their_address_discovery_tells_it(university: FakeIssuer) -> None:
    assert good(university.token(), university.issuer(jwks_uri=""))
    assert university.asked == {"/.well-known/openid-configuration": 1, "/keys": 1}


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example", "jwks_uri": "{url}/keys"},
        {"issuer": "{url}", "jwks_uri": "http://evil.example/keys"},
        {"issuer": "{url}", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "{url}", "jwks_uri": ["{url}/keys"]},
        {"issuer": "{url}"},
    ],
)
def test_a_discovery_document_that_leads_elsewhere_is_not_followed(
    university: FakeIssuer, document: dict[str, Any]
) -> None:
    said = json.loads(json.dumps(document).replace("{url}", university.url))
    university.answer = lambda request: send(request, said)

    with pytest.raises(Unavailable):
        check(university.token(), issuer=university.issuer(jwks_uri=""), nonce="")
    assert university.asked == {"/.well-known/openid-configuration": 1}


def test_a_key_that_is_new_is_fetched_and_one_that_is_gone_ends_within_the_hour(
    university: FakeIssuer, clock: Clock
) -> None:
    issuer = university.issuer()
    assert good(university.token(), issuer)
    university.keys = [jwk(ANOTHER_RSA, "2")]
    clock.now += 31

    assert good(university.token(key=ANOTHER_RSA, headers={"kid": "2"}), issuer)
    assert not good(university.token(), issuer)


def test_a_key_is_looked_for_anew_each_hour(university: FakeIssuer, clock: Clock) -> None:
    issuer = university.issuer()
    assert good(university.token(), issuer)
    university.keys = [jwk(ANOTHER_RSA, "1")]

    clock.now += 3599
    assert good(university.token(), issuer)
    clock.now += 2
    assert not good(university.token(), issuer)


def test_made_up_key_ids_do_not_make_us_ask_again_and_again(university: FakeIssuer, clock: Clock) -> None:
    issuer = university.issuer()
    assert good(university.token(), issuer)

    for number in range(20):
        clock.now += 1
        assert not good(university.token(headers={"kid": f"made up {number}"}), issuer)

    assert university.asked["/keys"] == 1
    clock.now += 15
    assert not good(university.token(headers={"kid": "made up"}), issuer)
    assert university.asked["/keys"] == 2


def test_the_last_good_keys_are_kept_while_the_issuer_is_away(university: FakeIssuer, clock: Clock) -> None:
    issuer = university.issuer()
    assert good(university.token(), issuer)
    university.answer = lambda request: request.send_error(500)

    for _ in range(5):
        clock.now += 7200
        assert good(university.token(), issuer)
    assert not good(university.token(headers={"kid": "unknown"}), issuer)


def silent(request: BaseHTTPRequestHandler) -> None:
    time.sleep(6)


def dripping(request: BaseHTTPRequestHandler) -> None:
    with suppress(OSError):
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(30):
            request.wfile.write(b"X-Drop: 1\r\n")
            time.sleep(0.3)


def huge(request: BaseHTTPRequestHandler) -> None:
    with suppress(OSError):
        send_raw(request, b'{"keys": [' + b" " * 10_000_000 + b"]}")


def elsewhere(request: BaseHTTPRequestHandler) -> None:
    if request.path == "/keys":
        send(request, {}, 302, Location="/other-keys")
    else:
        send(request, {"keys": [jwk(RSA, "1")]})


@pytest.mark.parametrize(
    "answer",
    [
        silent,
        dripping,
        huge,
        elsewhere,
        lambda request: request.send_error(404),
        lambda request: send_raw(request, b"<html>Sign in to the Wi-Fi</html>"),
        lambda request: send_raw(request, b"[" * 100_000),
        lambda request: send(request, []),
        lambda request: send(request, {"keys": "none"}),
        lambda request: send(
            request, {"keys": [None, 1, {"kty": "RSA"}, {"kty": ["x"]}, {"kty": "oct", "k": "eA"}]}
        ),
        lambda request: send(request, {"keys": [jwk(RSA, "1", use="enc"), jwk(RSA, "1", alg=["RS256"])]}),
        lambda request: request.close_connection,
    ],
    ids=lambda answer: getattr(answer, "__name__", ""),
)
def test_without_any_key_it_says_when_to_come_back(
    university: FakeIssuer, clock: Clock, answer: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    university.answer = answer
    issuer = university.issuer()

    for _ in range(2):
        with pytest.raises(Unavailable) as refused:
            check(university.token(), issuer=issuer, nonce="")
        assert refused.value.headers == {"Retry-After": "5"}
    assert university.asked == {"/keys": 1}

    university.answer = None
    clock.now += 6
    if answer not in (silent, dripping):
        assert good(university.token(), issuer)


def test_an_issuer_that_is_not_there_is_no_error_of_ours() -> None:
    with pytest.raises(Unavailable):
        check(
            FakeIssuer(url="http://127.0.0.1:9").token(),
            issuer=FakeIssuer(url="http://127.0.0.1:9").issuer(),
            nonce="",
        )


def test_many_at_once_wait_for_one_fetch(university: FakeIssuer) -> None:
    waiting = threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        assert waiting.wait(10)
        send(request, {"keys": university.keys})

    university.answer = answer
    issuer, token = university.issuer(), university.token()
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(good, token, issuer) for _ in range(20)]
        waiting.set()
        assert all(answer.result() for answer in answers)
    assert university.asked == {"/keys": 1}


def test_keys_of_other_kinds_are_passed_over(university: FakeIssuer) -> None:
    university.keys = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "1"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
        jwk(EC, "ec"),
    ]
    issuer = university.issuer()

    assert good(university.token(key=EC, alg="ES256", headers={"kid": "ec"}), issuer)
    assert not good(university.token(), issuer)
