import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models.functions import Coalesce, Now


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> "DeliveryQuerySet":
        """In order of arrival."""
        return self.filter(status=Delivery.Status.PENDING).order_by("id")

    def due(self) -> "DeliveryQuerySet":
        """Of those waiting, the ones that nobody is trying; those that failed come back after a pause."""
        return self.waiting().filter(next_attempt_at__lte=Now())

    def replay(self) -> int:
        """Put them back in the queue as if they had just come: guards make applying again safe, however often. Returns how many."""
        waiting = {
            "status": Delivery.Status.PENDING,
            "attempts": 0,
            "next_attempt_at": Now(),
            "queued_at": Now(),
        }
        return _set(self.filter(status__in=Delivery.REPLAYABLE), waiting)

    def skip(self) -> int:
        """Set those aside that wait or are dead; a replay brings them back. Returns how many are set aside now.

        One that a worker is applying is waited for, and then it is no longer to be skipped.
        """
        return _set(self.filter(status__in=Delivery.SKIPPABLE), {"status": Delivery.Status.SKIPPED})

    def synced_at(self, sources: Iterable[str]) -> dict[str, datetime | None]:
        """When each source's last delivery was processed: one look at the index a source."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT source, (
                    SELECT max(processed_at) FROM webhooks_delivery AS d WHERE d.source = asked.source AND d.status = 'processed'
                ) FROM unnest(%s::text[]) AS asked (source)
                """,
                [list(sources)],
            )
            return dict(cursor.fetchall())


def _set(deliveries: DeliveryQuerySet, fields: Mapping[str, Any]) -> int:
    """Locking the rows in the order in which workers do, so that neither waits for the other for ever."""
    with transaction.atomic():
        locked = deliveries.order_by("pk").select_for_update().values("pk")
        return Delivery.objects.filter(pk__in=locked).update(**fields)


class Delivery(models.Model):
    """One authentic webhook request, stored raw before anything is done with it. `id` numbers arrival."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PROCESSED = "processed"
        IGNORED = "ignored"
        QUARANTINED = "quarantined"
        DEAD = "dead"
        # Applied, except for deletions that wait for staff.
        HELD = "held"
        SKIPPED = "skipped"

    # What may be put in the queue again, and what staff may set aside. A quarantined one was never understood.
    REPLAYABLE = (Status.PENDING, Status.PROCESSED, Status.IGNORED, Status.DEAD, Status.HELD, Status.SKIPPED)
    SKIPPABLE = (Status.PENDING, Status.DEAD, Status.SKIPPED)

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=64)
    webhook_id = models.CharField(max_length=255)
    sent_at = models.DateTimeField()
    type = models.TextField(blank=True)
    body = models.BinaryField()
    status = models.CharField(max_length=16, choices=Status)
    silenced = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    error = models.TextField(blank=True)
    revision = models.BigIntegerField(null=True)
    result = models.JSONField(default=dict)
    received_at = models.DateTimeField(db_default=Now())
    # When it was last put in the queue: on arrival, or by a replay.
    queued_at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["source", "webhook_id"], name="webhooks_delivery_once")
        ]
        indexes = [
            models.Index(
                fields=["id"], name="webhooks_delivery_pending", condition=models.Q(status="pending")
            ),
            models.Index(
                fields=["source", "processed_at"],
                name="webhooks_delivery_synced",
                condition=models.Q(status="processed"),
            ),
            models.Index(fields=["source", "received_at"], name="webhooks_delivery_heard"),
            models.Index(
                Coalesce("processed_at", "received_at"),
                name="webhooks_delivery_over",
                condition=models.Q(status__in=["processed", "ignored"]),
            ),
            # Few, and kept: those that staff may have to look at.
            models.Index(
                fields=["source", "status"],
                name="webhooks_delivery_kept",
                condition=models.Q(status__in=["dead", "held", "quarantined"]),
            ),
        ]

    class NotReplayable(Exception):
        """Its status is not one of REPLAYABLE."""

    class NotSkippable(Exception):
        """It has been applied, or never could be."""

    def __str__(self) -> str:
        return f"{self.source} {self.webhook_id}"

    def replay(self) -> None:
        """Raises NotReplayable."""
        if not Delivery.objects.filter(pk=self.pk).replay():
            raise Delivery.NotReplayable

    def skip(self) -> None:
        """Raises NotSkippable."""
        if not Delivery.objects.filter(pk=self.pk).skip():
            raise Delivery.NotSkippable


class Conflict(models.Model):
    """Another body under the id of a delivery we hold. A row of its own, as a worker may hold the lock on the delivery's."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="conflicts", db_constraint=False)
    body_sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.body_sha256[:12]} at {self.received_at:%Y-%m-%d %H:%M:%S}"
