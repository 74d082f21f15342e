"""Search that is blind to accents, case and script: cet, čet and чет are one word, and so are Đorđe, Ђорђе, Djordje and Dorde."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

LONGEST_WORD = 100
# PostgreSQL refuses a tsvector of a megabyte; a character takes four bytes at most.
LONGEST_TEXT = 100_000

_SINGLE = dict(zip("абвгдђежзијклмнопрстћуфхцчшѓќйыэъ", "abvgddezzijklmnoprstcufhccsgkjyea", strict=True))
_SEVERAL = {"љ": "lj", "њ": "nj", "џ": "dz", "ѕ": "dz", "ю": "ju", "я": "ja", "щ": "st", "ё": "e", "ь": ""}
_LATIN = str.maketrans(_SINGLE | _SEVERAL | {"đ": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i"})
# What people write who lack the letter; others just leave the mark out.
_SPELLED_OUT = str.maketrans(
    {"đ": "dj", "ђ": "dj", "ѓ": "gj", "ќ": "kj", "ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe"}
)
_WORD = re.compile(r"[^\W_]+")
_TAIL = re.compile(r"(?<=[^\W\d_])\d+$")


def fold(text: str) -> str:
    """Words with one space between: lower case, Cyrillic in Latin letters, no diacritics, no punctuation."""
    return " ".join(word[:LONGEST_WORD] for word in _WORD.findall(_bare(_lower(text))))


def spellings(text: str) -> tuple[str, ...]:
    """The folded text, and how it is written by those who spell out ü as ue and đ as dj; of as many words."""
    lower = _lower(text)
    return tuple(dict.fromkeys((fold(lower), fold(lower.translate(_SPELLED_OUT)))))


def search_text(*, code: str, titles: Iterable[str], others: Iterable[str]) -> str:
    """What a course is found by, one text a line: first its code written together, its code and titles; after an empty line the others.

    Codes and rooms are found with and without the gap, and by the number they end in: RAF-20, Raf20, raf 20.
    """
    names = [*map(_together, spellings(code)), *_lines([code, *titles])]
    rest = _lines(others)
    rest += [_together(line) for line in rest]
    rest.append(" ".join(tail for line in (*names, *rest) for word in line.split() for tail in _tails(word)))
    return "\n\n".join("\n".join(dict.fromkeys(lines)) for lines in (names, rest))[:LONGEST_TEXT]


def titles_of(title: str, translations: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [title, *(words["title"] for words in translations.values() if words.get("title"))]


def _lower(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _bare(lower: str) -> str:
    """Composed letters have readings of their own (й, ѓ); of what is left, the base letters count (ѝ, ѐ)."""
    if lower.isascii():
        return lower
    apart = unicodedata.normalize("NFKD", lower.translate(_LATIN))
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_LATIN)


def _lines(texts: Iterable[str]) -> list[str]:
    return [spelling for text in dict.fromkeys(texts) for spelling in spellings(text) if spelling]


def _together(folded: str) -> str:
    return folded.replace(" ", "")[:LONGEST_WORD]


def _tails(word: str) -> Iterator[str]:
    return (found.group() for found in _TAIL.finditer(word))
