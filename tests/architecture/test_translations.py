"""Every language says everything, and names what the English names."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from rest_framework import exceptions, fields, serializers, validators
from rest_framework.exceptions import Throttled

from apps.core.drf_sentences import SENTENCES
from apps.core.languages import speaking
from apps.users.serializers import (
    AddressSerializer,
    ConfirmationSerializer,
    PasswordChangeSerializer,
    RegistrationSerializer,
    ResetSerializer,
)
from apps.users.views.deletion import DeletionRequestSerializer
from compose.local.translations import LOCALE, compiled, readable, said, updated

CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))
# Of the views that answer in the language of whoever asks.
SPEAKING = [
    AddressSerializer,
    ConfirmationSerializer,
    DeletionRequestSerializer,
    PasswordChangeSerializer,
    RegistrationSerializer,
    ResetSerializer,
]
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%%")


def of(path: Path) -> str:
    return path.parts[-3]


def test_there_is_a_catalogue_for_every_language_but_the_codes_own() -> None:
    others = [language for language, _ in settings.LANGUAGES if language != settings.LANGUAGE_CODE]
    names = {str(speaking(language).language).replace("-", "_").lower() for language in others}
    assert {of(path).lower() for path in CATALOGUES} == names


@pytest.mark.parametrize("path", CATALOGUES, ids=of)
def test_everything_is_translated(path: Path) -> None:
    texts = updated(path, said())
    lacking = [each.id for each in texts if each.id and not all(_strings(each.string))]
    assert lacking == []


@pytest.mark.parametrize("path", CATALOGUES, ids=of)
def test_translations_name_what_the_english_names(path: Path) -> None:
    with path.open("rb") as file:
        texts = read_po(file, locale=of(path))
    for each in texts:
        if each.id:
            english = {frozenset(_PLACEHOLDER.findall(text)) for text in _strings(each.id)}
            assert {frozenset(_PLACEHOLDER.findall(text)) for text in _strings(each.string)} <= english, (
                each.id
            )


@pytest.mark.parametrize("path", CATALOGUES, ids=of)
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    texts = updated(path, said())
    assert path.read_bytes() == readable(texts), "run `make messages`"
    assert path.with_suffix(".mo").read_bytes() == compiled(texts), "run `make messages`"


@pytest.mark.parametrize(
    "language", [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
)
@pytest.mark.parametrize("serializer", SPEAKING, ids=lambda each: each.__name__)
def test_what_drf_says_of_what_people_type_is_translated_too(serializer: type[Any], language: str) -> None:
    """What comes in English although somebody asked for another language."""
    with speaking(settings.LANGUAGE_CODE):
        english = set(_said_of(serializer()))
    with speaking(language):
        assert english & set(_said_of(serializer())) == set()


def _said_of(serializer: Any) -> Iterator[str]:
    yield str(Throttled.default_detail)
    for field in (serializer, *serializer.fields.values()):
        for message in (
            *field.error_messages.values(),
            *(each.message for each in field.validators if hasattr(each, "message")),
        ):
            yield str(message)


def test_drf_says_what_is_translated_for_it() -> None:
    source = "".join(
        Path(module.__file__ or "").read_text() for module in (fields, serializers, validators, exceptions)
    )
    assert [sentence for sentence in SENTENCES if f"_({sentence!r})" not in source] == []


def _strings(text: str | Iterable[str] | None) -> tuple[str, ...]:
    """A text, or its plurals."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)
