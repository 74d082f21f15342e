"""Whatever class comes next when the demo is played, there is a room for it to move to."""

from datetime import time

import pytest

from apps.courses.models import Entry
from apps.demo.room_change import plan


@pytest.mark.usefixtures("faculty")
def test_three_runs_move_any_class_into_three_free_rooms() -> None:
    alike = ("course__term", "weekday", "starts_at", "ends_at", "kind")
    classes = Entry.objects.filter(course__visible=True).exclude(rooms=[])
    for entry in classes.order_by(*alike).distinct(*alike):
        others = Entry.objects.filter(
            course__term=entry.course.term,
            course__visible=True,
            weekday=entry.weekday,
            starts_at__lt=entry.ends_at,
            ends_at__gt=entry.starts_at,
        ).exclude(pk=entry.pk)
        taken = {room for rooms in others.values_list("rooms", flat=True) for room in rooms}
        found = []
        for _ in range(3):
            change = plan(entry_id=str(entry.pk))
            assert change is not None
            found.append(change.new[0])
            Entry.objects.filter(pk=entry.pk).update(rooms=change.new)
        Entry.objects.filter(pk=entry.pk).update(rooms=entry.rooms)
        assert len(set(found)) == 3
        assert taken.isdisjoint(found)


@pytest.mark.usefixtures("faculty")
def test_when_every_room_is_taken_there_is_none() -> None:
    entry = Entry.objects.filter(course__visible=True).exclude(rooms=[])[0]
    Entry.objects.filter(course__term=entry.course.term).update(
        weekday=1, starts_at=time(8), ends_at=time(20)
    )
    assert plan(entry_id=str(entry.pk)) is None
