"""The week on the real thing: signed webhooks, the app's requests, and the worker's lanes, whenever the clock says that something is due."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from apps.courses.expiry import expire_due
from apps.courses.models import ChangeSet, Enrolment, Override
from apps.courses.models.sourced import course_id, part_id, term_id
from apps.courses.staff_edits import set_override
from apps.notifications import announcements, delivery, outbox
from apps.notifications.models import Announcement, FanOut, Notification, Push
from apps.users.accounts import deactivate
from apps.users.models import User
from apps.webhooks.models import Source
from apps.webhooks.processing import apply_pending
from tests.factories.notifications import make_announcement
from tests.factories.webhooks import Sender
from tests.flows.week.actions import Action
from tests.flows.week.clock import Clock
from tests.flows.week.model import Message, Ring
from tests.flows.week.people import Person
from tests.notifications.conftest import Phones
from tests.users.conftest import PASSWORD, Phone

SOURCE = "course-service"
API = "/api/v1"
WATCH = timedelta(hours=6)


class Campus:
    def __init__(self, clock: Clock, phones: Phones) -> None:
        self.clock, self.phones, self.source = clock, phones, Sender()
        self.staff = User.objects.create_user("staff@campanile.test", PASSWORD, is_staff=True)
        self.known: dict[str, Person] = {}
        self.sign_ins: dict[str, str] = {}
        self.names: dict[object, str] = {}

    def open(
        self, at: datetime, term: dict[str, Any], courses: list[dict[str, Any]], people: Iterable[Person]
    ) -> None:
        """Everything is there before the week begins, and nobody has been told."""
        self.clock.move_to(at)
        self.perform(Action(at, "term", "before", data=term, silenced=True))
        for course in courses:
            self.perform(Action(at, "course", "before", data=course, silenced=True))
        for person in people:
            User.objects.create_user(_email(person.name), PASSWORD, first_name=person.name, time_zone="UTC")
            self.known[person.name] = Person(person.name, zone="UTC", language="en")
            self.do_choose(Action(at, "choose", "", person.name, dict(vars(person))))

    def play(self, actions: list[Action], until: datetime) -> tuple[list[Ring], list[Message]]:
        left = list(actions)
        now = left[0].at
        while now <= until:
            self.clock.move_to(now)
            while left and left[0].at <= now:
                self.perform(left.pop(0))
            while self._turn():
                pass
            now = min(self._next(now), *(each.at for each in left[:1]), now + WATCH)
        return self._rings(), self._inbox()

    def perform(self, action: Action) -> None:
        getattr(self, f"do_{action.what}")(action)
        while apply_pending():
            pass
        self._name_new(action.name)

    # What the course service says.

    def do_course(self, action: Action) -> None:
        self._post("course.updated", action)

    def do_delete(self, action: Action) -> None:
        self._post("course.deleted", action)

    def do_term(self, action: Action) -> None:
        self._post("term.updated", action)

    def do_snapshot(self, action: Action) -> None:
        self._post("catalogue.snapshot", action)

    def _post(self, type: str, action: Action) -> None:
        Source.objects.update_or_create(name=SOURCE, defaults={"silenced": action.silenced})
        answer = self.source.send(type, action.data, at=action.at)
        assert answer.status_code == 202, answer.content

    # What staff do.

    def do_override(self, action: Action) -> None:
        course, name, part = action.data["object"]
        object_id = part_id(course_id(SOURCE, course), {"entries": "entry", "exams": "exam"}[name], part)
        self.names[object_id] = f"expiry of {course}/{name}/{part}"
        with transaction.atomic():
            set_override(
                object_id=object_id,
                fields=action.data["fields"],
                author=self.staff,
                expires_at=action.data.get("until"),
            )

    def do_announce(self, action: Action) -> None:
        course = action.data.get("course")
        fields = {"course_id": course_id(SOURCE, course)} if course else {}
        made = make_announcement("course" if course else "everyone", **fields)
        self.names[made.pk] = action.name
        announcements.confirm(announcement=made.pk, by=self.staff, send_at=action.at, seen=made.written_at)

    def do_deactivate(self, action: Action) -> None:
        with transaction.atomic():
            deactivate(user=_user(action.who), now=action.at)

    # What people do with the app.

    def do_sign_in(self, action: Action) -> None:
        app, user, phone = Phone(), _user(action.who), action.data["phone"]
        tokens = app.sign_in(user)
        app.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
        device = {"kind": "token", "address": phone, "platform": "android"}
        assert app.put(f"{API}/me/devices/", device).status_code in (200, 201)
        self.sign_ins[phone] = tokens["refresh"]

    def do_sign_out(self, action: Action) -> None:
        assert Phone().revoke(self.sign_ins[action.data["phone"]]).status_code == 204

    def do_choose(self, action: Action) -> None:
        user, before = _user(action.who), self.known[action.who]
        after = _with(before, action.data)
        app = Phone()
        app.force_authenticate(user)
        self._follow(app, user, before.follows, after.follows)
        for course, entry in after.hidden ^ before.hidden:
            path = f"{API}/me/hidden-entries/{part_id(course_id(SOURCE, course), 'entry', entry)}/"
            answer = app.put(path) if (course, entry) in after.hidden else app.delete(path)
            assert answer.status_code in (200, 201, 204), answer.content
        if (before.zone, before.language) != (after.zone, after.language):
            answer = app.patch(f"{API}/me/", {"time_zone": after.zone, "language": after.language})
            assert answer.status_code == 200, answer.content
        if changes := _preferences(before, after):
            answer = app.patch(f"{API}/me/notification-preferences/", changes)
            assert answer.status_code == 200, answer.content
        self.known[action.who] = after

    def _follow(self, app: Phone, user: User, before: set[Any], after: set[Any]) -> None:
        term = term_id(SOURCE, "autumn")
        for course, group in after - before:
            body = {"course": str(course_id(SOURCE, course))} if course else {"term": str(term)}
            assert app.post(f"{API}/me/enrolments/", {**body, "group": group}).status_code == 201
        for course, group in before - after:
            rule = {"course": course_id(SOURCE, course)} if course else {"term": term}
            id = Enrolment.objects.get(user=user, group=group, **rule).pk
            assert app.delete(f"{API}/me/enrolments/{id}/").status_code == 204

    # The worker.

    def _turn(self) -> int:
        done = 0
        while Override.objects.filter(expires_at__lte=timezone.now()).exists():
            key = Override.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at")[0].object_id
            done += expire_due()
            self._name_new(self.names[key])
        return done + outbox.expand_due() + announcements.send_due() + delivery.send_due()

    def _next(self, now: datetime) -> datetime:
        waiting = [
            FanOut.objects.filter(expanded_at=None, due_at__gt=now).aggregate(at=Min("due_at")),
            Push.objects.filter(status="pending", next_try_at__gt=now).aggregate(at=Min("next_try_at")),
            Announcement.objects.filter(state="scheduled", send_at__gt=now).aggregate(at=Min("send_at")),
            Override.objects.filter(expires_at__gt=now).aggregate(at=Min("expires_at")),
        ]
        return min([each["at"] for each in waiting if each["at"]], default=now + WATCH)

    def _name_new(self, name: str) -> None:
        for revision in ChangeSet.objects.values_list("revision", flat=True):
            self.names.setdefault(revision, name)

    # What came of it.

    def _rings(self) -> list[Ring]:
        assert not FanOut.objects.exclude(error="").exists()
        assert not Push.objects.filter(status="dead").exists()
        told: dict[str, list[str]] = {}
        for push in Push.objects.filter(status="sent").select_related("notification"):
            told.setdefault(push.fcm_name, []).append(self._name(push.notification))
        return sorted(
            Ring(
                each.at,
                each.address,
                tuple(sorted(told[each.name])),
                each.message["android"]["priority"] == "high",
            )
            for each in self.phones.server.store.messages()
        )

    def _inbox(self) -> list[Message]:
        return sorted(
            Message(each.created_at, each.user.first_name, self._name(each))
            for each in Notification.objects.select_related("user").exclude(user=self.staff)
        )

    def _name(self, notification: Notification) -> str:
        return self.names[notification.change_set_id or notification.announcement_id]


def _with(person: Person, changes: dict[str, Any]) -> Person:
    return Person(**{**vars(person), **changes})


def _preferences(before: Person, after: Person) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    categories = {
        category: {"push": category not in after.push_off, "inbox": category not in after.inbox_off}
        for category in (before.push_off ^ after.push_off) | (before.inbox_off ^ after.inbox_off)
    }
    if categories:
        changes["categories"] = categories
    if before.muted != after.muted:
        changes["muted_courses"] = [str(course_id(SOURCE, course)) for course in sorted(after.muted)]
    if before.quiet != after.quiet:
        changes["quiet_hours"] = after.quiet and {"from": after.quiet[0], "to": after.quiet[1]}
    if before.summary_hour != after.summary_hour:
        changes["daily_summary_hour"] = after.summary_hour
    return changes


def _user(name: str) -> User:
    return User.objects.get(email=_email(name))


def _email(name: str) -> str:
    return f"{name}@campanile.test"
