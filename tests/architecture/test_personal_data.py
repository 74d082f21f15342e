"""Nothing that is held about a person is forgotten by the export: a new model or field has to be in it, or left out with a reason."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import models

from apps.core.personal_data import registered, sections_of
from apps.users.models import User

# Columns that tell of a person without referring to one.
TELLING = re.compile(r"user|mail|session|owner|author|person|address|\bto\b")
TEXTS = (models.CharField, models.TextField, models.UUIDField, models.GenericIPAddressField)

Model = type[models.Model]


def own_models() -> list[Model]:
    return [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]


def references(model: Model) -> Iterator[models.ForeignKey[Any, Any]]:
    return (field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey))


def leading_to_a_user() -> set[Model]:
    """Those that refer to a user, with what hangs on their rows, and those that name one in a column of text."""
    persons: set[Model] = {User}
    found: set[Model] = {User}
    while True:
        more = {
            model
            for model in own_models()
            if any(reference.related_model in persons for reference in references(model))
        }
        if more <= found:
            break
        found |= more
        # What is merely signed by a user does not make what hangs on it the user's.
        persons |= {
            model
            for model in more
            if any(
                reference.related_model in persons and not reference.null for reference in references(model)
            )
        }
    telling = {
        model
        for model in own_models()
        if any(
            isinstance(field, TEXTS) and TELLING.search(field.name) for field in model._meta.concrete_fields
        )
    }
    return found | telling


SECTIONS = sections_of(uuid4())
LEFT_OUT = {name: reason for held in registered() for name, reason in held.left_out.items()}


def held_fields() -> dict[Model, set[str]]:
    found: dict[Model, set[str]] = {}
    for section in SECTIONS:
        found.setdefault(section.rows.model, set()).update(section.fields)
    return found


def test_the_walk_finds_what_belongs_to_a_user_over_any_number_of_steps() -> None:
    found = {model._meta.label for model in leading_to_a_user()}

    assert {
        "users.Session",
        "users.User_groups",
        "users.ExportPart",
        "courses.Enrolment",
        "courses.ChangeSet",
        "notifications.Push",
        "admin.LogEntry",
    } <= found
    assert not {"courses.Course", "courses.Change", "webhooks.Source", "auth.Permission"} & found


def test_every_model_that_leads_to_a_user_is_exported_or_left_out_with_a_reason() -> None:
    exported = held_fields().keys()

    forgotten = {model._meta.label for model in leading_to_a_user() - exported} - LEFT_OUT.keys()

    assert forgotten == set()


def test_every_field_of_what_is_exported_is_in_it_or_left_out_with_a_reason() -> None:
    # A role is the faculty's; of it only the name is told.
    fields = {
        f"{model._meta.label}.{field.name}"
        for model in held_fields()
        if model._meta.label != "auth.Group"
        for field in (*model._meta.concrete_fields, *model._meta.many_to_many)
    }
    told = {f"{model._meta.label}.{name}" for model, names in held_fields().items() for name in names}

    assert fields - told == {name for name in LEFT_OUT if name.count(".") == 2} - told
    assert told & LEFT_OUT.keys() == set()


def test_what_is_left_out_exists_and_every_reason_is_a_sentence() -> None:
    labels = {model._meta.label for model in own_models()}

    assert {".".join(name.split(".")[:2]) for name in LEFT_OUT} <= labels
    assert all(len(reason.split()) >= 2 for reason in LEFT_OUT.values())


def test_no_two_sections_have_one_name() -> None:
    names = [section.name for section in SECTIONS]
    assert len(names) == len(set(names))
