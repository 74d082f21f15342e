"""The sentences: title and body in the reader's language, saying old and new."""

import functools
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.notifications.headlines import Headline, headlines
from apps.notifications.languages import Catalogue, catalogue
from apps.notifications.models import Announcement, Notification
from apps.notifications.net_change import NetChange

# FCM refuses a payload of 4,096 bytes and more. Lengths are those of the JSON on the wire, where a Cyrillic letter takes six and an emoji twelve.
TITLE_BYTES = 500
BODY_BYTES = 1600
NOTE_BYTES = 700


class Text(NamedTuple):
    title: str
    body: str


def message(notification: Notification, changes: Iterable[NetChange], *, language: str, today: date) -> Text:
    """What it says now that these are the differences. An announcement says what staff wrote, however long; see `fitted`."""
    if notification.announcement:
        return announced(notification.announcement, language=language)
    return text(changes, notification.params, language=language, today=today)


def announced(announcement: Announcement, *, language: str) -> Text:
    """In the reader's language or, if it was not written in that, in the first there is."""
    texts = announcement.texts
    asked = language.partition("-")[0]
    return Text(
        **texts[asked if asked in texts else next(each for each, _ in settings.LANGUAGES if each in texts)]
    )


@functools.lru_cache(maxsize=512)
def fitted(whole: Text) -> Text:
    """As much of it as FCM lets pass: mostly all, which thousands are told."""
    return Text(_cut(whole.title, TITLE_BYTES), _cut(whole.body, BODY_BYTES))


def text(changes: Iterable[NetChange], params: dict[str, Any], *, language: str, today: date) -> Text:
    """The most important headline, and how many more there are. Days before `today` are news only when there is no other."""
    words = catalogue(language)
    changes = list(changes)
    first, *others = headlines(changes, params["states"], today=today) or headlines(
        changes, params["states"], today=date.min
    )
    named = _Names(first, params, language, words)
    title, body = (sentence.format_map(named) for sentence in words.headlines[first.kind])
    if first.note:
        body = f"{body} · {_cut(first.note, NOTE_BYTES)}"
    if others:
        body = f"{body} · {words.more.format(count=len(others))}"
    return fitted(Text(title, body))


def summary(texts: Sequence[Text], *, language: str) -> Text:
    """Several messages in one, a line each."""
    title = catalogue(language).summary.format(count=len(texts))
    return Text(title, _cut("\n".join(f"{each.title}: {each.body}" for each in texts), BODY_BYTES))


class _Names(dict[str, str]):
    """What the formats of a catalogue may name, made only when named."""

    def __init__(self, headline: Headline, params: dict[str, Any], language: str, words: Catalogue) -> None:
        super().__init__()
        self.headline, self.params, self.language, self.words = headline, params, language, words
        course = params["courses"].get(str(headline.change.course), {})
        self.course: dict[str, Any] = course
        self.zone = ZoneInfo(course.get("time_zone", "UTC"))

    def __missing__(self, name: str) -> str:
        return str(getattr(self, f"_{name}")())

    def _course(self) -> str:
        return str(self.course.get("titles", {}).get(self.language) or self.course.get("title", ""))

    def _term(self) -> str:
        return str(self.params["terms"].get(str(self.headline.change.term), ""))

    def _entry(self) -> str:
        entry = self.headline.new or self.headline.old or {}
        return self.words.entries.get(entry.get("kind", ""), self.words.entries["other"])

    def _when(self) -> str:
        return _time(self.headline.new or {}, self.words)

    def _old(self) -> str:
        return self._place(self.headline.old, self.headline.new)

    def _new(self) -> str:
        return self._place(self.headline.new, self.headline.old)

    def _place(self, state: dict[str, Any] | None, other: dict[str, Any] | None) -> str:
        if state is None:
            return self.words.nothing
        if self.headline.kind == "entry_room":
            return ", ".join(state["rooms"]) or self.words.nothing
        if self.headline.change.object == "exam":
            compared = (other or {}).get("sittings") or []
            sittings = [each for each in state.get("sittings") or [] if each not in compared]
            return "; ".join(_sitting(each, self.zone, self.words) for each in sittings) or self.words.nothing
        return " ".join(
            filter(None, [_time(state, self.words, state != other and other), ", ".join(state["rooms"])])
        )

    def _differences(self) -> str:
        old, new = self.headline.old or {}, self.headline.new or {}
        fields = sorted(field for field in old.keys() | new.keys() if old.get(field) != new.get(field))
        return "; ".join(
            f"{self.words.fields.get(field, field)} {self._value(old.get(field))} → {self._value(new.get(field))}"
            for field in fields
        )

    def _value(self, value: Any) -> str:
        if value in (None, "", [], {}):
            return self.words.nothing
        if isinstance(value, list) and not any(isinstance(each, list | dict) for each in value):
            return ", ".join(map(str, value))
        return "…" if isinstance(value, list | dict) else str(self.params["terms"].get(value, value))


def _time(state: dict[str, Any], words: Catalogue, other: Any = None) -> str:
    """Both ends only when it is the end alone that differs."""
    day = (
        _day(date.fromisoformat(state["date"]), words)
        if "date" in state
        else words.weekdays[state["weekday"] - 1]
    )
    same_start = other and all(other.get(key) == state.get(key) for key in ("date", "weekday", "starts_at"))
    if same_start and other["ends_at"] != state["ends_at"]:
        return f"{day} {state['starts_at']}–{state['ends_at']}"
    return f"{day} {state['starts_at']}"


def _sitting(sitting: dict[str, Any], zone: ZoneInfo, words: Catalogue) -> str:
    starts_at = datetime.fromisoformat(sitting["starts_at"]).astimezone(zone)
    rooms = ", ".join(sitting.get("rooms") or [])
    return f"{_day(starts_at.date(), words)} {starts_at:%H:%M} {rooms}".rstrip()


def _day(day: date, words: Catalogue) -> str:
    return words.day.format(
        weekday=words.weekdays[day.weekday()], day=day.day, month=words.months[day.month - 1]
    )


def _cut(sentence: str, limit: int) -> str:
    """Cut at a word, so that the JSON string takes at most `limit` bytes."""
    if _size(sentence) <= limit:
        return sentence
    kept = sentence
    while kept and _size(f"{kept}…") > limit:
        kept = kept[: len(kept) - max(1, (_size(f"{kept}…") - limit) // 12)]
    return f"{kept.rsplit(' ', 1)[0].rstrip()}…"


def _size(sentence: str) -> int:
    return len(json.dumps(sentence))
