"""A near change rings at once, although the lanes that it leads through look for work only now and then."""

import threading
from collections.abc import Iterator

import pytest

from apps.core.worker import Worker
from apps.notifications.delivery import send_due
from apps.notifications.outbox import expand_due
from tests.factories.courses import follow, make_user
from tests.factories.documents import entry, put_course, put_term, stored
from tests.factories.notifications import make_device
from tests.faults.waiting import until
from tests.notifications.conftest import Phones

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unbraked")]


class Looks:
    """A step, and how often it was made."""

    def __init__(self) -> None:
        self.made = {"fan-out": 0, "push": 0}

    def expand(self) -> int:
        self.made["fan-out"] += 1
        return expand_due()

    def send(self) -> int:
        self.made["push"] += 1
        return send_due()


@pytest.fixture
def looks() -> Iterator[Looks]:
    """Of a worker whose lanes look once, and then wait for an hour unless they are told."""
    looks = Looks()
    worker = Worker({"fan-out": looks.expand, "push": looks.send}, idle={"fan-out": 3600, "push": 3600})
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield looks
    worker.stop()
    thread.join()


def test_a_change_wakes_the_lanes_it_leads_through(phones: Phones, looks: Looks) -> None:
    put_term(silenced=True)
    put_course(1, silenced=True)
    alice = make_user("alice")
    make_device(alice, "alice")
    follow(alice, stored())
    until(lambda: min(looks.made.values()) >= 1)
    put_course(2, entries=[entry(rooms=["Raf04"])])
    until(lambda: phones.messages("alice"), seconds=60)
    assert phones.shown("alice") == ["Algorithms: new room: Tue 11:15: Raf20 → Raf04"]
