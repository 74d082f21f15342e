"""A week of a faculty in simulated time: who is rung, on which phone, about what and when, is what an independent model says."""

import copy
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import time_machine

from tests.flows.week import script
from tests.flows.week.campus import Campus
from tests.flows.week.clock import Clock
from tests.flows.week.model import Message, Ring, Week
from tests.flows.week.people import Person
from tests.flows.week.random_weeks import RandomWeek
from tests.notifications.conftest import Phones, phones

__all__ = ["phones"]  # a fixture of the neighbours
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unbraked")]


def assert_the_same(week: script.Faculty, people: list[Person], phones: Phones) -> None:
    opening = script.Faculty()
    courses = list(opening.courses.values())
    model = Week(opening.term, courses, copy.deepcopy(people))
    rings, inbox = model.play(week.actions, script.ENDS)
    with time_machine.travel(script.BEGINS, tick=False) as python:
        campus = Campus(Clock(python), phones)
        campus.open(script.BEGINS, opening.term, courses, people)
        really_rung, really_in_inbox = campus.play(week.actions, script.ENDS)
    assert rings
    different = difference(really_in_inbox, inbox) + difference(really_rung, rings)
    assert not different, "\n".join(["", *different])


def difference(found: Sequence[Ring | Message], expected: Sequence[Ring | Message]) -> list[str]:
    really, rightly = Counter(found), Counter(expected)
    lines = [(each.at, f"missing {each}") for each in rightly - really]
    lines += [(each.at, f"too much {each}") for each in really - rightly]
    return [f"{at.astimezone(script.BELGRADE):%a %d %H:%M:%S} {line}" for at, line in sorted(lines)]


@pytest.fixture(autouse=True)
def _settling(settings: Any) -> None:
    settings.SETTLE_SECONDS = 30


def test_the_scripted_week(phones: Phones) -> None:
    assert_the_same(script.the_week(), script.people(), phones)


@pytest.mark.parametrize("seed", [1, 3])
def test_a_week_that_nobody_would_think_of(phones: Phones, seed: int) -> None:
    week = RandomWeek(seed)
    assert_the_same(week.faculty, week.people, phones)
