"""What FCM answers and what follows, against the emulator over a socket."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from apps.notifications import firebase, sender
from apps.notifications.claimed import to_send
from apps.notifications.delivery import send_due
from apps.notifications.models import Device, Notification, Pause, Push
from apps.notifications.outbox import expand_due
from apps.notifications.outcomes import Outcome, Verdict
from apps.notifications.settling import Answered, settle
from tests.factories.courses import change, days_ahead, follow, make_course, make_entry, make_user, record
from tests.factories.notifications import make_device
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db


@pytest.fixture
def _two_phones(phones: Phones) -> None:
    """Alice's, an Android, and Bob's, an iPhone, both about to ring."""
    entry = make_entry(make_course())
    for name, platform in (("alice", "android"), ("bob", "ios")):
        user = make_user(name)
        follow(user, entry.course)
        make_device(user, name, platform=platform)
    record(change(entry, "rooms", ["Raf01"], ["Raf20"], dates=days_ahead(7)))
    expand_due()


def push(name: str) -> Push:
    return Push.objects.select_related("device", "notification").get(device__address=name)


def waits(name: str, since: datetime) -> float:
    return (push(name).next_try_at - since).total_seconds()


RETIRING: list[dict[str, Any]] = [
    {"status": 404, "error_code": "UNREGISTERED"},
    {"status": 403, "error_code": "SENDER_ID_MISMATCH"},
    {"status": 400, "error_code": "INVALID_ARGUMENT"},
    {"status": 400, "error_code": "INVALID_ARGUMENT", "fields": ["message.token"]},
]


@pytest.mark.usefixtures("_two_phones")
@pytest.mark.parametrize("refusal", RETIRING)
def test_an_address_that_is_gone_retires_its_device_alone(phones: Phones, refusal: dict[str, Any]) -> None:
    phones.fail(address="alice", **refusal)
    send_due()
    assert (push("alice").status, push("alice").notification.why) == ("retired", "retired")
    assert push("alice").device.retired_at
    assert push("bob").status == "sent"
    assert not push("bob").device.retired_at


@pytest.mark.usefixtures("_two_phones")
def test_a_device_that_registered_again_since_the_send_stays_and_is_tried_again(phones: Phones) -> None:
    Device.objects.filter(address="alice").update(registered_at=timezone.now() + timedelta(seconds=5))
    phones.fail(address="alice", status=404, error_code="UNREGISTERED")
    send_due()
    assert not push("alice").device.retired_at
    assert push("alice").status == "pending"
    Push.objects.update(next_try_at=Now())
    send_due()
    assert push("alice").status == "sent"


@pytest.mark.usefixtures("_two_phones")
def test_a_payload_that_is_refused_is_dead_and_no_device_is_blamed(phones: Phones) -> None:
    phones.fail(address="alice", status=400, error_code="INVALID_ARGUMENT", fields=["message.android.ttl"])
    send_due()
    assert (push("alice").status, push("alice").notification.why) == ("dead", "failed")
    assert not push("alice").device.retired_at


@pytest.mark.usefixtures("_two_phones")
def test_a_fault_of_the_platform_behind_pauses_that_platform_only(phones: Phones) -> None:
    phones.fail(address="bob", status=401, error_code="THIRD_PARTY_AUTH_ERROR", times=10)
    send_due()
    assert Pause.objects.get().scope == "ios"
    assert (push("bob").status, push("bob").attempts) == ("pending", 0)
    assert push("alice").status == "sent"
    Push.objects.update(next_try_at=Now())
    before = phones.requests
    assert send_due() == 0
    assert phones.requests == before


@pytest.mark.usefixtures("_two_phones")
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_opens_the_circuit_for_all_and_burns_nothing(
    phones: Phones, status: int
) -> None:
    phones.fail(status=status, times=10)
    send_due()
    assert Pause.objects.get().scope == Pause.EVERYTHING
    assert {(p.status, p.attempts) for p in Push.objects.all()} == {("pending", 0)}
    phones.call("DELETE", "/failures")
    Push.objects.update(next_try_at=Now())
    assert send_due() == 0
    Pause.objects.update(until=Now())
    assert send_due() == 2
    assert set(Push.objects.values_list("status", flat=True)) == {"sent"}


@pytest.mark.usefixtures("_two_phones")
def test_a_failing_access_token_opens_the_circuit(phones: Phones, settings: Any, tmp_path: Any) -> None:
    settings.FCM_EMULATOR_HOST = ""
    settings.GOOGLE_APPLICATION_CREDENTIALS = str(tmp_path / "missing.json")
    sender.forget()
    send_due()
    assert Pause.objects.get().scope == Pause.EVERYTHING
    assert {(p.status, p.attempts) for p in Push.objects.all()} == {("pending", 0)}


@pytest.mark.parametrize(("said", "seconds"), [("", 60), ("5", 60), ("90", 90)])
def test_after_a_quota_refusal_nothing_starts_until_it_has_passed(
    phones: Phones, said: str, seconds: int
) -> None:
    entry = make_entry(make_course())
    for number in range(60):
        user = make_user(f"student{number}")
        follow(user, entry.course)
        make_device(user, f"phone{number}")
    record(change(entry, "rooms", ["Raf01"], ["Raf20"], dates=days_ahead(7)))
    expand_due()
    before = timezone.now()
    phones.fail(status=429, retry_after=said, times=1000, delay=0.05)
    send_due()
    assert phones.requests <= 8, "only what had started before the first refusal came"
    until = Pause.objects.get(scope=Pause.EVERYTHING).until
    assert (until - before).total_seconds() >= seconds
    assert (until - timezone.now()).total_seconds() <= seconds
    assert {(p.status, p.attempts, p.lease_until) for p in Push.objects.all()} == {("pending", 0, None)}


@pytest.mark.usefixtures("_two_phones")
def test_a_quota_of_one_device_delays_that_device_only(phones: Phones) -> None:
    before = timezone.now()
    phones.fail(
        address="alice", status=429, error_code="QUOTA_EXCEEDED", quota=["device:alice"], retry_after="70"
    )
    send_due()
    assert push("bob").status == "sent"
    assert (push("alice").status, push("alice").attempts) == ("pending", 0)
    assert waits("alice", before) > 69
    assert waits("alice", timezone.now()) < 80
    assert not Pause.objects.exists()


ODD: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 503, "retry_after": "1"},
    {"status": 502, "raw": "<html>bad gateway</html>"},
    {"status": 404, "raw": "<html>no such page</html>"},
    {"status": 400, "raw": "{"},
    {"status": 200, "raw": "not JSON"},
    {"status": 200, "raw": "[]"},
    {"status": 200, "raw": '{"name": null}'},
    {"status": 200, "raw": "{}"},
    {"status": 500, "raw": '{"error": "a word"}'},
    {"status": 500, "raw": '{"error": {"details": [1, null]}}'},
    {"reset": True},
]


@pytest.mark.usefixtures("_two_phones")
@pytest.mark.parametrize("oddity", ODD, ids=str)
def test_anything_odd_is_tried_again_with_jitter(phones: Phones, oddity: dict[str, Any]) -> None:
    before = timezone.now()
    phones.fail(address="alice", **oddity)
    send_due()
    assert (push("alice").status, push("alice").attempts) == ("pending", 1)
    assert waits("alice", before) > 0.5
    assert waits("alice", timezone.now()) < 5
    assert push("bob").status == "sent"
    assert phones.requests == 2, "the library retries nothing"
    Push.objects.update(next_try_at=Now())
    send_due()
    assert push("alice").status == "sent"


@pytest.mark.usefixtures("_two_phones")
def test_a_phone_service_that_does_not_answer_is_waited_for_so_long_and_tried_again(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firebase, "TIMEOUT", 0.3)
    sender.forget()
    phones.fail(address="alice", delay=1.0, status=200)
    send_due()
    assert (push("alice").status, push("alice").attempts) == ("pending", 1)
    assert push("bob").status == "sent"


@pytest.mark.usefixtures("_two_phones")
def test_a_phone_service_that_is_away_is_tried_again(settings: Any) -> None:
    settings.FCM_EMULATOR_HOST = "127.0.0.1:1"
    sender.forget()
    send_due()
    assert {(p.status, p.attempts) for p in Push.objects.all()} == {("pending", 1)}


@pytest.mark.usefixtures("_two_phones")
def test_what_has_expired_is_never_sent(phones: Phones) -> None:
    Push.objects.filter(device__address="alice").update(expires_at=Now())
    send_due()
    assert (push("alice").status, push("alice").notification.why) == ("expired", "expired")
    assert phones.messages("alice") == []
    assert phones.messages("bob")


@pytest.mark.usefixtures("_two_phones")
def test_a_retry_never_waits_past_the_end(phones: Phones) -> None:
    end = timezone.now() + timedelta(seconds=60)
    Push.objects.update(expires_at=end, attempts=9)
    phones.fail(status=500, times=2)
    send_due()
    assert push("alice").next_try_at == end
    assert not Notification.objects.filter(why="rang").exists()


@pytest.mark.usefixtures("_two_phones")
def test_what_was_said_is_written_down_as_it_was(phones: Phones) -> None:
    words = """{no, NULL} "quoted" 'twice' back\\slash 100% ž 🔔"""
    phones.fail(address="alice", status=500, message=words)
    send_due()
    assert push("alice").error == f"500 {words}"


@pytest.mark.usefixtures("_two_phones")
def test_what_postgresql_does_not_take_is_left_out() -> None:
    said = Outcome(Verdict.DEAD, "nul\0 half\ud83d")
    [claimed] = to_send([push("alice").pk])
    settle([Answered(claimed, said, told_revision=1, started_at=timezone.now())])
    assert (push("alice").status, push("alice").error) == ("dead", "nul half?")


@pytest.mark.usefixtures("_two_phones")
def test_a_fault_of_ours_in_one_message_does_not_hold_up_the_others(phones: Phones) -> None:
    Notification.objects.filter(user__first_name="Alice").update(
        params={"courses": {}, "states": {}, "terms": {}}
    )
    send_due()
    assert push("alice").status == "dead"
    assert "Traceback" in push("alice").error
    assert push("bob").status == "sent"
