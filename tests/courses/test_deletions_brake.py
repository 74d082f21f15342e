"""The brake before deletions: what would hide too much of a term waits for staff, and any order still ends in one state."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.courses.brake import approve_deletions, reject_deletions
from apps.courses.ledger import Origin
from apps.courses.models import ChangeSet, Course, HeldDeletions, Revision, Snapshot
from apps.courses.payloads import SNAPSHOT
from apps.courses.sync import apply_snapshot_page
from apps.users.models import User
from tests.courses.histories import (
    SOURCE,
    START,
    Json,
    apply,
    by_the_contract,
    by_the_ledger,
    course,
    deleted,
    document,
    histories,
    page,
    served,
)
from tests.factories.courses import make_user
from tests.together import together

TEN = "abcdefghij"
State = HeldDeletions.State
calm = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def staff(db: None) -> User:
    return make_user("staff")


@pytest.fixture
def term_of_ten(db: None) -> None:
    for id in TEN:
        apply(course(id, 1))


def listing(ids: str, at: int, **fields: Any) -> Json:
    return page(at, [document(id) for id in ids], **fields)


def visible() -> str:
    return "".join(sorted(Course.objects.visible().values_list("external_id", flat=True)))


def states() -> dict[str, str]:
    return dict(HeldDeletions.objects.values_list("snapshot__snapshot_id", "state"))


def approve(user: User, id: str = "s") -> None:
    with transaction.atomic():
        approve_deletions(snapshot=Snapshot.objects.get(snapshot_id=id).pk, user=user)


def reject(user: User, id: str = "s") -> None:
    with transaction.atomic():
        reject_deletions(snapshot=Snapshot.objects.get(snapshot_id=id).pk, user=user)


def test_a_fifth_of_a_term_goes_at_once(term_of_ten: None) -> None:
    apply(listing(TEN[:8], 5))
    assert (visible(), states()) == (TEN[:8], {})


def test_more_than_a_fifth_waits_while_the_documents_apply(term_of_ten: None) -> None:
    apply(page(5, [document(id, title="new") for id in TEN[:7]]))
    assert (visible(), states()) == (TEN, {"s": "waiting"})
    assert Course.objects.filter(title="new").count() == 7
    held = HeldDeletions.objects.get()
    assert (held.would_hide, held.of_courses) == (3, 10)


@pytest.mark.parametrize(("limit", "waits"), [(0, True), (29, True), (30, False), (100, False)])
def test_the_limit_is_a_setting(term_of_ten: None, settings: Any, limit: int, waits: bool) -> None:
    settings.DELETION_LIMIT = limit
    apply(listing(TEN[:7], 5))
    assert bool(states()) is waits


@pytest.mark.parametrize(("size", "waits"), [(1, True), (4, True), (5, False)])
def test_small_terms_follow_the_same_rule(db: None, size: int, waits: bool) -> None:
    for id in TEN[:size]:
        apply(course(id, 1))
    apply(listing(TEN[1:size], 5))
    assert bool(states()) is waits


def test_what_comes_with_the_snapshot_counts_as_the_term(term_of_ten: None) -> None:
    apply(page(5, [document(f"new{number}") for number in range(39)] + [document(TEN[0])]))
    assert states() == {}, "9 of 49"


def test_what_is_hidden_already_does_not_count_again(term_of_ten: None) -> None:
    apply(listing(TEN[:8], 5, id="s"))
    apply(listing(TEN[:7], 6, id="t"))
    assert (visible(), states()) == (TEN[:7], {})


def test_other_terms_do_not_count(term_of_ten: None) -> None:
    for number in range(50):
        apply(course(f"summer{number}", 1, term="summer"))
    apply(listing(TEN[:7], 5))
    assert states() == {"s": "waiting"}


def test_pages_wait_for_the_last_one_and_are_judged_together(term_of_ten: None) -> None:
    apply(listing(TEN[:4], 5, number=2, pages=3))
    apply(listing(TEN[4:6], 6, number=1, pages=3))
    assert states() == {}
    apply(listing("", 7, number=3, pages=3))
    assert (visible(), states()) == (TEN, {"s": "waiting"})


def test_approved_it_hides_what_it_does_by_then_in_one_change_set_of_staff_and_delivery(
    term_of_ten: None, staff: User
) -> None:
    apply(listing(TEN[:5], 5))
    apply(course("f", 6))
    apply(deleted("g", 6))
    before = ChangeSet.objects.count()
    approve(staff)
    assert visible() == TEN[:6]
    held = HeldDeletions.objects.get()
    [change_set] = ChangeSet.objects.order_by("revision")[before:]
    assert (change_set.delivery, change_set.user) == (held.delivery, staff)
    assert (held.state, held.decided_by, held.revision) == ("approved", staff, change_set.revision)
    assert change_set.changes.count() == 3


def test_approved_when_nothing_is_left_to_hide_it_is_no_change_set(term_of_ten: None, staff: User) -> None:
    apply(listing(TEN[:7], 5))
    for id in TEN[7:]:
        apply(deleted(id, 6))
    before = ChangeSet.objects.count()
    approve(staff)
    assert ChangeSet.objects.count() == before
    assert HeldDeletions.objects.get().revision is None


def test_rejected_its_floor_never_takes_effect(term_of_ten: None, staff: User) -> None:
    apply(listing(TEN[:7], 5))
    reject(staff)
    apply(course("z", 3))
    apply(listing(TEN[:7], 5))
    assert (visible(), states()) == (TEN + "z", {"s": "rejected"})


def test_a_floor_that_waits_is_none_for_late_documents_until_it_is_approved(
    term_of_ten: None, staff: User
) -> None:
    apply(listing(TEN[:7], 5))
    apply(course("z", 4))
    apply(course("h", 4, title="late"))
    assert visible() == TEN + "z"
    approve(staff)
    assert visible() == TEN[:7]
    apply(course("y", 3))
    assert visible() == TEN[:7]
    apply(course("z", 6))
    assert visible() == TEN[:7] + "z"


def test_one_that_waits_leaves_the_floor_before_it_in_effect(term_of_ten: None, staff: User) -> None:
    apply(listing(TEN[:9], 5, id="s"))
    apply(listing(TEN[:2], 7, id="t"))
    apply(course("z", 4))
    assert (visible(), states()) == (TEN[:9], {"t": "waiting"})


@pytest.mark.parametrize("decide", [None, approve, reject])
def test_a_page_sent_again_changes_nothing(
    term_of_ten: None, staff: User, decide: Callable[[User], None] | None
) -> None:
    apply(listing(TEN[:7], 5))
    if decide:
        decide(staff)
    before = (visible(), states(), HeldDeletions.objects.values().get())
    for number in range(20):
        apply(course(f"more{number}", 6))
    expected = visible()
    apply(listing(TEN[:7], 5))
    assert (visible(), states(), HeldDeletions.objects.values().get()) == (expected, *before[1:])


def test_a_newer_snapshot_is_judged_on_its_own_and_makes_the_older_moot(
    term_of_ten: None, staff: User
) -> None:
    apply(listing(TEN[:2], 5, id="s"))
    apply(listing(TEN[:9], 7, id="t"))
    assert (visible(), states()) == (TEN[:9], {"s": "superseded"})
    for decide in (approve, reject):
        with pytest.raises(HeldDeletions.Decided):
            decide(staff, "s")
    apply(listing(TEN[:2], 5, id="s"))
    assert (visible(), states()) == (TEN[:9], {"s": "superseded"})


def test_of_two_that_would_hide_too_many_only_the_newer_waits(term_of_ten: None, staff: User) -> None:
    for ids, at, id in [(TEN[:3], 7, "t"), (TEN[:2], 5, "s")]:
        apply(listing(ids, at, id=id))
    assert states() == {"s": "superseded", "t": "waiting"}
    approve(staff, "t")
    assert visible() == TEN[:3]


def test_one_whose_successor_turns_out_to_lack_pages_waits_again(term_of_ten: None, staff: User) -> None:
    apply(listing(TEN[:2], 5, id="s"))
    apply(listing(TEN[:9], 7, id="t"))
    apply(listing(TEN[:9], 7, id="t", pages=2))
    assert states() == {"s": "waiting"}
    approve(staff, "s")
    assert visible() == TEN[:9], "what t lists is newer than s"


def test_older_ones_that_come_to_count_late_are_judged_then(term_of_ten: None) -> None:
    apply(listing(TEN, 7, id="t"))
    apply(listing(TEN[:3], 6, id="s"))
    apply(listing(TEN[:2], 5, id="r"))
    assert states() == {}
    Course.objects.update(guard="2026-09-01T00:00:01Z")
    apply(page(7, [], id="t", pages=2))
    assert (visible(), states()) == (TEN, {"s": "waiting", "r": "superseded"})


def test_a_silenced_source_is_braked_as_well_and_stays_silent_when_approved(
    term_of_ten: None, staff: User
) -> None:
    data = listing(TEN[:7], 5)["data"]

    with transaction.atomic():
        apply_snapshot_page(
            page=SNAPSHOT.read(data),
            happened_at=START.replace(minute=1),
            origin=Origin(source=SOURCE, silenced=True),
        )
    assert states() == {"s": "waiting"}
    approve(staff)
    assert ChangeSet.objects.latest("revision").silenced


def _decide_all(user: User, verdict: Callable[[User, str], None]) -> None:
    while held := HeldDeletions.objects.waiting().select_related("snapshot").first():
        with transaction.atomic():
            if verdict is approve:
                approve_deletions(snapshot=held.pk, user=user)
            else:
                reject_deletions(snapshot=held.pk, user=user)


def _found() -> dict[str, tuple[bool, bool, str | None]]:
    assert by_the_ledger() == served()
    return {
        row.external_id: (row.tombstone, row.hidden, (row.source_document or {}).get("title"))
        for row in Course.objects.all()
    }


@calm
@given(history=histories, data=st.data())
def test_once_staff_have_approved_everything_any_order_ends_in_the_state_the_contract_names(
    staff: User, history: list[Json], data: Any
) -> None:
    again = data.draw(st.lists(st.sampled_from(history), max_size=3))
    order = data.draw(st.permutations([*history, *again]))
    with transaction.atomic():
        for event in order:
            apply(event)
            if data.draw(st.booleans()):
                _decide_all(staff, approve)
        _decide_all(staff, approve)
        assert _found() == by_the_contract(history)
        transaction.set_rollback(True)


@calm
@given(history=histories, data=st.data())
def test_whatever_staff_decide_what_they_have_not_approved_sets_no_floor(
    staff: User, history: list[Json], data: Any
) -> None:
    with transaction.atomic():
        for event in data.draw(st.permutations(history)):
            apply(event)
            verdict = data.draw(st.sampled_from([approve, reject, None]))
            if verdict:
                _decide_all(staff, verdict)
        powerless = HeldDeletions.objects.exclude(state=State.APPROVED)
        pairs = powerless.values_list("snapshot__term__external_id", "snapshot__snapshot_id")
        assert _found() == by_the_contract(history, powerless=list(pairs))
        assert HeldDeletions.objects.waiting().count() <= 2, "one a term"
        transaction.set_rollback(True)


def test_every_order_of_a_history_with_one_held_ends_in_one_state_once_approved(staff: User) -> None:
    history = [course("a", 1), course("b", 2), course("c", 6), listing("a", 5), course("b", 4, title="late")]
    ends = []
    for order in permutations(history):
        with transaction.atomic():
            for event in order:
                apply(event)
            _decide_all(staff, approve)
            ends.append(_found())
            transaction.set_rollback(True)
    assert all(end == ends[0] for end in ends)
    assert ends[0]["b"][1]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_does(term_of_ten: None, staff: User) -> None:
    apply(listing(TEN[:7], 5))
    decisions: Iterator[Callable[[], None]] = iter([lambda: approve(staff), lambda: reject(staff)])

    def decide() -> bool:
        try:
            next(decisions)()
        except HeldDeletions.Decided:
            return False
        return True

    assert sorted(together(2, decide, at=HeldDeletions.objects.all())) == [False, True]
    assert (visible(), states()["s"]) in [(TEN[:7], "approved"), (TEN, "rejected")]
    assert by_the_ledger() == served()


@pytest.mark.django_db(transaction=True)
def test_of_an_approval_and_a_newer_snapshot_at_once_either_may_come_first(
    term_of_ten: None, staff: User
) -> None:
    apply(listing(TEN[:7], 5, id="s"))

    def newer() -> None:
        with transaction.atomic():
            apply(listing(TEN[:9], 7, id="t"))

    def approval() -> None:
        with suppress(HeldDeletions.Decided):
            approve(staff, "s")

    racers = iter([newer, approval])
    together(2, lambda: next(racers)(), at=Revision.objects.all())
    assert visible() == TEN[:9]
    assert states()["s"] in ("approved", "superseded")
    assert by_the_ledger() == served()
