"""The end of an account: asked for by its owner, taken back by signing in, carried out after a time of grace."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from apps.core.errors import Problem
from apps.mail import outbox
from apps.users import account_letters, throttling
from apps.users.accounts import sign_out_everywhere
from apps.users.models import Registration, Session, User
from apps.users.signals import deletion_requested

log = structlog.get_logger(__name__)

GRACE = timedelta(days=14)
# Who has just signed in has just shown who they are.
FRESH = timedelta(minutes=5)
BATCH = 20


class SignInAgain(Problem):
    status = 403
    slug = "sign_in_again"
    title = "This needs proof of who you are."


def show_who_you_are(*, session: Session, password: str | None, now: datetime) -> None:
    """By the password, or by a sign-in of the last minutes; a refresh is none. Not to be called in a transaction: wrong tries count as wrong
    sign-ins. Raises SignInAgain, ValidationError for a wrong password, or Throttled.
    """
    if password is None:
        if now - session.created_at > FRESH:
            raise SignInAgain("Give your password, or sign in anew and ask again within five minutes.")
        return
    with throttling.counted(throttling.WRONG_SIGN_INS, subject=session.user.email, now=now):
        if not session.user.check_password(password):
            raise ValidationError({"password": [_("This is not your password.")]}, code="wrong_password")


def request_deletion(*, user: User, now: datetime) -> datetime:
    """When it will be carried out. Asked for again it stays as it was. The caller opens the transaction."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.deletion_requested_at:
        return user.deletion_requested_at + GRACE
    user.can_return, user.is_active, user.deletion_requested_at = user.is_active, False, now
    user.save(update_fields=["can_return", "is_active", "deletion_requested_at"])
    sign_out_everywhere(user=user, reason=Session.Reason.DELETION_REQUESTED, now=now)
    outbox.withdraw(user=user.pk)
    outbox.post([account_letters.asked(user, purge_at=now + GRACE, now=now)])
    deletion_requested.send(sender=User, user=user)
    return now + GRACE


@transaction.atomic
def purge() -> int:
    """A job of the schedule lane: at most one batch of the accounts whose time of grace is over; how many went. What staff did stays,
    without their name.
    """
    leaving = User.objects.filter(deletion_requested_at__lte=timezone.now() - GRACE)
    users = list(
        leaving.order_by("deletion_requested_at")
        .select_for_update(skip_locked=True)
        .only("pk", "email")[:BATCH]
    )
    if not users:
        return 0
    erase(users)
    # They name the person in a cookie's signature only, and no session of the admin lasts as long as the grace.
    SessionStore.clear_expired()
    return len(users)


def erase(users: Sequence[User]) -> None:
    """At once, with every trace. The caller opens the transaction."""
    ids = [user.pk for user in users]
    # Staff's log quotes whom they edited, by the address.
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id__in=map(str, ids)
    ).update(object_id=None, object_repr="a deleted user", change_message="")
    if (work := LogEntry.objects.filter(user__in=ids)).exists():
        work.update(user=User.objects.nobody())
    addresses = [user.email for user in users]
    outbox.forget(addresses=addresses)
    Registration.objects.filter(email__in=addresses).delete()
    User.objects.filter(pk__in=ids).delete()
    log.info("accounts_deleted", number=len(ids))
