"""The webhooks, as Prometheus sees them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django import Settings

from apps.webhooks import metrics, processing, views
from apps.webhooks.models import Delivery
from tests.factories.documents import course
from tests.factories.webhooks import OTHER_SECRET, SECRET, Sender


def counts() -> dict[tuple[str, ...], float]:
    return {
        (sample.labels["source"], sample.labels.get("verdict") or sample.labels["reason"]): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name in ("campanile_webhook_deliveries_total", "campanile_webhook_refused_total")
    }


class Counted:
    """What was counted since it was made."""

    def __init__(self) -> None:
        self.before = counts()

    def now(self) -> dict[tuple[str, ...], float]:
        return {
            labels: value - self.before.get(labels, 0)
            for labels, value in counts().items()
            if value != self.before.get(labels, 0)
        }


def gauges() -> dict[str, dict[tuple[str, ...], float]]:
    return {
        metric.name: {tuple(sample.labels.values()): sample.value for sample in metric.samples}
        for metric in metrics.from_database()
    }


def test_every_verdict_is_counted(sender: Sender) -> None:
    counted = Counted()
    for _ in range(3):
        sender.post(b'{"type": "library.opened"}', id="ignored")
    sender.send("course.updated", course(), id="a")
    sender.send("course.updated", course(title="Other"), id="a")
    sender.send("course.updated", {}, id="malformed")
    assert counted.now() == {
        ("course-service", "accepted"): 1,
        ("course-service", "conflict"): 1,
        ("course-service", "duplicate"): 2,
        ("course-service", "ignored"): 1,
        ("course-service", "quarantined"): 1,
    }


@pytest.mark.parametrize(
    ("reason", "request_"),
    [
        ("media_type", {"CONTENT_TYPE": "text/plain"}),
        ("media_type", {"headers": {"content-encoding": "gzip"}}),
        ("length", {"CONTENT_LENGTH": ""}),
        ("size", {"CONTENT_LENGTH": "999999999"}),
        ("id", {"headers": {"webhook-id": "a.b"}}),
        ("timestamp", {"headers": {"webhook-timestamp": "1"}}),
        ("signature", {"headers": {"webhook-signature": "v1,x"}}),
    ],
)
def test_every_refusal_is_counted_by_its_reason(
    sender: Sender, reason: str, request_: dict[str, Any]
) -> None:
    counted = Counted()
    assert 400 <= sender.post(b"{}", **request_).status_code < 500
    assert counted.now() == {("course-service", reason): 1}


def test_another_method_is_counted(sender: Sender) -> None:
    counted = Counted()
    sender.client.get(sender.url)
    assert counted.now() == {("course-service", "method"): 1}


def test_sources_anybody_makes_up_are_one(sender: Sender) -> None:
    counted = Counted()
    for name in ("a", "b", "c"):
        Sender(source=name, secret=OTHER_SECRET).post(b"{}")
    assert counted.now() == {("unknown", "source"): 3}


def test_what_the_database_could_not_take_is_counted(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted()

    def away(**_: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(views, "store", away)
    assert sender.send("course.updated", course()).status_code == 503
    assert counted.now() == {("course-service", "database"): 1}


def test_what_waits_is_told_by_source_and_status(
    sender: Sender, sender_elsewhere: Sender, settings: Settings
) -> None:
    settings.WEBHOOK_SECRETS = {**settings.WEBHOOK_SECRETS, "silent": [SECRET]}
    for id, status in (("a", "pending"), ("b", "dead"), ("c", "held"), ("d", "processed"), ("e", "dead")):
        sender.send("course.updated", course(), id=id)
        Delivery.objects.filter(webhook_id=id).update(status=status)
    sender_elsewhere.send("course.updated", {}, id="malformed")
    waiting = gauges()["campanile_webhook_waiting"]
    assert {labels: value for labels, value in waiting.items() if value} == {
        ("course-service", "pending"): 1,
        ("course-service", "dead"): 2,
        ("course-service", "held"): 1,
        ("library", "quarantined"): 1,
    }
    assert waiting["silent", "pending"] == 0


def test_the_oldest_pending_counts_from_when_it_was_queued(sender: Sender) -> None:
    assert gauges()["campanile_webhook_oldest_pending_seconds"] == {("course-service",): 0}
    for id in ("a", "b"):
        sender.send("course.updated", course(), id=id)
    Delivery.objects.filter(webhook_id="a").update(queued_at=Now() - timedelta(minutes=10))
    assert 600 <= gauges()["campanile_webhook_oldest_pending_seconds"]["course-service",] < 660
    Delivery.objects.all().replay()
    assert gauges()["campanile_webhook_oldest_pending_seconds"]["course-service",] < 60


def test_the_time_until_applied_is_told_by_quantiles_of_the_last_five_minutes(sender: Sender) -> None:
    assert gauges()["campanile_webhook_apply_seconds"] == {}
    now = timezone.now()
    for number in range(1, 21):
        sender.send("course.updated", course(), id=f"d{number}")
    processing.apply_pending()
    for number, delivery in enumerate(Delivery.objects.order_by("id"), start=1):
        Delivery.objects.filter(pk=delivery.pk).update(
            queued_at=now - timedelta(seconds=number), processed_at=now
        )
    Delivery.objects.filter(webhook_id="d20").update(processed_at=now - timedelta(minutes=6))
    told = gauges()["campanile_webhook_apply_seconds"]
    assert [told["course-service", quantile] for quantile in ("0.5", "0.95", "1.0")] == [10, 19, 19]


def test_asking_looks_at_indexes_only(sender: Sender) -> None:
    """With sequential scans forbidden, none of what is asked needs one."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked: list[tuple[str, list[Any]]] = [
            (metrics._WAITING, []),
            (metrics._APPLY_SECONDS, [[0.5], ["course-service"]]),
        ]
        for statement, parameters in asked:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            plan = json.dumps(cursor.fetchone()[0])
            assert "Seq Scan" not in plan
