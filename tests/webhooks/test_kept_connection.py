"""Intake writes on the connection its thread keeps, past Django's cursors: one that has ended must not cost a delivery."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from apps.webhooks.intake import Receipt, store
from apps.webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)


def received(id: str) -> Receipt:
    connection.close_if_unusable_or_obsolete()  # as at the start of every request
    return store(
        source="course-service",
        webhook_id=id,
        sent_at=datetime(2026, 10, 1, tzinfo=UTC),
        type="course.updated",
        body=b"{}",
        status=Delivery.Status.PENDING,
    )


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_one_that_the_server_has_closed_is_replaced_and_the_delivery_stored() -> None:
    assert received("first").verdict == "new"
    closed = backend()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 20000)", [closed])
        assert cursor.fetchone() == (True,)
    other.close()
    assert received("second").verdict == "new"
    assert backend() != closed
    assert Delivery.objects.count() == 2


def test_one_that_is_well_is_kept() -> None:
    received("first")
    before = backend()
    assert received("second").verdict == "new"
    assert backend() == before
