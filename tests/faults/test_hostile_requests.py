"""What only a socket can send, against the server as it ships: never a 5xx, and nobody who cannot sign leaves a row."""

import base64
import gzip
import hmac
import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPResponse

import pytest

from apps.webhooks.models import Conflict, Delivery
from tests.factories.documents import course
from tests.factories.webhooks import SECRET, event
from tests.faults.web import gunicorn

BODY = json.dumps(event("course.updated", course())).encode()
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
FORGED = b"v1," + base64.b64encode(bytes(32))
Answer = tuple[int, bytes]


@pytest.fixture(scope="module")
def port(django_db_setup: None) -> Iterator[int]:
    with gunicorn(WEBHOOK_SECRETS=json.dumps({"course-service": [SECRET]})) as port:
        yield port


@pytest.fixture(autouse=True)
def _rows_of_other_processes_are_seen(transactional_db: None) -> None: ...


def now() -> bytes:
    return b"%d" % time.time()


def request(
    *lines: bytes,
    body: bytes = BODY,
    target: bytes = b"/webhooks/course-service/",
    method: bytes = b"POST",
    version: bytes = b"HTTP/1.1",
    id: bytes = b"msg_1",
    at: bytes = b"",
    signature: bytes = b"",
    media_type: bytes = b"application/json",
    length: bytes | None = b"right",
    sent: bytes | None = None,
) -> bytes:
    """Signed in earnest over whatever id and time are given, so that only their form is odd. `sent` goes out in place of the body."""
    at = at or now()
    signed = b"v1," + base64.b64encode(hmac.digest(KEY, b"%b.%b.%b" % (id, at, body), "sha256"))
    head = [
        b"%b %b %b" % (method, target, version),
        b"Host: localhost",
        b"Content-Type: " + media_type,
        b"webhook-id: " + id,
        b"webhook-timestamp: " + at,
        b"webhook-signature: " + (signature or signed),
        *lines,
    ]
    if length is not None:
        head.append(b"Content-Length: %b" % (b"%d" % len(body) if length == b"right" else length))
    return b"\r\n".join(head) + b"\r\n\r\n" + (body if sent is None else sent)


