"""The sentences say old and new, in the reader's language, and fit."""

import json
import string
import uuid
from datetime import date
from typing import Any

import pytest
from django.conf import settings

from apps.notifications.headlines import CATEGORIES
from apps.notifications.languages import catalogue
from apps.notifications.messages import BODY_BYTES, TITLE_BYTES, text
from apps.notifications.models import Notification
from apps.notifications.net_change import NetChange

COURSE, ENTRY, EXAM = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
TODAY = date(2026, 11, 20)
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
STATE = {
    "kind": "lecture",
    "weekday": 3,
    "starts_at": "13:15",
    "ends_at": "15:00",
    "rooms": ["Raf04"],
    "teachers": ["Ana"],
    "groups": [],
}


def entry(field: str, old: Any, new: Any, *, id: uuid.UUID = ENTRY) -> NetChange:
    return NetChange("entry", id, field, old, new, (MONDAY,), COURSE, None)


def exam(field: str, old: Any, new: Any) -> NetChange:
    return NetChange("exam", EXAM, field, old, new, (MONDAY,), COURSE, None)


def course(field: str, old: Any, new: Any) -> NetChange:
    return NetChange("course", COURSE, field, old, new, (MONDAY,), COURSE, None)


def params(**state: Any) -> dict[str, Any]:
    titles = {"title": "Algorithms", "titles": {"sr": "Algoritmi"}, "time_zone": "Europe/Belgrade"}
    sitting = {"starts_at": "2026-11-23T08:00:00Z", "rooms": ["Raf1"]}
    exam_state = {"kind": "written", "sittings": [sitting], "note": None, "period": None}
    return {
        "courses": {str(COURSE): titles},
        "terms": {},
        "states": {str(ENTRY): {**STATE, **state}, str(EXAM): exam_state},
    }


def said(*changes: NetChange, language: str = "en", **state: Any) -> str:
    words = text(changes, params(**state), language=language, today=TODAY)
    return f"{words.title}: {words.body}"


def cancelled(day: date) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "status": "cancelled",
        "new_date": None,
        "starts_at": None,
        "rooms": None,
    }


def moved(day: date, **to: Any) -> dict[str, Any]:
    return {"date": day.isoformat(), "status": "moved", **to}


def test_the_note_of_an_exception_is_told() -> None:
    ill = {**cancelled(MONDAY), "note": "The teacher is ill."}
    assert said(entry("exceptions", [], [ill])).endswith("is cancelled. · The teacher is ill.")
    elsewhere = moved(TUESDAY, rooms=["Raf01"], note="Bring laptops.")
    told = said(entry("exceptions", [], [ill, elsewhere]))
    assert told.endswith("is cancelled. · The teacher is ill. · +1 more")
    assert "Bring" not in told
    restored = said(entry("exceptions", [ill], []))
    assert "ill" not in restored


def test_a_long_note_leaves_room_for_the_rest() -> None:
    long = {**cancelled(MONDAY), "note": "važno " * 2000}
    told = said(entry("exceptions", [], [long, moved(TUESDAY)]))
    assert told.endswith("važno… · +1 more")


