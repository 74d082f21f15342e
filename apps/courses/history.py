"""The ledger of one course as the API shows it: newest first, old and new values. Who among staff made a change is not shown."""

from typing import Any
from uuid import UUID

from django.http import Http404

from apps.core import keyset
from apps.core.copies import Rendered
from apps.core.paging import Page
from apps.courses import reading
from apps.courses.models import Change, Course
from apps.courses.render import inside

Json = dict[str, Any]


def read(course_id: UUID, page: Page) -> Rendered:
    """One page. Raises Http404 for a course that is not there for readers."""
    changes = Change.objects.filter(course=course_id).values(
        "id",
        "change_set_id",
        "change_set__recorded_at",
        "change_set__delivery",
        "kind",
        "object_id",
        "field",
        "old",
        "new",
        "dates",
    )
    key = keyset.columns(changes, "-pk")
    course = Course.objects.visible().filter(pk=course_id).values("id")
    revision, found = reading.rows(course=course, changes=keyset.cut(page, changes, key))
    if not found["course"]:
        raise Http404
    rows = found["changes"][: page.size]
    window = keyset.window(
        page,
        [tuple(row[column.name] for column in key) for row in rows],
        more=len(found["changes"]) > page.size,
    )
    shown = rows[::-1] if keyset.is_backwards(page) else rows
    body = page.envelope(inside([_item(row) for row in shown]), window)
    return Rendered(body, revision, parts=(str(course_id),))


def _item(change: Json) -> Json:
    """The ledger holds values of public documents, so they are shown as they are."""
    return {
        "id": change["id"],
        "revision": change["change_set_id"],
        "recorded_at": change["change_set__recorded_at"],
        "origin": "source" if change["change_set__delivery"] else "staff",
        "kind": change["kind"],
        "object": change["object_id"],
        "field": change["field"],
        "old": change["old"],
        "new": change["new"],
        "dates": change["dates"],
    }
