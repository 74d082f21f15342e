"""Every answer of the API costs a bounded number of statements, however much there is: a route that is not told of here fails."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.core.personal_data import sections_of
from apps.courses import enrolments
from apps.courses.cache import catalogue_revision
from apps.courses.calendar import feeds
from apps.courses.hidden_entries import hide
from apps.courses.models import Enrolment, Entry
from apps.courses.models.sourced import term_id
from apps.mail.models import Letter
from apps.notifications.models import Device, FanOut, Notification
from apps.notifications.outbox import expand_due
from apps.notifications.unsubscribing import Topic, link
from apps.users.models import Session, User
from config import urls
from tests.factories.documents import SOURCE, api_id, course, entry, exam, put_course, put_snapshot, put_term
from tests.factories.notifications import make_device
from tests.fakes.oidc import FakeIssuer, fake_issuer
from tests.users.letters import key_in

PASSWORD, NEW_PASSWORD = "a long enough sentence", "another long sentence"
TERM = term_id(SOURCE, "autumn")
MONTH = "from=2026-10-05&to=2026-11-01"
FEW, MANY = 3, 40

ROUTES = {f"/api/v1/{each.pattern}": each for each in urls.api} | {
    f"/{each.pattern}": each
    for each in urls.urlpatterns
    if isinstance(each, URLPattern) and str(each.pattern).startswith(("calendar/", "unsubscribe/"))
}

# Queries to ask each public list with: the parameters decide what is read.
PUBLIC = {
    "/api/v1/terms/": [""],
    "/api/v1/terms/<uuid:id>/": [""],
    "/api/v1/courses/": [
        "",
        "search=algo&group=101&teacher=Jelena+Jeremić",
        "ordering=title&page_size=1",
    ],
    "/api/v1/courses/<uuid:id>/": [""],
    "/api/v1/courses/<uuid:id>/calendar.ics": ["", "exams=only"],
    "/api/v1/courses/<uuid:id>/changes/": ["", "page_size=1"],
    "/api/v1/groups/<uuid:term>/<path:group>/calendar.ics": ["", "exams=only"],
    "/api/v1/schedule/": [MONTH, f"{MONTH}&group=101", f"{MONTH}&room=Raf20&teacher=Jelena+Jeremić"],
    "/api/v1/exams/": ["", "group=101&from=2027-01-01"],
    "/api/v1/rooms/": [""],
    "/api/v1/rooms/free/": ["at=2026-10-06T10:00:00Z"],
    "/api/v1/sync/": [""],
}
PERSONAL = {
    "/calendar/<str:secret>.ics": ["", "exams=only"],
    "/unsubscribe/<str:token>/": [""],
    "/api/v1/auth/sessions/": [""],
    "/api/v1/me/": [""],
    "/api/v1/me/export/": [""],
    "/api/v1/me/enrolments/": [""],
    "/api/v1/me/hidden-entries/": [""],
    "/api/v1/me/schedule/": [MONTH],
    "/api/v1/me/calendar-feed/": [""],
    "/api/v1/me/exams/": [""],
    "/api/v1/me/next/": [""],
    "/api/v1/me/devices/": [""],
    "/api/v1/me/notifications/": ["", "unread=true"],
    "/api/v1/me/notifications/summary/": [""],
    "/api/v1/me/notification-preferences/": [""],
}
# In an order in which none takes away what another needs.
WRITES = [
    ("PATCH", "/api/v1/me/"),
    ("POST", "/api/v1/me/enrolments/"),
    ("DELETE", "/api/v1/me/enrolments/<uuid:id>/"),
    ("DELETE", "/api/v1/me/hidden-entries/<uuid:entry>/"),
    ("PUT", "/api/v1/me/hidden-entries/<uuid:entry>/"),
    ("POST", "/api/v1/me/calendar-feed/"),
    ("DELETE", "/api/v1/me/calendar-feed/"),
    ("PUT", "/api/v1/me/devices/"),
    ("POST", "/api/v1/me/devices/<uuid:id>/test/"),
    ("DELETE", "/api/v1/me/devices/<uuid:id>/"),
    ("PATCH", "/api/v1/me/notification-preferences/"),
    ("POST", "/unsubscribe/<str:token>/"),
    ("POST", "/api/v1/me/notifications/<uuid:id>/read/"),
    ("POST", "/api/v1/me/notifications/read-all/"),
    ("POST", "/api/v1/auth/token/"),
    ("POST", "/api/v1/auth/token/refresh/"),
    ("POST", "/api/v1/auth/social/<slug:provider>/"),
    ("POST", "/api/v1/auth/register/"),
    ("POST", "/api/v1/auth/email/resend/"),
    ("POST", "/api/v1/auth/email/confirm/"),
    ("POST", "/api/v1/auth/password/change/"),
    ("POST", "/api/v1/auth/password/reset/"),
    ("DELETE", "/api/v1/auth/sessions/<uuid:id>/"),
    ("POST", "/api/v1/auth/token/revoke/"),
    ("POST", "/api/v1/auth/password/reset/confirm/"),
]
# It leaves nothing for the others, and has somebody to itself.
LAST = ("POST", "/api/v1/me/deletion/")
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/v1/auth/token/"): {"email": "alice@example.org", "password": PASSWORD},
    ("POST", "/api/v1/auth/register/"): {"email": "charlie@example.org", "password": PASSWORD},
    ("POST", "/api/v1/auth/email/resend/"): {"email": "charlie@example.org"},
    ("POST", "/api/v1/auth/password/change/"): {"current_password": PASSWORD, "new_password": NEW_PASSWORD},
    ("POST", "/api/v1/auth/password/reset/"): {"email": "alice@example.org"},
    ("PATCH", "/api/v1/me/"): {"first_name": "Alisa"},
    ("POST", "/api/v1/me/enrolments/"): {"course": str(api_id("c0")), "group": "103"},
    ("PUT", "/api/v1/me/devices/"): {"kind": "token", "address": "new", "platform": "ios"},
    ("PATCH", "/api/v1/me/notification-preferences/"): {
        "categories": {"exams": {"push": False}},
        "quiet_hours": {"from": "22:00", "to": "07:00"},
    },
}
COSTS_MORE = {
    # One phone comes, and another gives way.
    ("PUT", "/api/v1/me/devices/"): 5,
    # Two limits are looked at, the account is locked, other sessions end with their phones, and a letter tells of it.
    ("POST", "/api/v1/auth/password/change/"): 13,
    ("POST", "/api/v1/auth/password/reset/confirm/"): 10,
    # A newcomer: the account is looked for twice, made, given a role, and a registration nobody confirmed is void.
    ("POST", "/api/v1/auth/social/<slug:provider>/"): 10,
    # Each section is counted and read.
    ("GET", "/api/v1/me/export/"): 4 + 2 * len(sections_of(uuid4())),
    # It ends everything a person has.
    LAST: 18,
}


@pytest.fixture(autouse=True)
def _october(time_machine: Any) -> None:
    time_machine.move_to("2026-10-01T09:00:00Z")


@pytest.fixture
def university(settings: Settings) -> Iterator[FakeIssuer]:
    with fake_issuer() as fake:
        settings.OIDC_ISSUERS = {"university": fake.issuer()}
        yield fake


def methods(route: URLPattern) -> set[str]:
    view: Any = route.callback
    return {
        name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(view.view_class, name)
    }


def test_every_route_is_counted() -> None:
    served = {(method, path) for path, route in ROUTES.items() for method in methods(route)}
    assert served == {("GET", path) for path in PUBLIC | PERSONAL} | {*WRITES, LAST}


@dataclass
class Alice:
    """Somebody with as many rows of everything as asked for, at her phone."""

    user: User
    phone: APIClient
    tokens: dict[str, str]
    things: dict[str, Any]

    def path(self, route: str) -> str:
        found = route
        for name, value in self.things.items():
            found = found.replace(name, str(value))
        kind = "enrolments" if "enrolments" in route else "notifications" if "notif" in route else ""
        kind = kind or ("sessions" if "sessions" in route else "")
        kind = kind or ("devices" if "devices" in route else "terms" if "terms" in route else "courses")
        return found.replace("<uuid:id>", str(self.things[f"id of {kind}"]))

    def send(self, method: str, route: str, query: str = "") -> Any:
        body = BODIES.get((method, route), {})
        if "social" in route:
            body = {"id_token": self.things["id token"]}
        if "refresh" in route or "revoke" in route:
            body = {"refresh": self.tokens["refresh"]}
        if route.endswith("/confirm/"):
            body = {"key": key_in(Letter.objects.latest("created_at")), "password": NEW_PASSWORD}
        path = f"{self.path(route)}?{query}" if query else self.path(route)
        content = "" if method == "GET" else json.dumps(body)
        answer = self.phone.generic(method, path, content, content_type="application/json")
        assert answer.status_code in (200, 201, 202, 204), (path, answer.content)
        return answer


def alice(count: int = MANY) -> Alice:
    """Her groups clash in every course, twice a week, and something was changed in each."""
    put_term()
    put_snapshot(1, *(_course(number, "Raf20") for number in range(count)))
    user = User.objects.create_user("alice@example.org", PASSWORD)
    for number in range(count):
        enrolments.enrol(user_id=user.pk, course_id=api_id(f"c{number}"), group="101")
        make_device(user, f"address {number}")
    entries = list(Entry.objects.filter(external_id="seminar").order_by("pk"))
    for each in entries:
        hide(user_id=user.pk, entry_id=each.pk)
    _, secret = feeds.rotate(user_id=user.pk, now=timezone.now())
    _change_each(user, count)
    phone = APIClient()
    tokens = phone.post("/api/v1/auth/token/", {"email": user.email, "password": PASSWORD}).json()
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    things = {
        "<str:secret>": secret,
        "<str:token>": link(user.pk, Topic.EXAMS).split("/")[-2],
        "<uuid:term>": TERM,
        "<path:group>": "101",
        "<uuid:entry>": entries[0].pk,
        "id of terms": TERM,
        "id of courses": api_id("c0"),
        "id of enrolments": Enrolment.objects.filter(user=user).values_list("pk", flat=True)[0],
        "id of sessions": Session.objects.filter(user=user).latest("created_at").pk,
        "id of devices": Device.objects.active().filter(user=user).latest("registered_at").pk,
        "id of notifications": Notification.objects.filter(user=user).values_list("pk", flat=True)[0],
    }
    return Alice(user, phone, tokens, things)


def _course(number: int, room: str) -> dict[str, Any]:
    labs = [
        entry(f"lab {group}", kind="lab", groups=[group], rooms=[room]) for group in ("101", "102", "103")
    ]
    hidden = entry(
        "seminar", kind="seminar", weekday=5, exceptions=[{"date": "2026-10-09", "status": "cancelled"}]
    )
    return course(
        f"c{number}", code=f"C{number}", entries=[entry(rooms=[room]), *labs, hidden], exams=[exam()]
    )


def _change_each(user: User, count: int) -> None:
    """A notification for each course."""
    for number in range(count):
        put_course(2, **_course(number, "Raf21"))
    FanOut.objects.update(due_at=timezone.now())
    while expand_due():
        pass
    assert Notification.objects.filter(user=user).count() >= count


REVISION = "SELECT n FROM courses_revision"


class Cost(CaptureQueriesContext):
    """The statements of a block, beside the one that asks for the committed revision and those that mark savepoints."""

    def __init__(self) -> None:
        super().__init__(connection)

    @property
    def statements(self) -> list[str]:
        asked = [query["sql"] for query in self.captured_queries]
        assert asked.count(REVISION) <= 1
        return [sql for sql in asked if sql != REVISION and not sql.startswith(("SAVEPOINT", "RELEASE"))]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_public_answer_costs_three_when_it_is_made_and_none_when_it_is_at_hand(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The committed revision is asked for once an answer, and waited for, also when the machine is too busy for its usual bounds."""
    for bound in ("_max_age", "_patience"):
        monkeypatch.setattr(catalogue_revision, bound, 60.0)
    someone = alice(count)
    for route, queries in PUBLIC.items():
        for query in queries:
            catalogue_revision.close()
            with Cost() as made:
                first = someone.send("GET", route, query)
            with Cost() as at_hand:
                second = someone.send("GET", route, query)
            assert first.content == second.content
            assert 0 < len(made.statements) <= 3, (route, query, made.statements)
            assert at_hand.statements == [], (route, query)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_personal_answer_costs_four_with_the_one_that_knows_the_user(count: int) -> None:
    someone = alice(count)
    for route, queries in PERSONAL.items():
        for query in queries:
            with Cost() as cost:
                someone.send("GET", route, query)
            limit = COSTS_MORE.get(("GET", route), 4)
            assert 0 < len(cost.statements) <= limit, (route, query, cost.statements)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [FEW, MANY])
def test_what_changes_something_costs_as_much_or_what_is_said_of_it(
    count: int, university: FakeIssuer
) -> None:
    someone = alice(count)
    someone.things |= {
        "<slug:provider>": "university",
        "id token": university.token(email="vera@example.org"),
    }
    for method, route in WRITES:
        with Cost() as cost:
            someone.send(method, route)
        limit = COSTS_MORE.get((method, route), 8 if "/auth/" in route else 4)
        assert 0 < len(cost.statements) <= limit, (method, route, cost.statements)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [FEW, MANY])
def test_an_account_is_given_up_at_one_price_however_much_it_has(count: int) -> None:
    someone = alice(count)
    with Cost() as cost:
        someone.send(*LAST)
    assert 0 < len(cost.statements) <= COSTS_MORE[LAST], cost.statements
