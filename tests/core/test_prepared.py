from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, connection, transaction
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext

from apps.core.models import ScheduledJob
from apps.core.prepared import Prepared, Statement, ask_prepared

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
NOW = NOON + timedelta(days=1)
STAND_INS: tuple[dict[str, Any], dict[str, Any]] = (
    {"name": "one", "since": NOON},
    {"name": "other", "since": NOON + timedelta(days=1)},
)


def statement(found: Any) -> Statement:
    sql, params = found.values_list("name").query.sql_with_params()
    return sql, params


def due(name: str, since: datetime) -> Statement:
    odd = Q(name="100 %s of it's") | Q(name__startswith="100%")
    return statement(ScheduledJob.objects.filter(Q(name=name) | odd, due_at__gte=since).order_by("name"))


@pytest.fixture(autouse=True)
def _jobs() -> None:
    ScheduledJob.objects.bulk_create(
        ScheduledJob(name=name, due_at=NOON) for name in ("bells", "clocks", "100 %s of it's")
    )


def test_it_reads_what_its_querysets_read() -> None:
    prepared = Prepared(due, stand_ins=STAND_INS)
    assert prepared.row(name="bells", since=NOON) == ("100 %s of it's",)
    assert prepared.row(name="bells", since=NOON + timedelta(seconds=1)) is None
    ScheduledJob.objects.filter(name__startswith="100").delete()
    assert prepared.row(name="bells", since=NOON) == ("bells",)
    assert prepared.row(name="clocks", since=NOON) == ("clocks",)


def _from(since: datetime) -> QuerySet[ScheduledJob]:
    return ScheduledJob.objects.filter(due_at__gte=since).order_by("name")


def test_it_reads_all_rows_as_they_are() -> None:
    read = Prepared.all(
        lambda since: _from(since).values_list("due_at", "name"), stand_ins=({"since": NOON}, {"since": NOW})
    )
    assert read(since=NOON) == [(NOON, "100 %s of it's"), (NOON, "bells"), (NOON, "clocks")]
    assert read(since=NOW) == []


def test_it_reads_objects_as_their_queryset_does() -> None:
    read = Prepared.objects(_from, {"name"}, stand_ins=({"since": NOON}, {"since": NOW}))
    first, *_ = found = read(since=NOON)
    assert found == list(_from(NOON))
    assert first.get_deferred_fields() == {"due_at"}
    assert first.due_at == NOON
    first.save()
    assert len(_from(NOON)) == 3


def test_postgresql_plans_it_once_a_connection() -> None:
    prepared = Prepared(due, stand_ins=STAND_INS)
    for name in ("bells", "clocks"):
        prepared.row(name=name, since=NOON)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE '%core_scheduledjob%'"
        )
        assert cursor.fetchall() == [(2,)]


def test_its_statements_have_one_cursor_and_fail_as_all_others() -> None:
    assert ask_prepared(b"SELECT 1", ()) is ask_prepared(b"SELECT 2", ())
    with pytest.raises(DataError), transaction.atomic():
        ask_prepared(b"SELECT 1 / %s", (0,))
    assert ask_prepared(b"SELECT %s + 1", (2,)).fetchone() == (3,)


def test_its_statements_are_counted_like_all_others() -> None:
    prepared = Prepared(due, stand_ins=STAND_INS)
    with CaptureQueriesContext(connection) as queries:
        prepared.row(name="bells", since=NOON)
    [query] = queries
    assert "'bells'" in query["sql"]


def derived(name: str, since: datetime) -> Statement:
    return statement(ScheduledJob.objects.filter(name=name, due_at__gte=since - timedelta(days=1)))


def forgotten(name: str, since: datetime) -> Statement:
    return statement(ScheduledJob.objects.filter(name=name))


def deciding(name: str, since: datetime) -> Statement:
    jobs = ScheduledJob.objects.filter(due_at__gte=since)
    return statement(jobs.filter(name=name) if name == "one" else jobs.exclude(name=name))


@pytest.mark.parametrize(
    ("write", "why"),
    [
        (derived, "is made of the values in Python"),
        (forgotten, "not asked about: since"),
        (deciding, "the values decide about the statement"),
    ],
)
def test_what_would_answer_for_other_values_than_asked_is_refused(write: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Prepared(write, stand_ins=STAND_INS).row(name="bells", since=NOON)
