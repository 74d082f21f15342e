"""A search for all courses reads short rows, which PostgreSQL keeps: it finds what the courses themselves say, in their order."""

import importlib
import itertools
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.request import Request

from apps.core.paging import Page
from apps.courses import counting, reading
from apps.courses.models import Course, FindableCourse
from apps.courses.ranking import matching
from tests.courses.findable import findable
from tests.factories.documents import course, delete_course, entry, put_course, put_snapshot

pytestmark = pytest.mark.django_db

_texts = st.lists(
    st.sampled_from(["mat", "Mat 1", "mat1", "1", "Ђорђе", "dj", "djo", "Müller", "x", "\n", " ", "-", "…"]),
    max_size=3,
).map("".join)
_courses = st.lists(
    st.fixed_dictionaries(
        {
            "code": _texts,
            "title": _texts,
            "translations": st.fixed_dictionaries(
                {}, optional={"sr": st.fixed_dictionaries({"title": _texts})}
            ),
            "teachers": st.lists(_texts, max_size=2),
            "entries": st.just([]) | _texts.map(lambda room: [entry(rooms=[room])]),
        }
    ),
    max_size=8,
)
_queries = st.lists(
    st.sampled_from(["m", "mat", "mat1", "1", "đ", "dj", "djo", "mull", "muel", "x", " ", "…"]),
    min_size=1,
    max_size=3,
).map("".join)


def pages(query: str, *, of_all: bool) -> list[reading.Documents]:
    """From the first to the last, and from there back to the beginning."""
    found: list[reading.Documents] = []
    links = ["next", "previous"]
    address = "/?page_size=2"
    while True:
        page = Page.parse(Request(RequestFactory().get(address)))
        courses: QuerySet[Any] = matching(Course.objects.visible(), query, of_all=of_all)
        found.append(reading.documents(page, reading.Question.of(page, courses, "code")))
        while links and not getattr(found[-1].window, links[0]):
            links.pop(0)
        if not links:
            return found
        address = f"/?page_size=2&cursor={getattr(found[-1].window, links[0])}"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(courses=_courses, query=_queries)
@example([{"code": "MAT", "title": ""}, {"code": "…", "title": "mat"}, {"code": "", "title": ""}], "mat")
def test_both_ways_of_searching_give_the_same_pages(courses: list[dict[str, Any]], query: str) -> None:
    with transaction.atomic():
        for number, fields in enumerate(courses):
            put_course(id=f"c{number}", **fields)
        assert pages(query, of_all=True) == pages(query, of_all=False)
        transaction.set_rollback(True)
    counting.forget()


def test_whatever_happens_to_a_course_happens_to_its_short_row() -> None:
    seen = []

    def look() -> None:
        seen.append(findable())

    look()
    put_course(1)
    look()
    put_course(2, entries=[entry(rooms=["Raf04"])])
    look()
    put_course(3, code="A2", title="Other")
    look()
    delete_course(4)
    look()
    put_course(5, code="A2", title="Other")
    look()
    put_snapshot(6, course("another"))
    look()
    Course.objects.update(search_text="as\n\na former version writes it")
    look()
    assert all(before != after for before, after in itertools.pairwise(seen))
    Course.objects.update(title="Not searched by", revision=9)
    look()
    assert seen[-1] == seen[-2]


def test_short_rows_are_kept_whatever_the_search_path() -> None:
    """Restoring a dump goes without one."""
    put_course()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT format('%I.courses_course', current_schema())")
        [courses] = cursor.fetchone()
        cursor.execute("SET LOCAL search_path = ''")
        cursor.execute(f"UPDATE {courses} SET code = 'RESTORED'")
        cursor.execute("SET LOCAL search_path TO DEFAULT")
    [(code, *_)] = findable().values()
    assert code == "RESTORED"


def test_the_migration_makes_the_rows_of_courses_that_are_there() -> None:
    put_course(1)
    put_course(1, id="gone")
    delete_course(2, "gone")
    FindableCourse.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(importlib.import_module("apps.courses.migrations.0005_findable_course").ROWS)
    assert len(findable()) == 1


def test_the_documents_of_a_page_are_read_and_no_others() -> None:
    for number in range(5):
        put_course(id=f"c{number}")
    with CaptureQueriesContext(connection) as captured:
        assert Client().get("/api/v1/courses/?search=algo&page_size=2").json()["count"] == 5
    [statement] = [query["sql"] for query in captured.captured_queries if "AS matching" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        [[plan]] = cursor.fetchall()
    read = [
        node["Actual Loops"] * node["Actual Rows"]
        for node in _nodes(plan)
        if node.get("Relation Name") == "courses_course"
    ]
    assert read == [3], "those shown, and one that tells whether there are more"


def _nodes(plan: Any) -> Iterable[dict[str, Any]]:
    match plan:
        case dict():
            yield plan
            for value in plan.values():
                yield from _nodes(value)
        case list():
            for each in plan:
                yield from _nodes(each)
