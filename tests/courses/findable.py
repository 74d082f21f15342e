"""The short rows that searches read."""

from typing import Any

from apps.courses.models import Course, FindableCourse

Rows = dict[Any, tuple[str, str, str]]


def findable() -> Rows:
    """As they are, once it is seen that they are what the courses say."""
    rows = {row.pk: (row.code, row.names, row.words) for row in FindableCourse.objects.all()}
    assert rows == {
        row.pk: (row.code, row.search_text.split("\n\n")[0], row.words) for row in Course.objects.visible()
    }
    return rows
