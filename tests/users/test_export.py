"""GET /me/export/: everything that is held about the user, and nothing of anybody else."""

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.courses.hidden_entries import hide
from apps.courses.models import Entry
from apps.notifications.models import Device, Notification, Push
from apps.users import exporting
from apps.users.models import Export, ExportPart, User
from tests.architecture.test_statements import Alice, alice
from tests.factories.notifications import make_device
from tests.users.conftest import Phone

URL = "/api/v1/me/export/"


@pytest.fixture
def someone(db: None, time_machine: Any) -> Alice:
    time_machine.move_to("2026-10-01T09:00:00Z", tick=False)
    return alice(3)


def content(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return json.loads(answer.getvalue())


def test_it_holds_what_every_app_knows(someone: Alice) -> None:
    answer = someone.phone.get(URL)
    told = content(answer)

    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"] == 'attachment; filename="campanile.json"'
    assert answer["Cache-Control"] == "private, no-store"
    assert told["made_at"] == "2026-10-01T09:00:00Z"
    assert told["profile"]["email"] == "alice@example.org"
    assert [each["device_name"] for each in told["sessions"]] == [""]
    assert [each["group"] for each in told["enrolments"]] == ["101"] * 3
    assert len(told["hidden_entries"]) == 3
    assert told["calendar_feed"]["created_at"] == "2026-10-01T09:00:00Z"
    assert told["notification_preferences"] is None
    assert {each["platform"] for each in told["devices"]} == {"android"}
    assert len(told["notifications"]) == Notification.objects.filter(user=someone.user).count()
    assert len(told["pushes"]) == Push.objects.filter(device__user=someone.user).count() > 0
    assert all(each["title"] and each["body"] and each["changes"] for each in told["notifications"])


def test_the_texts_are_in_the_users_language(someone: Alice) -> None:
    english = content(someone.phone.get(URL))["notifications"][0]
    someone.phone.patch("/api/v1/me/", {"language": "sr"})

    serbian = content(someone.phone.get(URL))["notifications"][0]

    assert serbian["id"] == english["id"]
    assert serbian["body"] != english["body"]


def test_it_holds_no_key_and_nothing_of_others(someone: Alice, bob: User) -> None:
    make_device(bob, "the address of bob")
    hide(user_id=bob.pk, entry_id=Entry.objects.all()[0].pk)
    someone.user.refresh_from_db()

    text = someone.phone.get(URL).content.decode()

    assert str(bob.pk) not in text
    assert "bob" not in text
    assert someone.user.password not in text
    for device in Device.objects.all():
        assert f'"{device.address}"' not in text
        assert device.digest not in text
    for session in someone.user.sessions.all():
        assert session.fingerprint not in text
    assert not any(token in text for token in someone.tokens.values())


def test_who_has_nothing_yet_gets_empty_lists(phone: Phone, bob: User) -> None:
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {phone.sign_in(bob)['access']}")

    told = content(phone.get(URL))

    assert told["enrolments"] == told["devices"] == told["notifications"] == []
    assert told["calendar_feed"] is None


def test_it_needs_a_token_and_only_ten_a_minute_are_made(someone: Alice, phone: Phone) -> None:
    assert phone.get(URL).status_code == 401
    for _ in range(10):
        assert someone.phone.get(URL).status_code == 200

    refused = someone.phone.get(URL)

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0


@pytest.fixture
def large(someone: Alice, monkeypatch: pytest.MonkeyPatch) -> Alice:
    """Everybody has too much to be answered at once, in small parts and batches."""
    monkeypatch.setattr(exporting, "MOST_AT_ONCE", 5)
    monkeypatch.setattr(exporting, "PART_BYTES", 512)
    monkeypatch.setattr(exporting, "CHUNK_BYTES", 100)
    monkeypatch.setattr("apps.core.personal_data.BATCH", 2)
    return someone


def test_much_is_made_by_the_worker_and_says_the_same(large: Alice, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = large.phone.get(URL)

    assert answer.status_code == 202
    assert (answer["Location"], answer["Retry-After"]) == (URL, "10")
    assert answer.json() == {"requested_at": "2026-10-01T09:00:00Z"}
    assert large.phone.get(URL).status_code == 202
    assert Export.objects.count() == 1

    assert exporting.build_due() == 1
    made = content(large.phone.get(URL))

    assert ExportPart.objects.count() > 1
    assert exporting.build_due() == 0
    monkeypatch.setattr(exporting, "MOST_AT_ONCE", 5_000)
    assert made == content(large.phone.get(URL))


def test_what_is_kept_is_a_gzip_file_in_parts(large: Alice) -> None:
    large.phone.get(URL)
    exporting.build_due()

    parts = ExportPart.objects.order_by("number").values_list("body", flat=True)

    assert json.loads(gzip.decompress(b"".join(bytes(part) for part in parts)))["profile"]


def test_an_export_is_kept_for_a_day_and_then_made_anew(large: Alice, time_machine: Any) -> None:
    large.phone.get(URL)
    exporting.build_due()
    time_machine.move_to("2026-10-02T08:59:59Z", tick=False)
    phone = Phone()
    phone.force_authenticate(large.user)
    assert phone.get(URL).status_code == 200
    assert exporting.sweep() == 0

    time_machine.move_to("2026-10-02T09:00:00Z", tick=False)

    assert phone.get(URL).status_code == 202
    exporting.build_due()
    time_machine.move_to("2026-10-04T09:00:00Z", tick=False)
    assert exporting.sweep() > 0
    assert not Export.objects.exists()
    assert not ExportPart.objects.exists()


def test_a_worker_that_died_is_followed_by_another_and_three_tries_are_enough(
    large: Alice, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:
    large.phone.get(URL)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "_packed", killed)
    for attempt in range(3):
        with pytest.raises(KeyboardInterrupt):
            exporting.build_due()
        assert exporting.build_due() == 0, "the dead one's lease still runs"
        assert Export.objects.get().attempts == attempt + 1
        time_machine.move_to(timezone.now() + exporting.LEASE, tick=False)

    assert exporting.build_due() == 1
    assert not Export.objects.exists()


def test_one_at_a_time_whoever_asked_first(large: Alice, bob: User) -> None:
    now = timezone.now()
    later = exporting.order(user=bob.pk, now=now + timedelta(seconds=1))
    first = exporting.order(user=large.user.pk, now=now)

    assert exporting.build_due() == 1

    later.refresh_from_db()
    first.refresh_from_db()
    assert (first.finished_at is None, later.finished_at is None) == (False, True)


def test_nobody_gets_the_export_of_another(large: Alice, bob: User) -> None:
    large.phone.get(URL)
    exporting.build_due()
    phone = Phone()
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {phone.sign_in(bob)['access']}")

    assert content(phone.get(URL))["profile"]["email"] == "bob@example.org"
