"""The shapes of catalogue answers for the OpenAPI document. The bytes themselves come from render.py, schedule.py and delta.py."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from apps.courses.models import Enrolment, HiddenEntry

ENTRY_KINDS = ["lecture", "exercise", "lab", "seminar", "other"]
EXAM_KINDS = ["written", "oral", "practical", "midterm", "other"]
PERIOD_KINDS = ["teaching", "exams", "holiday"]
EXCEPTION_STATUSES = ["cancelled", "moved", "added"]
CHANGE_KINDS = ["term", "course", "entry", "exam"]
OCCURRENCE_STATUSES = ["scheduled", *EXCEPTION_STATUSES]


def _texts() -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField())


class PeriodSchema(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(PERIOD_KINDS)
    name = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()


class DayOverrideSchema(serializers.Serializer[Any]):
    date = serializers.DateField()
    taught_as = serializers.IntegerField(min_value=1, max_value=7, help_text="1 is Monday.")


class TermSchema(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    external_id = serializers.CharField()
    name = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    time_zone = serializers.CharField()
    periods = PeriodSchema(many=True)
    day_overrides = DayOverrideSchema(many=True)
    updated_at = serializers.DateTimeField(allow_null=True)
    week = serializers.IntegerField(
        allow_null=True, help_text="Teaching week of today; null outside teaching."
    )
    today_taught_as = serializers.IntegerField(
        allow_null=True, help_text="Weekday today is taught as; null outside teaching."
    )


class ExceptionSchema(serializers.Serializer[Any]):
    date = serializers.DateField()
    status = serializers.ChoiceField(EXCEPTION_STATUSES)
    new_date = serializers.DateField(required=False)
    starts_at = serializers.CharField(required=False, help_text="HH:MM")
    ends_at = serializers.CharField(required=False, help_text="HH:MM")
    rooms = serializers.ListField(child=serializers.CharField(), required=False)
    teachers = serializers.ListField(child=serializers.CharField(), required=False)
    note = serializers.CharField(required=False)


class EntrySchema(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    external_id = serializers.CharField()
    kind = serializers.ChoiceField(ENTRY_KINDS)
    weekday = serializers.IntegerField(min_value=1, max_value=7, help_text="1 is Monday.")
    starts_at = serializers.CharField(help_text="HH:MM in the term's zone")
    ends_at = serializers.CharField(help_text="HH:MM in the term's zone")
    rooms = _texts()
    teachers = _texts()
    groups = _texts()
    weeks = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="Teaching weeks; null for all."
    )
    valid_from = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    online_url = serializers.CharField(allow_null=True)
    exceptions = ExceptionSchema(many=True)


class SittingSchema(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    rooms = _texts()
    groups = _texts()


class ExamSchema(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    external_id = serializers.CharField()
    kind = serializers.ChoiceField(EXAM_KINDS)
    period = serializers.CharField(allow_null=True)
    sittings = SittingSchema(many=True)
    note = serializers.CharField(allow_null=True)


class ListedExamSchema(ExamSchema):
    course = serializers.UUIDField()
    code = serializers.CharField()
    title = serializers.CharField()


class TranslationSchema(serializers.Serializer[Any]):
    title = serializers.CharField(required=False)
    description = serializers.CharField(required=False)


class CourseSchema(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    external_id = serializers.CharField()
    term = serializers.UUIDField()
    code = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    translations = serializers.DictField(child=TranslationSchema(), help_text="By language.")
    credits = serializers.FloatField(allow_null=True)
    department = serializers.CharField(allow_null=True)
    level = serializers.CharField(allow_null=True)
    year = serializers.IntegerField(allow_null=True)
    language = serializers.CharField(allow_null=True)
    teachers = _texts()
    url = serializers.CharField(allow_null=True)
    updated_at = serializers.DateTimeField(allow_null=True)
    entries = EntrySchema(many=True)
    exams = ExamSchema(many=True)


class MeetingSchema(serializers.Serializer[Any]):
    date = serializers.DateField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    rooms = _texts()
    teachers = _texts()


class OccurrenceSchema(MeetingSchema):
    course = serializers.UUIDField()
    code = serializers.CharField()
    title = serializers.CharField()
    entry = serializers.UUIDField()
    kind = serializers.ChoiceField(ENTRY_KINDS)
    groups = _texts()
    online_url = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(OCCURRENCE_STATUSES)
    original = MeetingSchema(allow_null=True, help_text="The regular values of a cancelled or moved meeting.")
    note = serializers.CharField(allow_null=True)


class PersonalOccurrenceSchema(OccurrenceSchema):
    clashes = serializers.ListField(
        child=serializers.UUIDField(),
        help_text="Entries of the user's own schedule that meet at the same time.",
    )


class _PageSchema(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class CoursePageSchema(_PageSchema):
    results = CourseSchema(many=True)


class TermPageSchema(_PageSchema):
    results = TermSchema(many=True)


class OccurrencePageSchema(_PageSchema):
    results = OccurrenceSchema(many=True)


class PersonalOccurrencePageSchema(_PageSchema):
    results = PersonalOccurrenceSchema(many=True)


class ListedExamPageSchema(_PageSchema):
    results = ListedExamSchema(many=True)


class UpcomingSchema(serializers.Serializer[Any]):
    occurrence = OccurrenceSchema(allow_null=True, help_text="Running, or starting within two weeks.")
    exam = ListedExamSchema(allow_null=True)


class RoomSchema(serializers.Serializer[Any]):
    name = serializers.CharField()
    entries = serializers.IntegerField(help_text="Weekly entries held in it.")


class FreeRoomSchema(serializers.Serializer[Any]):
    name = serializers.CharField()
    free_until = serializers.DateTimeField(
        allow_null=True, help_text="When something starts there later that day; null when nothing does."
    )


class RoomPageSchema(_PageSchema):
    results = RoomSchema(many=True)


class FreeRoomPageSchema(_PageSchema):
    results = FreeRoomSchema(many=True)


class ChangeSchema(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    revision = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()
    origin = serializers.ChoiceField(["source", "staff"])
    kind = serializers.ChoiceField(CHANGE_KINDS, help_text="What `object` is.")
    object = serializers.UUIDField()
    field = serializers.CharField(allow_blank=True, help_text="Empty for the whole object.")
    old = serializers.JSONField(allow_null=True, help_text="As the API showed it; null when it came.")
    new = serializers.JSONField(allow_null=True, help_text="As the API shows it; null when it left.")
    dates = serializers.ListField(
        child=serializers.DateField(), help_text="Days of the term on which timetable or exams differ."
    )


class ChangePageSchema(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True, help_text="Older ones.")
    previous = serializers.URLField(allow_null=True, help_text="Newer ones.")
    results = ChangeSchema(many=True)


class PlainTermSchema(TermSchema):
    week = None  # type: ignore[assignment]  # DRF's way to drop an inherited field: a delta does not depend on the day
    today_taught_as = None  # type: ignore[assignment]  # likewise


class DeltaSchema(serializers.Serializer[Any]):
    terms = PlainTermSchema(many=True)
    changed = CourseSchema(many=True)
    deleted = serializers.ListField(child=serializers.UUIDField())
    cursor = serializers.CharField(help_text="Send it with the next request.")
    full = serializers.BooleanField(
        help_text="Everything is being sent: drop what you hold that does not come."
    )
    more = serializers.BooleanField(help_text="Ask again at once with this cursor.")


class EnrolmentSerializer(serializers.ModelSerializer[Enrolment]):
    class Meta:
        model = Enrolment
        fields = ["id", "course", "term", "group", "created_at"]


class CalendarFeedSchema(serializers.Serializer[Any]):
    url = serializers.URLField(allow_null=True, help_text="Told once, by POST; null ever after.")
    created_at = serializers.DateTimeField(allow_null=True, help_text="Null when there is no feed.")
    last_fetched_at = serializers.DateTimeField(allow_null=True, help_text="To the hour.")


class HiddenEntrySerializer(serializers.ModelSerializer[HiddenEntry]):
    class Meta:
        model = HiddenEntry
        fields = ["entry", "created_at"]


PAGING_PARAMETERS = [
    OpenApiParameter(
        "cursor",
        str,
        description="From the links of an answer; rows that come or go meanwhile move no place.",
    ),
    OpenApiParameter(
        "page", int, description="From 1, in the list as it is now; not together with a cursor."
    ),
    OpenApiParameter("page_size", int, description="At most 200."),
]
CURSOR_PARAMETERS = [
    OpenApiParameter("cursor", str, description="From the links of an answer; none for the newest."),
    OpenApiParameter("page_size", int, description="At most 200."),
]
RANGE_PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.DATE, required=True, description="First day, in the term's zone."),
    OpenApiParameter("to", OpenApiTypes.DATE, required=True, description="Last day; at most 62 days in all."),
]
COURSE_PARAMETERS = [
    *PAGING_PARAMETERS,
    OpenApiParameter("term", OpenApiTypes.UUID),
    OpenApiParameter("external_id", str),
    OpenApiParameter("department", str),
    OpenApiParameter("level", str),
    OpenApiParameter("year", int),
    OpenApiParameter("language", str),
    OpenApiParameter("teacher", str, description="The whole name, of the course or of one of its entries."),
    OpenApiParameter("group", str, description="A group that one of its entries names."),
    OpenApiParameter(
        "search",
        str,
        description="Beginnings of words of code, titles, teachers and rooms, blind to accents, case and script: cet finds četiri and "
        "чет. Unless `ordering` is given, codes come first, then titles.",
    ),
    OpenApiParameter("ordering", str, enum=["code", "-code", "title", "-title", "year", "-year"]),
]
SCHEDULE_PARAMETERS = [
    *PAGING_PARAMETERS,
    *RANGE_PARAMETERS,
    OpenApiParameter("course", OpenApiTypes.UUID),
    OpenApiParameter(
        "group", str, description="Entries that name it, and those for everyone in its courses."
    ),
    OpenApiParameter("teacher", str, description="Where the meeting was to be, or is."),
    OpenApiParameter("room", str, description="Where the meeting was to be, or is."),
]
CALENDAR_PARAMETERS = [
    OpenApiParameter("exams", str, enum=["only"], description="Leave out the timetable."),
]
FREE_ROOM_PARAMETERS = [
    *PAGING_PARAMETERS,
    OpenApiParameter("at", OpenApiTypes.DATETIME, required=True, description="With an offset or Z."),
    OpenApiParameter(
        "until",
        OpenApiTypes.DATETIME,
        description="An hour later when not given; at most 24 hours later.",
    ),
]
EXAM_PARAMETERS = [
    *PAGING_PARAMETERS,
    OpenApiParameter("course", OpenApiTypes.UUID),
    OpenApiParameter(
        "from", OpenApiTypes.DATE, description="A sitting on this day or later, in the term's zone."
    ),
    OpenApiParameter("to", OpenApiTypes.DATE, description="A sitting on this day or before."),
    OpenApiParameter("period", str),
    OpenApiParameter(
        "group",
        str,
        description="A sitting that names it, or names none in a course that has the group or has no groups.",
    ),
]