def test_a_move_says_where_from_and_where_to() -> None:
    changes = [
        entry("weekday", 2, 3),
        entry("starts_at", "11:15", "13:15"),
        entry("rooms", ["Raf20"], ["Raf04"]),
    ]
    assert said(*changes) == "Algorithms moved: Tue 11:15 Raf20 → Wed 13:15 Raf04"
    assert said(*changes, language="sr") == "Algoritmi: promena termina: uto 11:15 Raf20 → sre 13:15 Raf04"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (entry("rooms", ["Raf20"], ["Raf04"]), "Algorithms: new room: Wed 13:15: Raf20 → Raf04"),
        (entry("rooms", ["Raf20"], []), "Algorithms: new room: Wed 13:15: Raf20 → none"),
        (
            entry("ends_at", "14:00", "15:00"),
            "Algorithms moved: Wed 13:15–14:00 Raf04 → Wed 13:15–15:00 Raf04",
        ),
        (entry("teachers", ["Ana"], ["Bora"]), "Algorithms: lecture changed: Wed 13:15: teachers Ana → Bora"),
        (entry("weeks", None, [1, 3]), "Algorithms: lecture changed: Wed 13:15: weeks none → 1, 3"),
        (entry("", None, STATE), "Algorithms: new lecture: Wed 13:15 Raf04"),
        (entry("", STATE, None), "Algorithms: lecture removed: Wed 13:15 Raf04 is no longer held."),
        (course("", {"title": "x"}, None), "Algorithms removed: The course is no longer in the catalogue."),
        (course("", None, {"title": "x"}), "Algorithms added: The course is now in the catalogue."),
        (course("credits", 6, 8), "Algorithms changed: credits 6 → 8"),
    ],
)
def test_a_change_of_the_week_is_told(change: NetChange, sentence: str) -> None:
    assert said(change) == sentence


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ([], [cancelled(MONDAY)], "Algorithms cancelled: Mon 23 Nov 13:15 Raf04 is cancelled."),
        ([cancelled(MONDAY)], [], "Algorithms as usual: Mon 23 Nov 13:15 Raf04 is held after all."),
        (
            [],
            [moved(MONDAY, new_date="2026-11-24", starts_at="09:00", rooms=["Raf1"])],
            "Algorithms moved once: Mon 23 Nov 13:15 Raf04 → Tue 24 Nov 09:00 Raf1",
        ),
        (
            [moved(MONDAY, rooms=["Raf1"])],
            [moved(MONDAY, rooms=["Raf2"])],
            "Algorithms moved once: Mon 23 Nov 13:15 Raf1 → Mon 23 Nov 13:15 Raf2",
        ),
        (
            [],
            [{"date": "2026-11-24", "status": "added", "starts_at": "18:00"}],
            "Algorithms: extra lecture: Tue 24 Nov 18:00 Raf04",
        ),
        (
            [cancelled(date(2026, 11, 2))],
            [cancelled(TUESDAY)],
            "Algorithms cancelled: Tue 24 Nov 13:15 Raf04 is cancelled.",
        ),
    ],
)
def test_an_exception_is_told_by_its_date(old: Any, new: Any, sentence: str) -> None:
    assert said(entry("exceptions", old, new)) == sentence


def test_an_exam_is_told_in_the_time_of_the_term() -> None:
    first = {"starts_at": "2026-11-23T08:00:00Z", "rooms": ["Raf1"]}
    second = {"starts_at": "2026-11-24T11:30:00+01:00", "rooms": ["Raf2", "Raf3"]}
    assert said(exam("sittings", [first], [second])) == (
        "Algorithms: exam moved: Mon 23 Nov 09:00 Raf1 → Tue 24 Nov 11:30 Raf2, Raf3"
    )
    assert said(exam("", None, {"sittings": [first]})) == "Algorithms: new exam: Mon 23 Nov 09:00 Raf1"
    assert said(exam("note", None, "Bring a pen")) == "Algorithms: exam changed: note none → Bring a pen"


def test_of_several_changes_the_most_important_is_told_and_the_others_counted() -> None:
    other = uuid.uuid4()
    changes = [
        entry("teachers", ["Ana"], ["Bora"], id=other),
        entry("exceptions", [], [cancelled(MONDAY), cancelled(TUESDAY)]),
    ]
    known = params()
    known["states"][str(other)] = STATE
    assert text(changes, known, language="en", today=TODAY).body == (
        "Mon 23 Nov 13:15 Raf04 is cancelled. · +2 more"
    )


def test_a_course_that_left_takes_the_news_of_its_entries_along() -> None:
    assert "more" not in said(course("", {"title": "x"}, None), entry("rooms", ["A"], ["B"]))


@pytest.mark.parametrize("letter", ["a", "ж", '"', "\x01", "🎓"])
def test_however_long_the_words_a_message_fits(letter: str) -> None:
    rooms = [letter * 40] * 300
    known = params()
    known["courses"][str(COURSE)]["title"] = f"{letter * 30} " * 300
    words = text([entry("rooms", rooms, [*rooms, "x"])], known, language="en", today=TODAY)
    assert len(json.dumps(words.title)) <= TITLE_BYTES
    assert len(json.dumps(words.body)) <= BODY_BYTES
    assert words.title.endswith(f"{letter}…")
    assert len(json.dumps(words.body)) > BODY_BYTES * 0.5


def test_every_language_of_the_settings_says_everything() -> None:
    english = catalogue("en")
    for words in map(catalogue, dict(settings.LANGUAGES)):
        assert words.headlines.keys() == CATEGORIES.keys()
        assert words.why.keys() == set(Notification.Why)
        assert words.fields.keys() == english.fields.keys()
        assert words.entries.keys() == english.entries.keys()
        assert (len(words.weekdays), len(words.months)) == (7, 12)
        for sentence in (sentence for pair in words.headlines.values() for sentence in pair):
            names = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
            assert names <= {"course", "term", "entry", "when", "old", "new", "differences"}


def test_a_language_without_a_catalogue_reads_english() -> None:
    assert said(entry("rooms", ["A"], ["B"]), language="fr").startswith("Algorithms: new room")