def talk(port: int, *pieces: bytes, answers: int = 1, pause: float = 0) -> Sequence[Answer]:
    """Say the pieces, then nothing more, and hear so many answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        try:
            for piece in pieces:
                client.sendall(piece)
                time.sleep(pause)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all was said: the answer is there
        return [heard(client) for _ in range(answers)]


def heard(client: socket.socket) -> Answer:
    answer = Unbuffered(client, method="POST")
    answer.begin()
    return answer.status, answer.read()


class Unbuffered(HTTPResponse):
    """Leaves what follows the answer for the next one to read."""

    def __init__(self, client: socket.socket, method: str) -> None:
        super().__init__(client, method=method)
        self.fp.close()
        self.fp = client.makefile("rb", buffering=0)  # type: ignore[assignment]  # a raw file reads lines as well


def with_digits(zero: int, encoding: str) -> bytes:
    return now().decode().translate({48 + digit: zero + digit for digit in range(10)}).encode(encoding)


UNAUTHENTIC = {
    "an id of 300 characters": lambda: request(id=b"x" * 300),
    "a dotted id": lambda: request(id=b"msg.1"),
    "an id with a tab": lambda: request(id=b"msg\t1"),
    "an id in Latin-1": lambda: request(id=b"msg_\xe9"),
    "an id in UTF-8": lambda: request(id="msg_č".encode()),
    "two ids": lambda: request(b"webhook-id: msg_2"),
    "the same id twice": lambda: request(b"webhook-id: msg_1"),
    "an id spelled with an underscore": lambda: request(b"webhook_id: msg_1", id=b""),
    "Arabic digits": lambda: request(at=with_digits(0x660, "utf-8")),
    "superscript digits": lambda: request(at=b"\xb9\xb2\xb3"),
    "an exponent": lambda: request(at=now() + b"e0"),
    "a plus": lambda: request(at=b"+" + now()),
    "a minus": lambda: request(at=b"-" + now()),
    "a space inside": lambda: request(at=now()[:5] + b" " + now()[5:]),
    "many leading zeros": lambda: request(at=b"000" + now()),
    "a huge timestamp": lambda: request(at=b"9" * 8_000),
    "two timestamps": lambda: request(b"webhook-timestamp: " + now()),
    "17 signatures": lambda: request(signature=b" ".join([FORGED] * 17)),
    "signatures on two lines": lambda: request(b"webhook-signature: " + FORGED),
    "a signature in Latin-1": lambda: request(signature=FORGED[:-1] + b"\xe9"),
    "less than it says": lambda: request(length=b"%d" % (len(BODY) + 1)),
    "5 MiB announced": lambda: request(length=b"5242880"),
    "more than it says": lambda: request(length=b"%d" % (len(BODY) - 1)),
    "a delivery in the body of another": lambda: request(body=request(), signature=FORGED),
    "an upper-case source": lambda: request(target=b"/webhooks/COURSE-SERVICE/"),
    "a source of 1,000 characters": lambda: request(target=b"/webhooks/%b/" % (b"x" * 1_000)),
    "dots for a source": lambda: request(target=b"/webhooks/../"),
    "encoded dots": lambda: request(target=b"/webhooks/%2e%2e/"),
    "a source with NUL": lambda: request(target=b"/webhooks/course-service%00/"),
    "a source of broken UTF-8": lambda: request(target=b"/webhooks/%ff%ed%a0%80/"),
    "a source with a broken escape": lambda: request(target=b"/webhooks/%zz/"),
}


@pytest.mark.parametrize("make", UNAUTHENTIC.values(), ids=UNAUTHENTIC)
def test_the_unauthentic_hear_one_answer_and_leave_no_row(port: int, make: Callable[[], bytes]) -> None:
    [plain] = talk(port, request(signature=FORGED))

    assert plain[0] == 401
    assert talk(port, make()) == [plain]
    assert not Delivery.objects.exists()


ODD = {
    "a gzip bomb": (415, lambda: request(b"Content-Encoding: gzip", body=gzip.compress(bytes(50_000_000)))),
    "two encodings": (415, lambda: request(b"Content-Encoding: identity", b"Content-Encoding: gzip")),
    "chunks and no length": (411, lambda: chunked(CHUNKED)),
    "zipped chunks": (411, lambda: request(b"Transfer-Encoding: gzip, chunked", length=None, sent=CHUNKED)),
    "chunks of no size": (411, lambda: chunked(b"zz\r\n" + BODY)),
    "chunks of negative size": (411, lambda: chunked(b"-5\r\n" + BODY)),
    "chunks smaller than they say": (411, lambda: chunked(b"5\r\n" + BODY)),
    "chunks of endless size": (411, lambda: chunked(b"f" * 5_000)),
    "chunks and a length": (400, lambda: request(b"Transfer-Encoding: chunked", sent=CHUNKED)),
    "chunked twice": (400, lambda: request(b"Transfer-Encoding: chunked, chunked", length=None)),
    "chunked in HTTP/1.0": (400, lambda: chunked(CHUNKED, version=b"HTTP/1.0")),
    "an unknown transfer coding": (400, lambda: request(b"Transfer-Encoding: xchunked", length=None)),
    "no length": (411, lambda: request(length=None)),
    "no length in HTTP/1.0": (411, lambda: request(length=None, version=b"HTTP/1.0")),
    "a negative length": (400, lambda: request(length=b"-1")),
    "a length with a sign": (400, lambda: request(length=b"+5")),
    "a length with an exponent": (400, lambda: request(length=b"5e0")),
    "a length in Arabic digits": (400, lambda: request(length="\u0665".encode())),
    "a superscript length": (400, lambda: request(length=b"\xb2")),
    "a length beyond numbers": (411, lambda: request(length=b"9" * 30)),
    "two lengths": (400, lambda: request(b"Content-Length: 5")),
    "10 MiB": (413, lambda: request(body=bytes(10 * 2**20))),
    "20,000 signatures": (431, lambda: request(signature=b" ".join([FORGED] * 20_000))),
    "1,000 headers": (431, lambda: request(*[b"X-Header: x"] * 1_000)),
    "a folded header": (400, lambda: request(b"X-Header: x\r\n y")),
    "a space before the colon": (400, lambda: request(b"X-Header : x")),
    "NUL in a header": (400, lambda: request(id=b"msg\x001")),
    "a bare line feed in a header": (400, lambda: request(id=b"msg\n1")),
    "a header that is not ASCII": (400, lambda: request(b"X-\xff: x")),
    "two media types": (400, lambda: request(b"Content-Type: application/json")),
    "an unreadable media type": (400, lambda: request(media_type=b"application/json; charset*=x'y'z")),
    "a host we are not": (400, lambda: request(b"X: x").replace(b"localhost", b"evil.example")),
    "two hosts": (400, lambda: request(b"Host: localhost")),
    "an encoded slash": (404, lambda: request(target=b"/webhooks/course%2Fservice/")),
    "no source": (404, lambda: request(target=b"/webhooks//")),
    "a target of 9,000 characters": (414, lambda: request(target=b"/webhooks/%b/" % (b"x" * 9_000))),
    "a target that is not ASCII": (400, lambda: request(target=b"/webhooks/\xc4\x8d/")),
    "no such version": (400, lambda: request(version=b"HTTP/2.0")),
    "a method in lower case": (400, lambda: request(method=b"post")),
    "an expectation nobody meets": (417, lambda: request(b"Expect: miracles")),
}


def chunked(sent: bytes, *, version: bytes = b"HTTP/1.1") -> bytes:
    return request(b"Transfer-Encoding: chunked", length=None, sent=sent, version=version)


@pytest.mark.parametrize(("status", "make"), ODD.values(), ids=ODD)
def test_the_unacceptable_is_told_apart_and_leaves_no_row(
    port: int, status: int, make: Callable[[], bytes]
) -> None:
    assert [answer[0] for answer in talk(port, make())] == [status]
    assert not Delivery.objects.exists()


def test_a_body_may_come_in_pieces(port: int) -> None:
    raw = request()

    assert talk(port, raw[:20], raw[20:-10], raw[-10:], pause=0.05)[0][0] == 202


def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    """Nothing that was refused is read as the beginning of the next request, nor the other way round."""
    heard = talk(
        port,
        request(id=b"msg_1")
        + request(signature=FORGED)
        + chunked(CHUNKED)
        + request(media_type=b"text/plain"),
        request(id=b"msg_1", method=b"GET") + request(id=b"msg_2"),
        answers=6,
    )

    assert [status for status, _ in heard] == [202, 401, 411, 415, 405, 202]
    assert set(Delivery.objects.values_list("webhook_id", flat=True)) == {"msg_1", "msg_2"}
    assert not Conflict.objects.exists()


def test_clients_that_fall_silent_do_not_keep_the_threads(port: int) -> None:
    """There are four."""
    silent = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(4)]
    for client in silent[:2]:
        client.sendall(request()[:-1])
    for client in silent[2:]:
        client.sendall(request()[:50])

    assert talk(port, request())[0][0] == 202
    assert [heard(client)[0] for client in silent[:2]] == [401] * 2
    assert [client.recv(1) for client in silent[2:]] == [b""] * 2
    assert Delivery.objects.count() == 1
    for client in silent:
        client.close()
