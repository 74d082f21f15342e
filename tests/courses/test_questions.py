"""The statement of a page is put together once for each query."""

import pytest
from django.db.models import QuerySet
from django.test import RequestFactory
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from apps.core.paging import Page
from apps.courses.models import Course
from apps.courses.reading import Questions


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

    assert questions.of(page(other), lambda: level("master")).page != first.page


def test_a_question_that_is_refused_is_refused_again() -> None:
    def refused() -> QuerySet[Course]:
        raise ValidationError

    questions = Questions("code")
    for _ in range(2):
        with pytest.raises(ValidationError):
            questions.of(page("level=master"), refused)
