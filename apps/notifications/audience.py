"""Whom a change concerns."""

import json
import uuid
from collections.abc import Collection, Sequence

from django.db import connection

from apps.notifications.net_change import NetChange

# A followed course concerns its changes as its group says. A followed group of a term brings along every course that has the group.
# A change of the term itself concerns all who follow anything in it. What befalls an entry does not concern who hides it,
# nor what befalls a course who has muted it, nor anything of a category who wants none of it. A change of the term that reaches somebody
# through a muted course alone is of that course.
_CONCERNED = """
    WITH change AS (
        SELECT * FROM jsonb_to_recordset(%(changes)s::jsonb)
        AS row(n int, course uuid, term uuid, everyone bool, groups text[], course_groups text[], entry uuid, category text)
    )
    SELECT follower.user_id, array_agg(DISTINCT follower.n ORDER BY follower.n)
    FROM (
        SELECT rule.user_id, change.n, change.entry, change.course, change.category
        FROM change JOIN courses_enrolment AS rule ON rule.course_id = change.course
        WHERE rule."group" = '' OR change.everyone OR rule."group" = ANY (change.groups)
        UNION ALL
        SELECT rule.user_id, change.n, change.entry, change.course, change.category
        FROM change JOIN courses_enrolment AS rule ON rule.term_id = change.term
        WHERE change.course IS NULL
           OR rule."group" = ANY (change.groups)
           OR (change.everyone AND rule."group" = ANY (change.course_groups))
        UNION ALL
        SELECT rule.user_id, change.n, change.entry, course.id, change.category
        FROM change
        JOIN courses_course AS course ON course.term_id = change.term AND course.visible
        JOIN courses_enrolment AS rule ON rule.course_id = course.id
        WHERE change.course IS NULL
    ) AS follower
    JOIN users_user AS person ON person.id = follower.user_id AND person.is_active
    LEFT JOIN notifications_preferences AS chosen ON chosen.user_id = follower.user_id
    WHERE (%(users)s::uuid[] IS NULL OR follower.user_id = ANY (%(users)s))
      AND NOT EXISTS (
          SELECT FROM courses_hiddenentry AS hidden
          WHERE hidden.user_id = follower.user_id AND hidden.entry = follower.entry
      )
      AND (chosen.user_id IS NULL OR (
          follower.course = ANY (chosen.muted_courses) IS NOT TRUE AND follower.category <> ALL (chosen.inbox_off)
      ))
    GROUP BY follower.user_id
"""


def concerned(
    changes: Sequence[NetChange], *, among: Collection[uuid.UUID] | None = None
) -> dict[uuid.UUID, tuple[int, ...]]:
    """For every user concerned, the positions in `changes` that concern them. `among` limits the answer to these users."""
    rows = [
        {
            "n": position,
            "course": str(change.course) if change.course else None,
            "term": str(change.term) if change.term else None,
            "everyone": change.everyone,
            "groups": change.groups,
            "course_groups": change.course_groups,
            "entry": str(change.id) if change.object == "entry" else None,
            "category": change.category,
        }
        for position, change in enumerate(changes)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _CONCERNED, {"changes": json.dumps(rows), "users": None if among is None else list(among)}
        )
        return {user: tuple(positions) for user, positions in cursor.fetchall()}
