"""Snapshots: what their pages listed, and the floor a complete one sets under its term."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from django.db.models import Max, Min, Q, QuerySet

from apps.core.arrays import written
from apps.core.prepared import Prepared
from apps.courses.models import Course, Snapshot, SnapshotPage


@dataclass(frozen=True, slots=True)
class Floor:
    """Of its term, courses with a guard not above `at` that the snapshot did not list are hidden."""

    at: datetime
    listed: frozenset[str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self | None:
        """None while pages are missing."""
        if snapshot.floor is None:
            return None
        listed = (id for page in snapshot.received.all() for id in page.external_ids)
        return cls(at=snapshot.floor, listed=frozenset(listed))

    def hides(self, external_id: str, guard: datetime) -> bool:
        return guard <= self.at and external_id not in self.listed

    def below(self) -> Q:
        """The same for the database: courses it hides, of those in its term."""
        return Q(guard__lte=self.at) & ~Q(external_id__in=self.listed)


def record_page(
    *,
    source: str,
    term: UUID,
    snapshot_id: str,
    page: int,
    pages: int,
    timestamp: datetime,
    external_ids: Collection[str],
) -> bool:
    """Note what a page listed. Pages may come in any order, and more than once.

    True when the floor may have moved: the snapshot is complete, or was until this page told of more pages.
    """
    snapshot, _ = Snapshot.objects.get_or_create(
        source=source, term_id=term, snapshot_id=snapshot_id, defaults={"pages": pages}
    )
    received, created = SnapshotPage.objects.get_or_create(
        snapshot=snapshot, page=page, defaults={"timestamp": timestamp, "external_ids": sorted(external_ids)}
    )
    if not created:
        received.timestamp = min(received.timestamp, timestamp)
        received.external_ids = sorted({*received.external_ids, *external_ids})
        received.save(update_fields=["timestamp", "external_ids"])
    known = snapshot.received.aggregate(highest=Max("page"), lowest=Min("timestamp"))
    was_complete = snapshot.floor is not None
    snapshot.pages = max(snapshot.pages, pages, known["highest"])
    snapshot.floor = known["lowest"] if snapshot.received.count() == snapshot.pages else None
    snapshot.save(update_fields=["pages", "floor"])
    return was_complete or snapshot.floor is not None


_NEWEST = Prepared.all(
    lambda terms: Snapshot.objects.complete(terms).in_effect().distinct("term").values_list("pk", "floor"),
    stand_ins=({"terms": "{1}"}, {"terms": "{2}"}),
)


def floors(terms: Collection[UUID], *, reaching: datetime | None) -> dict[UUID, Floor]:
    """The floor of each term whose newest complete snapshot is not below `reaching`; nothing lower can hide what is asked about."""
    if not terms or reaching is None:
        return {}
    newest = [id for id, floor in _NEWEST(terms=written(terms)) if floor >= reaching]
    if not newest:  # as after the night's snapshot, until the next
        return {}
    found = Snapshot.objects.filter(pk__in=newest).prefetch_related("received")
    return {snapshot.term_id: floor for snapshot in found if (floor := Floor.of(snapshot))}


def flipped_by_floor(term: UUID) -> QuerySet[Course]:
    """Courses of the term that its floor hides and readers still see, or the other way round."""
    floor = floors([term], reaching=datetime.min.replace(tzinfo=UTC)).get(term)
    in_term = Course.objects.filter(term=term, tombstone=False)
    if floor is None:
        return in_term.filter(hidden=True)
    return in_term.filter(Q(hidden=False) & floor.below() | Q(hidden=True) & ~floor.below())
