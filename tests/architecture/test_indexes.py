"""Every index is one more to write with every row, so none says what another begins with."""

import pytest
from django.apps import apps
from django.db import connection

# Of the foreign key to the left table of a many-to-many relation, and of the key to what a permission is for: Django makes those.
DJANGOS = {"auth_permission", "auth_group_permissions", "users_user_groups", "users_user_user_permissions"}

_SAID_TWICE = """
    SELECT one.indrelid::regclass::text, one.indexrelid::regclass::text, other.indexrelid::regclass::text
    FROM pg_index AS one
    JOIN pg_index AS other ON other.indrelid = one.indrelid AND other.indexrelid <> one.indexrelid
    JOIN pg_class AS class ON class.oid = one.indexrelid
    JOIN pg_class AS its ON its.oid = other.indexrelid AND its.relam = class.relam
    JOIN pg_am ON pg_am.oid = class.relam AND amname = 'btree'
    WHERE NOT one.indisunique
      AND num_nonnulls(one.indpred, other.indpred, one.indexprs, other.indexprs) = 0
      AND (other.indkey::int2[])[0:one.indnkeyatts - 1] = (one.indkey::int2[])[0:one.indnkeyatts - 1]
      AND (other.indclass::oid[])[0:one.indnkeyatts - 1] = (one.indclass::oid[])[0:one.indnkeyatts - 1]
"""


@pytest.mark.django_db
def test_no_index_is_the_beginning_of_another() -> None:
    ours = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("apps.") and model._meta.db_table not in DJANGOS
    }
    with connection.cursor() as cursor:
        cursor.execute(_SAID_TWICE)
        found = cursor.fetchall()
    assert [(one, other) for table, one, other in found if table in ours] == []
