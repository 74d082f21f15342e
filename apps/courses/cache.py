"""The committed revision that every catalogue answer belongs to, and the hygiene after it moves."""

from datetime import timedelta

from django.db import connection, transaction

from apps.core.bytes_cache import bytes_cache
from apps.core.committed import News
from apps.core.revision import CommittedRevision

DOCUMENT_LIFETIME = int(timedelta(hours=1).total_seconds())
LIST_LIFETIME = int(timedelta(minutes=30).total_seconds())


# The parts that answers are made of: each course by its id, and these two.
LISTING = "listing"
TERMS = "terms"

_MOST_COURSES = 1000
_NUMBER = "SELECT n FROM courses_revision"
_NEWS = f"""
SELECT ({_NUMBER}), EXISTS (SELECT FROM courses_term WHERE revision > %(since)s),
    coalesce(bool_or(listed_revision > %(since)s OR listed_revision = 0), false), coalesce(array_agg(id::text), '{{}}')
FROM (
    SELECT id, listed_revision FROM courses_course WHERE revision > %(since)s ORDER BY revision LIMIT {_MOST_COURSES + 1}
) AS changed
"""  # noqa: S608  # of literals


def _read(since: int | None) -> News:
    with connection.cursor() as cursor:
        if since is None:
            cursor.execute(_NUMBER)
            return News(cursor.fetchone()[0])
        cursor.execute(_NEWS, {"since": since})
        revision, terms, listing, courses = cursor.fetchone()
    if len(courses) > _MOST_COURSES:
        return News(revision)
    return News(revision, [*courses, *([LISTING] if listing else []), *([TERMS] if terms else [])])


catalogue_revision = CommittedRevision(_read)


def forget_previous_on_commit(revision: int) -> None:
    """Free the bytes of the revision before. Nothing depends on it: bytes are found only under the revision they belong to."""
    transaction.on_commit(lambda: bytes_cache.forget(revision - 1), robust=True)
