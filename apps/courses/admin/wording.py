"""Values of documents in words that staff can read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

WEEKDAYS = {
    1: "Monday",
    2: "Tuesday",
    3: "Wednesday",
    4: "Thursday",
    5: "Friday",
    6: "Saturday",
    7: "Sunday",
}
NOTHING = "–"
# In this order people tell what a period, an exception or a day override is; the first four need no label.
_TOLD = [
    "date",
    "kind",
    "status",
    "name",
    "new_date",
    "starts_on",
    "ends_on",
    "starts_at",
    "ends_at",
    "taught_as",
    "rooms",
    "teachers",
    "groups",
    "title",
]
_UNLABELLED = set(_TOLD[:4])


def in_words(field: str, value: Any) -> str:
    """One line. A whole document is told by what people call it."""
    if value is None or value in ([], {}):
        return NOTHING
    if field == "":
        return _name(value)
    if field in ("weekday", "taught_as"):
        return WEEKDAYS.get(value, str(value))
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, list):
        return ("; " if isinstance(value[0], Mapping) else ", ").join(in_words(field, item) for item in value)
    return str(value)


def label(field: str) -> str:
    return field.replace("_", " ")


def _object(value: Mapping[str, Any]) -> str:
    said = {name: item for name, item in value.items() if item}
    if "T" in str(value.get("starts_at")):
        starts_at, ends_at = (datetime.fromisoformat(said.pop(name)) for name in ("starts_at", "ends_at"))
        when = f"{starts_at:%Y-%m-%d %H:%M} to {ends_at:%H:%M} ({starts_at:%Z})"
        return ", ".join([when, *_told(said)])
    return ", ".join(_told(said))


def _told(said: Mapping[str, Any]) -> list[str]:
    order = sorted(said, key=lambda name: _TOLD.index(name) if name in _TOLD else len(_TOLD))
    return [
        words if name in _UNLABELLED else f"{label(name)} {words}"
        for name, words in ((name, in_words(name, said[name])) for name in order)
    ]


def _name(document: Mapping[str, Any]) -> str:
    if "weekday" in document:
        hours = f"{document['starts_at']} to {document['ends_at']}"
        return f"{document['kind']}, {in_words('weekday', document['weekday'])} {hours}, {in_words('rooms', document['rooms'])}"
    if "sittings" in document:
        return f"{document['kind']} exam, {in_words('sittings', document['sittings'])}"
    return " ".join(str(document[name]) for name in ("code", "title", "name") if document.get(name))
