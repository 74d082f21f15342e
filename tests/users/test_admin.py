from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.mail.models import Letter
from apps.users.accounts import sign_out_everywhere
from apps.users.deletion import request_deletion
from apps.users.models import Session, User
from apps.users.roles import Role, set_role
from tests.users.conftest import PASSWORD, Phone
from tests.users.letters import letters, newest

USERS = "admin:users_user_changelist"


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss@example.org", PASSWORD)


@pytest.fixture
def clerk(db: None) -> User:
    """Staff who may manage users, and no more."""
    clerk = User.objects.create_user("clerk@example.org", PASSWORD, is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="users"))
    return clerk


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(client: Client, user: User, **changes: str) -> int:
    url = reverse("admin:users_user_change", args=[user.pk])
    form = client.get(url).context["adminform"].form
    values = {name: form.initial.get(name) for name in form.fields} | changes
    kept = {name: value for name, value in values.items() if value not in (None, False, "")}
    answer = client.post(url, kept)
    if answer.status_code == 200:
        assert not answer.context["adminform"].form.errors, answer.context["adminform"].form.errors
    return answer.status_code


def test_another_address_given_by_staff_is_told_to_the_one_that_was(alice: User, boss: User) -> None:
    assert change(signed_in(boss), alice, first_name="Alisa") == 302
    assert not letters("alice@example.org")

    assert change(signed_in(boss), alice, email="alisa@example.org") == 302

    (letter,) = letters("alice@example.org")
    assert letter.subject == "Your account has another e-mail address"
    assert "tell the faculty's staff at once" in letter.text
    assert not letters("alisa@example.org")


def test_users_are_found_and_shown_without_their_password_hash(alice: User, bob: User, boss: User) -> None:
    staff = signed_in(boss)

    found = staff.get(reverse(USERS), {"q": "alice"}).content.decode()
    page = staff.get(reverse("admin:users_user_change", args=[alice.pk])).content.decode()

    assert "alice@example.org" in found
    assert "bob@example.org" not in found
    assert "Set another password" in page
    assert alice.password not in page
    assert alice.password.split("$")[-1][:6] not in page


def test_a_user_is_added_with_the_address_in_lower_case(boss: User) -> None:
    staff = signed_in(boss)
    form = {
        "email": "Charlie@Example.org",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }

    assert staff.post(reverse("admin:users_user_add"), form).status_code == 302
    Phone().sign_in(User.objects.get(email="charlie@example.org"))

    again = staff.post(reverse("admin:users_user_add"), form)
    assert "email" in again.context["adminform"].form.errors


