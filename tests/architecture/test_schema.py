"""The OpenAPI document covers the whole URL map, but for the pages of people."""

import re

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

PAGES = ("account/", "admin/", "api/schema/", "api/docs/", "static/", "unsubscribe/")


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if path.startswith(PAGES):
            continue
        found |= addresses(pattern.url_patterns, path) if isinstance(pattern, URLResolver) else {path}
    return found


def test_every_address_is_described() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # it has no annotations
    described = set(schema["paths"])
    mapped = {
        "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path) for path in addresses(get_resolver().url_patterns)
    }
    assert described == mapped
