"""The two layers of one object: what its source says of it, and what staff have set over that."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from apps.courses.models import Course, Entry, Exam, Override, Term
from apps.courses.models.sourced import Json, part_id
from apps.courses.moments import parse_datetime
from apps.courses.overrides import PARTS
from apps.courses.payloads import COURSE, TERM
from apps.courses.shapes import Faulty, Shape

# Who an object is, where it hangs and when its source touched it is the source's to say.
_FIXED = {"id", "term", "updated_at", "entries", "exams"}


class Invalid(Exception):
    """The object would not be what the contract allows. `errors`: (field, what is wrong); no field stands for the whole object."""

    def __init__(self, *errors: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{field or 'object'}: {error}" for field, error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Layers:
    """`source` is the object as its source describes it, in canonical form; `fields` are those that staff have set."""

    shape: Shape
    source: Json
    override: Override | None

    @property
    def fields(self) -> Json:
        return self.override.fields if self.override else {}

    @property
    def wanted(self) -> Json:
        """What staff want served; it is, unless the source has made it impossible since, see overrides.merge."""
        return {**self.source, **self.fields}

    def with_fields(self, values: Mapping[str, object]) -> Json:
        """What staff have set once these values are added: canonical, without those that the source says itself. Raises Invalid."""
        if unknown := set(values) - (self.shape.fields - _FIXED):
            raise ValueError(f"not for staff to set: {', '.join(sorted(unknown))}")
        wanted = {**self.fields, **values}
        try:
            effective = self.shape.read({**self.source, **wanted})
        except Faulty as error:
            raise Invalid(*_errors(self.shape, error)) from error
        return {
            name: effective.get(name)
            for name in wanted
            if _comparable(name, effective) != _comparable(name, self.source)
        }


def _comparable(name: str, document: Json) -> object:
    """One moment written in two zones is one value."""
    value = document.get(name)
    if name != "sittings":
        return value
    moments = ("starts_at", "ends_at")
    return [{**sitting, **{at: parse_datetime(sitting[at]) for at in moments}} for sitting in value or ()]


def owner_of(object_id: UUID) -> Term | Course | None:
    """The term or course whose document holds the object: the object itself, or the course of an entry or exam."""
    courses = (
        Entry.objects.filter(pk=object_id).values("course"),
        Exam.objects.filter(pk=object_id).values("course"),
        Override.objects.filter(object_id=object_id).values("owner"),
    )
    holds = Q(pk=object_id)
    for ids in courses:
        holds |= Q(pk__in=ids)
    return Course.objects.filter(holds).first() or Term.objects.filter(pk=object_id).first()


def layers_of(owner: Term | Course, object_id: UUID) -> Layers | None:
    """None when the source describes no such object, now or yet."""
    document = owner.source_document
    if document is None:
        return None
    override = Override.objects.filter(object_id=object_id).first()
    if object_id == owner.pk:
        return Layers(TERM if isinstance(owner, Term) else COURSE, document, override)
    for name, kind, shape in PARTS:
        for part in document.get(name, []):
            if part_id(owner.pk, kind, part["id"]) == object_id:
                return Layers(shape, part, override)
    return None


def _errors(shape: Shape, error: Faulty) -> list[tuple[str, str]]:
    """A fault of several fields together names the first of them in its message, as payloads.py words it."""
    found = []
    for where, message in error.faults:
        field, *inside = where or (message.split()[0],)
        place = ", ".join(f"row {step + 1}" if isinstance(step, int) else step for step in inside)
        found.append(
            (str(field) if field in shape.fields else "", f"{place}: {message}" if place else message)
        )
    return found
