from typing import Any

from django.contrib import admin
from django.db.models import Count, F
from django.template.defaultfilters import pluralize
from django.utils import timezone
from unfold.decorators import display

from apps.courses.admin.deciding import DecidingAdmin, Decision
from apps.courses.admin.ledger import author, ledger_table
from apps.notifications.holds import approve, reject
from apps.notifications.messages import text
from apps.notifications.models import Hold, Notification, Push
from apps.notifications.net_change import NetChange
from apps.users.models import User

SAMPLES = 10


@admin.register(Hold)
class HoldAdmin(DecidingAdmin):
    list_display = ["line", "state_label", "origin", "held_at", "decided_by", "decided_at"]
    list_filter = ["state", "held_at"]
    list_select_related = ["fan_out__change_set__user", "decided_by"]
    ordering = ["-held_at"]
    fields = ["origin", "held_at", "state_label", "decided_by", "decided_at"]
    readonly_fields = ["origin", "state_label"]
    decided = Hold.Decided

    @admin.display(description="what waits", ordering="phones")
    def line(self, hold: Hold) -> str:
        return _would(hold)

    @display(
        description="state",
        ordering="state",
        label={"waiting": "warning", "approved": "success", "rejected": "danger"},
    )
    def state_label(self, hold: Hold) -> str:
        return hold.state

    @admin.display(description="made by")
    def origin(self, hold: Hold) -> str:
        return author(hold.fan_out.change_set)

    def decision(self, hold: Hold) -> Decision:
        pushes = Push.objects.filter(notification__change_set=hold.fan_out_id)
        waiting = hold.state == Hold.State.WAITING
        return Decision(
            headline=f"{_would(hold)}." if waiting else f"{_phones(hold)}: {hold.state}.",
            details=_waits(pushes) if waiting else _became(pushes),
            approving="Approve: let them ring",
            rejecting="Reject: ring nobody",
            open=waiting,
        )

    def decide(self, hold: Hold, *, approved: bool, user: User) -> str:
        if approved:
            approve(revision=hold.fan_out_id, user=user, now=timezone.now())
            return "The phones are rung now."
        reject(revision=hold.fan_out_id, user=user)
        return "Nobody is rung."

    def tables(self, hold: Hold) -> dict[str, Any]:
        return {
            "told": _told(hold.fan_out_id),
            "ledger": lambda: ledger_table("change_set", hold.fan_out_id),
        }


def _would(hold: Hold) -> str:
    return f"This would ring {_phones(hold)}"


def _phones(hold: Hold) -> str:
    return f"{hold.phones:,} phone{pluralize(hold.phones)}"


def _waits(pushes: Any) -> list[str]:
    held = pushes.filter(status=Push.Status.HELD)
    people = held.aggregate(people=Count("notification__user", distinct=True))["people"]
    late = held.filter(expires_at__lte=timezone.now()).count()
    return [
        f"They belong to {people:,} {pluralize(people, 'person,people')}. The catalogue already has the change, and it stands in their inboxes.",
        *([f"For {late:,} of them it is too late by now; they will not ring."] if late else []),
        "Each is looked at once more before it rings: what has been undone since, or concerns somebody no longer, does not ring.",
    ]


def _became(pushes: Any) -> list[str]:
    counts = pushes.values_list("status").annotate(count=Count("pk")).order_by("-count")
    return [", ".join(f"{status} {count:,}" for status, count in counts)]


def _told(revision: int) -> dict[str, Any]:
    """What the phones would show, a row for each course and kind of news, those with most phones first."""
    messages = Notification.objects.filter(change_set=revision)
    counts = (
        messages.values("course", "kind")
        .annotate(phones=Count("pushes"))
        .order_by("-phones", F("course").asc(nulls_last=True))[:SAMPLES]
    )
    sampled = messages.filter(course__in=[row["course"] for row in counts]) | messages.filter(course=None)
    samples = {
        (each.course_id, each.kind): each
        for each in sampled.order_by("course", "kind", "id").distinct("course", "kind")
    }
    rows = [
        [f"{row['phones']:,}", *_shown(samples[row["course"], row["kind"]])]
        for row in counts
        if (row["course"], row["kind"]) in samples
    ]
    return {"title": "What they would read", "headers": ["Phones", "Title", "For example"], "rows": rows}


def _shown(notification: Notification) -> tuple[str, str]:
    changes = [NetChange.from_json(stored) for stored in notification.changes]
    shown = text(changes, notification.params, language="en", today=notification.created_at.date())
    return shown.title, shown.body
