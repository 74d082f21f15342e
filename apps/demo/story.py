"""The main job, played against a running system: a signed room change goes in, the API and the phones follow.

Everything is watched where a person would watch it: the API and the phone over HTTP, the inbox row and the course in the database.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.utils import timezone

from apps.courses.models import Course
from apps.demo.failure import Failed
from apps.demo.loading import SOURCE
from apps.demo.narrator import Narrator
from apps.demo.people import PASSWORD, STUDENT, phone_address
from apps.demo.room_change import RoomChange, plan, signed_headers
from apps.demo.student_app import StudentApp
from apps.demo.wire import Peer
from apps.webhooks.models import Delivery

T = TypeVar("T")
Json = dict[str, Any]

# Generous: on a busy machine the demo tells how long it took instead of giving up.
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.02


def play(*, server: Peer, phones: Peer, narrator: Narrator) -> None:
    """Raises Failed or Unreachable when a step does not end as it should."""
    app = StudentApp(server)
    narrator.heading("Before")
    change = _choose(app, narrator)
    etag = _remember(app, change, narrator)
    told = {notification["id"] for notification in app.notifications()}

    narrator.heading("The course service posts; the clock starts when Campanile has answered")
    delivery = _post(server, change, narrator)
    answered_at = timezone.now()
    _watch_delivery(delivery, narrator)
    _read_row(change, narrator)
    _read_course(app, change, etag, narrator)
    _read_delta(app, change, narrator)
    notification = _read_inbox(app, change, told, narrator)
    rang_at = _look_at_phone(phones, change, notification, narrator)
    narrator.heading(
        f"From the answer to the phone: {(rang_at - answered_at).total_seconds() * 1000:.0f} ms."
    )


def _choose(app: StudentApp, narrator: Narrator) -> RoomChange:
    """The student's next class that meets in its usual room, and could meet in another."""
    app.sign_in(email=STUDENT, password=PASSWORD)
    now = timezone.now()
    today = timezone.localdate(now)
    for meeting in app.meetings(first=today, last=today + timedelta(days=61)):
        starts_at = datetime.fromisoformat(meeting["starts_at"])
        regular = meeting["status"] == "scheduled" and meeting["rooms"] and starts_at > now
        if regular and (change := plan(entry_id=meeting["entry"])):
            narrator.step(
                f"{STUDENT} signs in; next comes {change.course.title} ({meeting['kind']})",
                f"{starts_at:%A %d %B %H:%M}, room {_list(change.old)}",
            )
            return change
    raise Failed("The student has no class ahead; `manage.py load_demo` lays the terms around today.")


def _remember(app: StudentApp, change: RoomChange, narrator: Narrator) -> str:
    course_id = str(change.course.pk)
    etag = app.course(course_id).headers["etag"]
    again = app.course(course_id, etag=etag).status
    if again != 304:
        raise Failed(f"the course asked for again with its ETag: {again} instead of 304")
    courses = len(app.sync())
    narrator.step(f"the app has the course, ETag {etag}: 304 when asked again")
    narrator.step(f"the app has all {courses} courses, cursor {_short(app.cursor)}")
    return etag


def _post(server: Peer, change: RoomChange, narrator: Narrator) -> Delivery:
    now = timezone.now()
    body = change.event(now)
    sent = time.monotonic()
    headers = signed_headers(source=SOURCE, body=body, now=now)
    answer = server.ask("POST", f"/webhooks/{SOURCE}/", body=body, headers=headers)
    took = (time.monotonic() - sent) * 1000
    narrator.start_clock()
    if answer.status != 202:
        raise Failed(f"the webhook: {answer.status} instead of 202: {answer.body[:300]!r}")
    narrator.step(
        f"202 for course.updated ({len(body)} bytes, answered in {took:.0f} ms)",
        f"{change.entry.external_id}: {_list(change.old)} -> {_list(change.new)}",
    )
    return Delivery.objects.get(public_id=answer.json()["delivery"])


def _watch_delivery(delivery: Delivery, narrator: Narrator) -> None:
    def settled() -> bool:
        delivery.refresh_from_db(fields=["status", "revision", "error"])
        return delivery.status != Delivery.Status.PENDING

    _eventually(settled, "the worker to take the delivery; does one run?")
    if delivery.status != Delivery.Status.PROCESSED or delivery.revision is None:
        raise Failed(f"the delivery is {delivery.status}: {delivery.error}")
    narrator.step(f"delivery {delivery.public_id} is {delivery.status}: revision {delivery.revision}")


def _read_row(change: RoomChange, narrator: Narrator) -> None:
    course = Course.objects.get(pk=change.course.pk)
    rooms = course.entries.get(pk=change.entry.pk).rooms
    if rooms != change.new:
        raise Failed(f"the row still says {_list(rooms)}")
    narrator.step(f"row of {course.code} in PostgreSQL: room {_list(rooms)}, revision {course.revision}")


def _read_course(app: StudentApp, change: RoomChange, etag: str, narrator: Narrator) -> None:
    course_id = str(change.course.pk)

    def changed() -> str | None:
        answer = app.course(course_id, etag=etag)
        return None if answer.status == 304 else answer.headers["etag"]

    new_etag = _eventually(changed, "the API to answer with the new course")
    _check_rooms(app.course(course_id).json(), change)
    narrator.step(f"API: 304 became 200, ETag {new_etag}")


def _read_delta(app: StudentApp, change: RoomChange, narrator: Narrator) -> None:
    def delta() -> Json | None:
        return next((course for course in app.sync() if course["id"] == str(change.course.pk)), None)

    _check_rooms(_eventually(delta, "the delta to name the course"), change)
    narrator.step(f"delta: the course, new cursor {_short(app.cursor)}")


def _read_inbox(app: StudentApp, change: RoomChange, told: set[str], narrator: Narrator) -> Json:
    def new() -> Json | None:
        fresh = (each for each in app.notifications() if each["id"] not in told)
        return next((each for each in fresh if each["course"] == str(change.course.pk)), None)

    notification = _eventually(new, "the notification in the student's inbox")
    _check_text(f"{notification['title']} {notification['body']}", change)
    narrator.step(f"inbox: {notification['title']}", notification["body"])
    return notification


def _look_at_phone(phones: Peer, change: RoomChange, notification: Json, narrator: Narrator) -> datetime:
    address = phone_address(STUDENT, "android")

    def rung() -> Json | None:
        messages: list[Json] = phones.ask("GET", f"/messages?address={address}").json()
        return next((m for m in messages if m["data"]["notification"] == notification["id"]), None)

    message = _eventually(rung, f"a message on the phone {address}")
    _check_text(f"{message['title']} {message['body']}", change)
    narrator.step(f"phone {address} rang: {message['title']}", message["body"])
    return datetime.fromisoformat(message["received_at"])


def _check_rooms(course: Json, change: RoomChange) -> None:
    entry = next(each for each in course["entries"] if each["id"] == str(change.entry.pk))
    if entry["rooms"] != change.new:
        raise Failed(f"the API still says {_list(entry['rooms'])}")


def _check_text(text: str, change: RoomChange) -> None:
    if missing := [room for room in (change.old[0], change.new[0]) if room not in text]:
        raise Failed(f"{text!r} does not name {_list(missing)}")


def _eventually(look: Callable[[], T | None], what: str) -> T:
    """The first answer that is not empty."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise Failed(f"waited {PATIENCE_SECONDS:.0f} s in vain for {what}")
        time.sleep(POLL_SECONDS)
    return seen


def _list(rooms: list[str]) -> str:
    return ", ".join(rooms)


def _short(cursor: str) -> str:
    return f"{cursor[:20]}…"
