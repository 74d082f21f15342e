from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from apps.users import notices
from apps.users.accounts import deactivate, sign_out_everywhere
from apps.users.models import Session, User
from apps.users.sessions import end_sessions

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class PasswordForm(AdminPasswordChangeForm):
    """Also staff's change of a password ends what was signed in with the old one."""

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's signature
        with transaction.atomic():
            user: User = super().save(commit=commit)
            now = timezone.now()
            sign_out_everywhere(user=user, reason=Session.Reason.PASSWORD_CHANGED, now=now)
            notices.password_changed(user, now=now)
        return user


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]  # unfold's parts disagree with the stubs, which alone are generic
    form = forms.ModelForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    list_display = ["email", "first_name", "last_name", "language", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_active", "is_staff", "groups", "language"]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    actions = ["deactivate", "sign_out"]
    readonly_fields = ["password_link", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ("email", "password_link", "is_active")}),
        ("Profile", {"fields": ("first_name", "last_name", "language", "time_zone")}),
        ("Rights", {"fields": RIGHTS}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    ]
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)  # type: ignore[assignment]  # unfold types its empty default

    @admin.display(description="password")
    def password_link(self, user: User) -> SafeString:
        return format_html('<a href="{}">Set another password</a>', "../password/")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Only superusers hand out rights, so that nobody can raise themselves."""
        return [*self.readonly_fields, *([] if request.user.is_superuser else RIGHTS)]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        if not change:
            super().save_model(request, obj, form, change)
            return
        obj.save(update_fields=set(form.changed_data) - {"groups", "user_permissions"})
        if "is_active" in form.changed_data and not obj.is_active:
            deactivate(user=obj, now=timezone.now())

    @admin.action(description="Deactivate and sign out everywhere", permissions=["change"])
    def deactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        with transaction.atomic():
            for user in self._touchable(request, users):
                deactivate(user=user, now=timezone.now())

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out(self, request: HttpRequest, users: QuerySet[User]) -> None:
        with transaction.atomic():
            for user in self._touchable(request, users):
                sign_out_everywhere(user=user, reason=Session.Reason.ENDED_BY_STAFF, now=timezone.now())

    def _touchable(self, request: HttpRequest, users: QuerySet[User]) -> list[User]:
        return [user for user in users if _may_touch(request, user)]


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return user is None or request.user.is_superuser or not user.is_superuser


@admin.register(Session)
class SessionAdmin(ModelAdmin):
    """To look at, and to end; never to edit."""

    fields = [
        "user",
        "device_name",
        "generation",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
        "revoked_reason",
    ]
    list_display = ["user", "device_name", "created_at", "last_used_at", "revoked_at", "revoked_reason"]
    list_filter = ["revoked_reason", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "device_name"]
    actions = ["end"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("users.change_session")

    @admin.action(description="End the selected sessions", permissions=["end"])
    def end(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        chosen = Session.objects.filter(pk__in=sessions.values("pk"))
        with transaction.atomic():
            end_sessions(chosen, reason=Session.Reason.ENDED_BY_STAFF, now=timezone.now())
