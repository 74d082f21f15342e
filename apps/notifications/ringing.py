"""What a phone is to show: one message, or those of a daily summary together."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from apps.notifications import firebase
from apps.notifications.choices import Choices
from apps.notifications.claimed import Claimed
from apps.notifications.languages import catalogue
from apps.notifications.messages import Text, announced, fitted, summary, text
from apps.notifications.models import Notification, Reminder
from apps.notifications.reminder_texts import reminder_text
from apps.notifications.reminding import CATEGORY
from apps.notifications.wanted import Reminded, Wanted

# Of one device, and in the order of the catalogue's revisions; never empty.
Together = Sequence[Wanted]


def gather(wanted: Sequence[Wanted], choices: Choices, now: datetime) -> list[Together]:
    """Those of one summary together, each other alone."""
    alone: list[Together] = []
    summaries: dict[tuple[object, date | None], list[Wanted]] = {}
    for each in wanted:
        if choices.in_summary(each.push, now):
            summaries.setdefault((each.push.device.pk, each.push.summary_day), []).append(each)
        else:
            alone.append([each])
    by_revision = (
        sorted(each, key=lambda one: one.push.notification.change_set_id or 0) for each in summaries.values()
    )
    return [*alone, *by_revision]


def ring(together: Together) -> firebase.Ring:
    first = together[0]
    if first.push.is_test:
        return _test(first.push)
    if first.push.reminder and first.reminded:
        return _reminder(first.push, first.push.reminder, first.reminded)
    notification, device = first.push.notification, first.push.device
    said, data = (
        _text(first),
        {
            "notification": notification.pk,
            "kind": notification.kind,
            "course": str(notification.course_id or ""),
            "revision": str(notification.change_set_id or ""),
            "deep_link": notification.deep_link,
        },
    )
    if len(together) > 1:
        said = summary([_text(each) for each in together], language=first.push.user.language)
        data |= {"kind": "summary", "course": "", "deep_link": f"campanile://notifications/{notification.pk}"}
    return firebase.Ring(
        kind=device.kind,
        address=device.address,
        platform=device.platform,
        text=fitted(said),
        category=notification.category,
        data=data,
        high_priority=any(each.push.high_priority for each in together),
        expires_at=min(each.push.expires_at for each in together),
    )


def _test(push: Claimed) -> firebase.Ring:
    """Each on a phone replaces the one before."""
    return firebase.Ring(
        kind=push.device.kind,
        address=push.device.address,
        platform=push.device.platform,
        text=Text(*catalogue(push.user.language).test),
        category=Notification.Category.SCHEDULE,
        data={"notification": f"test-{push.device.pk}", "kind": "test"},
        high_priority=push.high_priority,
        expires_at=push.expires_at,
    )


def _reminder(push: Claimed, reminder: Reminder, about: Reminded) -> firebase.Ring:
    """A tap leads to what begins first."""
    first = about.beginnings[0]
    link = f"campanile://courses/{first.course}/entries/{first.id}?date={first.day}"
    return firebase.Ring(
        kind=push.device.kind,
        address=push.device.address,
        platform=push.device.platform,
        text=reminder_text(reminder, about, language=push.user.language, now=datetime.now(UTC)),
        category=CATEGORY,
        data={
            "notification": str(reminder.pk),
            "kind": "tomorrow" if reminder.day else f"{reminder.kind}_reminder",
            "course": "" if reminder.day else str(first.course),
            "revision": "",
            "deep_link": f"campanile://exams/{first.id}" if first.kind == "exam" else link,
        },
        high_priority=push.high_priority,
        expires_at=reminder.begins_at,
    )


def _text(wanted: Wanted) -> Text:
    push, notification = wanted.push, wanted.push.notification
    if push.announcement:
        return announced(push.announcement, language=push.user.language)
    course = notification.params.get("courses", {}).get(str(notification.course_id), {})
    today = datetime.now(ZoneInfo(course.get("time_zone", "UTC"))).date()
    return text(wanted.changes, notification.params, language=push.user.language, today=today)
