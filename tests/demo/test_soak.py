"""`manage.py soak` plays a week over real sockets, tries again as Standard Webhooks asks, and adds up."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from itertools import islice
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from standardwebhooks import Webhook

from apps.courses.models import Change, Course
from apps.demo.soak import sending
from apps.demo.soak.week import Week
from apps.webhooks.bodies import parse_envelope
from apps.webhooks.handlers import parse_event
from apps.webhooks.models import Delivery
from tests.factories.webhooks import SECRET


def soak(url: str, **options: Any) -> str:
    said = StringIO()
    try:
        call_command(
            "soak", url=url, stdout=said, **{"rate": 40.0, "seconds": 1.5, "patience": 30.0} | options
        )
    except CommandError as error:
        said.write(f"FAILED {error}")
    return said.getvalue()


def number(said: str, row: str) -> int:
    found = re.search(rf"^  {row} +([\d,]+)", said, re.MULTILINE)
    assert found, said
    return int(found[1].replace(",", ""))


@pytest.fixture
def _one_secret(settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = {"course-service": [SECRET]}


@pytest.mark.usefixtures("transactional_db", "worker", "_one_secret")
def test_everything_is_accepted_applied_and_counted(live_server: LiveServer) -> None:
    said = soak(live_server.url)
    assert "FAILED" not in said
    assert said.startswith("60 events in ")
    stored = Delivery.objects.filter(webhook_id__startswith="soak-")
    opening = 8  # two terms and two snapshots, before and after
    accepted, duplicate, ignored = (number(said, row) for row in ("accepted", "duplicate", "ignored"))
    assert accepted + duplicate + ignored == 60
    assert stored.count() == accepted + ignored + opening
    assert number(said, "of them processed") == accepted
    assert number(said, "answer p95") >= 0
    assert Change.objects.filter(field="rooms").exists()
    assert Course.objects.visible().count() > 60


def test_a_week_is_well_formed_varied_and_the_same_for_the_same_seed() -> None:
    now = timezone.now()
    weeks = [Week(name="week", seed=seed, now=now) for seed in (7, 7, 8)]
    first, again, other = ([*week.opening(now), *islice(week.events(lambda: now), 400)] for week in weeks)
    assert first == again != other
    kinds: Counter[str] = Counter()
    for event in first:
        envelope = parse_envelope(event.body)
        kinds[envelope.type] += 1
        parse_event(envelope, now=now)
    assert set(kinds) == {
        "term.updated",
        "catalogue.snapshot",
        "course.updated",
        "course.deleted",
        "library.opened",
    }
    assert len({event.id for event in first}) < len(first), "none is sent twice"
    assert all(a.body == b.body for a in first for b in first if a.id == b.id)


class Reluctant(BaseHTTPRequestHandler):
    """A Campanile that is away at every first try, and says of everything that it is applied."""

    protocol_version = "HTTP/1.1"
    tries: dict[str, list[bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        Webhook(SECRET).verify(body.decode(), dict(self.headers.items()))
        tries = self.tries.setdefault(self.headers["webhook-id"], [])
        tries.append(body)
        self._answer(
            503 if len(tries) == 1 and of_the_week(body) else 202, {"status": "accepted", "delivery": "0"}
        )

    def do_GET(self) -> None:
        self._answer(200, {"status": "processed"})

    def _answer(self, status: int, told: dict[str, str]) -> None:
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def of_the_week(body: bytes) -> bool:
    """Not of the whole faculty, before and after."""
    return json.loads(body)["type"] not in ("term.updated", "catalogue.snapshot")


def events_of_the_week() -> dict[str, list[bytes]]:
    return {id: tries for id, tries in Reluctant.tries.items() if of_the_week(tries[0])}


@pytest.fixture
def reluctant(_one_secret: None) -> Iterator[str]:
    Reluctant.tries = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Reluctant) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_what_is_not_taken_is_tried_again_under_the_same_id(
    reluctant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.05)
    said = soak(reluctant, rate=100.0, seconds=0.3)
    assert "FAILED" not in said
    assert number(said, "accepted") == 30
    tried = events_of_the_week()
    assert f"{len(tried)} retries" in said
    assert all(len(tries) >= 2 and len(set(tries)) == 1 for tries in tried.values())


def test_what_is_never_taken_is_an_error(reluctant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 5.0)
    said = soak(reluctant, rate=100.0, seconds=0.1, patience=1.0)
    assert number(said, "error 503") == len(events_of_the_week())
    assert "FAILED Not every event was accepted and applied." in said


@pytest.mark.usefixtures("_one_secret")
def test_nobody_there_is_said(settings: Settings) -> None:
    assert "FAILED No answer from http://127.0.0.1:9" in soak("http://127.0.0.1:9")
    settings.WEBHOOK_SECRETS = {}
    assert "FAILED No secret" in soak("http://127.0.0.1:9")
