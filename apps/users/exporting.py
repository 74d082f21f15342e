"""All that is held about a user, as one JSON document: little at once, much by the worker's lane `exports`, to be fetched later."""

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.core.personal_data import document, has_more_rows_than, sections_of
from apps.users.models import Export, ExportPart

log = structlog.get_logger(__name__)

# So many rows are written down in well under a second.
MOST_AT_ONCE = 2_000
KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 3
PART_BYTES = 256 * 1024
CHUNK_BYTES = 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


def is_large(user: UUID) -> bool:
    return has_more_rows_than(MOST_AT_ONCE, sections_of(user))


def written(user: UUID, *, now: datetime) -> Iterator[bytes]:
    return document({"made_at": now}, sections_of(user))


def order(*, user: UUID, now: datetime) -> Export:
    """The export that is there or on its way, or else a new one. One that has expired is none."""
    Export.objects.filter(user=user, expires_at__lte=now).delete()
    export, _ = Export.objects.get_or_create(
        user_id=user, defaults={"requested_at": now, "expires_at": now + KEPT}
    )
    return export


def read(export: Export) -> Iterator[bytes]:
    """The finished document, a bounded piece at a time."""
    unpacking = zlib.decompressobj(_GZIP)
    parts = export.parts.order_by("number").values_list("body", flat=True)
    for part in parts.iterator(chunk_size=4):
        waiting = bytes(part)
        while waiting:
            yield unpacking.decompress(waiting, CHUNK_BYTES)
            waiting = unpacking.unconsumed_tail
    yield unpacking.flush()


def build_due() -> int:
    """A step of the lane `exports`: at most one is built. Tries are counted before they are made, so that one which kills
    the process is given up too.
    """
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    with transaction.atomic():
        waiting = Export.objects.filter(free, finished_at=None).order_by("requested_at")
        claimed = waiting.select_for_update(skip_locked=True).first()
        if claimed is None:
            return 0
        if claimed.attempts >= MOST_ATTEMPTS:
            log.error("export given up", user=str(claimed.pk), attempts=claimed.attempts)
            claimed.delete()
            return 1
        Export.objects.filter(pk=claimed.pk).update(attempts=F("attempts") + 1, lease_until=now + LEASE)
    _build(claimed.pk, now)
    return 1


def sweep() -> int:
    """A job of the schedule lane: those that nobody may fetch any more go."""
    expired, _ = Export.objects.filter(expires_at__lte=timezone.now()).delete()
    return expired


@transaction.atomic
def _build(user: UUID, now: datetime) -> None:
    """Holds the row meanwhile, so that nobody else builds it however long it takes."""
    export = Export.objects.select_for_update(skip_locked=True).filter(pk=user, finished_at=None).first()
    if export is None:
        return
    for number, body in enumerate(_packed(written(user, now=now))):
        ExportPart.objects.create(export=export, number=number, body=body)
    done = timezone.now()
    Export.objects.filter(pk=user).update(finished_at=done, expires_at=done + KEPT)


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """One gzip file, in parts of PART_BYTES but for the last."""
    packing = zlib.compressobj(wbits=_GZIP)
    waiting = bytearray()
    for packed in chain(map(packing.compress, pieces), map(packing.flush, [zlib.Z_FINISH])):
        waiting += packed
        while len(waiting) >= PART_BYTES:
            yield bytes(waiting[:PART_BYTES])
            del waiting[:PART_BYTES]
    yield bytes(waiting)
