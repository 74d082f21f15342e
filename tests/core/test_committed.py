"""What is known of changes never says of an answer that it still reads the same when it might not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.committed import Committed, News

PARTS = "abc"
_changes = st.lists(st.frozensets(st.sampled_from(PARTS), max_size=2), max_size=12)


def alone(revision: int) -> Committed:
    return Committed.alone(revision, read_at=0)


def told(known: Committed, revision: int, *changed: str, most: int = 100) -> Committed:
    return known.after(News(revision, changed), read_at=0, most=most)


@given(changes=_changes, looks=st.sets(st.integers(0, 12)), most=st.integers(0, 3))
def test_what_is_shown_has_not_changed(changes: list[frozenset[str]], looks: set[int], most: int) -> None:
    """The change at each revision is told at the looks alone, and of what was made at any revision, also one between two looks."""
    known = alone(0)
    for now in sorted({look for look in looks if look <= len(changes)} | {len(changes)}):
        known = told(known, now, *frozenset().union(*changes[known.revision : now]), most=most)
        for made_at in range(len(changes) + 1):
            for parts in map(tuple, ("a", "b", "ab", "abc")):
                since = frozenset().union(*changes[made_at:now])
                if known.shows(made_at, parts):
                    assert made_at <= now
                    assert since.isdisjoint(parts)


def test_what_others_are_made_of_changes_nothing() -> None:
    known = told(told(alone(7), 8, "a"), 9, "b")
    assert known.shows(7, tuple("c"))
    assert known.shows(8, tuple("a"))
    assert not known.shows(7, tuple("ac"))


@pytest.mark.parametrize("revision", [6, 10])
def test_of_before_and_after_nothing_is_known(revision: int) -> None:
    assert not told(alone(7), 9).shows(revision, tuple("c"))


def test_what_may_be_made_of_anything_reads_the_same_at_its_own_revision_alone() -> None:
    assert alone(7).shows(7, None)
    assert not told(alone(7), 8).shows(7, None)


def test_too_many_changes_to_tell_may_be_anything() -> None:
    assert not alone(7).after(News(8), read_at=0, most=100).shows(7, tuple("c"))


def test_a_database_that_goes_back_starts_anew() -> None:
    again = told(told(alone(7), 5), 9)
    assert not again.shows(7, tuple("c"))
