"""What commands that make deliveries say of what became of them."""

from collections import Counter
from collections.abc import Callable, Sequence

from django.core.management.base import CommandError

from apps.webhooks.models import Delivery
from apps.webhooks.own_deliveries import waited_for


def follow(deliveries: Sequence[Delivery], *, patience: float, say: Callable[[str], object]) -> None:
    """Raises CommandError when one of them failed; those that still wait are in good hands."""
    total = len(deliveries)
    say(f"{total:,} {'delivery' if total == 1 else 'deliveries'} stored.")
    settled = waited_for(
        deliveries,
        patience=patience,
        say=lambda done: say(f"{done:,} of {total:,} applied") if total > 1 else None,
    )
    statuses = Counter(delivery.status for delivery in settled)
    counts: Counter[str] = Counter()
    for delivery in settled:
        counts.update({name: number for name, number in delivery.result.items() if isinstance(number, int)})
    if waiting := statuses.pop(Delivery.Status.PENDING, 0):
        say(f"{waiting:,} still wait for the worker; they are stored and will be applied.")
    done = statuses.pop(Delivery.Status.PROCESSED, 0)
    if done:
        say(
            "Applied: "
            + (", ".join(f"{name} {number:,}" for name, number in counts.items()) or "nothing to do")
        )
    failed = [row for row in settled if row.status in (Delivery.Status.DEAD, Delivery.Status.QUARANTINED)]
    others = statuses.keys() - {row.status for row in failed}
    for status in sorted(others):
        say(f"{statuses[status]:,} {status}: see them in the admin.")
    if failed:
        told = "; ".join(
            f"{row.webhook_id} is {row.status}: {row.error.strip().rsplit(chr(10), 1)[-1]}" for row in failed
        )
        raise CommandError(f"Not applied: {told}")
