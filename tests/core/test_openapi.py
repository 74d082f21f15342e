"""The OpenAPI document against what the framework takes."""

from collections.abc import Iterator
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Json:
    document: Json = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]  # the library is untyped
    return document


def _bodies(document: Json, *methods: str) -> list[Json]:
    return [
        operation["requestBody"]
        for path in document["paths"].values()
        for method, operation in path.items()
        if method in methods and "requestBody" in operation
    ]


def _reached(document: Json, part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            yield name
            yield from _reached(document, document["components"]["schemas"][name])
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _reached(document, each)


def test_no_object_within_a_patch_has_to_be_whole(document: Json) -> None:
    within = set(_reached(document, _bodies(document, "patch")))

    assert {"CategoriesRequest", "ChannelsRequest", "QuietHoursRequest"} <= within
    assert [name for name in within if "required" in document["components"]["schemas"][name]] == []


def test_the_objects_of_a_patch_are_in_no_other_body(document: Json) -> None:
    """They would lose there what is required."""
    within = {name for name in _reached(document, _bodies(document, "patch")) if name.endswith("Request")}

    assert within.isdisjoint(_reached(document, _bodies(document, "post", "put")))
