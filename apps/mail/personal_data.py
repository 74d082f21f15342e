"""What this app holds about a person."""

from collections.abc import Sequence
from uuid import UUID

from apps.core.personal_data import PersonalData, Section
from apps.mail.models import Letter


def _sections(user: UUID) -> Sequence[Section]:
    return [
        Section(
            "letters",
            Letter.objects.filter(user=user).order_by("created_at", "pk"),
            ("id", "address", "subject", "status", "created_at", "expires_at", "settled_at"),
        )
    ]


_SENDING = "how the sending goes about it: says nothing about the person"
_WORDS = "gone once the letter is sent, since it may hold a key; the person has the letter"

HELD = PersonalData(
    _sections,
    left_out={
        "mail.Letter.user": "the person",
        **{f"mail.Letter.{name}": _WORDS for name in ("text", "html", "headers")},
        **{
            f"mail.Letter.{name}": _SENDING
            for name in ("key", "bulk", "attempts", "next_try_at", "lease_until", "error")
        },
    },
)
