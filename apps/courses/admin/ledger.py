"""The change ledger of one object as a table, for the foot of its page."""

from typing import Any

from django.db.models import Q
from django.template.defaultfilters import date as format_date

from apps.courses.admin.wording import NOTHING, in_words, label
from apps.courses.models import Change, ChangeSet, Entry, Exam

SHOWN = 50
Table = dict[str, list[Any]]


def ledger_table(lookup: str, value: Any) -> Table:
    """The newest changes whose `lookup` is `value`, in the shape of unfold's table component."""
    changes = list(
        Change.objects.filter(Q((lookup, value)))
        .select_related("change_set__user", "course")
        .order_by("-id")[:SHOWN]
    )
    names = _names(changes)
    return {
        "headers": ["When (UTC)", "Revision", "By", "Object", "Field", "Was", "Is", "Days touched"],
        "rows": [
            [
                format_date(change.change_set.recorded_at, "Y-m-d H:i:s"),
                change.change_set_id,
                author(change.change_set),
                names.get(change.object_id, change.kind),
                label(change.field) or ("added" if change.old is None else "removed"),
                in_words(change.field, change.old),
                in_words(change.field, change.new),
                _days(change),
            ]
            for change in changes
        ],
    }


def author(change_set: ChangeSet) -> str:
    if change_set.user:
        return change_set.user.email
    return f"delivery {change_set.delivery}" if change_set.delivery else "the end of an override"


def _names(changes: list[Change]) -> dict[Any, str]:
    ids = {change.object_id for change in changes}
    return {
        part.pk: f"{model.__name__.lower()} {part.external_id}"
        for model in (Entry, Exam)
        for part in model.objects.filter(pk__in=ids).only("external_id")
    }


def _days(change: Change) -> str:
    shown = ", ".join(day.isoformat() for day in change.dates[:3])
    return f"{shown} and {len(change.dates) - 3} more" if len(change.dates) > 3 else shown or NOTHING
