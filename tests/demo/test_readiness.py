"""The system is ready once the demo faculty is what it serves."""

import pytest
from django.utils import timezone

from apps.demo.loading import SOURCE, load_catalogue
from apps.demo.readiness import NotReady, applied
from apps.webhooks.intake import store
from apps.webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_empty_catalogue_is_not_ready() -> None:
    with pytest.raises(NotReady, match="load_demo"):
        applied()


def test_the_loaded_faculty_is_ready() -> None:
    load_catalogue(now=timezone.now(), say=str)

    applied()


def test_a_demo_delivery_that_waits_is_named() -> None:
    load_catalogue(now=timezone.now(), say=str)
    store(
        source=SOURCE,
        webhook_id="demo-autumn-term-later",
        sent_at=timezone.now(),
        type="term.updated",
        body=b"{}",
        status=Delivery.Status.PENDING,
    )

    with pytest.raises(NotReady, match="demo-autumn-term-later"):
        applied()
