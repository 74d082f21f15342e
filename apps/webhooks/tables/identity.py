"""Which stored entry a row is, when the file gives no ids: so that a class which moved is a class that moved, not one gone and one new."""

from collections.abc import Sequence

from apps.courses.models.sourced import Json
from apps.webhooks.tables.drafts import free_id

# Two entries are one when they agree in kind and groups, whatever else has changed; or in kind, teachers and time (other groups);
# or in groups, teachers and time (another kind). Beyond that the weights only say which of several is meant.
_WEIGHTS = {"kind": 6, "groups": 8, "teachers": 4, "slot": 4, "rooms": 1}
_ENOUGH = 14


def with_ids(rows: Sequence[Json], stored: Sequence[Json]) -> list[Json]:
    """The rows as entry documents, each with its own `id` if it has one, else that of the stored entry it is most like, else a new one."""
    ids: dict[int, str] = {n: row["id"] for n, row in enumerate(rows) if "id" in row}
    left = {entry["id"]: entry for entry in stored if entry["id"] not in ids.values()}
    waiting = [n for n in range(len(rows)) if n not in ids]
    _pair_equals(rows, waiting, left, ids)
    # The order of what is equally alike is that of the file and of what is stored, so that the same input gives the same ids.
    likenesses = [
        (-score, n, position, id)
        for n in waiting
        if n not in ids
        for position, (id, entry) in enumerate(left.items())
        if (score := _likeness(rows[n], entry)) >= _ENOUGH
    ]
    for _, n, _, id in sorted(likenesses):
        if n not in ids and id in left:
            ids[n] = id
            del left[id]
    taken = {*ids.values(), *(entry["id"] for entry in stored)}
    for n in waiting:
        if n not in ids:
            ids[n] = free_id([rows[n]["kind"], *rows[n]["groups"]], taken)
            taken.add(ids[n])
    by_id = {entry["id"]: entry for entry in stored}
    return [_kept(by_id.get(ids[n]), {**row, "id": ids[n]}) for n, row in enumerate(rows)]


def _pair_equals(
    rows: Sequence[Json], waiting: list[int], left: dict[str, Json], ids: dict[int, str]
) -> None:
    """Most rows of most files: found by what they hold, not by comparing each with each."""
    by_content: dict[str, list[str]] = {}
    for id, entry in reversed(left.items()):
        by_content.setdefault(_content(entry), []).append(id)
    for n in waiting:
        if equal := by_content.get(_content(rows[n])):
            ids[n] = equal.pop()
            del left[ids[n]]


def _content(entry: Json) -> str:
    return repr(sorted((name, value) for name, value in entry.items() if name not in ("id", "exceptions")))


def _likeness(row: Json, entry: Json) -> int:
    equal = {
        "kind": row["kind"] == entry["kind"],
        "groups": set(row["groups"]) == set(entry["groups"]),
        "teachers": set(row["teachers"]) == set(entry["teachers"]),
        "slot": (row["weekday"], row["starts_at"]) == (entry["weekday"], entry["starts_at"]),
        "rooms": set(row["rooms"]) == set(entry["rooms"]),
    }
    return sum(weight for name, weight in _WEIGHTS.items() if equal[name])


def _kept(stored: Json | None, entry: Json) -> Json:
    """A table has no column for exceptions: those of a meeting that keeps its weekday stay."""
    if stored and stored["weekday"] == entry["weekday"]:
        return {**entry, "exceptions": stored["exceptions"]}
    return entry
