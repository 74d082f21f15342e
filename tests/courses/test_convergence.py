"""Any order of deliveries, with duplicates and losses, ends in one state: the newest version of every object."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.courses.histories import (
    Json,
    apply,
    by_the_contract,
    catalogue_after,
    course,
    course_of,
    deleted,
    document,
    histories,
    page,
    term,
    term_of,
)

pytestmark = pytest.mark.django_db
calm = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@calm
@given(history=histories, data=st.data())
def test_any_order_with_duplicates_ends_in_the_state_the_contract_names(
    history: list[Json], data: Any
) -> None:
    again = data.draw(st.lists(st.sampled_from(history), max_size=3))
    reordered = data.draw(st.permutations([*history, *again]))
    batches = data.draw(st.lists(st.integers(1, 5), max_size=4))

    found = catalogue_after(history)

    assert catalogue_after(reordered, batches=batches) == found
    assert {
        id: (row["tombstone"], row["hidden"], (row.get("source_document") or {}).get("title"))
        for id, row in found["courses"].items()
    } == by_the_contract(history)


def assert_any_order_agrees(*history: Json) -> Json:
    """Returns what all orders end in."""
    first, *others = [catalogue_after(order) for order in permutations(history)]
    assert all(other == first for other in others)
    return first


def visible(found: Json) -> set[str]:
    return {id for id, row in found["courses"].items() if not row["tombstone"] and not row["hidden"]}


def test_a_late_update_never_resurrects() -> None:
    found = assert_any_order_agrees(course("a", 1), deleted("a", 3), course("a", 2, title="late"))

    assert visible(found) == set()


def test_an_update_after_the_deletion_brings_the_course_back_under_its_id() -> None:
    apply(course("a", 1))
    before = course_of("a").id
    apply(deleted("a", 2))
    apply(course("a", 3, title="back"))

    assert (course_of("a").id, course_of("a").visible, course_of("a").title) == (before, True, "back")


def test_at_equal_guards_a_deletion_beats_an_update() -> None:
    assert (
        visible(assert_any_order_agrees(course("a", 1), deleted("a", 1), course("a", 1, title="x"))) == set()
    )


def test_at_equal_guards_one_of_two_updates_wins_in_any_order() -> None:
    assert_any_order_agrees(course("a", 1, title="x"), course("a", 1, title="y"), course("a", 1, title="z"))


def test_the_clock_of_the_document_counts_where_there_is_one() -> None:
    newer_though_sent_first = course("a", 1, updated_at=5, title="newer")
    found = assert_any_order_agrees(
        newer_though_sent_first, course("a", 3, title="between"), course("a", 6, updated_at=2, title="older")
    )

    assert found["courses"]["a"]["shown"]["title"] == "newer"
    assert visible(assert_any_order_agrees(newer_though_sent_first, deleted("a", 4))) == {"a"}
    assert visible(assert_any_order_agrees(newer_though_sent_first, deleted("a", 5))) == set()


def test_guards_differ_by_the_microsecond_and_in_any_zone() -> None:
    spellings = ["2026-09-01T10:00:00.000001Z", "2026-09-01T12:00:00.000002+02:00", "2026-09-01T10:00:00Z"]
    events = [course("a", 1, title=at) for at in spellings]
    for event, at in zip(events, spellings, strict=True):
        event["data"]["updated_at"] = at

    assert assert_any_order_agrees(*events)["courses"]["a"]["shown"]["title"] == spellings[1]


def test_a_snapshot_makes_up_for_a_lost_deletion() -> None:
    pages = [page(5, [document("a")], number=1, pages=2), page(6, [document("b")], number=2, pages=2)]
    found = assert_any_order_agrees(course("a", 1), course("c", 4), *pages)

    assert visible(found) == {"a", "b"}


def test_three_pages_in_any_order_hide_what_none_lists() -> None:
    pages = [page(5, [document(id)], number=n, pages=3) for n, id in enumerate("abd", start=1)]

    assert visible(assert_any_order_agrees(course("c", 2), *pages)) == {"a", "b", "d"}


def test_until_its_last_page_a_snapshot_hides_nothing() -> None:
    pages = [page(5, [document("a")], number=n, pages=3) for n in (1, 3)]

    assert visible(assert_any_order_agrees(course("c", 2), *pages)) == {"a", "c"}


def test_what_is_newer_than_the_lowest_page_stays() -> None:
    pages = [page(5, [], number=1, pages=2), page(9, [], number=2, pages=2)]

    assert visible(assert_any_order_agrees(course("a", 5), course("b", 6), *pages)) == {"b"}


def test_a_late_document_below_the_floor_stays_hidden_and_one_above_comes_back() -> None:
    late = [page(5, []), course("a", 4), course("a", 3, title="older")]
    assert visible(assert_any_order_agrees(*late)) == set()
    assert visible(assert_any_order_agrees(*late, course("a", 6))) == {"a"}


def test_a_newer_snapshot_that_lists_an_old_course_shows_it_again() -> None:
    stamped = document("a", updated_at=1)

    assert visible(
        assert_any_order_agrees(course("a", 2, updated_at=1), page(5, [], id="s"), page(7, [stamped], id="t"))
    ) == {"a"}


def test_two_snapshots_of_one_moment_agree_on_one_floor() -> None:
    assert_any_order_agrees(
        course("a", 1), page(5, [document("a", updated_at=1)], id="s"), page(5, [], id="t")
    )


def test_a_page_sent_again_with_more_pages_makes_its_snapshot_wait_again() -> None:
    found = assert_any_order_agrees(course("a", 1), page(5, [], pages=1), page(5, [], pages=2))

    assert visible(found) == {"a"}


def test_a_page_sent_again_lists_what_it_ever_listed() -> None:
    stamped = document("a", updated_at=1)
    found = assert_any_order_agrees(course("a", 1, updated_at=1), page(5, []), page(6, [stamped]))

    assert visible(found) == {"a"}


def test_a_course_moves_between_terms_with_its_newest_document() -> None:
    found = assert_any_order_agrees(
        course("a", 1), course("a", 3, term="summer"), page(5, [], term="winter"), course("a", 2, title="x")
    )

    assert visible(found) == {"a"}
    assert found["courses"]["a"]["columns"][4] == str(found["courses"]["a"]["term"])


def test_a_course_hidden_in_both_terms_comes_back_with_the_one_it_is_in() -> None:
    """Hidden in winter, moved to summer while hidden there too; summer's next snapshot lists it."""
    history = [
        course("a", 1),
        page(5, [], term="winter"),
        page(6, [], term="summer"),
        course("a", 2, term="summer"),
        page(8, [document("a", updated_at=2, term="summer")], term="summer", id="t"),
    ]
    found = catalogue_after(history)

    assert visible(found) == {"a"}
    assert catalogue_after(history[::-1]) == found


