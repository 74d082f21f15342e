"""A recorded change set becomes one fan-out row, or none."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.courses.models import ChangeSet
from apps.courses.signals import change_sets_recorded
from apps.notifications.models import FanOut
from tests.factories.courses import change, days_ahead, make_course, make_entry, make_term, record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _settles_for_half_a_minute(settings: Any) -> None:
    settings.SETTLE_SECONDS = 30


def _waits(change_set: ChangeSet) -> timedelta:
    return FanOut.objects.get(change_set=change_set).due_at - timezone.now()


def test_a_far_change_settles_first() -> None:
    entry = make_entry(make_course())
    change_set = record(change(entry, "rooms", ["A"], ["B"], dates=days_ahead(5)))
    assert timedelta(seconds=25) < _waits(change_set) <= timedelta(seconds=30)


@pytest.mark.parametrize("days", [[0], [1], [-3, 1, 9]])
def test_a_near_change_is_due_at_once(days: list[int]) -> None:
    entry = make_entry(make_course())
    change_set = record(change(entry, "rooms", ["A"], ["B"], dates=days_ahead(*days)))
    assert _waits(change_set) <= timedelta(0)


@pytest.mark.parametrize("days", [[], [-1], [-40, -2]])
def test_a_change_with_no_day_ahead_is_not_planned(days: list[int]) -> None:
    entry = make_entry(make_course())
    record(change(entry, "rooms", ["A"], ["B"], dates=days_ahead(*days)))
    assert not FanOut.objects.exists()


def test_a_silenced_change_set_is_not_planned() -> None:
    entry = make_entry(make_course())
    record(change(entry, "rooms", ["A"], ["B"], dates=days_ahead(5)), silenced=True)
    assert not FanOut.objects.exists()


def test_a_change_set_announced_twice_is_planned_once() -> None:
    entry = make_entry(make_course())
    change_set = record(change(entry, "rooms", ["A"], ["B"], dates=days_ahead(5)))
    change_sets_recorded.send(sender=ChangeSet, change_sets=[change_set])
    assert FanOut.objects.count() == 1


def test_days_are_those_of_the_zone_of_the_term() -> None:
    """Somewhere it is still yesterday: Pago Pago is eleven hours behind UTC, Kiritimati fourteen ahead."""
    [yesterday] = days_ahead(-1)
    behind = make_entry(make_course(term=make_term(time_zone="Pacific/Pago_Pago")))
    ahead = make_entry(make_course(term=make_term(time_zone="Pacific/Kiritimati")))
    here = timezone.now() - timedelta(hours=11)
    planned = record(change(behind, "rooms", ["A"], ["B"], dates=[here.date()]))
    record(change(ahead, "rooms", ["A"], ["B"], dates=[yesterday]))
    assert list(FanOut.objects.values_list("change_set", flat=True)) == [planned.revision]
