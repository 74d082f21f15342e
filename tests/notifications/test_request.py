"""What is posted is what firebase-admin would post, to the byte, although most of it is made once for many."""

# The library has no annotations.
# mypy: disallow-untyped-calls=False

import functools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from firebase_admin import App
from firebase_admin._http_client import METRICS_HEADERS
from firebase_admin.messaging import _MessagingService
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.notifications import firebase
from apps.notifications.messages import Text

NOW = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)
URL = "https://fcm.googleapis.com/v1/projects/demo/messages:send"
ID, OTHER_ID = "4be0643f-1d98-573b-97cd-ca98a65347dd", "0a8dbd5b-4bc9-4b5e-8b29-2b9d6c7ee8f4"
COURSE = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


def data(id: str, kind: str) -> dict[str, str]:
    """As ringing.py has it for each kind of message."""
    links = {
        "announcement": f"campanile://notifications/{id}",
        "summary": f"campanile://notifications/{id}",
        "exam_reminder": f"campanile://exams/{COURSE}",
    }
    if kind == "test":
        return {"notification": f"test-{id}", "kind": "test"}
    return {
        "notification": id,
        "kind": kind,
        "course": "" if kind in ("announcement", "summary", "tomorrow") else COURSE,
        "revision": "17" if kind == "entry_moved" else "",
        "deep_link": links.get(kind, f"campanile://courses/{COURSE}/entries/{COURSE}?date=2026-11-24"),
    }


KINDS = ["announcement", "summary", "exam_reminder", "class_reminder", "tomorrow", "entry_moved", "test"]
TEXTS = st.builds(Text, st.text(max_size=30), st.text(max_size=60))
RINGS = st.builds(
    firebase.Ring,
    kind=st.sampled_from(["token", "fid"]),
    address=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40),
    platform=st.sampled_from(["android", "ios", "web"]),
    text=TEXTS,
    category=st.sampled_from(["schedule", "exams", "courses", "announcements", "reminders"]),
    data=st.builds(data, st.sampled_from([ID, OTHER_ID]), st.sampled_from(KINDS)),
    high_priority=st.booleans(),
    expires_at=st.integers(1, 10**9).map(lambda ms: NOW + timedelta(milliseconds=ms)),
)


@functools.cache
def service() -> Any:
    return _MessagingService(App("test", firebase.EmulatorCredential(), {"projectId": "demo"}))


def of_firebase_admin(ring: firebase.Ring) -> Any:
    message = service()._message_data(firebase.build(ring, now=NOW), dry_run=False)
    return requests.Request("POST", URL, json=message).prepare().body


def test_its_headers() -> None:
    said = {**service()._fcm_headers, **METRICS_HEADERS}
    theirs = requests.Request("POST", URL, headers=said, json={}).prepare().headers
    del theirs["Content-Length"]
    assert dict(theirs) == firebase.HEADERS


@given(RINGS)
@settings(deadline=None)
def test_every_message(ring: firebase.Ring) -> None:
    assert firebase.body(ring, now=NOW) == of_firebase_admin(ring)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", ["100 % of %(tag)s", 'she said "\\"', "Предавање је померено 🎓", ID])
def test_a_message_of_which_another_device_has_had_the_like(kind: str, said: str) -> None:
    for address, id in (("a-phone", ID), ('b"ph\\one%s', OTHER_ID), ("a-phone", OTHER_ID)):
        ring = firebase.Ring(
            kind="token",
            address=address,
            platform="android",
            text=Text(said, said),
            category="schedule",
            data=data(id, kind),
            high_priority=True,
            expires_at=NOW + timedelta(hours=3),
        )
        assert firebase.body(ring, now=NOW) == of_firebase_admin(ring)


def test_what_firebase_admin_refuses_is_refused() -> None:
    ring = firebase.Ring(
        kind="token",
        address="a-phone",
        platform="no such label!",
        text=Text("a", "b"),
        category="schedule",
        data=data(ID, "test"),
        high_priority=True,
        expires_at=NOW + timedelta(hours=3),
    )
    for build in (firebase.body, firebase.build):
        with pytest.raises(ValueError, match="analytics_label"):
            build(ring, now=NOW)
