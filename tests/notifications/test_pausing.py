"""What many phones at once hear of a refusal."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models.functions import Now

from apps.notifications import delivery
from apps.notifications.delivery import send_due
from apps.notifications.models import Device, Pause, Push
from apps.notifications.outbox import expand_due
from tests.factories.courses import change, days_ahead, make_course, make_entry, record
from tests.factories.notifications import make_audience
from tests.notifications.conftest import Phones


def queue(phones: int) -> None:
    entry = make_entry(make_course())
    make_audience(entry.course, phones)
    record(change(entry, "rooms", ["Raf01"], ["Raf20"], dates=days_ahead(7)))
    expand_due()


def pushes() -> set[tuple[str, int]]:
    return set(Push.objects.values_list("status", "attempts"))


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_the_one_that_is_not_refused_stops_as_well(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH", 100)
    monkeypatch.setattr(delivery, "FRESH_SECONDS", 30)
    queue(200)
    phones.fail(status=429, retry_after="90", delay=0.6)
    phones.fail(status=200, delay=0.2, times=1000)

    def send(_: int) -> int:
        try:
            return send_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(send, range(2))) in (100, 200)  # one may have come when it was over
    assert len(phones.messages()) < 90, "each would have sent what it had claimed"
    before = phones.requests
    assert send_due() == 0
    assert phones.requests == before

    Pause.objects.update(until=Now())
    Push.objects.update(next_try_at=Now())
    phones.call("DELETE", "/failures")
    while send_due():
        pass
    assert pushes() == {("sent", 0)}
    assert sorted(each["address"] for each in phones.messages()) == sorted(
        Device.objects.values_list("address", flat=True)
    )


@pytest.mark.django_db
def test_a_payload_refused_on_a_thousand_devices_retires_none(phones: Phones) -> None:
    queue(1000)
    phones.fail(status=400, error_code="INVALID_ARGUMENT", fields=["message.data[kind]"], times=1000)
    while send_due():
        pass
    assert pushes() == {("dead", 0)}
    assert Device.objects.active().count() == 1000
    assert phones.requests == 1000
