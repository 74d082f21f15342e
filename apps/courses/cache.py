"""The committed revision that every catalogue answer belongs to, and the hygiene after it moves."""

from datetime import timedelta

from django.db import connection, transaction

from apps.core.bytes_cache import bytes_cache
from apps.core.revision import CommittedRevision

DOCUMENT_LIFETIME = int(timedelta(hours=1).total_seconds())
LIST_LIFETIME = int(timedelta(minutes=30).total_seconds())


def _read_revision() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT n FROM courses_revision")
        row: tuple[int] = cursor.fetchone()
    return row[0]


catalogue_revision = CommittedRevision(_read_revision)


def forget_previous_on_commit(revision: int) -> None:
    """Free the bytes of the revision before. Nothing depends on it: bytes are found only under the revision they belong to."""
    transaction.on_commit(lambda: bytes_cache.forget(revision - 1), robust=True)
