"""Searching courses as one types: prefixes of words, whatever their spelling, the likeliest first."""

from typing import Any

import pytest
from django.test import Client

from apps.core.folding import fold
from apps.courses.search import LONGEST_TEXT, search_text, spellings
from tests.factories.documents import entry, put_course, put_term

pytestmark = pytest.mark.django_db


def found(query: str) -> list[str]:
    answer = Client().get("/api/v1/courses/", {"search": query}, headers={"Cache-Control": "no-cache"})
    assert answer.status_code == 200, answer.content
    return [course["external_id"] for course in answer.json()["results"]]


def test_of_the_numbers_only_those_that_words_end_in_after_a_letter_are_kept_apart() -> None:
    text = search_text(code="RAF-20", titles=["7 ways to R2D2, B52b"], others=["Čačak3 4"])
    assert text.rsplit("\n", 1)[1] == "20 2 3 34"


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("Ђорђе", ("dorde", "djordje")),
        ("Đorđe", ("dorde", "djordje")),
        ("Џем, džem, ǆem", ("dzem dzem dzem",)),
        ("љубав њ ljubav ǉ", ("ljubav nj ljubav lj",)),
        ("Ѓорѓи ѕвезда ѝ", ("gorgi dzvezda i", "gjorgji dzvezda i")),
        ("България й нощ", ("balgarija j nost",)),
        ("Müller, Straße", ("muller strasse", "mueller strasse")),
        ("U\u0308bung c\u030cet", ("ubung cet", "uebung cet")),
        ("C++ / RAF-20", ("c raf 20",)),
        ("…", ("",)),
    ],
)
def test_letters_have_one_reading_and_those_often_spelled_out_a_second(
    text: str, spelled: tuple[str, ...]
) -> None:
    assert spellings(text) == spelled
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    "query",
    [
        "đorđ",
        "ђорђе",
        "djor",
        "dord",
        "d",
        "dj",
        "чет",
        "cet",
        "čet",
        "ČETIRI p",
        "raf 20",
        "RAF20",
        "raf-2",
        "cs101",
        "cs 10",
        "CS-101",
        "gradjevina",
        "građ",
        "four p",
        "lab-1",
    ],
)
def test_any_beginning_in_any_spelling_finds(query: str) -> None:
    put_course(
        code="CS-101",
        title="Četiri pravila",
        translations={"en": {"title": "Four principles"}, "sr": {"title": "Грађевина јесте"}},
        teachers=["Ђорђе Jeremić"],
        entries=[entry(rooms=["Raf20", "Lab 1"])],
    )
    assert found(query) == ["algorithms"]


@pytest.mark.parametrize("query", ["etiri", "cet x", "101cs", "raf04", "djx", "cetiripravila"])
def test_the_middle_of_a_word_or_one_word_too_many_does_not(query: str) -> None:
    put_course(code="CS101", title="Četiri pravila", teachers=["Đorđe"])
    assert found(query) == []


def test_codes_come_first_then_titles_then_people_and_rooms() -> None:
    named: dict[str, Any] = {"code": "X", "title": "Other", "entries": []}
    put_course(id="teacher", **{**named, "code": "A1", "teachers": ["Mat Ada"]})
    put_course(id="room", **{**named, "code": "A2", "entries": [entry(rooms=["Mat 1"])]})
    put_course(id="later word", **{**named, "code": "A3", "title": "Discrete mathematics"})
    put_course(id="begins so", **{**named, "code": "Z3", "title": "Математика"})
    put_course(id="code begins so", **{**named, "code": "MAT2"})
    put_course(id="code", **{**named, "code": "mat"})
    assert found("mat") == ["code", "code begins so", "begins so", "later word", "teacher", "room"]


@pytest.mark.parametrize("query", ["ГРАЂ 101", "grad101"])
def test_a_code_comes_first_however_it_is_written(query: str) -> None:
    put_course(id="title", code="A1", title="Građ 101 grad101", entries=[])
    put_course(id="code begins so", code="Građ-1012", title="Other", entries=[])
    put_course(id="code", code="Građ-101", title="Other", entries=[])
    assert found(query) == ["code", "code begins so", "title"]


def test_a_code_comes_first_without_a_title_too() -> None:
    put_course(id="code", code="MAT", title="…", entries=[])
    put_course(id="code begins so", code="MA-T0", title="…", entries=[])
    assert found("mat") == ["code", "code begins so"]


def test_titles_come_before_people_in_whichever_spelling_they_are_found() -> None:
    put_course(id="teacher", code="A1", title="Other", entries=[], teachers=["Müller"])
    put_course(id="title", code="Z1", title="Works of Muller", entries=[])
    assert found("müller") == ["title", "teacher"]


def test_an_ordering_that_is_asked_for_counts_instead() -> None:
    put_course(id="b", code="MAT", title="B", entries=[])
    put_course(id="a", code="Z", title="A mat", entries=[])
    answer = Client().get("/api/v1/courses/?search=mat&ordering=title").json()
    assert [course["external_id"] for course in answer["results"]] == ["a", "b"]


@pytest.mark.parametrize(
    "query",
    ["!!!", "& | !", "a:*", "'", "\\", "a' | 'b", "<->", "(", "%", "_", "x" * 200, "é " * 100, "ﷺ" * 200],
)
def test_no_query_is_an_error(query: str) -> None:
    put_course()
    found(query)


def test_punctuation_restricts_nothing() -> None:
    put_course()
    assert found("...") == found("- algo !") == ["algorithms"]


def test_a_longer_query_is_refused_by_name() -> None:
    answer = Client().get("/api/v1/courses/", {"search": "x" * 201})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "search")


def test_an_endless_course_is_still_stored() -> None:
    teachers = [f"{number} " + "ж" * 400 for number in range(1_000)]
    put_term()
    put_course(teachers=teachers)
    assert len(search_text(code="", titles=[], others=teachers)) == LONGEST_TEXT
    assert found("algo") == ["algorithms"]
