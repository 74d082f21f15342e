"""What the push lane reads, it reads at once for all it has claimed."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.notifications.announcements import send_due as announce_due
from apps.notifications.claimed import to_send
from apps.notifications.delivery import send_due
from apps.notifications.models import Announcement, Push, Reminder
from apps.notifications.outbox import expand_due
from apps.notifications.trials import ask_for_test
from tests.factories.courses import change, days_ahead, make_course, make_entry, make_user, record
from tests.factories.notifications import announce, make_audience, make_device
from tests.notifications.conftest import Phones

pytestmark = pytest.mark.django_db


def queue(phones: int) -> None:
    """A change and an announcement for each phone."""
    entry = make_entry(make_course())
    make_audience(entry.course, phones)
    record(change(entry, "rooms", ["Raf01"], ["Raf20"], dates=days_ahead(7)))
    expand_due()
    announce()
    announce_due()


def reads(phones: Phones) -> int:
    """How many statements read something while all that is due is sent; how many write depends on when FCM answers."""
    due = Push.objects.filter(status="pending").count()
    assert due
    with CaptureQueriesContext(connection) as asked:
        assert send_due() == due
    assert not Push.objects.filter(status="pending").exists()
    # It looks at these again and again for as long as it sends.
    looks = ("notifications_pause WHERE", "SELECT EXISTS")
    found = [each["sql"].strip() for each in asked]
    return len([sql for sql in found if sql.startswith("SELECT") and not any(look in sql for look in looks)])


def test_a_batch_ten_times_as_large_is_read_by_as_many_statements(phones: Phones) -> None:
    queue(20)
    later = Push.objects.exclude(device__address__in=["phone0", "phone1"])
    later.update(status="held")
    few = reads(phones)
    later.update(status="pending")
    assert reads(phones) == few


def test_a_reminder_and_a_test_come_with_all_that_is_read_of_them() -> None:
    device = make_device(make_user("alice"), "alice-phone")
    later = timezone.now() + timedelta(hours=1)
    reminder = Reminder.objects.create(
        user=device.user, kind=Reminder.Kind.CLASS, subject=uuid.uuid4(), begins_at=later
    )
    Push.objects.create(device=device, reminder=reminder, expires_at=later)
    ask_for_test(device=device)
    test, reminding = to_send(Push.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as asked:
        assert reminding.reminder
        assert (reminding.reminder.kind, reminding.reminder.begins_at) == ("class", later)
        assert (reminding.reminder.subject, reminding.reminder.day) == (reminder.subject, None)
        assert {(each.user.pk, each.user.language, each.user.is_active) for each in (reminding, test)} == {
            (device.user.pk, device.user.language, True)
        }
    assert len(asked) == 0


def test_an_announcement_deleted_while_it_is_read_is_passed_over(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(2)
    gone = Announcement.objects.get()
    in_bulk = QuerySet.in_bulk

    def meanwhile(self: Any, *args: Any, **named: Any) -> Any:
        if self.model is Announcement:
            gone.delete()
        return in_bulk(self, *args, **named)

    monkeypatch.setattr(QuerySet, "in_bulk", meanwhile)
    assert send_due() == 2
    assert len(phones.messages()) == 2
