"""What a delivery changed, or would change, in words."""

from itertools import groupby

from django.utils import timezone

from apps.courses.differences import Difference, differences
from apps.courses.ledger import Origin, Outcome
from apps.courses.models import Change
from apps.courses.preview import documents_of, preview
from apps.webhooks import dialects
from apps.webhooks.handlers import apply_events, parse_event
from apps.webhooks.models import Delivery


class Unknown(Exception):
    """The type of the delivery is not one of ours: applying it does nothing."""


class Failed(Exception):
    """Applying it fails, as it would in the worker; that error is the cause."""


def recorded(delivery: Delivery) -> dict[int, list[Difference]]:
    """By revision, oldest first: a delivery may have been applied more than once."""
    changes = list(Change.objects.filter(change_set__delivery=delivery.public_id).order_by("id"))
    documents = documents_of(changes)
    return {
        revision: differences(made, documents)
        for revision, made in groupby(changes, key=lambda change: change.change_set_id)
    }


def foreseen(delivery: Delivery) -> tuple[Outcome, list[Difference]]:
    """What applying it now would do. Other writers wait meanwhile. Raises Malformed, Unknown or Failed."""
    event = parse_event(dialects.read(delivery.source, bytes(delivery.body)), now=timezone.now())
    if event is None:
        raise Unknown(f"{delivery.type!r} is not a type of event we know")
    origin = Origin(source=delivery.source, delivery=delivery.public_id, silenced=delivery.silenced)
    outcomes: list[Outcome] = []
    try:
        found = preview(lambda: outcomes.extend(apply_events([(event, origin)])))
    except Exception as error:
        raise Failed(f"{type(error).__name__}: {error}") from error
    return outcomes[0], differences(found.changes, found.documents)
