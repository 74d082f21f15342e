"""Whatever staff, the source or a user's phone put into it, FCM takes the message: less than 4,096 bytes, cut at a word."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.notifications import firebase
from apps.notifications.emulator.validation import check
from apps.notifications.headlines import CATEGORIES
from apps.notifications.messages import Text, fitted, summary, text
from apps.notifications.net_change import NetChange

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COURSE, ENTRY = uuid.uuid4(), uuid.uuid4()
# What PostgreSQL stores: neither NUL nor lone surrogates.
CHARACTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
WORDS = st.builds(
    lambda words, times: " ".join(words * times),
    st.lists(st.text(CHARACTERS, max_size=40), max_size=8),
    st.integers(1, 400),
)
LANGUAGES = st.sampled_from(["en", "sr", "de"])


def on_the_wire(said: Text) -> dict[str, Any]:
    """The message as it is posted, with the longest of everything else that Campanile writes."""
    longest = max(CATEGORIES, key=len)
    ring = firebase.Ring(
        kind="token",
        address="a-phone",
        platform="android",
        text=fitted(said),
        category="announcements",
        data={
            "notification": str(uuid.uuid4()),
            "kind": longest,
            "course": str(COURSE),
            "revision": str(2**63 - 1),
            "deep_link": "campanile://" + "x" * 188,
        },
        high_priority=True,
        expires_at=NOW + timedelta(days=7),
    )
    message: dict[str, Any] = json.loads(str(firebase.build(ring, now=NOW)))
    check({"message": message})
    return message


def assert_it_fits(said: Text) -> None:
    message = on_the_wire(said)
    payload = {key: value for key, value in message.items() if key != "token"}
    assert len(json.dumps(payload)) < 4096
    for whole, shown in (
        (said.title, message["notification"]["title"]),
        (said.body, message["notification"]["body"]),
    ):
        if shown != whole:
            kept = shown.removesuffix("…")
            assert shown != kept
            assert whole.startswith(kept)
            assert len(kept) < len(whole)
            if " " in kept:
                assert whole[len(kept)].isspace(), "cut at a word"


@given(WORDS, WORDS)
def test_an_announcement(title: str, body: str) -> None:
    assert_it_fits(Text(title, body))


@given(WORDS, st.lists(WORDS, max_size=5), LANGUAGES)
def test_a_change(title: str, rooms: list[str], language: str) -> None:
    state = {"kind": "lecture", "weekday": 3, "starts_at": "13:15", "ends_at": "15:00", "groups": []}
    params = {
        "courses": {str(COURSE): {"title": title, "titles": {}, "time_zone": "Europe/Belgrade"}},
        "terms": {},
        "states": {str(ENTRY): {**state, "rooms": rooms}},
    }
    change = NetChange("entry", ENTRY, "rooms", [*rooms, "x"], rooms, (NOW.date(),), COURSE, None)
    assert_it_fits(text([change], params, language=language, today=NOW.date()))


@given(st.lists(st.builds(Text, WORDS, WORDS), min_size=2, max_size=30), LANGUAGES)
def test_a_daily_summary(said: list[Text], language: str) -> None:
    assert_it_fits(summary(said, language=language))
