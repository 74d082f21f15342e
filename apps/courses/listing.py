"""Which answers about courses outlive a change, because nothing they are made of is in it."""

from collections.abc import Iterable
from typing import Any

from apps.core.committed import Parts
from apps.courses.cache import LISTING
from apps.courses.models.sourced import Json

# A search looks at nearly everything, so nobody says of what its pages are made.
_ANYTHING = frozenset({"search"})


def listed_by(document: Json | None) -> Any:
    """All that the filters (but search) and orderings of /courses/ look at, in a public document; None when readers get none.

    A change that leaves it alone leaves every list with the same courses in the same order.
    """
    if document is None:
        return None
    entries = document["entries"]
    return (
        *(
            document[name]
            for name in ("term", "code", "title", "department", "level", "year", "language", "teachers")
        ),
        sorted({teacher for entry in entries for teacher in entry["teachers"]}),
        sorted({group for entry in entries for group in entry["groups"]}),
    )


def parts_of_list(courses: Iterable[str], asked: Iterable[str]) -> Parts | None:
    """Of a page that shows these courses by their ids, and the names of the parameters it was asked with."""
    return None if _ANYTHING.intersection(asked) else (LISTING, *courses)
