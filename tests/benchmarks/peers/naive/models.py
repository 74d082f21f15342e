import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Term(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    starts_on = models.DateField()
    ends_on = models.DateField()
    time_zone = models.TextField()
    periods = models.JSONField(default=list)


class Course(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    external_id = models.CharField(max_length=64, unique=True)
    term = models.ForeignKey(Term, models.CASCADE, related_name="courses")
    code = models.TextField(db_index=True)
    title = models.TextField()
    description = models.TextField(null=True)
    translations = models.JSONField(default=dict)
    credits = models.FloatField(null=True)
    department = models.TextField(null=True)
    level = models.TextField(null=True)
    year = models.IntegerField(null=True)
    language = models.TextField(null=True)
    teachers = ArrayField(models.TextField(), default=list)
    url = models.TextField(null=True)
    updated_at = models.DateTimeField(null=True)


class Entry(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    course = models.ForeignKey(Course, models.CASCADE, related_name="entries")
    external_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    weekday = models.PositiveSmallIntegerField()
    starts_at = models.TimeField()
    ends_at = models.TimeField()
    rooms = ArrayField(models.TextField(), default=list)
    teachers = ArrayField(models.TextField(), default=list)
    groups = ArrayField(models.TextField(), default=list)
    weeks = ArrayField(models.IntegerField(), null=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    online_url = models.TextField(null=True)
    exceptions = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "external_id"], name="naive_entry_once")]


class Exam(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    course = models.ForeignKey(Course, models.CASCADE, related_name="exams")
    external_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    period = models.TextField(null=True)
    sittings = models.JSONField(default=list)
    note = models.TextField(null=True)


class Enrolment(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="enrolments")
    course = models.ForeignKey(Course, models.CASCADE)
    group = models.CharField(max_length=64, blank=True)


class Delivery(models.Model):
    """A webhook received, stored and no more."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4)
    source = models.CharField(max_length=64)
    webhook_id = models.CharField(max_length=255)
    sent_at = models.DateTimeField()
    body = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "webhook_id"], name="naive_delivery_once")]
