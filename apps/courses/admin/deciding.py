"""Pages on which staff decide about what waits for them: what it would do, and one button for yes and one for no."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect

from apps.core.admin import ReadOnlyAdmin
from apps.users.models import User


@dataclass(frozen=True, slots=True)
class Decision:
    """What the page says: `headline` in one line, then what either answer means. Without `open` there is nothing to decide any more."""

    headline: str
    details: list[str]
    approving: str
    rejecting: str
    open: bool


class DecidingAdmin(ReadOnlyAdmin):
    """To look at, and to decide. Whoever may change the model may decide; its rows are never edited."""

    change_form_outer_before_template = "courses/admin/decision.html"  # type: ignore[assignment]  # unfold types its empty default
    change_form_outer_after_template = "courses/admin/ledger.html"  # type: ignore[assignment]  # unfold types its empty default
    # What `decide` raises when somebody was faster.
    decided: ClassVar[type[Exception]]

    def decision(self, obj: Any) -> Decision:
        raise NotImplementedError

    def decide(self, obj: Any, *, approved: bool, user: User) -> str:
        """Inside a transaction. Returns what to say of it."""
        raise NotImplementedError

    def tables(self, obj: Any) -> dict[str, Any]:
        """What the page shows below, by the names its templates use."""
        return {}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) or self.has_decide_permission(request)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        obj = self.get_object(request, str(object_id))
        if obj is not None and self.has_view_permission(request, obj):
            if request.method == "POST" and (verdict := request.POST.get("verdict")) in ("approve", "reject"):
                return self._decide(request, obj, approved=verdict == "approve")
            extra_context = {
                **(extra_context or {}),
                **self.tables(obj),
                "decision": self.decision(obj),
                "may_decide": self.has_decide_permission(request),
            }
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _decide(self, request: HttpRequest, obj: Any, *, approved: bool) -> HttpResponseRedirect:
        if not self.has_decide_permission(request):
            raise PermissionDenied
        assert isinstance(request.user, User), "the admin lets nobody else in"
        try:
            with transaction.atomic():
                said = self.decide(obj, approved=approved, user=request.user)
                self.log_change(request, obj, "Approved." if approved else "Rejected.")
        except self.decided:
            self.message_user(request, "This had already been decided.", messages.WARNING)
        else:
            self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())
