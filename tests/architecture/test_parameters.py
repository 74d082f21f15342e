"""Every list takes the parameters that the OpenAPI document tells of and refuses all others by name."""

import re
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from apps.users.models import User
from tests.factories.documents import api_id, put_course

SCHEMA: Any = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # it has no annotations
# What a list cannot be asked without.
NEEDED = {
    "from": "2026-10-05",
    "to": "2026-10-11",
    "at": "2026-10-06T10:00:00Z",
}


def lists() -> dict[str, list[str]]:
    """Addresses of answers with results, and of deltas, with the names of their parameters."""
    found = {}
    for path, operations in SCHEMA["paths"].items():
        answer = operations.get("get", {}).get("responses", {}).get("200", {})
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        if re.search(r"/Paginated\w+|PageSchema$|/DeltaSchema$", schema.get("$ref", "")):
            parameters = operations["get"].get("parameters", [])
            found[path] = [each["name"] for each in parameters if each["in"] == "query"]
    return found


LISTS = lists()


@pytest.fixture
def phone(db: None) -> APIClient:
    put_course()
    client = APIClient()
    client.force_authenticate(User.objects.create_user("alice@example.org"))
    return client


def ask(phone: APIClient, path: str, **params: str) -> Any:
    needed = {name: value for name, value in NEEDED.items() if name in LISTS[path]}
    return phone.get(path.replace("{id}", str(api_id())), {**needed, **params})


def test_no_list_is_forgotten() -> None:
    names = ["terms", "courses", "courses/{id}/changes", "schedule", "exams", "rooms", "rooms/free", "sync"]
    mine = ["enrolments", "hidden-entries", "schedule", "exams", "devices", "notifications"]
    assert {*(f"/api/v1/{each}/" for each in names), *(f"/api/v1/me/{each}/" for each in mine)} <= set(LISTS)


@pytest.mark.parametrize("path", LISTS)
def test_an_unknown_parameter_is_refused_by_name(phone: APIClient, path: str) -> None:
    assert ask(phone, path).status_code == 200
    for name in ("colour", "\0", "From"):
        answer = ask(phone, path, **{name: "red"})
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
        assert [each["field"] for each in answer.json()["errors"]] == [name]


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, names in LISTS.items() for name in names])
def test_a_value_that_cannot_be_is_refused_by_the_name_of_its_parameter(
    phone: APIClient, path: str, name: str
) -> None:
    answer = ask(phone, path, **{name: "x" if name == "cursor" else "\0"})
    # A cursor that is none is a place in the catalogue that has gone, or in a list that there never was.
    if name == "cursor" and answer.status_code in (404, 410):
        return
    assert answer.status_code == 400
    assert name in [each["field"] for each in answer.json()["errors"]]
