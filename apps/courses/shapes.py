"""Reading documents of one shape: what is wrong with one, or its canonical form."""

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from typing import Any

from pydantic import TypeAdapter, ValidationError

from apps.courses.models.sourced import Json

# Far above what a course has, and low enough that a list of the wrong things is one fault and not a million.
FEW = 1_000
# So many of the faults of one document are told.
FAULTS_TOLD = 100

Place = tuple[str | int, ...]


class Faulty(Exception):
    """A document that breaks the contract. `faults`: the steps that lead to each, and what is wrong there."""

    def __init__(self, *faults: tuple[Place, str]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, place))}: {detail}" for place, detail in faults))
        self.faults = faults


class Shape:
    """`type` is what pydantic makes of it. `parts` are the shapes of the objects in its lists, of which each list may have `most`.

    Such a list has to be FailFast: a body of a few megabytes can have millions of faults, which would take gigabytes to collect.
    """

    def __init__(self, type: Any, *, most: int = FEW, **parts: "Shape") -> None:
        self.fields = frozenset(getattr(type, "__origin__", type).__annotations__)
        self._type = type
        self._most = most
        self._parts = parts

    @cached_property
    def _validate(self) -> Callable[[Any], Any]:
        """Made when it is first wanted: of those for parts alone most never are, and all of them were a twentieth of the start."""
        return TypeAdapter(self._type).validator.validate_python

    def read(self, value: Any) -> Json:
        """The document in canonical form. Raises Faulty.

        Most have neither faults nor nulls, so that is tried first: it takes no Python function for each object in them.
        """
        try:
            document: Json = self._validate(value)
        except ValidationError:
            document = self._read_slowly(_without_nulls(value))
        return document

    def _read_slowly(self, value: Any) -> Json:
        try:
            document: Json = self._validate(value)
        except ValidationError:
            raise Faulty(*islice(self.faults(value), FAULTS_TOLD)) from None
        return document

    def faults(self, value: Any) -> Iterator[tuple[Place, str]]:
        """Those of its parts, an object at a time, and then its own."""
        flawed: set[str] = set()
        for name, part in self._parts.items():
            items = value.get(name) if isinstance(value, dict) else None
            for place, detail in part.faults_among(items) if isinstance(items, list) else ():
                flawed.add(name)
                yield (name, *place), detail
        try:
            self._validate({**value, **{name: [] for name in flawed}} if flawed else value)
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_context=False, include_input=False):
                yield fault["loc"], fault["msg"].removeprefix("Value error, ")

    def faults_among(self, items: list[Any]) -> Iterator[tuple[Place, str]]:
        if len(items) > self._most:
            yield (), f"List should have at most {self._most} items, not {len(items)}"
            return
        for number, item in enumerate(items):
            for place, detail in self.faults(item):
                yield (number, *place), detail


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
