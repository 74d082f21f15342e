"""Deliveries as text on a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from apps.courses.differences import Difference, told
from apps.webhooks.admin.shown import body_text
from apps.webhooks.models import Delivery

_COLUMNS = (
    "number",
    "status",
    "type",
    "source",
    "webhook-id",
    "received (UTC)",
    "attempts",
    "revision",
    "outcome",
)
_LONGEST = 48


def table(deliveries: Iterable[Delivery]) -> Iterator[str]:
    rows = [_COLUMNS, *(_cells(delivery) for delivery in deliveries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def page(delivery: Delivery, changed: Mapping[int, Sequence[Difference]]) -> Iterator[str]:
    """All there is about one."""
    for name, value in {
        "delivery": f"{delivery.public_id} (number {delivery.pk})",
        "source": delivery.source,
        "type": delivery.type,
        "status": f"{delivery.status}, attempts: {delivery.attempts}"
        + (", silenced" if delivery.silenced else ""),
        "webhook-id": delivery.webhook_id,
        "webhook-timestamp": f"{int(delivery.sent_at.timestamp())} ({delivery.sent_at.isoformat()})",
        "received": delivery.received_at.isoformat(),
        "queued": delivery.queued_at.isoformat(),
        "processed": delivery.processed_at.isoformat() if delivery.processed_at else "",
        "revision": str(delivery.revision or ""),
        "result": _result(delivery),
        "other bodies": ", ".join(str(conflict) for conflict in delivery.conflicts.all()),
    }.items():
        if value:
            yield f"{name + ':':<19}{value}"
    yield from _section("Error", delivery.error.rstrip())
    yield from _section("Ledger", *by_revision(changed))
    yield from _section(f"Body, {len(delivery.body):,} bytes", body_text(bytes(delivery.body)))


def by_revision(changed: Mapping[int, Sequence[Difference]]) -> Iterator[str]:
    for revision, found in changed.items():
        yield f"  revision {revision}"
        yield from (f"  {line}" for line in told(found))


def _section(title: str, *texts: str) -> Iterator[str]:
    if any(texts):
        yield f"\n{title}"
        yield from texts


def _cells(delivery: Delivery) -> tuple[str, ...]:
    return (
        str(delivery.pk),
        delivery.status,
        _short(delivery.type) or "-",
        delivery.source,
        _short(delivery.webhook_id),
        f"{delivery.received_at:%Y-%m-%d %H:%M:%S}",
        str(delivery.attempts),
        str(delivery.revision or "-"),
        _short(delivery.error.strip().rsplit("\n", 1)[-1] or _result(delivery)),
    )


def _result(delivery: Delivery) -> str:
    return ", ".join(f"{name}: {value}" for name, value in delivery.result.items())


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def printable(text: str) -> str:
    """Without control characters: what a source sent must not steer the terminal."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )
