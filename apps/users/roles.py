"""What people may do: four roles, each a group whose permissions this table keeps true. Everybody has one; without a group it is student.

The API asks nobody's role: what is under /me/ is one's own. Roles decide what the admin shows and lets one do; docs/roles.md explains them.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.apps import AppConfig
from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models import F, Q, Value

from apps.users.models import User


class Role(models.TextChoices):
    """In rising order: each may do what those before it may."""

    STUDENT = "student"
    TEACHER = "teacher"
    STAFF = "staff"
    ADMINISTRATOR = "administrator"


def _may(verbs: str, *named: str) -> frozenset[str]:
    """Permissions as `has_perm` knows them: `_may("view", "courses.term")` is courses.view_term."""
    pairs = [name.split(".") for name in named]
    return frozenset(f"{app}.{verb}_{model}" for verb in verbs.split() for app, model in pairs)


_CATALOGUE = ("courses.term", "courses.course", "courses.entry", "courses.exam")
_DECISIONS = ("courses.helddeletions", "notifications.hold")
_RECORDS = (
    "courses.enrolment",
    "notifications.device",
    "notifications.fanout",
    "notifications.notification",
    "notifications.pause",
    "notifications.push",
    "notifications.reminder",
)

_TEACHER = _may("view", *_CATALOGUE) | _may("view add", "notifications.announcement")
_STAFF = (
    _TEACHER
    | _may("change", *_CATALOGUE)
    | _may("view change", *_DECISIONS, "webhooks.source", "webhooks.delivery")
    | _may("add", "webhooks.delivery")
    | _may("change delete", "notifications.announcement")
    | _may("view", *_RECORDS)
    | _may("change", "notifications.fanout")
    | _may("add", "users.invitation")
    | _may("view change", "users.user")
)
_ADMINISTRATOR = (
    _STAFF
    | _may("add delete", "users.user")
    | _may("view change", "users.session")
    | _may("view delete", "users.identity")
    | _may("view", "auth.group", "mail.letter")
)

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.STUDENT: frozenset(),
    Role.TEACHER: _TEACHER,
    Role.STAFF: _STAFF,
    Role.ADMINISTRATOR: _ADMINISTRATOR,
}


def role_of(user: User) -> Role:
    """The highest, should somebody have been put into several groups by hand. Superusers need no group to be administrators."""
    groups = {group.name for group in user.groups.all()}
    held = [role for role in Role if role in groups]
    return Role.ADMINISTRATOR if user.is_superuser else held[-1] if held else Role.STUDENT


def having(role: Role) -> Q:
    """Of users: those with just this role, as role_of tells it."""
    above = [each for each in Role if Role.values.index(each) > Role.values.index(role)]
    if role is Role.ADMINISTRATOR:
        return Q(is_superuser=True) | Q(pk__in=_members([role]))
    higher = Q(is_superuser=True) | Q(pk__in=_members(above))
    return ~higher if role is Role.STUDENT else Q(pk__in=_members([role])) & ~higher


def _members(roles: Collection[Role]) -> Any:
    return User.groups.through.objects.filter(group__name__in=roles).values("user")


def set_role(*, users: Collection[UUID], role: Role) -> None:
    """In place of the one they had; whoever is more than a student may enter the admin. The caller opens the transaction."""
    membership = User.groups.through
    membership.objects.filter(user__in=users, group__name__in=Role.values).delete()
    group, _ = Group.objects.get_or_create(name=role)
    membership.objects.bulk_create([membership(user_id=user, group=group) for user in users])
    enters = F("is_superuser") if role is Role.STUDENT else Value(True)  # noqa: FBT003  # Django's signature
    User.objects.filter(pk__in=users).update(is_staff=enters)


def write_roles(*, app_config: AppConfig, apps: Apps = global_apps, **_: Any) -> None:
    """Receiver of post_migrate, sent for each app after its permissions were made: the app's part of the table is written down.

    What somebody gave or took by hand is undone, so that the table is what holds.
    """
    wanted = {
        (role, codename)
        for role, permissions in PERMISSIONS.items()
        for app, _dot, codename in (name.partition(".") for name in permissions)
        if app == app_config.label
    }
    try:
        apps.get_model("auth", "Group")
    except LookupError:
        return  # migrated to where there are no groups yet
    if not wanted:
        return
    Group.objects.bulk_create([Group(name=role) for role in Role], ignore_conflicts=True)
    groups = dict(Group.objects.filter(name__in=Role.values).values_list("name", "pk"))
    permissions = dict(
        Permission.objects.filter(content_type__app_label=app_config.label).values_list("codename", "pk")
    )
    grants = Group.permissions.through.objects
    held = grants.filter(group__in=groups.values(), permission__in=permissions.values())
    rows = held.values_list("pk", "group__name", "permission__codename")
    grants.filter(pk__in=[pk for pk, role, codename in rows if (role, codename) not in wanted]).delete()
    grants.bulk_create(
        [
            Group.permissions.through(group_id=groups[role], permission_id=permissions[codename])
            for role, codename in wanted
            if codename in permissions
        ],
        ignore_conflicts=True,
    )
