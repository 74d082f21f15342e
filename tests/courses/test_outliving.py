"""An answer outlives the changes that do not concern it, and no other."""

from collections.abc import Callable, Iterator

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from apps.core.bytes_cache import bytes_cache
from apps.core.wsgi import Campanile
from apps.courses.cache import catalogue_revision
from apps.courses.filters import CourseFilters
from apps.courses.models import Course
from apps.courses.models.sourced import course_id, term_id
from tests.core.wsgi_client import Answer, ask
from tests.courses.histories import SOURCE, Json, apply, course, deleted, histories, term
from tests.factories import documents as make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unbraked")]

A, B = (f"/api/v1/courses/{course_id(SOURCE, id)}/" for id in "ab")
COURSES, TERMS = "/api/v1/courses/", "/api/v1/terms/"
WINTER = term_id(SOURCE, "winter")
LISTS = [
    COURSES,
    *(
        f"{COURSES}?{query}"
        for query in (
            "page_size=1",
            "page_size=1&page=2",
            "ordering=-title",
            "year=1",
            f"term={WINTER}",
            "teacher=Ana",
            "group=101",
            "search=raf",
            "search=alg",
        )
    ),
]
OF_A: Json = {"code": "A", "year": 1}
OF_B: Json = {"code": "B", "year": 2}
ALL = [A, B, f"{A}changes/", *LISTS, TERMS, f"{TERMS}{WINTER}/"]


class Process:
    """A web process."""

    def __init__(self) -> None:
        self._outermost = Campanile(WSGIHandler(), catalogue=catalogue_revision)

    @property
    def hits(self) -> float:
        """How often it has answered with what it had."""
        labels = {"method": "GET", "status": "200", "served_by": "hit"}
        return REGISTRY.get_sample_value("campanile_request_seconds_count", labels) or 0

    def get(self, url: str) -> Answer:
        path, _, query = url.partition("?")
        return ask(self._outermost, path, query=query)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    """One that looks at the revision for every request."""
    monkeypatch.setattr(catalogue_revision, "_max_age", 0)
    yield Process()
    catalogue_revision.close()


@pytest.fixture
def outlives(process: Process) -> Callable[..., list[str]]:
    """Which of these URLs are answered from memory after events."""

    def outlives(*events: Json) -> list[str]:
        for url in ALL:
            process.get(url)
        apply(*events)
        hit = []
        for url in ALL:
            before = process.hits
            process.get(url)
            if process.hits > before:
                hit.append(url)
        return hit

    apply(term("winter", 0), course("a", 0, **OF_A), course("b", 0, **OF_B))
    return outlives


def truth(url: str) -> tuple[int, bytes, str | None]:
    with transaction.atomic():  # where nothing is cached
        return seen(Client(headers={"host": "localhost"}).get(url))


def seen(answer: object) -> tuple[int, bytes, str | None]:
    if isinstance(answer, Answer):
        return answer.status, answer.body, dict(answer.headers).get("Campanile-Revision")
    return answer.status_code, answer.content, answer.headers.get("Campanile-Revision")  # type: ignore[attr-defined]


def start_over() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE courses_term, courses_changeset CASCADE")
        cursor.execute("UPDATE courses_revision SET n = n + 1")
    catalogue_revision.close()
    bytes_cache.clear()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories, batches=st.lists(st.integers(1, 4), max_size=4))
def test_whatever_happens_nobody_reads_anything_old(
    process: Process, history: list[Json], batches: list[int]
) -> None:
    start_over()
    rest = list(history)
    while rest:
        size = batches.pop() if batches else 1
        batch, rest = rest[:size], rest[size:]
        apply(*batch)
        for url in ALL:
            assert seen(process.get(url)) == truth(url), url


def test_a_room_concerns_its_course_the_lists_that_show_it_and_searches(
    outlives: Callable[..., list[str]],
) -> None:
    elsewhere = outlives(course("b", 1, **OF_B, entries=[make.entry(rooms=["Raf04"])]))
    assert elsewhere == [
        A,
        f"{A}changes/",
        f"{COURSES}?page_size=1",
        f"{COURSES}?year=1",
        f"{COURSES}?teacher=Ana",
        f"{COURSES}?group=101",
        TERMS,
        f"{TERMS}{WINTER}/",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"year": 1},
        {"code": "X"},
        {"title": "Databases"},
        {"department": "RI"},
        {"level": "master"},
        {"language": "en"},
        {"teachers": ["Ana"]},
        {"term": "summer"},
        {"entries": [make.entry(teachers=["Ana"])]},
        {"entries": [make.entry(groups=["101"])]},
    ],
    ids=str,
)
def test_what_lists_can_be_asked_for_concerns_every_list(
    outlives: Callable[..., list[str]], change: Json
) -> None:
    assert outlives(course("b", 1, **OF_B | change)) == [A, f"{A}changes/", TERMS, f"{TERMS}{WINTER}/"]


def test_there_is_no_other_filter_that_listing_would_have_to_know() -> None:
    """Whoever adds one says in listing.py what it looks at, and here what ends its lists. A course keeps its external id."""
    told = {"term", "department", "level", "year", "language", "teacher", "group", "ordering"}
    assert set(CourseFilters.base_filters) == told | {"external_id", "search"}


def test_a_course_that_comes_or_goes_concerns_every_list(outlives: Callable[..., list[str]]) -> None:
    assert outlives(course("c", 1)) == [A, B, f"{A}changes/", TERMS, f"{TERMS}{WINTER}/"]
    assert outlives(deleted("c", 2)) == [A, B, f"{A}changes/", TERMS, f"{TERMS}{WINTER}/"]


def test_a_course_that_a_former_version_wrote_concerns_every_list_once(
    outlives: Callable[..., list[str]],
) -> None:
    Course.objects.update(listed_revision=0)
    assert outlives(course("b", 1, **OF_B, entries=[make.entry(rooms=["Raf04"])])) == [
        A,
        f"{A}changes/",
        TERMS,
        f"{TERMS}{WINTER}/",
    ]
    assert f"{COURSES}?year=1" in outlives(course("b", 2, **OF_B, entries=[make.entry(rooms=["Raf05"])]))


def test_a_term_concerns_no_course(outlives: Callable[..., list[str]]) -> None:
    assert outlives(term("winter", 1, name="Another")) == [
        A,
        B,
        f"{A}changes/",
        *(url for url in LISTS if "search" not in url),
    ]


def test_more_courses_than_are_told_concern_everything(
    outlives: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.courses.cache._MOST_COURSES", 0)
    assert outlives(course("b", 1, **OF_B, entries=[make.entry(rooms=["Raf04"])])) == []
