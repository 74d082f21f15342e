"""The count of a list is taken once a revision, and never from another one."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.bytes_cache import bytes_cache
from tests.factories.documents import delete_course, put_course, put_term

pytestmark = pytest.mark.django_db


def count(client: Client, query: str = "") -> int:
    bytes_cache.clear()
    return int(client.get(f"/api/v1/courses/{query}").json()["count"])


def put(id: str, minute: float = 0, **fields: Any) -> None:
    put_course(minute, id=id, **fields)


def plan(client: Client) -> str:
    """How PostgreSQL answered the statement that read the list."""
    with CaptureQueriesContext(connection) as captured:
        count(client)
    [statement] = [query["sql"] for query in captured.captured_queries if "AS matching" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF) {statement}")
        return "\n".join(line for (line,) in cursor.fetchall())


def test_it_follows_every_change_of_the_catalogue(client: Client) -> None:
    put_term()
    put("a")
    assert [count(client), count(client)] == [1, 1]
    put("b", year=2)
    assert count(client) == 2
    delete_course(9, "a")
    assert count(client) == 1


def test_each_question_has_its_own(client: Client) -> None:
    put_term()
    put("a", year=1)
    put("b", year=2)
    put("c", year=2)
    for _ in range(2):
        assert [count(client, query) for query in ("", "?year=1", "?year=2", "?year=3")] == [3, 1, 2, 0]


def test_the_second_page_of_one_revision_counts_nothing(client: Client) -> None:
    put_term()
    put("a")
    assert "never executed" not in plan(client)
    assert "never executed" in plan(client)
    put("b")
    assert "never executed" not in plan(client)
