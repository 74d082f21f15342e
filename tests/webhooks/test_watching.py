"""A source that is unheard of for longer than its usual gap is flagged, once, until it is heard again."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.core.readiness import Degraded
from apps.webhooks import metrics, readiness
from apps.webhooks.models import Delivery, Source
from apps.webhooks.watching import watch
from tests.factories.webhooks import SECRET, Sender

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Every quarter of an hour from 8 to 16, Monday to Friday, for four weeks: the nights are 16 h 15 min, the weekends 64 h 15 min.
OFFICE_HOURS = [
    week * 7 * DAY + day * DAY + quarter * HOUR / 4
    for week in range(4)
    for day in range(5)
    for quarter in range(32)
]
WEEKEND = timedelta(hours=64, minutes=15)


def heard(sender: Sender, moments: Sequence[timedelta], *, silent_for: timedelta = timedelta(0)) -> None:
    """Deliveries at these moments, the last of them `silent_for` ago."""
    last = max(moments)
    now = timezone.now()
    Delivery.objects.bulk_create(
        Delivery(
            source=sender.source,
            webhook_id=f"{sender.source}-{Delivery.objects.count()}-{number}",
            sent_at=now,
            received_at=now - silent_for - (last - moment),
            type="course.updated",
            body=b"{}",
            status=Delivery.Status.PROCESSED,
        )
        for number, moment in enumerate(moments)
    )


def pass_time(by: timedelta) -> None:
    Delivery.objects.update(received_at=F("received_at") - by)
    Source.objects.update(heard_at=F("heard_at") - by, learned_at=None)


def source(name: str = "course-service") -> Source:
    return Source.objects.get(pk=name)


def quiet() -> bool:
    watch()
    return source().quiet_since is not None


def events(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [
        word
        for line in capsys.readouterr().err.splitlines()
        for word in line.split()
        if word.startswith("source_")
    ]


def test_the_usual_gap_of_office_hours_is_the_weekend(sender: Sender) -> None:
    heard(sender, OFFICE_HOURS)
    watch()
    assert source().usual_gap == WEEKEND


def test_it_is_quiet_after_twice_that_and_not_before(sender: Sender) -> None:
    heard(sender, OFFICE_HOURS, silent_for=2 * WEEKEND - HOUR)
    assert not quiet()
    pass_time(2 * HOUR)
    assert quiet()


def test_bursts_and_two_outages_do_not_change_what_is_usual(sender: Sender) -> None:
    """A thousand deliveries in a second would pull any average or percentile of pauses down to nothing; an outage would pull it up."""
    burst = [timedelta(days=3, milliseconds=n) for n in range(1000)]
    daily = [n * DAY for n in range(28) if n not in (5, 6, 7, 15, 16)]
    heard(sender, [*daily, *burst], silent_for=HOUR)
    watch()
    assert source().usual_gap is not None
    assert DAY - timedelta(seconds=2) <= source().usual_gap <= DAY  # type: ignore[operator]  # not None


def test_one_that_is_always_there_is_given_an_hour(sender: Sender) -> None:
    heard(sender, [n * HOUR / 12 for n in range(12 * 24 * 22)], silent_for=timedelta(minutes=58))
    assert not quiet()
    pass_time(timedelta(minutes=3))
    assert quiet()


@pytest.mark.parametrize(
    ("moments", "why"),
    [
        ([n * 3 * DAY for n in range(9)], "too few"),
        ([n * HOUR for n in range(24 * 20)], "for too short a time"),
    ],
)
def test_there_is_no_alarm_with_too_little_to_learn_from(
    sender: Sender, moments: list[timedelta], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    heard(sender, moments, silent_for=300 * DAY)
    assert not quiet(), why
    assert source().usual_gap is None
    assert events(capsys) == []


def test_one_never_heard_is_there_and_not_quiet(sender: Sender) -> None:
    assert not quiet()
    assert source().heard_at is None


def test_a_long_silence_is_not_forgotten_by_what_was_learned_nor_by_pruning(sender: Sender) -> None:
    heard(sender, OFFICE_HOURS, silent_for=7 * DAY)
    assert quiet()
    pass_time(100 * DAY)
    assert quiet()
    Delivery.objects.all().delete()
    pass_time(100 * DAY)
    assert quiet()
    assert source().usual_gap == WEEKEND


def test_beginning_and_end_are_one_line_each_however_often_it_is_looked_at(
    sender: Sender, capsys: pytest.CaptureFixture[str]
) -> None:
    heard(sender, OFFICE_HOURS, silent_for=7 * DAY)
    for _ in range(3):
        watch()
    assert events(capsys) == ["source_quiet"]
    sender.post(json.dumps({"type": "library.opened"}).encode())
    for _ in range(3):
        watch()
    assert events(capsys) == ["source_heard_again"]
    assert source().quiet_since is None


def test_only_the_quiet_one_is_flagged(sender: Sender, sender_elsewhere: Sender) -> None:
    heard(sender, OFFICE_HOURS, silent_for=7 * DAY)
    heard(sender_elsewhere, OFFICE_HOURS)
    watch()
    assert [source.name for source in Source.objects.quiet()] == ["course-service"]
    with pytest.raises(Degraded, match=r"quiet for longer than usual: course-service \(last heard "):
        readiness.sources()
    told: dict[str, Any] = {metric.name: metric for metric in metrics.from_database()}
    flags = {s.labels["source"]: s.value for s in told["campanile_webhook_source_quiet"].samples}
    assert flags == {"course-service": 1, "library": 0}
    moments = told["campanile_webhook_source_heard_timestamp_seconds"].samples
    assert {s.labels["source"] for s in moments} == {"course-service", "library"}


def test_one_whose_secrets_are_gone_is_no_longer_expected(sender: Sender, settings: Settings) -> None:
    heard(sender, OFFICE_HOURS, silent_for=7 * DAY)
    assert quiet()
    settings.WEBHOOK_SECRETS = {"library": [SECRET]}
    readiness.sources()
    assert not quiet()


@pytest.mark.django_db(transaction=True)
def test_readiness_names_it_and_is_still_200(settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = {"course-service": [SECRET]}
    settings.READINESS_CHECKS = {"sources": "apps.webhooks.readiness.sources"}
    now = timezone.now()
    Source.objects.create(name="course-service", heard_at=now, quiet_since=now)
    answer = Client().get("/health/ready/")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "course-service" in answer.json()["data"]["sources"]["reason"]
    connection.close()
