"""What a change set is about: courses, entries and exams as they are now, for its audience and its sentences."""

import dataclasses
import uuid
from collections.abc import Iterable
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from apps.courses.models import Course, Entry, Exam, Term
from apps.notifications.net_change import NetChange

UTC = ZoneInfo("UTC")


# The bulk of a course, of which nothing is told.
UNREAD = ("source_document", "document", "search_text", "words")


@dataclasses.dataclass(frozen=True, slots=True)
class Subjects:
    """`states` are documents of entries and exams in the shape of the API, by id; for one that left, as it was.

    They have what sentences need; `wholes` have, of those that are there, also when they are held.
    """

    courses: dict[uuid.UUID, Course]
    terms: dict[uuid.UUID, Term]
    states: dict[uuid.UUID, dict[str, Any]]
    wholes: dict[uuid.UUID, dict[str, Any]]

    @classmethod
    def of(cls, changes: Iterable[NetChange]) -> "Subjects":
        changes = list(changes)
        courses = (
            Course.objects.select_related("term")
            .defer(*UNREAD)
            .in_bulk({change.course for change in changes if change.course})
        )
        terms = Term.objects.in_bulk(
            {term for change in changes for term in (change.term, change.former_term) if term}
        )
        terms |= {course.term.id: course.term for course in courses.values() if course.term}
        states = {change.id: change.new or change.old for change in changes if change.field == ""}
        partly = {change.id for change in changes} - states.keys()
        entries, exams = Entry.objects.filter(id__in=partly), Exam.objects.filter(id__in=partly)
        wholes = {entry.id: _whole(entry) for entry in entries} | {exam.id: _exam(exam) for exam in exams}
        states |= {entry.id: _entry(entry) for entry in entries} | {exam.id: _exam(exam) for exam in exams}
        return cls(courses, terms, states, wholes)

    def knows(self, change: NetChange) -> bool:
        """Whether what it is about is there, or is itself what comes or goes. What left with its course left without a word of its own."""
        return change.object not in ("entry", "exam") or change.id in self.states

    def complete(self, change: NetChange) -> NetChange:
        """The same change, with whom it concerns."""
        course = self.courses.get(change.course) if change.course else None
        state = self.states.get(change.id, {})
        everyone, groups = _groups(change, state)
        document = change.old if change.object == "course" and change.field == "" else None
        had = {group for entry in (document or {}).get("entries", []) for group in entry.get("groups") or []}
        return dataclasses.replace(
            change,
            term=change.term or (course.term_id if course else None),
            everyone=everyone,
            groups=tuple(sorted(groups)),
            course_groups=tuple(sorted({*(course.groups if course else ()), *had})),
        )

    def zone(self, change: NetChange) -> tzinfo:
        term = self.terms.get(change.term) if change.term else None
        return ZoneInfo(term.time_zone) if term else UTC

    def params(self, changes: Iterable[NetChange]) -> dict[str, Any]:
        """What the sentences about these changes need besides the changes."""
        changes = list(changes)
        courses = {change.course for change in changes if change.course} & self.courses.keys()
        named = {change.term for change in changes if change.object == "term" or change.former_term}
        terms = (named | {change.former_term for change in changes}) & self.terms.keys()
        return {
            "courses": {str(key): _titles(self.courses[key]) for key in courses},
            "terms": {str(key): self.terms[key].name for key in terms if key},
            "states": {
                str(change.id): self.states[change.id]
                for change in changes
                if change.object in ("entry", "exam") and change.id in self.states
            },
        }


def _groups(change: NetChange, state: dict[str, Any]) -> tuple[bool, set[str]]:
    """Whether everyone is concerned, else which groups: those named before or after; naming none means all."""
    if change.object == "entry":
        named = [change.old, change.new] if change.field == "groups" else [state.get("groups")]
    elif change.object == "exam":
        named = [sitting.get("groups") for sitting in _sittings_touched(change, state)]
    else:
        return True, set()
    lists = [groups or [] for groups in named]
    return not all(lists), {group for groups in lists for group in groups}


def _sittings_touched(change: NetChange, state: dict[str, Any]) -> list[dict[str, Any]]:
    if change.field == "sittings":
        old, new = change.old or [], change.new or []
        return [s for s in old if s not in new] + [s for s in new if s not in old]
    return state.get("sittings") or []


def _titles(course: Course) -> dict[str, Any]:
    translated = {
        language: words["title"]
        for language, words in course.translations.items()
        if isinstance(words, dict) and words.get("title")
    }
    zone = course.term.time_zone if course.term else "UTC"
    return {"title": course.title, "titles": translated, "time_zone": zone}


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "weekday": entry.weekday,
        "starts_at": f"{entry.starts_at:%H:%M}",
        "ends_at": f"{entry.ends_at:%H:%M}",
        "rooms": entry.rooms,
        "teachers": entry.teachers,
        "groups": entry.groups,
    }


def _whole(entry: Entry) -> dict[str, Any]:
    valid = {
        name: value and value.isoformat()
        for name, value in (("valid_from", entry.valid_from), ("valid_until", entry.valid_until))
    }
    held = {"weeks": entry.weeks, "online_url": entry.online_url, "exceptions": entry.exceptions}
    return {**_entry(entry), **valid, **held}


def _exam(exam: Exam) -> dict[str, Any]:
    return {"kind": exam.kind, "period": exam.period, "sittings": exam.sittings, "note": exam.note}
