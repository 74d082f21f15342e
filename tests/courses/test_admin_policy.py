import re

import pytest
from django.test import Client

from apps.users.models import User
from tests.courses.admin_pages import signed_in

pytestmark = pytest.mark.django_db


def policy(answer: object) -> dict[str, str]:
    header = answer["Content-Security-Policy"]  # type: ignore[index]  # a response of the test client
    return dict(part.split(" ", 1) for part in header.split("; "))


def test_pages_load_from_this_host_alone_and_only_the_admin_evaluates() -> None:
    client = signed_in(User.objects.create_superuser("alice@example.org"))
    admin, docs = policy(client.get("/admin/")), policy(client.get("/api/docs/"))
    for found in (admin, docs):
        assert found["default-src"] == found["frame-ancestors"] == found["base-uri"] == "'none'"
    assert admin["script-src"] == "'self' 'unsafe-eval'"
    assert docs["script-src"] == "'self'"


def test_what_is_no_page_is_left_to_the_stricter_policy_around_django() -> None:
    assert "Content-Security-Policy" not in Client().get("/api/v1/terms/")


@pytest.mark.parametrize("path", ["/admin/", "/api/docs/", "/admin/courses/course/"])
def test_no_page_carries_a_script_of_its_own_or_one_from_elsewhere(path: str) -> None:
    client = signed_in(User.objects.create_superuser("alice@example.org"))
    page = client.get(path).content.decode()
    scripts = re.findall(r"<script\b([^>]*)>([^<]*)</script>", page)
    assert scripts
    for attributes, body in scripts:
        assert body.strip() == ""
        assert re.search(r'src="/(static|admin|api)/', attributes)
    assert not re.search(r"\son(click|load|change|submit)=", page)


def test_every_link_of_the_sidebar_opens() -> None:
    client = signed_in(User.objects.create_superuser("alice@example.org"))
    groups = client.get("/admin/").context["sidebar_navigation"]
    links = [item["link"] for group in groups for item in group["items"]]
    assert len(links) >= 12
    for link in links:
        assert client.get(str(link)).status_code == 200


def test_the_sidebar_leads_nobody_where_they_may_not_go() -> None:
    client = signed_in(User.objects.create_user("bob@example.org", is_staff=True))
    groups = client.get("/admin/").context["sidebar_navigation"]
    assert [item for group in groups for item in group["items"] if item["has_permission"]] == []
