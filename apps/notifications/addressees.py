"""Whom an announcement is for: not those who want none, or have muted the course it is for."""

import dataclasses
import uuid
from collections.abc import Collection

from django.db import connection

from apps.core.arrays import written

# As for changes: who follows all of a course belongs to each of its groups, and a followed group of a term brings along every course
# that has the group. `spoken_of` are the courses whose followers may be meant. `asked` are the people: looked up first, since each batch of
# pushes asks about a few among very many.
ADDRESSED = """
    WITH told AS (
        SELECT * FROM notifications_announcement WHERE id = ANY (%(announcements)s)
    ), asked AS MATERIALIZED (
        SELECT id, is_staff, is_superuser FROM users_user
        WHERE is_active AND (%(among)s::uuid[] IS NULL OR id = ANY (%(among)s::uuid[]))
    ), spoken_of AS (
        SELECT told.id AS announcement, told.course_id AS about, told.audience, told."group", course.id, course.term_id, course.groups
        FROM told JOIN courses_course AS course
          ON told.audience IN ('course', 'course-group') AND course.id = told.course_id
          OR told.audience = 'term-group' AND course.visible AND course.term_id = told.term_id
          OR told.audience = 'department' AND course.visible AND course.department = told.department
    )
    SELECT DISTINCT address.announcement, person.id AS person
    FROM (
        SELECT told.id AS announcement, told.course_id AS about, anyone.id AS person
        FROM told CROSS JOIN asked AS anyone
        WHERE told.audience = 'everyone' OR told.audience = 'role' AND CASE told.role
            WHEN 'students' THEN NOT anyone.is_staff
            WHEN 'staff' THEN anyone.is_staff
            WHEN 'administrators' THEN anyone.is_superuser OR EXISTS (
                SELECT FROM users_user_groups AS given
                JOIN auth_group AS role ON role.id = given.group_id AND role.name = 'administrator'
                WHERE given.user_id = anyone.id
            )
        END
        UNION ALL
        SELECT course.announcement, course.about, rule.user_id
        FROM spoken_of AS course JOIN courses_enrolment AS rule ON rule.course_id = course.id
        WHERE course.audience IN ('course', 'department') OR rule."group" = course."group"
           OR course.audience = 'course-group' AND rule."group" = ''
        UNION ALL
        SELECT course.announcement, course.about, rule.user_id
        FROM spoken_of AS course
        JOIN courses_enrolment AS rule ON rule.term_id = course.term_id AND rule."group" = ANY (course.groups)
        WHERE course.audience IN ('course', 'department') OR rule."group" = course."group"
        UNION ALL
        SELECT told.id, told.course_id, rule.user_id
        FROM told JOIN courses_enrolment AS rule ON rule.term_id = told.term_id AND rule."group" = told."group"
        WHERE told.audience = 'term-group'
    ) AS address
    JOIN asked AS person ON person.id = address.person
    LEFT JOIN notifications_preferences AS chosen ON chosen.user_id = person.id
    WHERE chosen.user_id IS NULL
       OR 'announcements' <> ALL (chosen.inbox_off)
          AND (address.about IS NULL OR address.about <> ALL (chosen.muted_courses))
"""
_REACH = f"""
    SELECT count(DISTINCT addressed.person), count(device.id)
    FROM ({ADDRESSED}) AS addressed
    LEFT JOIN notifications_preferences AS chosen ON chosen.user_id = addressed.person AND 'announcements' = ANY (chosen.push_off)
    LEFT JOIN notifications_device AS device
      ON device.user_id = addressed.person AND device.retired_at IS NULL AND chosen.user_id IS NULL
"""  # noqa: S608  # both are constants


@dataclasses.dataclass(frozen=True, slots=True)
class Reach:
    people: int
    phones: int


def reach(announcement: uuid.UUID) -> Reach:
    """Whom it would reach if it were sent now."""
    with connection.cursor() as cursor:
        cursor.execute(_REACH, {"announcements": [announcement], "among": None})
        return Reach(*cursor.fetchone())


def addressed(
    announcements: Collection[uuid.UUID], *, among: Collection[uuid.UUID]
) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """The pairs of an announcement and a user, of those given, that belong together by now."""
    with connection.cursor() as cursor:
        cursor.execute(ADDRESSED, {"announcements": list(announcements), "among": written(among)})
        return set(cursor.fetchall())
