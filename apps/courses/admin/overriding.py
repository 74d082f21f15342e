"""What the admin pages of terms, courses, entries and exams share: they edit by override, and show the ledger."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from apps.courses.admin.ledger import ledger_table
from apps.courses.layers import Invalid
from apps.courses.models import Course, Override, Term
from apps.courses.staff_edits import NothingToEdit, clear_override, set_override
from apps.users.models import User


class OverriddenFilter(admin.SimpleListFilter):
    title = "staff edits"
    parameter_name = "overridden"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "With an override"), ("0", "As the source says")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(overridden=self.value() == "1") if self.value() in ("0", "1") else queryset


class OverridingAdmin(ModelAdmin):
    list_per_page = 50
    show_full_result_count = False
    actions_submit_line = ("drop_override",)  # type: ignore[assignment]  # unfold types its empty default
    change_form_outer_after_template = "courses/admin/ledger.html"  # type: ignore[assignment]  # unfold types its empty default
    ledger_of: ClassVar[str] = "object_id"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        overrides = Override.objects.filter(object_id=OuterRef("pk"))
        queryset: QuerySet[Any] = super().get_queryset(request).annotate(overridden=Exists(overrides))
        return queryset

    @display(description="staff edits", ordering="overridden", label={"overridden": "info"})
    def overridden(self, obj: Any) -> str | None:
        return "overridden" if obj.overridden else None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (obj is None or _is_served(obj))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        if form.changed_data:
            with transaction.atomic():
                set_override(
                    object_id=obj.pk,
                    fields=form.changes,
                    author=_author(request),
                    expires_at=form.cleaned_data["expires_at"],
                )

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_change(request, obj, message) if message else None

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method == "POST" and self._drop_button in request.POST:
            return self._drop(request, object_id)
        context = {
            **(extra_context or {}),
            "ledger": lambda: ledger_table(self.ledger_of, object_id),
            "show_save_and_add_another": False,
        }
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except (Invalid, NothingToEdit) as error:
            # A delivery came between the check of the form and the write.
            self.message_user(request, f"The source has just changed this. {error}", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    @action(description="Drop the override")  # type: ignore[operator]  # unfold mistypes its decorator
    def drop_override(self, request: HttpRequest, obj: Any) -> None:
        """Only the button: pressing it is handled before the form is, since what stands in the form does not matter."""

    @property
    def _drop_button(self) -> str:
        name: str = self.get_unfold_action("drop_override").action_name
        return name

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> Any:
        obj = self.get_object(request, str(object_id))
        if obj is None or not obj.overridden or not self.has_change_permission(request, obj):
            return []
        return super().get_actions_submit_line(request, object_id)

    def _drop(self, request: HttpRequest, object_id: str | None) -> HttpResponse:
        obj = self.get_object(request, str(object_id))
        if obj is None or not self.has_change_permission(request, obj):
            raise PermissionDenied
        with transaction.atomic():
            outcome = clear_override(object_id=UUID(str(obj.pk)), author=_author(request))
            if outcome.revision:
                self.log_change(request, obj, "Dropped the override.")
        self.message_user(request, "What the source says is served again.", messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())


def _author(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "the admin lets nobody else in"
    return request.user


def _is_served(obj: Any) -> bool:
    """Only what readers see can be edited: a stub has no values yet, a deleted course none any more."""
    owner = getattr(obj, "course", obj)
    return owner.guard is not None if isinstance(owner, Term) else isinstance(owner, Course) and owner.visible
