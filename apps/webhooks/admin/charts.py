"""How many deliveries came when, in the shape of unfold's bar chart."""

import json
from datetime import datetime

from django.db import connection

_PER_STEP = """
    SELECT step, count(delivery.id)
    FROM generate_series(
        date_trunc(%(step)s, statement_timestamp(), 'UTC') - (%(steps)s - 1) * %(width)s::interval,
        statement_timestamp(), %(width)s::interval
    ) AS step
    LEFT JOIN webhooks_delivery AS delivery
        ON source = %(source)s AND received_at >= step AND received_at < step + %(width)s::interval
    GROUP BY step ORDER BY step
"""


def chart(source: str, *, step: str, steps: int) -> str:
    """The deliveries of each of the last `steps` hours or days."""
    with connection.cursor() as cursor:
        cursor.execute(_PER_STEP, {"source": source, "step": step, "steps": steps, "width": f"1 {step}"})
        counts: list[tuple[datetime, int]] = cursor.fetchall()
    label = "%a %H:00" if step == "hour" else "%d %b"
    return json.dumps(
        {
            "labels": [f"{begins:{label}}" for begins, _ in counts],
            "datasets": [
                {
                    "label": "deliveries",
                    "data": [number for _, number in counts],
                    "backgroundColor": "var(--color-primary-600)",
                }
            ],
        }
    )
