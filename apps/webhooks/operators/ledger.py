"""What a delivery changed, or would change, as rows to read."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.courses.admin.wording import in_words, label
from apps.courses.ledger import Origin, Outcome
from apps.courses.models import Change, Entry, Exam, Term
from apps.webhooks import dialects
from apps.webhooks.handlers import apply_events, parse_event
from apps.webhooks.models import Delivery


class Unknown(Exception):
    """The type of the delivery is not one of ours: applying it does nothing."""


class Failed(Exception):
    """Applying it fails, as it would in the worker; that error is the cause."""


@dataclass(frozen=True, slots=True)
class Row:
    revision: int
    object: str
    field: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.object}: {self.field}: {self.old} -> {self.new}"


def recorded(delivery: Delivery) -> list[Row]:
    """Oldest first, of all the times it was applied."""
    changes = Change.objects.filter(change_set__delivery=delivery.public_id)
    found = list(changes.select_related("course", "term").order_by("id"))
    names = {
        part.pk: f"{model.__name__.lower()} {part.external_id}"
        for model in (Entry, Exam)
        for part in model.objects.filter(pk__in={change.object_id for change in found}).only("external_id")
    }
    return [_row(change, names) for change in found]


def foreseen(delivery: Delivery) -> tuple[Outcome, list[Row]]:
    """What applying it now would do: it is done in a transaction which is rolled back. Writers wait meanwhile.

    Raises Malformed, Unknown or Failed.
    """
    event = parse_event(dialects.read(delivery.source, bytes(delivery.body)), now=timezone.now())
    if event is None:
        raise Unknown(f"{delivery.type!r} is not a type of event we know")
    before = set(
        Change.objects.filter(change_set__delivery=delivery.public_id).values_list("change_set_id", flat=True)
    )
    origin = Origin(source=delivery.source, delivery=delivery.public_id, silenced=delivery.silenced)
    try:
        with transaction.atomic():
            [outcome] = apply_events([(event, origin)])
            rows = [row for row in recorded(delivery) if row.revision not in before]
            transaction.set_rollback(True)
    except Exception as error:
        raise Failed(f"{type(error).__name__}: {error}") from error
    return outcome, rows


def _row(change: Change, names: dict[Any, str]) -> Row:
    owner: str = change.course.code if change.course else _term_name(change.term)
    part = names.get(change.object_id) or (
        "" if change.kind in ("course", "term") else f"{change.kind} (gone)"
    )
    return Row(
        revision=change.change_set_id,
        object=f"{change.kind if not part else ''} {owner} {part}".strip(),
        field=label(change.field) or ("added" if change.old is None else "removed"),
        old=in_words(change.field, change.old),
        new=in_words(change.field, change.new),
    )


def _term_name(term: Term | None) -> str:
    return term.name if term else ""
