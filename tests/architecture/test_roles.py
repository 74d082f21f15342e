"""Every route, as everybody: strangers, each role, and whoever asks for what is somebody else's. A route that is not told of here fails."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.notifications.models import Device, Notification
from apps.users.models import Session, User
from apps.users.roles import PERMISSIONS, Role, set_role
from tests.architecture.test_statements import alice
from tests.users.conftest import PASSWORD

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
TEACHER, STAFF, ADMINISTRATOR, NOBODY = Role.TEACHER, Role.STAFF, Role.ADMINISTRATOR, None
AT_THE_DOOR = "/admin/login/"
MISSING = "00000000-0000-0000-0000-000000000000"

# The catalogue: everybody's, or of the signed-in alone when CATALOGUE_PUBLIC is off.
CATALOGUE = [
    "terms/",
    "terms/<uuid:id>/",
    "courses/",
    "courses/<uuid:id>/",
    "courses/<uuid:id>/calendar.ics",
    "courses/<uuid:id>/changes/",
    "groups/<uuid:term>/<path:group>/calendar.ics",
    "schedule/",
    "exams/",
    "rooms/",
    "rooms/free/",
    "sync/",
]
# For whoever is not signed in, or no longer.
SIGNED_OUT = [
    "auth/token/",
    "auth/token/refresh/",
    "auth/token/revoke/",
    "auth/register/",
    "auth/email/confirm/",
    "auth/email/resend/",
    "auth/password/reset/",
    "auth/password/reset/confirm/",
    "auth/social/<slug:provider>/",
]
# What is one's own, without naming it.
OWN = [
    "auth/password/change/",
    "auth/sessions/",
    "me/",
    "me/deletion/",
    "me/export/",
    "me/enrolments/",
    "me/hidden-entries/",
    "me/hidden-entries/<uuid:entry>/",
    "me/schedule/",
    "me/calendar-feed/",
    "me/exams/",
    "me/next/",
    "me/devices/",
    "me/notifications/",
    "me/notifications/summary/",
    "me/notifications/read-all/",
    "me/notification-preferences/",
]
# What is somebody's, by its id.
SOMEBODYS = [
    "auth/sessions/<uuid:id>/",
    "me/enrolments/<uuid:id>/",
    "me/devices/<uuid:id>/test/",
    "me/devices/<uuid:id>/",
    "me/notifications/<uuid:id>/read/",
]
# Outside the API and the admin: for everybody, or for whoever has the secret or the signature.
ELSEWHERE = [
    "/",
    "/health/",
    "/health/ready/",
    "/webhooks/<str:source>/",
    "/webhooks/<str:source>",
    "/webhooks/<str:source>/deliveries/<uuid:delivery>/",
    "/calendar/<str:secret>.ics",
    "/account/confirm/<str:key>/",
    "/account/deletion/",
    "/account/deletion/<str:key>/",
    "/account/reset/<str:key>/",
    "/unsubscribe/<str:token>/",
    "/api/schema/",
    "/api/docs/",
]
# The lowest role that may look, add, change and delete.
ADMIN: dict[str, tuple[Role | None, Role | None, Role | None, Role | None]] = {
    "courses.term": (TEACHER, NOBODY, STAFF, NOBODY),
    "courses.course": (TEACHER, NOBODY, STAFF, NOBODY),
    "courses.entry": (TEACHER, NOBODY, STAFF, NOBODY),
    "courses.exam": (TEACHER, NOBODY, STAFF, NOBODY),
    "courses.enrolment": (STAFF, NOBODY, NOBODY, NOBODY),
    "courses.helddeletions": (STAFF, NOBODY, NOBODY, NOBODY),
    "notifications.announcement": (TEACHER, TEACHER, STAFF, STAFF),
    "notifications.device": (STAFF, NOBODY, NOBODY, NOBODY),
    "notifications.fanout": (STAFF, NOBODY, NOBODY, NOBODY),
    "notifications.hold": (STAFF, NOBODY, NOBODY, NOBODY),
    "notifications.notification": (STAFF, NOBODY, NOBODY, NOBODY),
    "notifications.pause": (STAFF, NOBODY, NOBODY, NOBODY),
    "notifications.push": (STAFF, NOBODY, NOBODY, NOBODY),
    "notifications.reminder": (STAFF, NOBODY, NOBODY, NOBODY),
    "webhooks.delivery": (STAFF, NOBODY, NOBODY, NOBODY),
    "webhooks.source": (STAFF, NOBODY, STAFF, NOBODY),
    "users.user": (STAFF, ADMINISTRATOR, STAFF, ADMINISTRATOR),
    "users.session": (ADMINISTRATOR, NOBODY, NOBODY, NOBODY),
    "auth.group": (ADMINISTRATOR, NOBODY, NOBODY, NOBODY),
    "mail.letter": (ADMINISTRATOR, NOBODY, NOBODY, NOBODY),
}
ACTIONS = {
    ("notifications.announcement", "delete_selected"): STAFF,
    ("notifications.fanout", "try_again"): STAFF,
    ("webhooks.delivery", "apply_again"): STAFF,
    ("webhooks.delivery", "set_aside"): STAFF,
    ("users.user", "deactivate"): STAFF,
    ("users.user", "reactivate"): STAFF,
    ("users.user", "sign_out"): STAFF,
    ("users.user", "reset_second_factor"): STAFF,
    ("users.user", "delete_selected"): ADMINISTRATOR,
    ("users.session", "end"): ADMINISTRATOR,
}
# Pages of their own in the admin, and who may open them.
PAGES = {
    "/admin/": TEACHER,
    "/admin/password_change/": TEACHER,
    "/admin/password_change/done/": TEACHER,
    "/admin/jsi18n/": TEACHER,
    "/admin/search/": TEACHER,
    "/admin/second-factor/set-up/": TEACHER,
    "/admin/import/": STAFF,
    "/admin/notifications/announcement/<uuid:object_id>/send/": STAFF,
    "/admin/invite/": STAFF,
    "/admin/invite/<uuid:id>/": STAFF,
    "/admin/users/user/<id>/password/": STAFF,
}
# The door itself, and what leads on to one of the pages above or answers 404 by what one may see.
DOORS = [
    AT_THE_DOOR,
    "/admin/second-factor/",
    "/admin/logout/",
    "/admin/autocomplete/",
    "/admin/r/<path:content_type_id>/<path:object_id>/",
    "/admin/^(?P<app_label>mail|auth|users|courses|notifications|webhooks)/$",
    "/admin/(?P<url>.*)$",
]
OF_A_MODEL = [
    "",
    "add/",
    "<path:object_id>/history/",
    "<path:object_id>/delete/",
    "<path:object_id>/change/",
    "<path:object_id>/",
]


def routes(patterns: Any, prefix: str = "/") -> Iterator[tuple[str, Any]]:
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, path)
        else:
            yield path, each


ROUTES = dict(routes(get_resolver().url_patterns))


def admin_path(model: str) -> str:
    return f"/admin/{model.replace('.', '/')}/"


def test_every_route_is_told_of() -> None:
    api = [f"/api/v1/{path}" for path in [*CATALOGUE, *SIGNED_OUT, *OWN, *SOMEBODYS]]
    of_models = [admin_path(model) + each for model in ADMIN for each in OF_A_MODEL]
    assert sorted(ROUTES) == sorted([*api, *ELSEWHERE, *of_models, *PAGES, *DOORS])


def test_every_action_is_told_of() -> None:
    request: Any = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True)
    offered = {
        (m._meta.label_lower, name)
        for m, a in admin.site._registry.items()
        for name in a.get_actions(request)
    }
    assert offered == set(ACTIONS)


def person(role: Role, name: str = "bob") -> User:
    user = User.objects.create_user(f"{name}@example.org", PASSWORD)
    set_role(users=[user.pk], role=role)
    return User.objects.get(pk=user.pk)


def phone_of(user: User) -> APIClient:
    phone = APIClient()
    tokens = phone.post("/api/v1/auth/token/", {"email": user.email, "password": PASSWORD}).json()
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    return phone


def methods(path: str) -> list[str]:
    served = ROUTES[f"/api/v1/{path}"].callback.view_class
    return [name for name in ("get", "post", "put", "patch", "delete") if hasattr(served, name)]


def send(phone: APIClient, method: str, path: str, things: dict[str, Any] | None = None) -> Any:
    for name, value in (things or {}).items():
        path = path.replace(name, str(value))
    path = re.sub("<uuid:[a-z]+>", MISSING, path)
    return getattr(phone, method)(f"/api/v1/{re.sub('<[a-z]+:[a-z]+>', 'x', path)}", {})


@pytest.mark.parametrize("path", [*OWN, *SOMEBODYS])
def test_what_is_personal_is_closed_to_strangers(path: str) -> None:
    for method in methods(path):
        answer = send(APIClient(), method, path)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="campanile"')


@pytest.mark.parametrize("public", [True, False])
def test_the_catalogue_is_for_everybody_or_for_the_signed_in_alone(settings: Settings, public: bool) -> None:
    settings.CATALOGUE_PUBLIC = public
    for path in CATALOGUE:
        assert (send(APIClient(), "get", path).status_code == 401) == (not public), path


@pytest.mark.parametrize("path", SIGNED_OUT)
def test_whoever_is_not_signed_in_may_come_in(path: str) -> None:
    assert send(APIClient(), "post", path).status_code in (400, 404)


@pytest.mark.parametrize("role", Role)
def test_every_role_reads_the_catalogue_and_what_is_its_own(settings: Settings, role: Role) -> None:
    settings.CATALOGUE_PUBLIC = False
    phone = phone_of(person(role))
    for path in [*CATALOGUE, *OWN]:
        if "get" in methods(path):
            found = send(phone, "get", path).status_code
            assert found in ((404,) if "<" in path else (200, 400, 404)), (path, found)


@pytest.mark.parametrize("role", Role)
def test_what_is_somebody_elses_is_404_as_if_it_were_not_there(role: Role) -> None:
    someone = alice(3)
    kept = _hers(someone.user)
    phone = phone_of(person(role))
    for path in SOMEBODYS:
        for method in methods(path):
            hers = send(phone, method, path, {"<uuid:id>": someone.path(f"/{path}").split("/")[_at_id(path)]})
            nobodys = send(phone, method, path)
            assert (hers.status_code, hers.content) == (404, nobodys.content), (method, path)
    assert _hers(someone.user) == kept


def _at_id(path: str) -> int:
    return f"/{path}".split("/").index("<uuid:id>")


def _hers(user: User) -> list[Any]:
    return [
        list(user.enrolments.order_by("pk").values()),
        list(Device.objects.filter(user=user).order_by("pk").values()),
        list(Notification.objects.filter(user=user).order_by("pk").values()),
        list(Session.objects.filter(user=user).order_by("pk").values()),
    ]


def test_the_owner_finds_it() -> None:
    """Otherwise the test before would be content with routes that find nothing at all."""
    someone = alice(3)
    for path in SOMEBODYS:
        if "sessions" not in path:
            method = methods(path)[0]
            assert someone.send(method.upper(), f"/api/v1/{path}").status_code in (200, 202, 204)


def may(role: Role | None, lowest: Role | None) -> bool:
    ladder = list(Role)
    return role is not None and lowest is not None and ladder.index(role) >= ladder.index(lowest)


def browser(role: Role | None) -> Client:
    client = Client()
    if role is not None:
        client.force_login(person(role))
    return client


def opens(answer: Any) -> bool:
    """What is not found, or asks for more, was let through; 403 and the door were not."""
    if answer.status_code == 302 and answer["Location"].startswith(AT_THE_DOOR):
        return False
    assert answer.status_code in (200, 302, 403, 404), answer.status_code
    return bool(answer.status_code != 403)


def _one_of(model: str) -> Any:
    """Of users one whom an administrator may change."""
    if model == "users.user":
        return User.objects.filter(is_staff=False).first()
    [of] = [each for each in admin.site._registry if each._meta.label_lower == model]
    return of._default_manager.first()


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_opens_just_its_pages_of_the_admin(role: Role | None) -> None:
    someone = alice(3)
    client = browser(role)
    for model, (look, add, change, delete) in ADMIN.items():
        base = admin_path(model)
        found = _one_of(model)
        page = f"{base}{found.pk if found else MISSING}/"
        expected = {
            base: look,
            f"{base}add/": add,
            f"{page}change/": look,
            f"{page}delete/": delete,
        }
        for path, lowest in expected.items():
            assert opens(client.get(path)) == may(role, lowest), path
        if found is not None:
            assert opens(client.get(f"{page}history/")) == may(role, look), page
            assert opens(client.post(f"{page}change/", {})) == may(role, change), page
    assert User.objects.filter(pk=someone.user.pk, is_active=True).exists()


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_opens_just_its_own_pages_beside_those_of_models(role: Role | None) -> None:
    client = browser(role)
    for path, lowest in PAGES.items():
        found = re.sub("<[a-z:_]+>", str(person(Role.STUDENT, "ana").pk) if "user" in path else MISSING, path)
        answer = client.get(found)
        # A draft that is not there is looked for before the role is.
        assert opens(answer) == may(role, TEACHER if "announcement" in path else lowest), path
        User.objects.filter(email="ana@example.org").delete()


@pytest.mark.parametrize("role", [None, Role.STUDENT])
def test_nothing_behind_the_door_opens_to_those_who_may_not_enter(role: Role | None) -> None:
    client = browser(role)
    for path in (
        "logout/",
        "autocomplete/",
        "r/1/1/",
        "users/",
        "courses/",
        "no-such-page/",
        "second-factor/",
    ):
        for answer in (client.get(f"/admin/{path}"), client.post(f"/admin/{path}")):
            assert answer.status_code in (302, 403), path
            assert answer.get("Location", "/admin/").startswith("/admin/")


@pytest.mark.parametrize("role", [TEACHER, STAFF, ADMINISTRATOR])
def test_each_role_is_offered_just_its_actions(role: Role) -> None:
    request: Any = RequestFactory().get("/")
    request.user = person(role)
    offered = {
        (m._meta.label_lower, name)
        for m, a in admin.site._registry.items()
        for name in a.get_actions(request)
    }
    assert offered == {action for action, lowest in ACTIONS.items() if may(role, lowest)}


def test_an_administrator_is_no_way_to_a_superuser() -> None:
    boss = User.objects.create_superuser("boss@example.org", PASSWORD)
    client = browser(ADMINISTRATOR)
    page = f"/admin/users/user/{boss.pk}/"

    assert opens(client.get(f"{page}change/"))
    for path in (f"{page}delete/", f"{page}password/"):
        assert not opens(client.get(path)), path
    assert not opens(client.post(f"{page}change/", {"email": "mine@example.org"}))
    for action in ("deactivate", "sign_out", "reset_second_factor", "delete_selected"):
        client.post(
            "/admin/users/user/", {"action": action, "_selected_action": [str(boss.pk)], "post": "yes"}
        )
    assert User.objects.get(pk=boss.pk).is_active


def test_the_table_for_people_is_the_one_of_the_code() -> None:
    rows = re.findall(
        r"^\| [^`\n]+?((?:\| *(?:yes)? *){4})\| (`[^\n]+`) \|$", (ROOT / "docs/roles.md").read_text(), re.M
    )
    told: dict[Role, set[str]] = {role: set() for role in Role}
    for cells, names in rows:
        for role, cell in zip(Role, cells.strip("|").split("|"), strict=True):
            if cell.strip():
                told[role] |= set(re.findall("`([^`]+)`", names))
    assert told == PERMISSIONS
