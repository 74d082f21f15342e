"""The demo faculty comes in by the real way, rings nobody, and may be loaded any number of times."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.courses.models import ChangeSet, Course, Entry, Revision, Term
from apps.demo.loading import demo_deliveries, load_catalogue
from apps.webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)

FRIDAY_EVENING = datetime(2025, 11, 21, 22, tzinfo=ZoneInfo("Europe/Belgrade"))
lines: list[str] = []


def test_the_faculty_is_applied_from_its_deliveries() -> None:
    load_catalogue(now=FRIDAY_EVENING, say=lines.append)

    assert {delivery.status for delivery in demo_deliveries()} == {Delivery.Status.PROCESSED}
    assert demo_deliveries().count() == 4
    assert Course.objects.visible().count() >= 60
    assert Entry.objects.filter(course__visible=True).count() >= 300
    autumn = Term.objects.get(external_id="autumn")
    assert autumn.starts_on == FRIDAY_EVENING.date() - timedelta(weeks=5, days=4)


def test_nobody_is_rung_by_it() -> None:
    load_catalogue(now=FRIDAY_EVENING, say=lines.append)

    assert ChangeSet.objects.exists()
    assert not ChangeSet.objects.filter(silenced=False).exists()


def test_loading_twice_in_a_week_changes_nothing() -> None:
    load_catalogue(now=FRIDAY_EVENING, say=lines.append)
    revision = Revision.objects.get().n

    load_catalogue(now=FRIDAY_EVENING + timedelta(days=1), say=lines.append)

    assert demo_deliveries().count() == 4
    assert Revision.objects.get().n == revision


def test_loading_in_a_later_week_lays_the_terms_around_that_one() -> None:
    load_catalogue(now=FRIDAY_EVENING, say=lines.append)
    before = Term.objects.get(external_id="autumn").starts_on
    courses = Course.objects.visible().count()

    load_catalogue(now=FRIDAY_EVENING + timedelta(weeks=3), say=lines.append)

    assert before is not None
    assert Term.objects.get(external_id="autumn").starts_on == before + timedelta(weeks=3)
    assert Course.objects.visible().count() == courses
