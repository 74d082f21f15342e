"""Whoever a text is for reads their own language, or English."""

from pathlib import Path

import pytest
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext, pgettext
from pytest_django import Settings

from apps.core.languages import known, speaking
from compose.local.translations import compiled, updated
from tests.core.texts import SAID

PARTIAL = """\
msgid ""
msgstr ""
"Language: sr_Latn\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "The lighthouse is lit"
msgstr "Svetionik je upaljen"

msgctxt "month"
msgid "Zob"
msgstr "zob"

msgid "%(n)s gull"
msgid_plural "%(n)s gulls"
msgstr[0] "%(n)s galeb"
msgstr[1] "%(n)s galeba"
msgstr[2] "%(n)s galebova"

msgid "Nobody says this any more"
msgstr "Ovo više niko ne kaže"
"""


@pytest.fixture
def partial(settings: Settings, tmp_path: Path) -> Path:
    """A catalogue that lacks some of SAID and holds what is no longer said, in place of ours."""
    path = tmp_path / "sr_Latn" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(PARTIAL)
    path.with_suffix(".mo").write_bytes(compiled(updated(path, SAID)))
    settings.LOCALE_PATHS = [tmp_path]
    return path


def sentence() -> str:
    try:
        MinimumLengthValidator().validate("short")
    except ValidationError as error:
        return str(error.messages[0])
    raise AssertionError


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("sr", "sr"),
        ("sr-RS", "sr"),
        ("SR_Latn", "sr"),
        ("en-GB", "en"),
        ("ar", "en"),
        ("", "en"),
        ("x" * 500, "en"),
    ],
)
def test_a_language_we_do_not_speak_is_english(asked: str, spoken: str) -> None:
    assert known(asked) == spoken


def test_djangos_own_sentences_come_in_serbian_latin() -> None:
    with speaking("sr"):
        assert sentence().startswith("Ova lozinka je prekratka")
    assert sentence().startswith("This password is too short")


def test_within_one_language_another_may_be_spoken() -> None:
    with speaking("sr"):
        with speaking("en"):
            assert sentence().startswith("This password")
        assert sentence().startswith("Ova lozinka")


def test_what_a_language_lacks_is_said_in_english(partial: Path) -> None:
    with speaking("sr"):
        assert gettext("The lighthouse is lit") == "Svetionik je upaljen"
        assert gettext("The lighthouse is dark") == "The lighthouse is dark"
        assert pgettext("month", "Zob") == "zob"
        assert pgettext("grain", "Zob") == "Zob"
        assert [ngettext("%(n)s gull", "%(n)s gulls", n) % {"n": n} for n in (1, 3, 5, 21)] == [
            "1 galeb",
            "3 galeba",
            "5 galebova",
            "21 galeb",
        ]
        assert ngettext("%(n)s boat", "%(n)s boats", 3) == "%(n)s boats"


def test_what_is_no_longer_said_is_dropped_and_what_is_new_waits_for_words(partial: Path) -> None:
    texts = updated(partial, SAID)
    assert texts.get("Nobody says this any more") is None
    assert {each.id: each.string for each in texts}["The lighthouse is dark"] is None
