"""The mail, as Prometheus and readiness see it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from pytest_django import Settings

from apps.mail import metrics, tidying
from apps.mail.delivery import send_due
from apps.mail.models import Letter, Outage
from apps.mail.outbox import post
from tests.fakes.smtp import MailServer
from tests.mail.conftest import draft, post_one

pytestmark = pytest.mark.django_db


def told() -> dict[str, Any]:
    return {
        metric.name: {"/".join(sample.labels.values()): sample.value for sample in metric.samples}
        for metric in metrics.from_database()
    }


def test_every_try_is_counted_by_how_it_ended(server: MailServer) -> None:
    assert set(told()["campanile_letters"].values()) == {0}
    post([draft(f"{name}@example.org") for name in ("alice", "bob", "carol", "dave")])
    server.fail("RCPT", "550 no such user", to="alice@example.org")
    server.fail("RCPT", "450 later", to="bob@example.org")
    Letter.objects.filter(address="dave@example.org").update(expires_at=Now())
    send_due()
    tidying.expire()
    assert told()["campanile_letters"] == {"sent": 1, "retried": 1, "dead": 1, "expired": 1}


def test_how_long_the_oldest_has_been_due_is_told() -> None:
    assert told()["campanile_mail_overdue_seconds"] == {"": 0}
    post([draft(), draft("bob@example.org", bulk=True)])
    Letter.objects.update(next_try_at=Now() + timedelta(minutes=1))
    assert told()["campanile_mail_overdue_seconds"] == {"": 0}
    Letter.objects.filter(bulk=True).update(next_try_at=Now() - timedelta(minutes=3))
    assert 180 <= told()["campanile_mail_overdue_seconds"][""] < 240


@pytest.mark.django_db(transaction=True)
def test_a_server_that_takes_nothing_degrades_readiness_without_saying_why(
    server: MailServer, settings: Settings
) -> None:
    settings.READINESS_CHECKS = {"mail": settings.READINESS_CHECKS["mail"]}
    assert Client().get("/health/ready/").json()["status"] == "ok"
    post_one()
    server.fail("MAIL", "535 your account of campanile is blocked")
    send_due()
    assert told()["campanile_mail_out"] == {"": 1}
    answer = Client().get("/health/ready/")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "taken nothing since" in answer.json()["data"]["mail"]["reason"]
    assert "account" not in answer.content.decode()

    server.mend()
    Letter.objects.update(next_try_at=Now())
    Outage.objects.update(until=Now())
    send_due()
    assert Client().get("/health/ready/").json()["status"] == "ok"
    assert told()["campanile_mail_out"] == {"": 0}


def test_an_outage_with_nothing_left_to_send_is_forgotten() -> None:
    Outage.objects.extend("refused")
    Outage.objects.update(until=Now() - timedelta(minutes=6))
    assert told()["campanile_mail_out"] == {"": 0}
