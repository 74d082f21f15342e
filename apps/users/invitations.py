"""Staff invite people by a table: it is read and checked as a whole, shown, and then each of them gets an account and a letter."""

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError

from apps.core.tables.faults import Refused
from apps.core.tables.reading import Row, Rows, read
from apps.core.tables.table import Table
from apps.mail import outbox
from apps.mail.addresses import is_deliverable
from apps.mail.models import Letter
from apps.users.account_letters import invitation
from apps.users.invitation_keys import LIFETIME, invitation_key
from apps.users.models import Invitation, User
from apps.users.validators import validate_name

log = structlog.get_logger(__name__)

LONGEST_NAME = 150
LONGEST_ADDRESS = 254
LETTERS_AT_ONCE = 1_000

PEOPLE = Table(
    "people",
    {
        "email": ("email", "e-mail", "e-mail address", "mail", "e-pošta", "mejl", "imejl", "adresa e-pošte"),
        "first_name": ("first_name", "first name", "name", "ime"),
        "last_name": ("last_name", "last name", "surname", "prezime"),
        "language": ("language", "jezik"),
    },
    required=(("email",),),
)


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    first_name: str
    last_name: str
    language: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """`known` are those who have an account already, in which nothing is changed; `unread` columns nobody asked for."""

    new: list[Person]
    known: list[Person]
    unread: list[str]


def prepare(raw: bytes, *, language: str) -> Prepared:
    """`language` is that of people of whom the table tells none. Raises Refused, with every fault by its line; then nothing is used."""
    rows = read(PEOPLE, raw)
    lines: dict[str, int] = {}
    people = []
    for row in rows.rows:
        email = User.normalize_username(row.cells.get("email", ""))
        if _is_right(rows, row, email) and lines.setdefault(email, row.line) != row.line:
            rows.fault(row.line, "email", f"is in line {lines[email]} already: {email}")
        first_name, last_name = (row.cells.get(name, "") for name in ("first_name", "last_name"))
        people.append(Person(email, first_name, last_name, row.cells.get("language", language).lower()))
    if rows.faults:
        raise Refused(rows.faults)
    taken = set(User.objects.filter(email__in=lines).values_list("email", flat=True))
    return Prepared(
        new=[person for person in people if person.email not in taken],
        known=[person for person in people if person.email in taken],
        unread=rows.unread,
    )


def invite(people: Sequence[Person], *, by: User, now: datetime) -> Invitation:
    """All of them or, when something fails, none. Who got an account since the table was looked at is left alone.

    The caller opens the transaction; the worker sends the letters after it.
    """
    # Unusable as set_password(None) makes it, which takes half a millisecond for each.
    users = [
        User(
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            language=person.language,
            password=f"{UNUSABLE_PASSWORD_PREFIX}{secrets.token_urlsafe(30)}",
            date_joined=now,
        )
        for person in people
    ]
    User.objects.bulk_create(users, batch_size=LETTERS_AT_ONCE, ignore_conflicts=True)
    made = list(User.objects.filter(pk__in=[user.pk for user in users]).order_by("email"))
    invited = Invitation.objects.create(invited_by=by, invited_at=now, people=len(made))
    for start in range(0, len(made), LETTERS_AT_ONCE):
        outbox.post(
            [
                invitation(
                    user,
                    key=invitation_key(user),
                    expires_at=now + LIFETIME,
                    posted_as=f"{invited.letter_keys}{user.pk}",
                )
                for user in made[start : start + LETTERS_AT_ONCE]
            ]
        )
    log.info("people_invited", invitation=str(invited.pk), by=str(by.pk), people=len(made))
    return invited


@dataclass(frozen=True, slots=True)
class Progress:
    """How many letters are where, and how many of the invited have chosen a password. Letters are known for 30 days."""

    letters: Counter[str]
    chosen: int
    failed: list[Letter]

    @property
    def waiting(self) -> int:
        return self.letters[Letter.Status.PENDING]


def progress(invited: Invitation, *, most_failed: int) -> Progress:
    letters = Letter.objects.filter(key__startswith=invited.letter_keys)
    statuses = letters.values_list("status", flat=True)
    owners = User.objects.filter(letters__key__startswith=invited.letter_keys)
    failed = letters.filter(status__in=[Letter.Status.DEAD, Letter.Status.EXPIRED]).order_by("address")
    return Progress(
        letters=Counter(statuses),
        chosen=owners.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).count(),
        failed=list(failed[:most_failed]),
    )


def _is_right(rows: Rows, row: Row, email: str) -> bool:
    """Tells every fault of a row. Whether its address can be compared with others."""
    faults = list(_faults(row, email))
    for column, detail in faults:
        rows.fault(row.line, column, detail)
    return "email" not in row.spoilt and not any(column == "email" for column, _ in faults)


def _faults(row: Row, email: str) -> Iterator[tuple[str, str]]:
    if not email and "email" not in row.spoilt:
        yield "email", "has no address"
    elif email and not (len(email) <= LONGEST_ADDRESS and is_deliverable(email)):
        yield "email", f"is no address: {email[:100]}"
    for column in ("first_name", "last_name"):
        name = row.cells.get(column, "")
        if len(name) > LONGEST_NAME:
            yield column, f"has {len(name)} characters, at most {LONGEST_NAME} are taken"
        try:
            validate_name(name)
        except ValidationError as error:
            yield column, error.messages[0]
    language = row.cells.get("language", "").lower()
    if language and language not in dict(settings.LANGUAGES):
        spoken = ", ".join(code for code, _ in settings.LANGUAGES)
        yield "language", f"is none we speak: {language[:20]}; known: {spoken}"
