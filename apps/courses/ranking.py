"""Searching courses: every word begins a word of the course's search text (apps/courses/search.py), the likeliest first."""

from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Case, F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value, When

from apps.courses.models import Course, FindableCourse
from apps.courses.search import spellings


class _Lexemes(SearchQuery):
    """A query in PostgreSQL's own notation. The words are words already: its parser would split some of them."""

    template = "%(expressions)s::tsquery"


def matching(courses: QuerySet[Course], query: str, *, of_all: bool = False) -> QuerySet[Any]:
    """In this order: the code itself, codes, titles that begin so, titles, teachers and rooms; by code among equals.

    A query without a letter or digit restricts nothing, like an empty one. `of_all`: the courses are all that readers see; the answer is the
    same in a quarter of PostgreSQL's time, of FindableCourse with the documents.
    """
    phrases = spellings(query)
    words = [set(word) for word in zip(*(phrase.split() for phrase in phrases), strict=True)]
    if not words:
        return courses
    lexemes = " & ".join("({})".format(" | ".join(f"'{each}':*" for each in sorted(word))) for word in words)
    found = _findable() if of_all else _named(courses)
    return found.filter(words=_Lexemes(Value(lexemes))).order_by(_rank(phrases, words), F("code"))


def _findable() -> QuerySet[FindableCourse]:
    """PostgreSQL works out such a document once it has cut the page, where one that is joined goes through the sort."""
    document = Course.objects.filter(pk=OuterRef("pk")).values("document")
    return FindableCourse.objects.annotate(document=Subquery(document))


def _named(courses: QuerySet[Course]) -> QuerySet[Course]:
    names = Func("search_text", Value("\n\n"), Value(1), function="split_part", output_field=TextField())
    return courses.alias(names=names)


def _rank(phrases: tuple[str, ...], words: list[set[str]]) -> Case:
    code, code_begins, name_begins, in_names, anywhere_in_names = Q(), Q(), Q(), Q(), Q()
    for phrase in phrases:
        together = phrase.replace(" ", "")
        code |= Q(names=together) | Q(names__startswith=f"{together}\n")
        code_begins |= Q(names__startswith=together)
        name_begins |= Q(names__contains=f"\n{phrase}")
    for word in words:
        in_names &= Q(names__regex=rf"[ \n]({'|'.join(sorted(word))})")
        anywhere_in_names &= reduce(or_, (Q(names__contains=each) for each in sorted(word)))
    return Case(
        # Decides nothing, but spares most of what a room or a teacher finds all the others: a third of the whole statement.
        When(~anywhere_in_names, then=Value(4)),
        When(code, then=Value(0)),
        When(code_begins, then=Value(1)),
        When(name_begins, then=Value(2)),
        When(in_names, then=Value(3)),
        default=Value(4),
    )
