"""The OpenAPI document covers the whole URL map, but for the pages of people."""

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from apps.users.models import User
from config import urls

PAGES = ("account/", "admin/", "api/schema/", "api/docs/", "static/", "unsubscribe/")

# Another way to write an address that is described.
WITHOUT_SLASH = "/webhooks/{source}"


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
    assert described | {WITHOUT_SLASH} == mapped


@pytest.mark.django_db
def test_options_tells_the_methods_of_every_route() -> None:
    client = APIClient()
    client.force_authenticate(User.objects.create_user("alice@example.org"))
    for path in addresses(list(urls.api)):
        concrete = re.sub(r"<uuid:\w+>", "0c5e7b0e-4a53-4b1a-9a7b-0d4d6c7e2f10", path)
        answer = client.options("/api/v1/" + re.sub(r"<\w+:\w+>", "x", concrete))
        if answer.status_code == 401:
            continue  # where only those who are signed out go
        assert answer.status_code == 200, path
        assert set(answer.json()["methods"]) == set(answer["Allow"].split(", "))
