"""PostgreSQL away while webhooks come in: the sender is told at once to try again, and later nothing needs a restart."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse

import pytest
from django.db import connection

from apps.webhooks.models import Delivery
from tests.factories.documents import course
from tests.factories.webhooks import Sender, event
from tests.faults.conftest import database_url
from tests.faults.proxy import Proxy
from tests.faults.web import gunicorn

# What a busy machine may add to a bound.
LOADED = 3


@dataclass
class Site:
    """Campanile under gunicorn, with its database behind the proxy."""

    port: int
    database: Proxy
    bodies: dict[str, bytes] = field(default_factory=dict)

    def post(self, id: str) -> tuple[HTTPResponse, float]:
        """The answer and how many seconds it took. An id that is sent again has the same body."""
        body = self.bodies.setdefault(id, json.dumps(event("course.updated", course())).encode())
        headers = {"Content-Type": "application/json", **Sender().signed(body, id=id)}
        client = HTTPConnection("127.0.0.1", self.port, timeout=10)
        started = time.monotonic()
        client.request("POST", "/webhooks/course-service/", body, headers)
        answer = client.getresponse()
        took = time.monotonic() - started
        answer.read()
        client.close()
        return answer, took


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:
    database = connection.settings_dict
    proxy = Proxy((database["HOST"], int(database["PORT"] or 5432)))
    with gunicorn(DATABASE_URL=f"{database_url()} hostaddr=127.0.0.1 port={proxy.port}") as port:
        yield Site(port, proxy)
    proxy.thaw()
    proxy.refuse()


def test_a_database_that_refuses_means_503_at_once_and_recovers_alone(site: Site) -> None:
    assert site.post("before")[0].status == 202

    site.database.refuse()
    for number in range(8):
        answer, took = site.post(f"during_{number}")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert took < LOADED

    site.database.accept()
    assert [site.post(f"during_{number}")[0].status for number in range(8)] == [202] * 8
    assert Delivery.objects.count() == 9


def test_a_frozen_database_means_503_in_bounded_time_and_recovers_alone(site: Site) -> None:
    """The bound is the patience of intake, twice, and the time to connect."""
    assert site.post("before")[0].status == 202

    site.database.freeze()
    for number in range(3):
        answer, took = site.post(f"during_{number}")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert took < 5 + LOADED

    site.database.thaw()
    # One on its way when the database froze may have been stored after its sender was told to try again: then it is there already.
    assert {site.post(f"during_{number}")[0].status for number in range(3)} <= {200, 202}
    assert Delivery.objects.count() == 4
