from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from apps.courses.admin.deciding import DecidingAdmin, Decision
from apps.courses.admin.ledger import ledger_table
from apps.courses.brake import approve_deletions, reject_deletions, would_hide
from apps.courses.models import Course, Enrolment, HeldDeletions
from apps.users.models import User

SHOWN = 500


@admin.register(HeldDeletions)
class HeldDeletionsAdmin(DecidingAdmin):
    list_display = ["line", "state_label", "source", "held_at", "decided_by", "decided_at"]
    list_filter = ["state", "snapshot__term", "held_at"]
    list_select_related = ["snapshot__term", "decided_by"]
    ordering = ["-held_at"]
    fields = ["snapshot", "delivery", "silenced", "held_at", "state_label", "decided_by", "decided_at"]
    readonly_fields = ["state_label"]
    decided = HeldDeletions.Decided

    @admin.display(description="what waits", ordering="would_hide")
    def line(self, held: HeldDeletions) -> str:
        return f"This would hide {held}"

    @display(
        description="state",
        ordering="state",
        label={"waiting": "warning", "approved": "success", "rejected": "danger", "superseded": "info"},
    )
    def state_label(self, held: HeldDeletions) -> str:
        return held.state

    @admin.display(ordering="snapshot__source")
    def source(self, held: HeldDeletions) -> str:
        return held.snapshot.source

    def decision(self, held: HeldDeletions) -> Decision:
        return Decision(
            headline=_headline(held),
            details=_details(held),
            approving="Approve: hide them",
            rejecting="Reject: keep them all",
            open=held.waits,
        )

    def decide(self, held: HeldDeletions, *, approved: bool, user: User) -> str:
        if not approved:
            reject_deletions(snapshot=held.pk, user=user)
            return "Every course stays. This snapshot will never hide any."
        outcome = approve_deletions(snapshot=held.pk, user=user)
        return f"Courses hidden: {outcome.counts.get('changed', 0):,}."

    def tables(self, held: HeldDeletions) -> dict[str, Any]:
        return {
            "told": _leaving(would_hide(held.snapshot)) if held.waits else None,
            "ledger": lambda: ledger_table("change_set", held.revision) if held.revision else None,
        }


def _headline(held: HeldDeletions) -> str:
    return f"This would hide {_by_now(held)}." if held.waits else f"{held}: {held.state}."


def _by_now(held: HeldDeletions) -> str:
    term = held.snapshot.term
    of = Course.objects.visible().filter(term=term).count()
    return f"{would_hide(held.snapshot).count():,} of {of:,} courses of {term}"


def _details(held: HeldDeletions) -> list[str]:
    if held.state == HeldDeletions.State.SUPERSEDED:
        return ["A newer snapshot of the term is complete, so there is nothing to decide any more."]
    if not held.waits:
        return []
    enrolled = Enrolment.objects.filter(course__in=would_hide(held.snapshot))
    followers = enrolled.values("user").distinct().count()
    told = "nobody is told, since the delivery is silenced" if held.silenced else "they are told of it"
    return [
        f"The snapshot {held.snapshot.snapshot_id} of {held.snapshot.source} does not list them.",
        *([f"When it came, these were {held}."] if str(held) != _by_now(held) else []),
        f"Followed by {followers:,}; {told}.",
        "What it says of other courses is applied already. Nothing is hidden unless you say so.",
    ]


def _leaving(courses: QuerySet[Course]) -> dict[str, Any]:
    counted = courses.annotate(followers=Count("enrolments__user", distinct=True)).order_by("code", "id")
    rows = [
        [
            course.code,
            format_html(
                '<a href="{}">{}</a>', reverse("admin:courses_course_change", args=[course.pk]), course.title
            ),
            ", ".join(course.teachers),
            f"{course.followers:,}",
        ]
        for course in counted[:SHOWN]
    ]
    return {
        "title": f"The courses, the first {SHOWN}" if len(rows) == SHOWN else "The courses",
        "headers": ["Code", "Title", "Teachers", "Followers"],
        "rows": rows,
    }
