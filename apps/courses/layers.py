"""The two layers of one object: what its source says of it, and what staff have set over that."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from pydantic import ValidationError

from apps.courses.models import Course, Entry, Exam, Override, Term
from apps.courses.models.sourced import Json, part_id
from apps.courses.overrides import PARTS
from apps.courses.payloads import CourseDocument, Document, TermDocument

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

    shape: type[Document]
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
        if unknown := set(values) - (set(self.shape.model_fields) - _FIXED):
            raise ValueError(f"not for staff to set: {', '.join(sorted(unknown))}")
        wanted = {**self.fields, **values}
        try:
            effective = self.shape.model_validate({**self.source, **wanted})
        except ValidationError as error:
            raise Invalid(*_errors(self.shape, error)) from error
        source, canonical = self.shape.model_validate(self.source), effective.canonical()
        # Compared as typed values: one moment written in two zones is one value.
        return {
            name: canonical.get(name) for name in wanted if getattr(effective, name) != getattr(source, name)
        }


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
        return Layers(TermDocument if isinstance(owner, Term) else CourseDocument, document, override)
    for name, kind, shape in PARTS:
        for part in document.get(name, []):
            if part_id(owner.pk, kind, part["id"]) == object_id:
                return Layers(shape, part, override)
    return None


def _errors(shape: type[Document], error: ValidationError) -> list[tuple[str, str]]:
    """A fault of several fields together names the first of them in its message, as payloads.py words it."""
    found = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        message = fault["msg"].removeprefix("Value error, ")
        field, *inside = fault["loc"] or (message.split()[0],)
        place = ", ".join(f"row {step + 1}" if isinstance(step, int) else step for step in inside)
        found.append(
            (str(field) if field in shape.model_fields else "", f"{place}: {message}" if place else message)
        )
    return found
