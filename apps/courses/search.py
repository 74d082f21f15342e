"""Search that is blind to accents, case and script: cet, čet and чет are one word, and so are Đorđe, Ђорђе, Djordje and Dorde."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from apps.core.folding import LONGEST_WORD, fold, lower

# PostgreSQL refuses a tsvector of a megabyte; a character takes four bytes at most.
LONGEST_TEXT = 100_000

# What people write who lack the letter; others just leave the mark out.
_SPELLED_OUT = str.maketrans(
    {"đ": "dj", "ђ": "dj", "ѓ": "gj", "ќ": "kj", "ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe"}
)
_TAIL = re.compile(r"(?<=[^\W\d_])\d+(?!\S)")


@lru_cache(maxsize=4096)
def spellings(text: str) -> tuple[str, ...]:
    """The folded text, and how it is written by those who spell out ü as ue and đ as dj; of as many words."""
    small = lower(text)
    return tuple(dict.fromkeys((fold(small), fold(small.translate(_SPELLED_OUT)))))


def search_text(*, code: str, titles: Iterable[str], others: Iterable[str]) -> str:
    """What a course is found by, one text a line: first its code written together, its code and titles; after an empty line the others.

    Codes and rooms are found with and without the gap, and by the number they end in: RAF-20, Raf20, raf 20.
    """
    names = [*map(_together, spellings(code)), *_lines([code, *titles])]
    rest = _lines(others)
    rest += [_together(line) for line in rest]
    rest.append(" ".join(_TAIL.findall("\n".join((*names, *rest)))))
    return "\n\n".join("\n".join(dict.fromkeys(lines)) for lines in (names, rest))[:LONGEST_TEXT]


def titles_of(title: str, translations: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [title, *(words["title"] for words in translations.values() if words.get("title"))]


def _lines(texts: Iterable[str]) -> list[str]:
    return [spelling for text in dict.fromkeys(texts) for spelling in spellings(text) if spelling]


def _together(folded: str) -> str:
    return folded.replace(" ", "")[:LONGEST_WORD]
