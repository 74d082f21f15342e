"""Whom an access token lets in: looked up on every request that bears one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from apps.core.prepared import Prepared, Statement
from apps.users.models import Session, User
from apps.users.tokens import AccessClaims


def granted(claims: AccessClaims, *, now: datetime) -> Session | None:
    """The session the token was issued for, with its user, if it is live and the user's epoch has not moved on."""
    found = _LOOK_UP.row(user=claims.user, session=claims.session, epoch=claims.epoch, now=now)
    if found is None:
        return None
    session = Session.from_db(DEFAULT_DB_ALIAS, _SESSION, found[: len(_SESSION)])
    session.user = User.from_db(DEFAULT_DB_ALIAS, _USER, found[len(_SESSION) :])
    return session


def _columns(model: type[Model], *names: str) -> list[str]:
    """In the order that from_db() wants."""
    found = [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001  # documented by Django
    return [name for name in found if name in names]


# What views look at. The others, of which each is read when somebody asks for it, were a quarter of what it takes to know who asks.
_SESSION = _columns(Session, "id", "user_id")
_USER = _columns(
    User,
    "id",
    "email",
    "password",
    "first_name",
    "last_name",
    "language",
    "time_zone",
    "is_active",
    "is_superuser",
)


def _look_up(user: UUID, session: UUID, epoch: int, now: datetime) -> Statement:
    granting: Any = Session.objects.live(now).granting(user=user, session=session, epoch=epoch)
    columns = granting.order_by().values_list(*_SESSION, *(f"user__{name}" for name in _USER))
    sql, params = columns.query.sql_with_params()
    return sql, params


_LOOK_UP = Prepared(
    _look_up,
    stand_ins=(
        {"user": UUID(int=1), "session": UUID(int=2), "epoch": 101, "now": datetime(1999, 1, 1, tzinfo=UTC)},
        {"user": UUID(int=3), "session": UUID(int=4), "epoch": 102, "now": datetime(1999, 1, 2, tzinfo=UTC)},
    ),
)
