"""Whom something has reached, in figures and bars: for the template reach.html."""

from typing import Any

from apps.notifications.acknowledgement import Acknowledgement
from apps.notifications.models import Push

Status = Push.Status


def reached(found: Acknowledgement) -> dict[str, Any]:
    """The figures, and two bars of which each part is `(words, count, per cent, class)`."""
    phones = [
        ("rung: FCM has taken it", found.pushed(Status.SENT), "bg-green-500"),
        ("waiting", found.pushed(Status.PENDING, Status.HELD), "bg-blue-400"),
        ("no longer to be rung", found.pushed(Status.CANCELLED), "bg-base-400"),
        ("app gone", found.pushed(Status.RETIRED), "bg-orange-300"),
        ("too late", found.pushed(Status.EXPIRED), "bg-orange-500"),
        ("refused", found.pushed(Status.DEAD), "bg-red-500"),
    ]
    people = [
        ("have read it", found.read, "bg-green-500"),
        ("have not", found.people - found.read, "bg-base-400"),
    ]
    return {
        "figures": [
            ("People concerned", found.people),
            ("Their phones", found.phones),
            ("Delivered to FCM", found.pushed(Status.SENT)),
            ("Could not be rung", found.pushed(Status.RETIRED, Status.EXPIRED, Status.DEAD)),
            ("Read in the app", found.read),
        ],
        "bars": [("Phones", _parts(phones)), ("People", _parts(people))],
    }


def _parts(counts: list[tuple[str, int, str]]) -> list[tuple[str, int, str, str]]:
    whole = sum(count for _, count, _ in counts)
    return [(words, count, f"{100 * count / whole:.2f}", colour) for words, count, colour in counts if count]
