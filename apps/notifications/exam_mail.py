"""A safety net: what has changed about an exam ahead, and stays unread for hours, is told by e-mail. A job of the schedule lane.

It holds for everybody who has not turned it off, whatever else they want e-mail about. One that was told by e-mail already is not again. What
staff hold back or have rejected is told to nobody, with or without a phone.
"""

from datetime import timedelta

from django.conf import settings
from django.db import connection

BATCH = 1000

# Older ones were looked at before, but for a worker that stood still for long.
_PLAN = """
    INSERT INTO notifications_mailing (notification_id, reason, status, bulk)
    SELECT notification.id, 'unread', 'pending', false
    FROM notifications_notification AS notification
    JOIN users_user AS person ON person.id = notification.user_id AND person.is_active
    LEFT JOIN notifications_preferences AS chosen ON chosen.user_id = notification.user_id
    WHERE notification.category = 'exams' AND notification.read_at IS NULL
      AND notification.created_at <= statement_timestamp() - %(wait)s
      AND notification.created_at > statement_timestamp() - %(wait)s - interval '7 days'
      AND notification.starts_at > statement_timestamp() AND notification.expires_at > statement_timestamp()
      AND chosen.unread_exams_email IS NOT FALSE
      AND NOT EXISTS (
          SELECT FROM notifications_hold AS hold
          WHERE hold.revision = notification.revision AND hold.state <> 'approved'
      )
      AND NOT EXISTS (SELECT FROM notifications_mailing AS mailing WHERE mailing.notification_id = notification.id)
    ORDER BY notification.created_at
    LIMIT %(batch)s
    ON CONFLICT (notification_id) DO NOTHING
"""


def plan_unread() -> int:
    """At most one batch. Returns how many are to be told by e-mail."""
    if not settings.EXAM_EMAIL_AFTER_HOURS:
        return 0
    wait = timedelta(hours=settings.EXAM_EMAIL_AFTER_HOURS)
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, {"wait": wait, "batch": BATCH})  # type: ignore[dict-item]  # psycopg knows intervals
        return int(cursor.rowcount)
