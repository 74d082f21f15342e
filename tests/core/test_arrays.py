"""Many values are given to PostgreSQL as one."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.arrays import AnyOf, written
from apps.users.models import User
from tests.factories.courses import make_user

pytestmark = pytest.mark.django_db


def test_postgresql_reads_what_was_written() -> None:
    for type, values in (("bigint", [1, -2, 2**40]), ("uuid", [uuid.uuid4(), uuid.uuid4()]), ("uuid", [])):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT %s::{type}[]", [written(values)])
            assert cursor.fetchone() == (values,)


def test_a_statement_grows_by_no_place_for_another_value() -> None:
    users = [make_user("alice"), make_user("bob")]
    for asked in (users, users[:1], []):
        with CaptureQueriesContext(connection) as statements:
            assert set(User.objects.filter(AnyOf("pk", written(each.pk for each in asked)))) == set(asked)
        assert statements[0]["sql"].count("'") == 2
