"""Searching courses: every word begins a word of the course's search text (apps/courses/search.py), the likeliest first."""

from functools import reduce
from operator import or_

from django.contrib.postgres.search import SearchQuery
from django.db.models import Case, F, Func, Q, QuerySet, TextField, Value, When

from apps.courses.models import Course
from apps.courses.search import spellings


class _Lexemes(SearchQuery):
    """A query in PostgreSQL's own notation. The words are words already: its parser would split some of them."""

    template = "%(expressions)s::tsquery"


def matching(courses: QuerySet[Course], query: str) -> QuerySet[Course]:
    """In this order: the code itself, codes, titles that begin so, titles, teachers and rooms; by code among equals.

    A query without a letter or digit restricts nothing, like an empty one.
    """
    phrases = spellings(query)
    words = [set(word) for word in zip(*(phrase.split() for phrase in phrases), strict=True)]
    if not words:
        return courses
    lexemes = " & ".join("({})".format(" | ".join(f"'{each}':*" for each in sorted(word))) for word in words)
    names = Func("search_text", Value("\n\n"), Value(1), function="split_part", output_field=TextField())
    code, code_begins, name_begins, in_names, anywhere_in_names = Q(), Q(), Q(), Q(), Q()
    for phrase in phrases:
        together = phrase.replace(" ", "")
        code |= Q(search_text__startswith=f"{together}\n")
        code_begins |= Q(search_text__startswith=together)
        name_begins |= Q(names__contains=f"\n{phrase}")
    for word in words:
        in_names &= Q(names__regex=rf"[ \n]({'|'.join(sorted(word))})")
        anywhere_in_names &= reduce(or_, (Q(names__contains=each) for each in sorted(word)))
    rank = Case(
        # Decides nothing, but spares most of what a room or a teacher finds all the others: a third of the whole statement.
        When(~anywhere_in_names, then=Value(4)),
        When(code, then=Value(0)),
        When(code_begins, then=Value(1)),
        When(name_begins, then=Value(2)),
        When(in_names, then=Value(3)),
        default=Value(4),
    )
    found = courses.alias(names=names).filter(words=_Lexemes(Value(lexemes)))
    return found.order_by(rank, F("code"))
