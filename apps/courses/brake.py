"""The brake before deletions: a snapshot that would hide too many courses of its term at once waits for staff.

Until they approve, its floor is no floor, for anything. It is judged when its last page comes, against what readers see of the term then.
A newer complete snapshot of the term, held or not, makes one that waits moot. The caller opens the transaction.
"""

from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.core.arrays import written
from apps.courses.course_writes import rewrite_courses
from apps.courses.ledger import Origin, Outcome, begin
from apps.courses.models import Course, HeldDeletions, Snapshot
from apps.courses.signals import held_deletions_changed
from apps.courses.snapshots import Floor, flipped_by_floor
from apps.users.models import User

State = HeldDeletions.State
log = structlog.get_logger(__name__)


def judge(*, term: UUID, origin: Origin) -> HeldDeletions | None:
    """After the snapshots of a term have changed: hold the newest that would hide too many. What waits because of this delivery, if anything.

    When one is held the one before it counts again, which may now have to hide what it never has.
    """
    complete = Snapshot.objects.complete(written([term]))
    while (snapshot := complete.in_effect().first()) and not HeldDeletions.objects.filter(snapshot=snapshot):
        hides, of = would_hide(snapshot).count(), Course.objects.visible().filter(term=term).count()
        if hides * 100 <= settings.DELETION_LIMIT * of:
            break
        HeldDeletions.objects.create(
            snapshot=snapshot,
            delivery=origin.delivery,
            silenced=origin.silenced,
            would_hide=hides,
            of_courses=of,
        )
        log.warning("deletions.held", snapshot=str(snapshot), would_hide=hides, of=of)
    _supersede(complete)
    return HeldDeletions.objects.waiting().filter(delivery=origin.delivery, snapshot__term=term).first()


def would_hide(snapshot: Snapshot) -> QuerySet[Course]:
    """What readers see now of the term and would no longer, were this snapshot's floor in effect."""
    floor = Floor.of(snapshot)
    in_term = Course.objects.visible().filter(term=snapshot.term_id)
    return in_term.filter(floor.below()) if floor else in_term.none()


def approve_deletions(*, snapshot: int, user: User) -> Outcome:
    """Let the snapshot's floor take effect, hiding what it hides by now. Raises HeldDeletions.Decided."""
    held = HeldDeletions.objects.select_related("snapshot").get(pk=snapshot)
    origin = Origin(
        source=held.snapshot.source, delivery=held.delivery, user_id=user.pk, silenced=held.silenced
    )
    writer = begin(origin)
    _decide(held, State.APPROVED, user)
    rewrite_courses(list(flipped_by_floor(held.snapshot.term_id)), writer)
    outcome = writer.finish()
    HeldDeletions.objects.filter(pk=held.pk).update(revision=outcome.revision)
    return outcome


def reject_deletions(*, snapshot: int, user: User) -> None:
    """The floor of this snapshot will never take effect; its documents stay applied. Raises HeldDeletions.Decided."""
    _decide(HeldDeletions.objects.get(pk=snapshot), State.REJECTED, user)


def _decide(held: HeldDeletions, state: HeldDeletions.State, user: User) -> None:
    """The row's own state decides between two who decide at once: the second waits for the first, and finds nothing waiting."""
    waiting = HeldDeletions.objects.waiting().filter(pk=held.pk)
    if not waiting.update(state=state, decided_by=user, decided_at=Now()):
        raise HeldDeletions.Decided
    log.info("deletions.decided", snapshot=str(held.snapshot), state=state, user=str(user.pk))
    _announce(held, state)


def _supersede(complete: "QuerySet[Snapshot]") -> None:
    """Only the newest complete snapshot of a term can wait; one that is the newest again, because a newer one turned out to lack pages, waits again."""
    newest = complete.first()
    ours = HeldDeletions.objects.filter(snapshot__in=complete)
    for held in ours.waiting().exclude(snapshot=newest):
        _move(held, State.SUPERSEDED)
    for held in ours.filter(state=State.SUPERSEDED, snapshot=newest):
        _move(held, State.WAITING)


def _move(held: HeldDeletions, state: HeldDeletions.State) -> None:
    """Nothing when staff have just decided."""
    if HeldDeletions.objects.filter(pk=held.pk, state=held.state).update(state=state):
        _announce(held, state)


def _announce(held: HeldDeletions, state: HeldDeletions.State) -> None:
    held.state = state
    held_deletions_changed.send(sender=HeldDeletions, held=held)
