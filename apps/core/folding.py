"""Text without case, accents and script: čet, cet and чет are one word."""

import re
import unicodedata

LONGEST_WORD = 100

_SINGLE = dict(zip("абвгдђежзијклмнопрстћуфхцчшѓќйыэъ", "abvgddezzijklmnoprstcufhccsgkjyea", strict=True))
_SEVERAL = {"љ": "lj", "њ": "nj", "џ": "dz", "ѕ": "dz", "ю": "ju", "я": "ja", "щ": "st", "ё": "e", "ь": ""}
_LATIN = str.maketrans(_SINGLE | _SEVERAL | {"đ": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i"})
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Words with one space between: lower case, Cyrillic in Latin letters, no diacritics, no punctuation."""
    return " ".join(word[:LONGEST_WORD] for word in _WORD.findall(_bare(lower(text))))


def lower(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _bare(text: str) -> str:
    """Composed letters have readings of their own (й, ѓ); of what is left, the base letters count (ѝ, ѐ)."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text.translate(_LATIN))
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_LATIN)
