from rest_framework import serializers

from tests.benchmarks.peers.naive.models import Course, Entry, Exam


class EntrySerializer(serializers.ModelSerializer[Entry]):
    starts_at = serializers.TimeField(format="%H:%M")
    ends_at = serializers.TimeField(format="%H:%M")

    class Meta:
        model = Entry
        fields = [
            "id",
            "external_id",
            "kind",
            "weekday",
            "starts_at",
            "ends_at",
            "rooms",
            "teachers",
            "groups",
            "weeks",
            "valid_from",
            "valid_until",
            "online_url",
            "exceptions",
        ]


class ExamSerializer(serializers.ModelSerializer[Exam]):
    class Meta:
        model = Exam
        fields = ["id", "external_id", "kind", "period", "sittings", "note"]


class CourseSerializer(serializers.ModelSerializer[Course]):
    entries = EntrySerializer(many=True)
    exams = ExamSerializer(many=True)

    class Meta:
        model = Course
        fields = [
            "id",
            "external_id",
            "term",
            "code",
            "title",
            "description",
            "translations",
            "credits",
            "department",
            "level",
            "year",
            "language",
            "teachers",
            "url",
            "updated_at",
            "entries",
            "exams",
        ]


class OccurrenceSerializer(serializers.Serializer[dict[str, object]]):
    course = serializers.UUIDField()
    code = serializers.CharField()
    title = serializers.CharField()
    entry = serializers.UUIDField()
    kind = serializers.CharField()
    date = serializers.DateField()
    starts_at = serializers.CharField()
    ends_at = serializers.CharField()
    rooms = serializers.ListField(child=serializers.CharField())
    teachers = serializers.ListField(child=serializers.CharField())
    groups = serializers.ListField(child=serializers.CharField())
    online_url = serializers.CharField(allow_null=True)
    status = serializers.CharField()
    original = serializers.JSONField(allow_null=True)
    note = serializers.CharField(allow_null=True)
    clashes = serializers.ListField(child=serializers.UUIDField())
    alternatives = serializers.ListField(child=serializers.JSONField())
