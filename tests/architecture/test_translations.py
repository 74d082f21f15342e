"""Every language says everything, and names what the English names."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

from apps.core.languages import speaking
from compose.local.translations import LOCALE, compiled, readable, said, updated

CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))
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


def _strings(text: str | Iterable[str] | None) -> tuple[str, ...]:
    """A text, or its plurals."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)
