"""The statement of a page is put together once for each query."""

from contextlib import suppress
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client, RequestFactory
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

from apps.core.paging import Page, Position
from apps.courses.models import Course
from apps.courses.reading import Questions, documents


def page(query: str) -> Page:
    return Page.parse(Request(RequestFactory().get(f"/?{query}")))


def level(name: str) -> QuerySet[Course]:
    return Course.objects.filter(level=name)


def unasked() -> QuerySet[Course]:
    raise AssertionError


def test_the_same_query_in_any_order_is_the_same_question() -> None:
    questions = Questions("code")
    first = questions.of(page("level=master&page=2"), lambda: level("master"))

    assert questions.of(page("page=2&level=master"), unasked) is first


@pytest.mark.parametrize("other", ["level=master", "level=master&page=3", "level=master&page=2&page_size=10"])
def test_another_query_is_another_question(other: str) -> None:
    questions = Questions("code")
    first = questions.of(page("level=master&page=2"), lambda: level("master"))

    assert questions.of(page(other), lambda: level("master")) != first


def test_a_question_that_is_refused_is_refused_again() -> None:
    def refused() -> QuerySet[Course]:
        raise ValidationError

    questions = Questions("code")
    for _ in range(2):
        with pytest.raises(ValidationError):
            questions.of(page("level=master"), refused)


@pytest.mark.django_db
def test_postgresql_plans_first_pages_and_those_after_a_cursor_once() -> None:
    questions = Questions("code")
    cursor = Position(after=True, key=("AL1", str(UUID(int=1))))
    queries = ["level=master", f"level=master&cursor={cursor}", "level=master&page=2", "search=algorithms"]
    for query in 2 * queries:
        question = questions.of(page(query), lambda: level("master"), alike="search" not in query)
        with suppress(NotFound):
            documents(page(query), question)
    with connection.cursor() as asking:
        asking.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE '%document%FROM %level\" = $%'"
        )
        assert asking.fetchall() == [(2,), (2,)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("query", "planned"),
    [
        ("search=algorithms", True),
        ("search=algorithms&page_size=7", True),
        ("search=algorithms&level=master", False),
        ("group=101", False),
        ("level=master", True),
    ],
)
def test_a_search_of_all_courses_is_planned_once_too(client: Client, query: str, planned: bool) -> None:
    connection.close()  # with all that tests before have left it
    assert client.get(f"/api/v1/courses/?{query}").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%AS matching%'")
        assert cursor.fetchone() == (int(planned),)
