"""Courses as they come together from rows: which rows speak of one course, and what they say of it."""

import hashlib
import itertools
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.core.folding import fold
from apps.core.tables.reading import Row, Rows
from apps.courses.models.sourced import Json
from apps.webhooks.tables import cells

LONGEST_ID = 64
# What a row says of its course, and how its cell is read.
_FACTS: Mapping[str, Callable[[str], Any]] = {
    "code": str,
    "title": str,
    "department": str,
    "level": str,
    "language": str,
    "url": str,
    "description": str,
    "year": cells.whole,
    "credits": cells.number,
}


@dataclass(slots=True)
class Draft:
    """`stored` is the document we have of the course. `facts`: what rows say, with the line that said it; parts: with their lines."""

    id: str
    stored: Json | None = None
    facts: dict[str, tuple[Any, int, Rows]] = field(default_factory=dict)
    entries: list[tuple[Json, Row]] = field(default_factory=list)
    sittings: list[tuple[Json, Json, Row]] = field(default_factory=list)
    listed_in: set[str] = field(default_factory=set)

    def known(self, name: str) -> str:
        return str(self.facts[name][0] if name in self.facts else (self.stored or {}).get(name, ""))


class Drafts:
    """A row's course is the one with its course_id; else with its code; else with its title. Otherwise it is a new one.

    Ids name the term: the same course a year later is another one, which takes nothing from the first.
    """

    def __init__(self, term: str, stored: Iterable[Json]) -> None:
        self.term = term
        self._by_id: dict[str, Draft] = {}
        self._by_code: dict[str, Draft] = {}
        self._by_title: dict[str, list[Draft]] = {}
        for document in stored:
            self._index(self._add(Draft(document["id"], document)))

    def __iter__(self) -> Iterator[Draft]:
        """Those stored first, then in order of appearance."""
        return iter(self._by_id.values())

    def place(self, rows: Rows) -> list[tuple[Row, Draft]]:
        """Each row with its course. Those that say more of it go first, so that a title alone finds what a code has named."""
        found: dict[int, Draft] = {}
        for row in sorted(rows.rows, key=lambda row: not (row.cells.keys() & {"course_id", "code"})):
            if draft := self._of(row, rows):
                draft.listed_in.add(rows.table.name)
                found[row.line] = draft
        for row in rows.rows:
            if row.line in found:
                self._learn(found[row.line], row, rows)
        return [(row, found[row.line]) for row in rows.rows if row.line in found]

    def _of(self, row: Row, rows: Rows) -> Draft | None:
        id, code, title = (row.cells.get(name, "") for name in ("course_id", "code", "title"))
        if id:
            draft = self._by_id.get(id) or self._add(Draft(id))
        elif code:
            draft = self._by_code.get(same(code)) or self._without_code(title) or self._new(code)
        elif title:
            named = self._by_title.get(same(title), [])
            if len(named) > 1:
                rows.fault(row.line, "title", "is the title of several courses: give their code as well")
                return None
            draft = named[0] if named else self._new(title)
        else:
            if not row.spoilt & {"course_id", "code", "title"}:
                rows.fault(row.line, "", "names no course")
            return None
        self._index(draft, code=code, title=title)
        return draft

    def _without_code(self, title: str) -> Draft | None:
        """A course known by its title alone so far."""
        named = (
            [draft for draft in self._by_title.get(same(title), []) if not draft.known("code")]
            if title
            else []
        )
        return named[0] if len(named) == 1 and not named[0].listed_in else None

    def _add(self, draft: Draft) -> Draft:
        return self._by_id.setdefault(draft.id, draft)

    def _new(self, name: str) -> Draft:
        return self._add(Draft(free_id([self.term, name], self._by_id)))

    def _index(self, draft: Draft, *, code: str = "", title: str = "") -> None:
        if code := code or draft.known("code"):
            self._by_code.setdefault(same(code), draft)
        if title := title or draft.known("title"):
            named = self._by_title.setdefault(same(title), [])
            if draft not in named:
                named.append(draft)

    def _learn(self, draft: Draft, row: Row, rows: Rows) -> None:
        for name, read in _FACTS.items():
            if name not in row.cells:
                continue
            try:
                value = read(row.cells[name])
            except ValueError as error:
                rows.fault(row.line, name, str(error))
                continue
            said, line, _ = draft.facts.setdefault(name, (value, row.line, rows))
            if said != value and fold(str(said)) != fold(str(value)):
                rows.fault(row.line, name, f"is {value!r}, but line {line} says {said!r} of the same course")


def same(name: str) -> str:
    """Two names are one if only case, spaces or the way letters are composed differ; C, C++ and C# are three."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def free_id(parts: Sequence[str], taken: Container[str]) -> str:
    """An id that says what it is of, and is not taken: words as far as they fit, then as much of a digest as tells them apart."""
    text = "\n".join(same(part) for part in parts)
    words = "-".join("-".join(fold(part).split()) for part in parts if fold(part))
    digest = hashlib.sha256(text.encode()).hexdigest()
    stem = words[: LONGEST_ID - 11]
    names = itertools.chain(
        [words] if 0 < len(words) <= LONGEST_ID else [],
        (f"{stem}-{digest[start : start + 10]}".lstrip("-") for start in range(0, 50, 10)),
        (f"{stem}-{number}".lstrip("-") for number in itertools.count(2)),
    )
    return next(name for name in names if name not in taken)