def test_a_snapshot_of_one_term_leaves_the_other_alone() -> None:
    found = assert_any_order_agrees(course("a", 1), course("b", 1, term="summer"), page(5, [], term="winter"))

    assert visible(found) == {"b"}


def test_a_course_may_come_before_its_term() -> None:
    found = assert_any_order_agrees(term("winter", 1), course("a", 1), term("winter", 2, name="renamed"))

    assert found["terms"]["winter"][2]["name"] == "renamed"
    assert visible(found) == {"a"}


def test_a_snapshot_of_an_unknown_term_leaves_a_stub() -> None:
    apply(page(1, []))

    assert term_of("winter").guard is None


def test_terms_follow_the_same_order_as_courses() -> None:
    assert_any_order_agrees(
        term("winter", 1, name="x"), term("winter", 1, name="y"), term("winter", 0, name="z")
    )
    found = assert_any_order_agrees(
        term("winter", 1, name="x", updated_at="2026-09-02T00:00:00Z"), term("winter", 5, name="y")
    )
    assert found["terms"]["winter"][2]["name"] == "x"


def test_a_lost_deletion_and_a_sent_one_read_the_same_after_a_snapshot() -> None:
    history = [course("a", 1), course("b", 1), page(9, [document("b")])]

    assert visible(catalogue_after(history)) == visible(
        catalogue_after([*history[:2], deleted("a", 4), history[2]])
    )
