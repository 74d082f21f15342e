"""Speaking the language of the person a text is for. docs/languages.md tells how one is added."""

from django.conf import settings
from django.utils import translation

# Where Django's name of a language, and its folder under config/locale, is not the user's.
_NAMES = {"sr": "sr-latn"}


def known(language: str) -> str:
    """The one of LANGUAGES that was meant, for sr-RS as for sr; English for one we do not speak."""
    asked = language.replace("_", "-").partition("-")[0].lower()
    return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def speaking(language: str) -> translation.override:
    """`with speaking(user.language):` what gettext returns inside, Django's own sentences included, is in that language."""
    chosen = known(language)
    return translation.override(_NAMES.get(chosen, chosen))
