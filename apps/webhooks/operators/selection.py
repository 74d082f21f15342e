"""Which deliveries an operator means."""

import re
from argparse import ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from apps.webhooks.models import Delivery
from apps.webhooks.models.delivery import DeliveryQuerySet

# A webhook-id that looks like one of our numbers is told from it by this prefix, whose colon no webhook-id has.
WEBHOOK_ID = "webhook-id:"

_RANGE = re.compile(r"(\d{0,18})\.\.(\d{0,18})", re.ASCII)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_AGE = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class NotFound(Exception):
    """A delivery was named that is not there."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is not given does not narrow. `names` are each a number, a range of numbers, our public id or a webhook-id."""

    names: Sequence[str] = ()
    sources: Sequence[str] = ()
    statuses: Sequence[str] = ()
    types: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None

    def narrows(self) -> bool:
        return any((self.names, self.sources, self.statuses, self.types, self.since, self.until))

    def deliveries(self) -> DeliveryQuerySet:
        """In order of arrival, without their bodies. Raises NotFound when one is named that is not there, or none in a range."""
        found = Delivery.objects.defer("body").order_by("id")
        for lookup, values in (
            ("source__in", self.sources),
            ("status__in", self.statuses),
            ("type__in", self.types),
        ):
            if values:
                found = found.filter(**{lookup: values})
        if self.since:
            found = found.filter(received_at__gte=self.since)
        if self.until:
            found = found.filter(received_at__lt=self.until)
        if self.names:
            found = found.filter(self._named())
        return found

    def _named(self) -> Q:
        named = Q()
        for name in self.names:
            one = _lookup(name)
            if not Delivery.objects.filter(one).exists():
                raise NotFound(f"No delivery is {name!r}, by number, range, public id or webhook-id.")
            named |= one
        return named


def moment(text: str) -> datetime:
    """An argument: a date or time (RFC 3339; UTC unless it says otherwise), or an age such as 90s, 30m, 2h, 3d, 1w."""
    if age := _AGE.fullmatch(text):
        return timezone.now() - timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        found = parse_datetime(text) or parse_date(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r}: {error}") from error
    if found is None:
        raise ArgumentTypeError(f"{text!r} is neither a time like 2026-10-05T10:42Z nor an age like 2h")
    if not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day)  # noqa: DTZ001  # made aware below
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _lookup(name: str) -> Q:
    if (ends := _RANGE.fullmatch(name)) and any(ends.groups()):
        bounds: dict[str, Any] = {}
        for lookup, end in zip(("id__gte", "id__lte"), ends.groups(), strict=True):
            if end:
                bounds[lookup] = int(end)
        return Q(**bounds)
    if _NUMBER.fullmatch(name):
        return Q(pk=int(name))
    sent = Q(webhook_id=name.removeprefix(WEBHOOK_ID))
    try:
        return Q(public_id=UUID(name)) | sent
    except ValueError:
        return sent
