"""GET /sync/: what changed since a cursor, so that an app on a phone holds the whole catalogue and asks for little.

Courses are read in order of (revision, id). Revisions increase in commit order, so what is committed while a client pages through comes
after the place it has reached: nothing is missed, and a course that changes again simply comes again.

A client that has not heard for 90 days of a change made then starts over. In a quiet summer nobody has to, however long it lasts: a
cursor is as old as the first change it has not seen. Nothing is deleted for that; change sets are also each course's history.
"""

import base64
import struct
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from django.db import connection
from django.utils import timezone

from apps.core.copies import Rendered
from apps.core.errors import Problem
from apps.courses.render import to_text

PAGE = 500
KEPT = timedelta(days=90)
_CURSOR = struct.Struct("!?q4sq16s")
_FIRST_ID, _LAST_ID = UUID(int=0), UUID(int=2**128 - 1)


class CursorGone(Problem):
    """Too old, not ours, or from before a restored backup."""

    status = 410
    slug = "sync_cursor_gone"
    title = "Start over without a cursor."


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a client has got to: every change up to (`revision`, `id`).

    `base` is the revision the reading started from, with the first bytes of its change set's random token: a database restored from a
    backup counts the same revisions again, but with other tokens. `full` readings started from nothing; they need no deletions that
    were made before `base`.
    """

    full: bool
    base: int
    token: bytes
    revision: int
    id: UUID

    @classmethod
    def parse(cls, text: str) -> Self:
        try:
            full, base, token, revision, id = _CURSOR.unpack(base64.urlsafe_b64decode(text.encode("ascii")))
        except (ValueError, struct.error) as error:
            raise CursorGone from error
        return cls(full, base, token, revision, UUID(bytes=id))

    def __str__(self) -> str:
        packed = _CURSOR.pack(self.full, self.base, self.token, self.revision, self.id.bytes)
        return base64.urlsafe_b64encode(packed).decode()


_SQL = """
WITH page AS (
    SELECT id, revision, visible, document FROM courses_course
    WHERE (revision, id) > (%(revision)s, %(id)s) AND revision > 0 AND (visible OR revision > %(base)s)
    ORDER BY revision, id LIMIT %(limit)s + 1
), kept AS (SELECT * FROM page ORDER BY revision, id LIMIT %(limit)s)
SELECT
    (SELECT n FROM courses_revision),
    (SELECT recorded_at FROM courses_changeset WHERE revision > %(base)s ORDER BY revision LIMIT 1),
    (SELECT token FROM courses_changeset WHERE revision = %(base)s),
    (SELECT token FROM courses_changeset ORDER BY revision DESC LIMIT 1),
    (SELECT coalesce(string_agg(document, ',' ORDER BY revision, id), '') FROM courses_term WHERE guard IS NOT NULL AND revision > %(revision)s),
    (SELECT coalesce(string_agg(document, ',' ORDER BY revision, id) FILTER (WHERE visible), '') FROM kept),
    (SELECT coalesce(json_agg(id ORDER BY revision, id) FILTER (WHERE NOT visible), '[]')::text FROM kept),
    (SELECT count(*) > %(limit)s FROM page),
    (SELECT revision FROM kept ORDER BY revision DESC, id DESC LIMIT 1),
    (SELECT id FROM kept ORDER BY revision DESC, id DESC LIMIT 1)
"""


def read(cursor: Cursor | None) -> Rendered:
    """One answer. Raises CursorGone."""
    place = cursor or Cursor(full=True, base=-1, token=b"", revision=-1, id=_FIRST_ID)
    params: dict[str, Any] = {"revision": place.revision, "id": place.id, "base": place.base, "limit": PAGE}
    with connection.cursor() as database:
        if cursor is None:
            params["base"] = 2**62
        database.execute(_SQL, params)
        now, unseen_since, base_token, last_token, terms, changed, deleted, more, last_revision, last_id = (
            database.fetchone()
        )
    if cursor and (cursor.base > now or _token(base_token) != cursor.token):
        raise CursorGone
    if cursor and unseen_since and unseen_since + KEPT <= timezone.now():
        raise CursorGone
    full = place.full
    if more:
        base, token = (now, _token(last_token)) if cursor is None else (place.base, place.token)
        following = Cursor(full=full, base=base, token=token, revision=last_revision, id=last_id)
    else:
        following = Cursor(full=False, base=now, token=_token(last_token), revision=now, id=_LAST_ID)
    rest = to_text({"cursor": str(following), "full": full, "more": more})[1:]
    good_until = unseen_since + KEPT if unseen_since else None
    return Rendered(
        f'{{"terms":[{terms}],"changed":[{changed}],"deleted":{deleted},{rest}'.encode(), now, good_until
    )


def _token(token: UUID | None) -> bytes:
    """Before the first change set there is no token."""
    return token.bytes[:4] if token else bytes(4)
