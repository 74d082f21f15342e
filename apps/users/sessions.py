"""The life of a session: opened by a sign-in, carried on by refreshes, ended once. The caller opens the transaction."""

import secrets
from datetime import datetime, timedelta

from django.db.models import F

from apps.mail.outbox import post
from apps.users import account_letters, notices, tokens
from apps.users.models import Session, User
from apps.users.models.session import SessionQuerySet
from apps.users.signals import session_ended

# How long the same refresh token may be sent again because its answer was lost on the way.
GRACE = timedelta(seconds=10)


def open_session(*, user: User, device_name: str, now: datetime) -> tokens.Pair:
    """Whoever has asked for the deletion of the account takes that back by signing in. The caller has locked the user."""
    if user.can_return:
        user.reactivate()
        post([account_letters.taken_back(user, now=now)])
    refresh_id = secrets.token_hex(16)
    session = Session.objects.create(
        user=user,
        device_name=device_name,
        fingerprint=tokens.fingerprint(refresh_id),
        created_at=now,
        last_used_at=now,
        expires_at=now + tokens.REFRESH_LIFETIME,
    )
    return tokens.issue(session, refresh_id=refresh_id)


def refresh(*, token: str, now: datetime) -> tokens.Pair | None:
    """The next pair, or None when the token is not good. It returns rather than raises so that the end of a reused family commits.

    Of parallel refreshes one takes the step, by one UPDATE; the others then find the row a step ahead and, within the grace and as
    long as the successor was not used itself, get the very same answer.
    """
    try:
        claims = tokens.read_refresh(token)
    except tokens.BadToken:
        return None
    successor = tokens.next_refresh_id(claims.id)
    live = Session.objects.live(now).filter(pk=claims.session)
    live.filter(fingerprint=tokens.fingerprint(claims.id)).update(
        generation=F("generation") + 1, fingerprint=tokens.fingerprint(successor), last_used_at=now
    )
    session = live.select_related("user").first()
    if session is None:
        return None
    is_successor_unused = session.fingerprint == tokens.fingerprint(successor)
    if not is_successor_unused or now - session.last_used_at > GRACE:
        if end_sessions(live, reason=Session.Reason.REUSED, now=now):
            notices.session_reused(session, now=now)
        return None
    return tokens.issue(session, refresh_id=successor)


def sign_out(*, token: str, now: datetime) -> None:
    """Ends the session any of its refresh tokens names, also a spent one. A token that names none changes nothing (RFC 7009, 2.2)."""
    try:
        claims = tokens.read_refresh(token)
    except tokens.BadToken:
        return
    end_sessions(Session.objects.filter(pk=claims.session), reason=Session.Reason.SIGNED_OUT, now=now)


def end_sessions(sessions: SessionQuerySet, *, reason: Session.Reason, now: datetime) -> int:
    """Ends those that are not ended yet, each announced once; says how many."""
    ending = list(sessions.filter(revoked_at=None).order_by("pk").select_for_update())
    Session.objects.filter(pk__in=[session.pk for session in ending]).update(
        revoked_at=now, revoked_reason=reason
    )
    for session in ending:
        session.revoked_at = now
        session.revoked_reason = reason
        session_ended.send(sender=Session, session=session)
    return len(ending)