@pytest.mark.parametrize("email", ["charlie@[127.0.0.1]", '"charlie"@example.org', "charlie"])
def test_nobody_is_added_who_cannot_be_written_to(boss: User, email: str) -> None:
    form = {"email": email, "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}

    answer = signed_in(boss).post(reverse("admin:users_user_add"), form)

    assert answer.context["adminform"].form.errors["email"] == ["Enter a valid email address."]


def test_taking_away_the_right_to_sign_in_ends_the_sessions(phone: Phone, alice: User, boss: User) -> None:
    tokens = phone.sign_in(alice)

    assert change(signed_in(boss), alice, is_active="") == 302

    assert phone.me(tokens["access"]).status_code == 401
    assert Session.objects.get().revoked_reason == "deactivated"


def test_other_edits_leave_the_sessions(phone: Phone, alice: User, boss: User) -> None:
    tokens = phone.sign_in(alice)

    assert change(signed_in(boss), alice, first_name="Alicia") == 302

    assert phone.me(tokens["access"]).json()["first_name"] == "Alicia"


def test_a_password_set_by_staff_ends_the_sessions(phone: Phone, alice: User, boss: User) -> None:
    tokens = phone.sign_in(alice)
    url = reverse("admin:auth_user_password_change", args=[alice.pk])
    form = {
        "usable_password": "true",
        "set-password": "",
        "password1": "new and long",
        "password2": "new and long",
    }

    assert signed_in(boss).post(url, form).status_code == 302

    assert phone.me(tokens["access"]).status_code == 401
    assert phone.refresh(tokens["refresh"]).status_code == 401
    assert Session.objects.get().revoked_reason == "password_changed"


def test_staff_who_change_their_own_password_stay_in_this_browser_alone(phone: Phone, boss: User) -> None:
    tokens, here, elsewhere = phone.sign_in(boss), signed_in(boss), signed_in(boss)
    form = {"old_password": PASSWORD, "new_password1": "new and long", "new_password2": "new and long"}

    assert here.post("/admin/password_change/", form).status_code == 302

    assert phone.me(tokens["access"]).status_code == 401
    assert phone.refresh(tokens["refresh"]).status_code == 401
    assert elsewhere.get("/admin/").status_code == 302
    assert here.get("/admin/password_change/done/").status_code == 200
    assert newest(boss.email).subject == "Your password was changed"


def test_wrong_old_passwords_are_counted_with_wrong_sign_ins(boss: User, phone: Phone) -> None:
    here = signed_in(boss)

    def change_own(old: str) -> Any:
        form = {"old_password": old, "new_password1": "new and long", "new_password2": "new and long"}
        return here.post("/admin/password_change/", form)

    assert [change_own("wrong").status_code for _ in range(5)] == [200] * 5
    refused = change_own(PASSWORD)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert "Too many wrong tries" in refused.content.decode()
    assert phone.post("/api/v1/auth/token/", {"email": boss.email, "password": PASSWORD}).status_code == 429
    assert User.objects.get(pk=boss.pk).check_password(PASSWORD)


def test_a_right_old_password_is_no_try(boss: User) -> None:
    here = signed_in(boss)
    for _ in range(6):
        form = {"old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD}
        assert here.post("/admin/password_change/", form).status_code == 302


@pytest.mark.parametrize(
    ("action", "reason"), [("deactivate", "deactivated"), ("sign_out", "ended_by_staff")]
)
def test_actions_end_the_sessions_of_the_selected(
    phone: Phone, alice: User, bob: User, boss: User, action: str, reason: str
) -> None:
    of_alice, of_bob = phone.sign_in(alice), phone.sign_in(bob)

    signed_in(boss).post(reverse(USERS), {"action": action, "_selected_action": [str(alice.pk)]})

    assert phone.me(of_alice["access"]).status_code == 401
    assert phone.me(of_bob["access"]).status_code == 200
    assert Session.objects.get(user=alice).revoked_reason == reason


def test_signing_out_everywhere_ends_visits_to_the_admin(boss: User) -> None:
    visit = signed_in(boss)
    assert visit.get("/admin/").status_code == 200

    sign_out_everywhere(user=boss, reason=Session.Reason.ENDED_BY_STAFF, now=timezone.now())

    assert visit.get("/admin/").status_code == 302


def test_a_visit_to_the_admin_does_not_come_back_with_the_account(phone: Phone, boss: User) -> None:
    visit = signed_in(boss)
    request_deletion(user=boss, now=timezone.now())

    phone.sign_in(boss)

    assert visit.get("/admin/").status_code == 302


def test_whoever_was_deactivated_may_be_let_in_again(phone: Phone, alice: User, boss: User) -> None:
    staff = signed_in(boss)
    for action in ("deactivate", "reactivate"):
        staff.post(reverse(USERS), {"action": action, "_selected_action": [str(alice.pk)]})

    assert phone.me(phone.sign_in(alice)["access"]).status_code == 200


def test_staff_take_a_request_for_deletion_back_on_the_page_of_the_account(alice: User, boss: User) -> None:
    request_deletion(user=alice, now=timezone.now())
    alice.refresh_from_db()

    assert change(signed_in(boss), alice, is_active="on") == 302

    alice.refresh_from_db()
    assert (alice.is_active, alice.can_return, alice.deletion_requested_at) == (True, False, None)


@pytest.mark.parametrize("selected", [False, True])
def test_administrators_delete_an_account_with_all_that_belongs_to_it(
    phone: Phone, alice: User, bob: User, *, selected: bool
) -> None:
    set_role(users=[bob.pk], role=Role.ADMINISTRATOR)
    bob.refresh_from_db()
    phone.sign_in(alice)
    Phone().post("/api/v1/auth/password/reset/", {"email": alice.email})
    staff = signed_in(bob)

    if selected:
        form = {"action": "delete_selected", "_selected_action": [str(alice.pk)], "post": "yes"}
        answer = staff.post(reverse(USERS), form)
    else:
        answer = staff.post(reverse("admin:users_user_delete", args=[alice.pk]), {"post": "yes"})

    assert answer.status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not Letter.objects.filter(address=alice.email).exists()
    assert not LogEntry.objects.filter(object_repr__contains="alice").exists()


def test_a_session_is_ended_but_never_edited(phone: Phone, alice: User, clerk: User) -> None:
    tokens = phone.sign_in(alice)
    staff = signed_in(clerk)
    session = Session.objects.get()

    page = staff.get(reverse("admin:users_session_change", args=[session.pk])).content.decode()
    assert session.fingerprint not in page
    assert staff.get(reverse("admin:users_session_add")).status_code == 403
    staff.post(
        reverse("admin:users_session_changelist"), {"action": "end", "_selected_action": [str(session.pk)]}
    )

    assert phone.me(tokens["access"]).status_code == 401


def test_nobody_but_a_superuser_touches_rights_or_a_superuser(
    phone: Phone, alice: User, boss: User, clerk: User
) -> None:
    staff = signed_in(clerk)

    assert change(staff, clerk, is_superuser="on", first_name="Clark") == 302
    clerk.refresh_from_db()
    assert (clerk.first_name, clerk.is_superuser) == ("Clark", False)

    url = reverse("admin:users_user_change", args=[boss.pk])
    assert staff.post(url, {"email": "clerk2@example.org"}).status_code == 403
    assert staff.get(reverse("admin:auth_user_password_change", args=[boss.pk])).status_code == 403
    staff.post(reverse(USERS), {"action": "deactivate", "_selected_action": [str(boss.pk), str(alice.pk)]})
    boss.refresh_from_db()
    alice.refresh_from_db()
    assert (boss.is_active, alice.is_active) == (True, False)
