"""Google's access token is fetched once for all messages, and once more when FCM refuses it."""

# The library has no annotations.
# mypy: disallow-untyped-calls=False

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.oauth2.service_account import Credentials

from apps.notifications import delivery, firebase
from apps.notifications.delivery import send_due
from apps.notifications.models import Pause, Push
from tests.notifications.conftest import Phones
from tests.notifications.test_pausing import queue

pytestmark = pytest.mark.django_db


class Google(ThreadingHTTPServer):
    """Where access tokens come from, each with another number."""

    daemon_threads = True
    fetched = 0
    refuses = False
    takes = 0.0


class _Handler(BaseHTTPRequestHandler):
    server: Google

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.fetched += 1
        time.sleep(self.server.takes)
        answer = {"access_token": f"token-{self.server.fetched}", "expires_in": 3600}
        body = json.dumps({"error": "invalid_grant"} if self.server.refuses else answer).encode()
        self.send_response(400 if self.server.refuses else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def google(phones: Phones, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    """Messages go to the emulator with the credential of a service account."""
    server = Google(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "client_email": "campanile@example.org",
        "private_key": key.decode(),
        "token_uri": f"http://127.0.0.1:{server.server_address[1]}/token",
    }
    # Of an account that acts for somebody the library does not ask the real Google where it may be used.
    credential = Credentials.from_service_account_info(account, scopes=["any"], subject="a@example.org")
    url = f"http://{phones.host}/v1/projects/demo-campanile/messages:send"
    monkeypatch.setattr(firebase, "channel", lambda: firebase.Channel(url, credential))
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def statuses() -> set[str]:
    return set(Push.objects.values_list("status", flat=True))


def test_it_is_fetched_once_and_not_for_each_message(phones: Phones, google: Google) -> None:
    queue(30)
    assert send_due() == 30
    assert statuses() == {"sent"}
    Push.objects.update(status="pending")
    assert send_due() == 30
    assert (google.fetched, phones.requests) == (1, 60)


def test_one_that_all_under_way_are_refused_for_is_renewed_once_and_they_are_sent(
    phones: Phones, google: Google
) -> None:
    queue(30)
    phones.fail(status=401, times=8, delay=0.1)
    assert send_due() == 30
    assert statuses() == {"sent"}
    assert (google.fetched, phones.requests) == (2, 38)
    assert len(phones.messages()) == 30


def test_after_a_renewal_that_took_its_time_who_still_wants_them_is_looked_up_again(
    phones: Phones, google: Google
) -> None:
    queue(30)
    google.takes = delivery.FRESH_SECONDS + 0.5
    phones.fail(status=401, times=8, delay=0.1)
    assert send_due() == 30
    assert google.fetched == 2
    assert phones.requests <= 8
    assert statuses() == {"pending"}
    while send_due():
        pass
    assert statuses() == {"sent"}


def test_a_new_one_that_is_refused_as_well_opens_the_circuit(phones: Phones, google: Google) -> None:
    queue(30)
    phones.fail(status=401, times=1000, delay=0.1)
    send_due()
    assert Pause.objects.get().scope == Pause.EVERYTHING
    assert set(Push.objects.values_list("status", "attempts")) == {("pending", 0)}
    assert google.fetched == 2
    assert phones.requests <= 16


def test_one_that_is_not_given_opens_the_circuit(phones: Phones, google: Google) -> None:
    queue(30)
    google.refuses = True
    send_due()
    assert Pause.objects.get().scope == Pause.EVERYTHING
    assert set(Push.objects.values_list("status", "attempts")) == {("pending", 0)}
    assert phones.requests == 0
