"""What READINESS_CHECKS asks. A check returns nothing, or raises with the reason.

Ready means that requests can be answered well from here. Without the database or its schema they cannot: 503. Without Redis or the
workers they can, only slower or with pushes late, and taking web processes away would make it worse: such a check raises Degraded,
and the answer is 200 with the reason, for people and alarms to see.
"""

from datetime import timedelta

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.core.models import LaneHeartbeat

LANE_SILENT_AFTER = timedelta(seconds=30)


class Degraded(Exception):
    """Something is missing, but requests are still answered."""


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def cache() -> None:
    try:
        caches["default"].get("readiness")
    except Exception as error:
        raise Degraded(f"Redis does not answer: {error}") from error


def migrations() -> None:
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise RuntimeError(f"{len(plan)} migrations are not applied, the first is {plan[0][0]}")


def workers() -> None:
    beating = set(LaneHeartbeat.objects.seen_within(LANE_SILENT_AFTER).values_list("lane", flat=True))
    if silent := [lane for lane in settings.WORKER_LANES if lane not in beating]:
        seconds = LANE_SILENT_AFTER.seconds
        raise Degraded(f"no worker was seen for {seconds} s in: {', '.join(silent)}")
