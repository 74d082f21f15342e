"""What messages are put together from, in each language: English here, the others in config/locale, see docs/languages.md."""

import dataclasses
from collections.abc import Mapping
from functools import lru_cache

from django.utils.translation import gettext, pgettext

from apps.core.languages import speaking


@dataclasses.dataclass(frozen=True, slots=True)
class Catalogue:
    """`headlines` gives each kind its title and body, formats over course, term, entry, when, old, new and differences.

    `entries` names the kinds of entries, `fields` what may differ, `why` tells why a notification rang or did not,
    `announced` why an announcement for each audience rang. `test` is title and body of a test. `begins` are titles of reminders,
    over course and minutes; `tomorrow`, `only_class` and `exam` tell of tomorrow, over place.
    """

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    day: str
    more: str
    summary: str
    nothing: str
    headlines: Mapping[str, tuple[str, str]]
    entries: Mapping[str, str]
    fields: Mapping[str, str]
    why: Mapping[str, str]
    announced: Mapping[str, str]
    test: tuple[str, str]
    begins: Mapping[str, str]
    tomorrow: str
    only_class: str
    exam: str


@lru_cache(maxsize=64)
def catalogue(language: str) -> Catalogue:
    """Put together once, since a batch of pushes asks for its words thousands of times."""
    with speaking(language):
        return Catalogue(
            weekdays=_weekdays(),
            months=_months(),
            day=gettext("{weekday} {day} {month}"),
            more=gettext("+{count} more"),
            summary=gettext("Daily summary ({count})"),
            nothing=pgettext("value", "none"),
            headlines=_headlines(),
            entries=_entries(),
            fields=_fields(),
            why=_why(),
            announced=_announced(),
            test=(gettext("It rings"), gettext("This is the test you asked for: messages reach this phone.")),
            begins={
                "class": gettext("{course} in {minutes} min"),
                "exam": gettext("{course}: exam in {minutes} min"),
            },
            tomorrow=gettext("Tomorrow"),
            only_class=gettext("1 class, {place}"),
            exam=gettext("exam {place}"),
        )


def _weekdays() -> tuple[str, ...]:
    return (
        pgettext("weekday", "Mon"),
        pgettext("weekday", "Tue"),
        pgettext("weekday", "Wed"),
        pgettext("weekday", "Thu"),
        pgettext("weekday", "Fri"),
        pgettext("weekday", "Sat"),
        pgettext("weekday", "Sun"),
    )


def _months() -> tuple[str, ...]:
    return (
        pgettext("month", "Jan"),
        pgettext("month", "Feb"),
        pgettext("month", "Mar"),
        pgettext("month", "Apr"),
        pgettext("month", "May"),
        pgettext("month", "Jun"),
        pgettext("month", "Jul"),
        pgettext("month", "Aug"),
        pgettext("month", "Sep"),
        pgettext("month", "Oct"),
        pgettext("month", "Nov"),
        pgettext("month", "Dec"),
    )


def _headlines() -> dict[str, tuple[str, str]]:
    return {
        "course_removed": (gettext("{course} removed"), gettext("The course is no longer in the catalogue.")),
        "course_added": (gettext("{course} added"), gettext("The course is now in the catalogue.")),
        "course_changed": (gettext("{course} changed"), "{differences}"),
        "entry_removed": (gettext("{course}: {entry} removed"), gettext("{old} is no longer held.")),
        "entry_added": (gettext("{course}: new {entry}"), "{new}"),
        "entry_moved": (gettext("{course} moved"), "{old} → {new}"),
        "entry_room": (gettext("{course}: new room"), "{when}: {old} → {new}"),
        "entry_changed": (gettext("{course}: {entry} changed"), "{when}: {differences}"),
        "occurrence_cancelled": (gettext("{course} cancelled"), gettext("{old} is cancelled.")),
        "occurrence_moved": (gettext("{course} moved once"), "{old} → {new}"),
        "occurrence_added": (gettext("{course}: extra {entry}"), "{new}"),
        "occurrence_restored": (gettext("{course} as usual"), gettext("{new} is held after all.")),
        "exam_removed": (gettext("{course}: exam removed"), gettext("{old} is no longer held.")),
        "exam_added": (gettext("{course}: new exam"), "{new}"),
        "exam_moved": (gettext("{course}: exam moved"), "{old} → {new}"),
        "exam_changed": (gettext("{course}: exam changed"), "{differences}"),
        "term_changed": (gettext("{term} changed"), gettext("The calendar of the term is different now.")),
    }


def _entries() -> dict[str, str]:
    return {
        "lecture": pgettext("kind of class", "lecture"),
        "exercise": pgettext("kind of class", "exercise"),
        "lab": pgettext("kind of class", "lab"),
        "seminar": pgettext("kind of class", "seminar"),
        "other": pgettext("kind of class", "class"),
    }


def _fields() -> dict[str, str]:
    return {
        "code": pgettext("field", "code"),
        "credits": pgettext("field", "credits"),
        "department": pgettext("field", "department"),
        "description": pgettext("field", "description"),
        "groups": pgettext("field", "groups"),
        "kind": pgettext("field", "kind"),
        "language": pgettext("field", "language"),
        "level": pgettext("field", "level"),
        "note": pgettext("field", "note"),
        "online_url": pgettext("field", "link"),
        "period": pgettext("field", "period"),
        "teachers": pgettext("field", "teachers"),
        "term": pgettext("field", "term"),
        "title": pgettext("field", "title"),
        "translations": pgettext("field", "translations"),
        "url": pgettext("field", "page"),
        "valid_from": pgettext("field", "from"),
        "valid_until": pgettext("field", "until"),
        "weeks": pgettext("field", "weeks"),
        "year": pgettext("field", "year"),
    }


def _why() -> dict[str, str]:
    return {
        "waiting": gettext("It is about to ring your phone."),
        "held": gettext("It has not rung yet: it would ring very many phones, so staff look at it first."),
        "rejected": gettext("It did not ring: staff held it back."),
        "quiet": gettext("It has not rung yet: it waits until your quiet hours are over."),
        "summary": gettext("It has not rung yet: it waits for your daily summary."),
        "rang": gettext("It rang because you follow this."),
        "no-device": gettext("It did not ring: no phone of yours was signed in."),
        "signed-out": gettext("It did not ring: the phone had been signed out by then."),
        "unfollowed": gettext("It did not ring: by then you no longer followed this, or had hidden it."),
        "muted": gettext("It did not ring: you had muted the course by then."),
        "push-off": gettext("It did not ring: you want this kind of message in the inbox only."),
        "undone": gettext("It did not ring: the change was undone before."),
        "withdrawn": gettext("Staff have withdrawn this."),
        "told": gettext("It did not ring: a later message had told you already."),
        "expired": gettext("It did not ring: it could not reach your phone in time."),
        "retired": gettext(
            "It did not ring: that phone no longer has the app, or had not been seen for long."
        ),
        "failed": gettext("It did not ring: the message was refused."),
    }


def _announced() -> dict[str, str]:
    return {
        "everyone": gettext("It rang because it is for everyone."),
        "course": gettext("It rang because it is for all who follow the course."),
        "course-group": gettext("It rang because it is for your group of the course."),
        "term-group": gettext("It rang because it is for your group."),
        "role": gettext("It rang because it is for people like you: students, or staff."),
        "department": gettext("It rang because it is for all who follow a course of the department."),
    }
