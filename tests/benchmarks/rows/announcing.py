"""Row 13: an announcement to 50,000 users with a phone each: its notifications and pushes written, against COPY of the same rows.

COPY writes into tables with the same indexes and defaults, from a file, and only PostgreSQL's CPU counts for it.
"""

from collections.abc import Iterator

from tests.benchmarks.harness.copying import copying
from tests.benchmarks.harness.drivers import driver
from tests.benchmarks.harness.findings import Finding, at_most
from tests.benchmarks.harness.measuring import Sample, compare
from tests.benchmarks.harness.stage import Stage

USERS = 50_000
_USERS = """
INSERT INTO users_user (id, password, is_superuser, email, first_name, last_name, language, time_zone, is_active, is_staff, date_joined, epoch)
SELECT gen_random_uuid(), '', false, 'student' || n || '@campanile.test', 'Student', n::text, 'en', 'Europe/Belgrade', true, false, now(), 0
FROM generate_series(1, %(users)s) AS n
"""
_DEVICES = """
INSERT INTO notifications_device (id, user_id, kind, address, digest, platform, app_version, language, time_zone, retired_why)
SELECT gen_random_uuid(), id, 'token', 'address-of-' || id, encode(sha256(id::text::bytea), 'hex'), 'android', '', '', '', '' FROM users_user
"""


def students(stage: Stage, count: int) -> str:
    """A database with so many users, each with a phone."""
    name = f"students_{count}"

    def fill() -> None:
        with stage.connect(name) as connection:
            connection.execute(_USERS, {"users": count})
            connection.execute(_DEVICES)

    return stage.database(name, like=stage.catalogue(50), fill=fill)


def measure(stage: Stage) -> Iterator[Finding]:
    database = stage.copy("announcing", like=students(stage, USERS))
    with driver("tests.benchmarks.announcer", stage.environ(database), stage.folder) as announcer:

        def ours() -> Sample:
            with stage.connect(
                database
            ) as connection:  # the tables are as empty each time, as they are for COPY
                connection.execute("TRUNCATE notifications_notification, notifications_push CASCADE")
            announcer.tell("write")
            with stage.counting(announcer.pid) as counted:
                announcer.tell("send")
            return Sample(counted.cpu / USERS, counted.wall / USERS)

        def copy() -> Sample:
            latest = "(SELECT id FROM notifications_announcement ORDER BY started_at DESC LIMIT 1)"
            notifications = f"announcement_id = {latest}"
            pushes = f"notification_id IN (SELECT id FROM notifications_notification WHERE {notifications})"
            tables = [("notifications_notification", notifications), ("notifications_push", pushes)]
            return copying(stage, database, tables, units=USERS)

        found = compare(ours, copy, repeat=stage.repeat)
    yield at_most(
        13, f"announcement to {USERS:,} users, against COPY of the same rows", 3, found, unit="user"
    )
