"""Whom something concerns: a change, or what is about to begin."""

import dataclasses
import json
import uuid
from collections.abc import Collection, Iterable, Sequence

from django.db import connection

from apps.notifications.net_change import NetChange


@dataclasses.dataclass(frozen=True, slots=True)
class Matter:
    """`everyone`: it concerns all followers of the course, else those of `groups`. `course_groups` are all groups of the course, which says
    whom a followed group of the term brings along. Without a course it is of the term itself.
    """

    course: uuid.UUID | None
    term: uuid.UUID | None
    category: str
    everyone: bool = True
    groups: Sequence[str] = ()
    course_groups: Sequence[str] = ()
    entry: uuid.UUID | None = None

    @classmethod
    def of_change(cls, change: NetChange) -> "list[Matter]":
        """Several when it is of several terms."""
        here = cls(
            course=change.course,
            term=change.term,
            category=change.category,
            everyone=change.everyone,
            groups=change.groups,
            course_groups=change.course_groups,
            entry=change.id if change.object == "entry" else None,
        )
        return [here, dataclasses.replace(here, term=change.former_term)] if change.former_term else [here]


# A followed course concerns its matters as its group says. A followed group of a term brings along every course that has the group.
# A matter of the term itself concerns all who follow anything in it. What befalls an entry does not concern who hides it,
# nor what befalls a course who has muted it, nor anything of a category who wants none of it. A matter of the term that reaches somebody
# through a muted course alone is of that course.
MATTER_COLUMNS = "n int, course uuid, term uuid, everyone bool, groups text[], course_groups text[], entry uuid, category text"
FOLLOWERS = """
    SELECT follower.user_id, follower.n
    FROM (
        SELECT rule.user_id, matter.n, matter.entry, matter.course, matter.category
        FROM matter JOIN courses_enrolment AS rule ON rule.course_id = matter.course
        WHERE rule."group" = '' OR matter.everyone OR rule."group" = ANY (matter.groups)
        UNION ALL
        SELECT rule.user_id, matter.n, matter.entry, matter.course, matter.category
        FROM matter JOIN courses_enrolment AS rule ON rule.term_id = matter.term
        WHERE matter.course IS NULL
           OR rule."group" = ANY (matter.groups)
           OR (matter.everyone AND rule."group" = ANY (matter.course_groups))
        UNION ALL
        SELECT rule.user_id, matter.n, matter.entry, course.id, matter.category
        FROM matter
        JOIN courses_course AS course ON course.term_id = matter.term AND course.visible
        JOIN courses_enrolment AS rule ON rule.course_id = course.id
        WHERE matter.course IS NULL
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
"""
_CONCERNED = f"""
    WITH matter AS (SELECT * FROM jsonb_to_recordset(%(matters)s::jsonb) AS row({MATTER_COLUMNS})),
    follower AS ({FOLLOWERS})
    SELECT user_id, array_agg(DISTINCT n ORDER BY n) FROM follower GROUP BY user_id
"""  # noqa: S608  # constants


def concerned(
    changes: Sequence[NetChange], *, among: Collection[uuid.UUID] | None = None
) -> dict[uuid.UUID, tuple[int, ...]]:
    """For every user concerned, the positions in `changes` that concern them. `among` limits the answer to these users."""
    of_changes = [
        (position, matter) for position, change in enumerate(changes) for matter in Matter.of_change(change)
    ]
    found = followers([matter for _, matter in of_changes], among=among)
    return {user: tuple(sorted({of_changes[n][0] for n in places})) for user, places in found.items()}


def followers(
    matters: Sequence[Matter], *, among: Collection[uuid.UUID] | None = None
) -> dict[uuid.UUID, tuple[int, ...]]:
    """For every user concerned, the positions in `matters` that concern them."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CONCERNED,
            {"matters": json.dumps(rows(matters)), "users": None if among is None else list(among)},
        )
        return {user: tuple(positions) for user, positions in cursor.fetchall()}


def rows(matters: Iterable[Matter]) -> list[dict[str, object]]:
    """As `MATTER_COLUMNS` reads them."""
    return [
        {
            "n": position,
            "course": str(matter.course) if matter.course else None,
            "term": str(matter.term) if matter.term else None,
            "everyone": matter.everyone,
            "groups": list(matter.groups),
            "course_groups": list(matter.course_groups),
            "entry": str(matter.entry) if matter.entry else None,
            "category": matter.category,
        }
        for position, matter in enumerate(matters)
    ]
