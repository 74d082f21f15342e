"""`manage.py load_demo --if-empty` fills an empty system, finishes what was cut short, and leaves a filled one alone."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.courses.models import Course
from apps.demo.loading import SOURCE, demo_deliveries, load_catalogue
from apps.demo.people import PASSWORD, STAFF, STUDENT
from apps.users.models import User
from apps.webhooks.intake import store
from apps.webhooks.models import Delivery
from apps.webhooks.processing import apply_pending

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("few_students")]

BODIES = Path(__file__).parents[1] / "fixtures" / "webhooks"


def load_if_empty() -> str:
    said = StringIO()
    call_command("load_demo", if_empty=True, stdout=said)
    return said.getvalue()


def receive(name: str, body: bytes, type: str) -> None:
    sent_at = datetime.now(UTC)
    store(
        source=SOURCE,
        webhook_id=name,
        sent_at=sent_at,
        type=type,
        body=body,
        status=Delivery.Status.PENDING,
    )


def test_an_empty_system_is_filled_and_the_logins_are_told() -> None:
    said = load_if_empty()

    assert Course.objects.visible().count() >= 60
    assert f"Sign in as {STUDENT} or {STAFF}, password {PASSWORD}" in said


def test_a_second_time_does_nothing() -> None:
    load_if_empty()
    users = set(User.objects.values_list("pk", flat=True))

    said = load_if_empty()

    assert "nothing to load" in said
    assert set(User.objects.values_list("pk", flat=True)) == users


def test_a_system_with_a_catalogue_of_its_own_is_left_alone() -> None:
    receive("msg_1", (BODIES / "course.updated__plain.json").read_bytes(), "course.updated")
    apply_pending()

    load_if_empty()

    assert Course.objects.count() == 1
    assert not demo_deliveries().exists()
    assert not User.objects.exists()


def test_a_load_that_was_killed_before_its_people_came_is_finished() -> None:
    load_catalogue(now=timezone.now(), say=str)

    load_if_empty()

    assert User.objects.filter(email=STUDENT).exists()
    assert demo_deliveries().count() == 4


def test_a_delivery_that_cannot_be_applied_is_told() -> None:
    """One that passed intake but fails in the worker ends dead, with its error on the row."""
    receive("demo-broken", b'{"type": "course.updated", "timestamp": "soon", "data": {}}', "course.updated")

    with pytest.raises(CommandError, match="demo-broken"):
        call_command("load_demo", stdout=StringIO())
