"""What this app holds about a person."""

from collections.abc import Sequence
from uuid import UUID

from apps.core.personal_data import PersonalData, Section
from apps.courses.models import CalendarFeed, Enrolment, HiddenEntry


def _sections(user: UUID) -> Sequence[Section]:
    return [
        Section(
            "enrolments",
            Enrolment.objects.filter(user=user).order_by("created_at", "pk"),
            ("id", "course", "term", "group", "created_at"),
        ),
        Section(
            "hidden_entries",
            HiddenEntry.objects.filter(user=user).order_by("created_at", "pk"),
            ("entry", "created_at"),
        ),
        Section(
            "calendar_feed",
            CalendarFeed.objects.filter(user=user),
            ("created_at", "last_fetched_at"),
            single=True,
        ),
    ]


_OFFICIAL = "work of staff on the timetable: part of the faculty's record, which keeps it without the name once the account is gone"

HELD = PersonalData(
    _sections,
    left_out={
        "courses.Enrolment.user": "the person",
        "courses.HiddenEntry.id": "a number of ours",
        "courses.HiddenEntry.user": "the person",
        "courses.CalendarFeed.user": "the person",
        "courses.CalendarFeed.fingerprint": "a hash of the secret address",
        "courses.ChangeSet": _OFFICIAL,
        "courses.Override": _OFFICIAL,
        "courses.HeldDeletions": _OFFICIAL,
    },
)
