"""Workers that die and workers side by side: everything accepted is applied, and once."""

from collections import Counter
from functools import partial

from django.db.models import Count

from apps.courses.models import Change, ChangeSet, Course, Revision
from apps.webhooks.models import Delivery
from tests.factories.documents import course
from tests.factories.webhooks import Sender
from tests.faults.conftest import Workers
from tests.faults.waiting import until

BURST = 1_000


def processed() -> int:
    return Delivery.objects.filter(status="processed").count()


def reached(count: int) -> bool:
    return processed() >= count


def send(sender: Sender, first: int, last: int) -> None:
    answers = Counter(
        sender.send("course.updated", course(f"course-{number}")).status_code for number in range(first, last)
    )
    assert answers == {202: last - first}


def assert_all_applied_once(count: int) -> None:
    """Each delivery brought one course: one change set and one ledger row each, and no revision was spent on anything else."""
    assert Delivery.objects.values_list("status").annotate(Count("pk")).get() == ("processed", count)
    assert Course.objects.visible().count() == count
    assert ChangeSet.objects.count() == ChangeSet.objects.values("delivery").distinct().count() == count
    assert Change.objects.count() == Change.objects.values("object_id").distinct().count() == count
    assert Revision.objects.get().n == count
    assert sorted(ChangeSet.objects.values_list("revision", flat=True)) == list(range(1, count + 1))


def test_a_worker_killed_in_a_burst_loses_and_repeats_nothing(workers: Workers, sender: Sender) -> None:
    worker = workers.start()
    send(sender, 0, BURST // 2)
    until(lambda: processed() > 0)
    send(sender, BURST // 2, BURST)
    for milestone in (BURST // 2, BURST * 3 // 4):
        until(partial(reached, milestone))
        worker.kill()
        worker.wait()
        worker = workers.start()
    until(lambda: processed() == BURST)

    assert_all_applied_once(BURST)


def test_two_workers_share_the_load_and_apply_each_delivery_once(workers: Workers, sender: Sender) -> None:
    workers.start()
    workers.start()
    send(sender, 0, 200)
    until(lambda: processed() == 200)

    assert_all_applied_once(200)


def test_of_two_workers_one_may_die(workers: Workers, sender: Sender) -> None:
    first, _ = workers.start(), workers.start()
    send(sender, 0, 100)
    until(lambda: processed() > 0)
    first.kill()
    send(sender, 100, 200)
    until(lambda: processed() == 200)

    assert_all_applied_once(200)
