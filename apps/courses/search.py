"""Search that is blind to accents, case and script: cet, čet and чет are one word."""

import unicodedata
from collections.abc import Iterable

_SINGLE = dict(zip("абвгдђежзијклмнопрстћуфхцчшѓќѕйыэ", "abvgddezzijklmnoprstcufhccsgkzjye", strict=True))
_SEVERAL = {"љ": "lj", "њ": "nj", "џ": "dz", "ю": "ju", "я": "ja", "щ": "sc", "ё": "e", "ь": "", "ъ": ""}
_LATIN = str.maketrans(_SINGLE | _SEVERAL | {"đ": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe"})


def fold(text: str) -> str:
    """Lower case, Cyrillic in Latin letters, no diacritics, single spaces."""
    latin = text.casefold().translate(_LATIN)
    bare = (letter for letter in unicodedata.normalize("NFKD", latin) if not unicodedata.combining(letter))
    return " ".join("".join(bare).split())


def search_text(texts: Iterable[str | None]) -> str:
    """The folded texts, one a line: a query never matches across two of them."""
    return "\n".join(dict.fromkeys(fold(text) for text in texts if text))
