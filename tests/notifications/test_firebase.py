"""One module knows Firebase, and what it builds is what phones need."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.notifications import firebase
from apps.notifications.messages import Text
from apps.notifications.outcomes import Verdict
from tests.notifications.conftest import Phones
from tests.notifications.posting import post

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def ring(**facts: Any) -> firebase.Ring:
    given: dict[str, Any] = {
        "kind": "token",
        "address": "a-phone",
        "platform": "android",
        "text": Text("Algorithms moved", "Tue → Wed"),
        "category": "schedule",
        "data": {
            "notification": "the-id",
            "kind": "entry_moved",
            "course": "c",
            "revision": "1",
            "deep_link": "x",
        },
        "high_priority": True,
        "expires_at": NOW + timedelta(hours=3),
    }
    return firebase.Ring(**{**given, **facts})


def test_a_message_lives_as_long_as_its_news_and_replaces_itself_everywhere(phones: Phones) -> None:
    assert post(ring(), now=NOW).verdict is Verdict.SENT
    [message] = [each["message"] for each in phones.messages()]
    assert message["token"] == "a-phone"
    assert message["android"]["ttl"] == "10800s"
    assert message["android"]["priority"] == "high"
    assert message["android"]["notification"] == {"channel_id": "schedule", "tag": "the-id"}
    assert message["apns"]["headers"] == {
        "apns-collapse-id": "the-id",
        "apns-expiration": str(int((NOW + timedelta(hours=3)).timestamp())),
        "apns-priority": "10",
    }
    assert message["webpush"]["headers"] == {"TTL": "10800", "Urgency": "high"}
    assert message["webpush"]["notification"]["tag"] == "the-id"


def test_an_installation_id_is_addressed_as_one(phones: Phones) -> None:
    assert post(ring(kind="fid", high_priority=False), now=NOW).verdict is Verdict.SENT
    [message] = [each["message"] for each in phones.messages()]
    assert (message["fid"], message["android"]["priority"]) == ("a-phone", "normal")
    assert "token" not in message


@pytest.mark.parametrize(("category", "channel"), [("courses", "schedule"), ("exams", "exams")])
def test_every_category_has_an_android_channel(category: str, channel: str) -> None:
    message = json.loads(str(firebase.build(ring(category=category), now=NOW)))
    assert message["android"]["notification"]["channel_id"] == channel


def test_what_has_expired_is_not_built() -> None:
    with pytest.raises(ValueError, match="expired"):
        firebase.body(ring(expires_at=NOW), now=NOW)


def test_the_web_processes_never_load_firebase() -> None:
    code = (
        "import config.wsgi, config.urls, sys; "
        "print([name for name in sys.modules if name.startswith(('firebase_admin', 'google.auth'))])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT).strip() == "[]"


def test_one_module_imports_firebase() -> None:
    importers = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "apps").rglob("*.py")
        if "import firebase_admin" in path.read_text() or "from firebase_admin" in path.read_text()
    ]
    assert importers == ["apps/notifications/firebase.py"]
