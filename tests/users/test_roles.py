"""The roles as groups: the table in the code is what holds, and staff see and give them in the admin."""

from itertools import pairwise
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from apps.users.models import User
from apps.users.roles import PERMISSIONS, Role, having, role_of, set_role, write_roles
from tests.users.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def granted(role: Role) -> set[str]:
    rows = Permission.objects.filter(group__name=role).values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def someone(role: Role, name: str = "bob") -> User:
    user = User.objects.create_user(f"{name}@example.org", PASSWORD)
    set_role(users=[user.pk], role=role)
    return User.objects.get(pk=user.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User) -> str:
    return reverse("admin:users_user_change", args=[user.pk])


def change(client: Client, user: User, **changes: str) -> Any:
    form = client.get(page(user)).context["adminform"].form
    values = {name: form.initial.get(name) for name in form.fields} | changes
    return client.post(page(user), {name: value for name, value in values.items() if value})


@pytest.mark.parametrize("role", Role)
def test_every_role_is_a_group_with_the_permissions_of_the_table(role: Role) -> None:
    assert granted(role) == PERMISSIONS[role]


def test_what_was_given_or_taken_by_hand_is_undone_by_the_next_migrate() -> None:
    staff = Group.objects.get(name="staff")
    taken = Permission.objects.get(codename="change_course")
    staff.permissions.remove(taken)
    staff.permissions.add(Permission.objects.get(codename="add_course"))

    for app_config in apps.get_app_configs():
        write_roles(app_config=app_config)

    assert granted(Role.STAFF) == PERMISSIONS[Role.STAFF]


def test_each_role_may_do_what_those_below_it_may() -> None:
    ladder = [PERMISSIONS[role] for role in Role]

    assert all(low < high for low, high in pairwise(ladder))


@pytest.mark.parametrize("role", Role)
def test_who_has_a_role_has_just_that_one_and_enters_the_admin_if_more_than_a_student(role: Role) -> None:
    user = someone(Role.STAFF)
    set_role(users=[user.pk], role=role)
    user = User.objects.get(pk=user.pk)

    assert role_of(user) is role
    assert user.is_staff == (role is not Role.STUDENT)
    assert user.get_all_permissions() == PERMISSIONS[role]
    assert [each for each in Role if User.objects.filter(having(each), pk=user.pk).exists()] == [role]


def test_without_a_group_one_is_a_student_and_superusers_are_administrators() -> None:
    new = User.objects.create_user("new@example.org")
    boss = User.objects.create_superuser("boss@example.org")
    set_role(users=[boss.pk], role=Role.STUDENT)
    boss.refresh_from_db()

    assert (role_of(new), role_of(boss), boss.is_staff) == (Role.STUDENT, Role.ADMINISTRATOR, True)
    assert list(User.objects.filter(having(Role.STUDENT))) == [new]
    assert list(User.objects.filter(having(Role.ADMINISTRATOR))) == [boss]


def test_an_administrator_gives_a_role_and_takes_it_back(alice: User) -> None:
    admin = signed_in(someone(Role.ADMINISTRATOR))

    assert change(admin, alice, role="teacher").status_code == 302
    assert role_of(User.objects.get(pk=alice.pk)) is Role.TEACHER
    assert (
        "Teacher" in admin.get(reverse("admin:users_user_changelist"), {"role": "teacher"}).content.decode()
    )

    assert change(admin, alice, role="student").status_code == 302
    alice = User.objects.get(pk=alice.pk)
    assert (role_of(alice), alice.is_staff) == (Role.STUDENT, False)
    assert change(admin, alice, role="rector").status_code == 200


def test_nobody_changes_their_own_role_and_only_superusers_what_goes_beyond_roles(alice: User) -> None:
    bob = someone(Role.ADMINISTRATOR)
    admin = signed_in(bob)

    change(admin, bob, role="student", is_superuser="on")
    change(admin, alice, role="staff", is_superuser="on", is_staff="on")

    bob, alice = User.objects.get(pk=bob.pk), User.objects.get(pk=alice.pk)
    assert (role_of(bob), bob.is_superuser, alice.is_superuser) == (Role.ADMINISTRATOR, False, False)


def test_who_may_edit_users_without_being_an_administrator_reaches_nobody_with_more_rights(
    alice: User,
) -> None:
    clerk = User.objects.create_user("clerk@example.org", PASSWORD, is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="users"))
    client = signed_in(clerk)
    above = someone(Role.ADMINISTRATOR)

    change(client, alice, role="administrator")
    assert role_of(User.objects.get(pk=alice.pk)) is Role.STUDENT
    assert client.post(page(above), {"email": "mine@example.org"}).status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[above.pk])).status_code == 403
    form = {"action": "deactivate", "_selected_action": [str(above.pk), str(alice.pk)]}
    client.post(reverse("admin:users_user_changelist"), form)
    assert list(User.objects.filter(is_active=False)) == [alice]


def test_staff_read_what_a_role_may_and_cannot_change_it() -> None:
    admin = signed_in(someone(Role.ADMINISTRATOR))
    staff = Group.objects.get(name="staff")

    listed = admin.get(reverse("admin:auth_group_changelist")).content.decode()
    shown = admin.get(reverse("admin:auth_group_change", args=[staff.pk])).content.decode()

    assert all(str(role.label) in listed for role in Role)
    assert "entries, exams" in shown
    assert admin.post(reverse("admin:auth_group_change", args=[staff.pk]), {"name": "x"}).status_code == 403
    assert admin.get(reverse("admin:auth_group_add")).status_code == 403
