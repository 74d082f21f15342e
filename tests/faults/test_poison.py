"""A delivery that can never be applied ends dead, with the reason, and costs no other delivery anything."""

import subprocess

import pytest

from apps.courses.models import ChangeSet
from apps.webhooks.models import Delivery
from apps.webhooks.processing import MAX_ATTEMPTS
from tests.factories.documents import course
from tests.factories.webhooks import Sender
from tests.faults.conftest import Workers
from tests.faults.waiting import until

OTHERS = 60


def send_with(sender: Sender, *, poison: str) -> None:
    """Early in a stream of good deliveries, so that it shares the first batch with some and stands before the rest."""
    for number in range(OTHERS):
        if number == 3:
            sender.send(poison, {}, id="poison")
        sender.send("course.updated", course(f"course-{number}"))


def work_until_settled(workers: Workers) -> int:
    """Starts a worker again whenever it dies, as a supervisor does. Returns how many were needed."""
    started: list[subprocess.Popen[bytes]] = [workers.start()]

    def settled() -> bool:
        if started[-1].poll() is not None:
            started.append(workers.start())
        return not Delivery.objects.waiting().exists()

    until(settled, seconds=300)
    return len(started)


def assert_only_the_poison_is_dead(reason: str) -> None:
    dead = Delivery.objects.get(webhook_id="poison")
    assert (dead.status, dead.attempts) == ("dead", MAX_ATTEMPTS)
    assert reason in dead.error
    assert Delivery.objects.filter(status="processed").count() == ChangeSet.objects.count() == OTHERS


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ("test.raises", "ZeroDivisionError: a bug in this handler"),
        ("test.times_out", "canceling statement due to statement timeout"),
        ("test.hangs_up", "terminating connection due to administrator command"),
    ],
)
def test_one_that_fails_ends_dead_with_its_traceback(
    workers: Workers, sender: Sender, poison: str, reason: str
) -> None:
    send_with(sender, poison=poison)

    assert work_until_settled(workers) == 1

    assert_only_the_poison_is_dead(reason)
    assert "Traceback" in Delivery.objects.get(status="dead").error


def test_one_that_kills_the_process_ends_dead_too(workers: Workers, sender: Sender) -> None:
    send_with(sender, poison="test.kills")

    assert work_until_settled(workers) == MAX_ATTEMPTS + 1

    assert_only_the_poison_is_dead(f"the process died in attempt {MAX_ATTEMPTS}")
