"""Where letters are posted: rows in the caller's transaction, which the worker's mail lane sends after the commit."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from apps.mail.addresses import is_deliverable
from apps.mail.models import Letter

LONGEST_SUBJECT = 250
LONGEST_KEY = 200

# Ordered, so that two who post the same keys wait for each other instead of in a circle.
_INSERT = """
    INSERT INTO mail_letter (id, key, user_id, address, subject, text, html, headers, bulk, expires_at)
    SELECT * FROM unnest(
        %s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::boolean[], %s::timestamptz[]
    ) AS draft (id, key, user_id, address, subject, text, html, headers, bulk, expires_at)
    ORDER BY key
    ON CONFLICT (key) DO NOTHING
"""
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,76}")
_HEADER_VALUE = re.compile(r"[ -~]{1,900}")
# What every letter has already; some servers take the last of two for the true one.
_OURS = {
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "auto-submitted",
}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class InvalidDraft(ValueError):
    """The message names the field and what is wrong with it, never the words of the letter."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter to be posted. One that exists can be sent: making a wrong one raises InvalidDraft.

    Posting one with a `key` that was posted before does nothing, for as long as that letter is kept. `user` is whose mail it is: it goes
    with the account. A `bulk` one, as of an announcement, waits for all that are not. Secrets belong into `text` and `html` alone: these
    are emptied once it is settled, and nobody is shown them.
    """

    to: str
    subject: str
    text: str
    expires_at: datetime
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    user: UUID | None = None
    bulk: bool = False

    def __post_init__(self) -> None:
        if not is_deliverable(self.to):
            raise InvalidDraft(f"to: {self.to!r} is not an address we write to")
        if (
            not self.subject.strip()
            or len(self.subject) > LONGEST_SUBJECT
            or _UNPRINTABLE.search(self.subject)
        ):
            raise InvalidDraft(f"subject: must be one line of 1 to {LONGEST_SUBJECT} printable characters")
        if not self.text.strip():
            raise InvalidDraft("text: is empty")
        for name, words in (("text", self.text), ("html", self.html)):
            if _UNSTORABLE.search(words):
                raise InvalidDraft(f"{name}: holds NUL or a lone surrogate")
        if self.expires_at.tzinfo is None:
            raise InvalidDraft("expires_at: has no time zone")
        if self.key is not None and (not 0 < len(self.key) <= LONGEST_KEY or _UNPRINTABLE.search(self.key)):
            raise InvalidDraft(f"key: must have 1 to {LONGEST_KEY} printable characters")
        for name, value in self.headers.items():
            _check_header(name, value)


def _check_header(name: str, value: str) -> None:
    if not _HEADER_NAME.fullmatch(name):
        raise InvalidDraft(f"headers: {name!r} is no name of a header")
    if name.lower() in _OURS or name.lower().startswith("content-"):
        raise InvalidDraft(f"headers: {name} is not the draft's to set")
    if not _HEADER_VALUE.fullmatch(value):
        raise InvalidDraft(f"headers: {name} must be one line of 1 to 900 printable ASCII characters")


def post(drafts: Sequence[Draft]) -> int:
    """In one INSERT, in the caller's transaction. Returns how many were new."""
    if not drafts:
        return 0
    rows = [
        (
            uuid4(),
            each.key,
            each.user,
            each.to,
            each.subject,
            each.text,
            each.html,
            json.dumps(dict(each.headers)),
            each.bulk,
            each.expires_at,
        )
        for each in drafts
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
        return int(cursor.rowcount)


def withdraw(*, user: UUID) -> int:
    """What waits for this user is not sent any more, but for what a worker has in hand. In the caller's transaction; returns how many."""
    free = Q(lease_until=None) | Q(lease_until__lte=Now())
    waiting = Letter.objects.filter(free, user=user, status=Letter.Status.PENDING)
    withdrawn, _ = Letter.objects.filter(
        pk__in=waiting.order_by("pk").select_for_update(skip_locked=True)
    ).delete()
    return withdrawn


def forget(*, addresses: Sequence[str]) -> int:
    """Every trace of what was ever written to these addresses. Returns how many letters."""
    forgotten, _ = Letter.objects.filter(address__in=addresses).delete()
    return forgotten
