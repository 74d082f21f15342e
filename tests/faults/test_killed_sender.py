"""kill -9 of the process that talks to FCM, again and again: every phone rings, and what rings twice replaces itself."""

from collections import defaultdict
from typing import Any

from apps.notifications.models import Push
from apps.notifications.outbox import expand_due
from tests.factories.courses import change, days_ahead, make_course, make_entry, record
from tests.factories.notifications import make_audience
from tests.faults.conftest import Workers
from tests.faults.waiting import until
from tests.notifications.conftest import Phones, phones

__all__ = ["phones"]  # a fixture of the neighbours

SENDS = 250
KILLS = 5
ANSWERS_AFTER = 0.1


def test_a_sender_killed_again_and_again_loses_nothing_and_repeats_little_under_the_same_marks(
    phones: Phones, workers: Workers
) -> None:
    queue(SENDS)
    phones.fail(status=200, delay=ANSWERS_AFTER, times=10 * SENDS)
    store = phones.server.store

    def start() -> Any:
        return workers.start("push", FCM_EMULATOR_HOST=phones.host)

    sender, next_sender = start(), start()
    for kill in range(KILLS):
        milestone = SENDS * (kill + 1) // (KILLS + 1)
        until(lambda reached=milestone: len(store.messages()) >= reached)  # type: ignore[misc]  # bound at once
        sender.kill()
        sender.wait()
        sender, next_sender = next_sender, start()
    until(lambda: not Push.objects.filter(status="pending").exists())

    assert set(Push.objects.values_list("status", flat=True)) == {"sent"}
    rung = marks_by_phone(phones)
    assert rung.keys() == {f"phone{number}" for number in range(SENDS)}
    assert all(len(set(marks)) == 1 for marks in rung.values())
    repeated = sum(len(marks) - 1 for marks in rung.values())
    # At each kill at most those whose answers were under way, or not written down yet.
    assert repeated <= KILLS * 8 * 4


def queue(phones: int) -> None:
    """A change of rooms about to ring so many."""
    lecture = make_entry(make_course())
    make_audience(lecture.course, phones)
    record(change(lecture, "rooms", ["Raf01"], ["Raf20"], dates=days_ahead(1)))
    assert expand_due() == 1


def marks_by_phone(phones: Phones) -> dict[str, list[tuple[str, ...]]]:
    """What makes a repetition replace the first, for each message a phone got."""
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for received in phones.server.store.messages():
        message = received.message
        marks = (
            message["data"]["notification"],
            message["android"]["notification"]["tag"],
            message["apns"]["headers"]["apns-collapse-id"],
            message["webpush"]["notification"]["tag"],
        )
        found[received.address].append(marks)
    return dict(found)
