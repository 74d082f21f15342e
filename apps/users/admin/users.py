from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from apps.users.accounts import deactivate, sign_out_everywhere
from apps.users.admin.identities import IdentityInline
from apps.users.admin.passwords import PasswordForm
from apps.users.deletion import erase
from apps.users.models import Session, User
from apps.users.models.user import NOBODY
from apps.users.notices import email_changed
from apps.users.roles import Role, having, role_of, set_role
from apps.users.second_factor import remove

BEYOND_A_ROLE = ("is_superuser", "user_permissions")


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    role = forms.ChoiceField(
        choices=Role.choices,
        widget=UnfoldAdminSelectWidget,
        help_text="What each role may do stands under Roles. Whoever is more than a student may enter the admin.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["role"] = role_of(self.instance)


class RoleFilter(admin.SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(role.value, str(role.label)) for role in Role]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        chosen = self.value()
        return queryset.filter(having(Role(chosen))) if chosen in Role.values else queryset


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]  # unfold's parts disagree with the stubs, which alone are generic
    form = forms.ModelForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    list_display = ["email", "first_name", "last_name", "role_label", "language", "is_active", "date_joined"]
    list_filter = [RoleFilter, "is_active", "language"]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    actions = ["deactivate", "reactivate", "sign_out", "reset_second_factor"]
    inlines = [IdentityInline]
    readonly_fields = ["password_link", "role_label", "last_login", "date_joined"]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj is not None and obj.identities.exists() else []

    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)  # type: ignore[assignment]  # unfold types its empty default

    @admin.display(description="password")
    def password_link(self, user: User) -> SafeString:
        return format_html('<a href="{}">Set another password</a>', "../password/")

    @display(
        description="role",
        label={Role.TEACHER: "info", Role.STAFF: "warning", Role.ADMINISTRATOR: "danger"},
    )
    def role_label(self, user: User) -> tuple[Role, str]:
        role = role_of(user)
        return role, str(role.label)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request).prefetch_related("groups")
        return users.exclude(email=NOBODY)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        beyond = BEYOND_A_ROLE if request.user.is_superuser else ()
        return [
            (None, {"fields": ("email", "password_link", "is_active")}),
            ("Profile", {"fields": ("first_name", "last_name", "language", "time_zone")}),
            ("Role", {"fields": ("role" if _may_assign(request, obj) else "role_label", *beyond)}),
            ("Dates", {"fields": ("last_login", "date_joined")}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        if obj is not None and _may_assign(request, obj):
            kwargs["form"] = RoleForm
        return super().get_form(request, obj, change=change, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """What belongs to an account goes with it, so it takes the right to delete accounts and no other."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, lacking & {User._meta.verbose_name}, protected  # noqa: SLF001  # Django's documented API

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        with transaction.atomic():
            erase([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        with transaction.atomic():
            erase(list(queryset))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        if not change:
            super().save_model(request, obj, form, change)
            return
        # Whether somebody may sign in is written below, together with what hangs on it.
        obj.save(update_fields=set(form.changed_data) - {"role", "user_permissions", "is_active"})
        if "email" in form.changed_data:
            email_changed(obj, before=form.initial["email"], now=timezone.now())
        if "role" in form.cleaned_data and {"role", "is_superuser"} & set(form.changed_data):
            set_role(users=[obj.pk], role=Role(form.cleaned_data["role"]))
        if "is_active" in form.changed_data:
            if obj.is_active:
                obj.reactivate()
            else:
                deactivate(user=obj, now=timezone.now())

    @admin.action(description="Deactivate and sign out everywhere", permissions=["change"])
    def deactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        with transaction.atomic():
            for user in self._touchable(request, users):
                deactivate(user=user, now=timezone.now())

    @admin.action(description="Let sign in again", permissions=["change"])
    def reactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Also takes back what somebody has asked for who wanted the account deleted."""
        with transaction.atomic():
            for user in self._touchable(request, users.filter(is_active=False)):
                user.reactivate()

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out(self, request: HttpRequest, users: QuerySet[User]) -> None:
        with transaction.atomic():
            for user in self._touchable(request, users):
                sign_out_everywhere(user=user, reason=Session.Reason.ENDED_BY_STAFF, now=timezone.now())

    @admin.action(description="Reset the second factor", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """For whoever has lost phone and recovery codes. One's own needs a code."""
        with transaction.atomic():
            for user in self._touchable(request, users.exclude(pk=asking(request).pk)):
                remove(user=user, now=timezone.now())

    def _touchable(self, request: HttpRequest, users: QuerySet[User]) -> list[User]:
        return list(users.filter(_within_reach(request)))


def _within_reach(request: HttpRequest) -> Q:
    """Of users: whom the one who asks may change. Setting the password of somebody with more rights would be a way to have them."""
    if request.user.is_superuser:
        return Q()
    if role_of(asking(request)) is Role.ADMINISTRATOR:
        return Q(is_superuser=False)
    return Q(is_staff=False, is_superuser=False) | Q(pk=request.user.pk)


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return user is None or User.objects.filter(_within_reach(request), pk=user.pk).exists()


def _may_assign(request: HttpRequest, user: User) -> bool:
    """Administrators give roles, to others: nobody can raise themselves, and the last one cannot step down by mistake."""
    asks = asking(request)
    return user != asks and role_of(asks) is Role.ADMINISTRATOR and _may_touch(request, user)


def asking(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "the admin lets nobody else in"
    return request.user
