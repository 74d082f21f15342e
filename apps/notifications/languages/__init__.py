"""The words of each language a user can choose. A new language is a module like these and a line here."""

from apps.notifications.languages.catalogue import Catalogue
from apps.notifications.languages.en import ENGLISH
from apps.notifications.languages.sr import SERBIAN

__all__ = ["CATALOGUES", "Catalogue", "catalogue"]

CATALOGUES: dict[str, Catalogue] = {"en": ENGLISH, "sr": SERBIAN}


def catalogue(language: str) -> Catalogue:
    return CATALOGUES.get(language.partition("-")[0], ENGLISH)
