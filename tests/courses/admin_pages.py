"""The admin as a browser has it: what stands in the form of a page is sent back, except for what the test fills in."""

from html.parser import HTMLParser
from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse

from apps.users.models import User


class Form(HTMLParser):
    """The values a browser would send for the fields of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.buttons: set[str] = set()
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name"), given.get("value") or ""
        if tag == "option" and self._open and "selected" in given:
            self.values[self._open] = value
        if not name:
            return
        if tag == "button" or given.get("type") == "submit":
            self.buttons.add(name)
        elif tag in ("textarea", "select"):
            self._open = name
            self.values[name] = ""
        elif tag == "input" and name != "csrfmiddlewaretoken":
            self.values[name] = value

    def handle_data(self, data: str) -> None:
        if self._open and self.lasttag == "textarea":
            self.values[self._open] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "select"):
            self._open = ""


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url_of(obj: Model) -> str:
    app, model = obj._meta.app_label, obj._meta.model_name
    return reverse(f"admin:{app}_{model}_change", args=[obj.pk])


def opened(client: Client, obj: Model) -> Form:
    answer = client.get(url_of(obj))
    assert answer.status_code == 200
    return Form(answer.content.decode())


def save(client: Client, obj: Model, **changes: str) -> Any:
    return client.post(url_of(obj), {**opened(client, obj).values, "_save": "", **changes})


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200, "the form was accepted"
    return dict(answer.context["adminform"].form.errors)
