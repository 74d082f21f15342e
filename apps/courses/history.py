"""The ledger of one course as the API shows it: newest first, old and new values. Who among staff made a change is not shown."""

from typing import Any
from uuid import UUID

from django.http import Http404

from apps.core.copies import Rendered
from apps.courses import reading
from apps.courses.models import Change, Course
from apps.courses.paging import CursorPage

Json = dict[str, Any]


def read(course_id: UUID, page: CursorPage) -> Rendered:
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
    course = Course.objects.visible().filter(pk=course_id).values("id")
    revision, found = reading.rows(course=course, changes=page.cut(changes))
    if not found["course"]:
        raise Http404
    return Rendered(page.envelope([_item(change) for change in found["changes"]]), revision)


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
