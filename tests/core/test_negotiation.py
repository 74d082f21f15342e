from collections.abc import Sequence

import pytest
from django.http import Http404
from django.test import RequestFactory
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer, StaticHTMLRenderer
from rest_framework.request import Request

from apps.core.negotiation import Negotiation

ACCEPT = [
    None,
    "",
    "*/*",
    "application/json",
    "application/*",
    "application/json; indent=8",
    "text/html",
    "text/html, */*;q=0.1",
]


@pytest.mark.parametrize("query", ["", "page=2", "format=json", "format=html&page=2"])
@pytest.mark.parametrize("accept", ACCEPT)
@pytest.mark.parametrize("renderers", [[JSONRenderer()], [StaticHTMLRenderer(), JSONRenderer()]])
def test_the_choice_is_that_of_django_rest_framework(
    accept: str | None, query: str, renderers: Sequence[BaseRenderer]
) -> None:
    def chosen(negotiation: BaseContentNegotiation) -> object:
        headers = {} if accept is None else {"Accept": accept}
        try:
            return negotiation.select_renderer(
                Request(RequestFactory().get(f"/?{query}", headers=headers)), renderers
            )
        except (NotAcceptable, Http404) as refusal:
            return type(refusal)

    assert chosen(Negotiation()) == chosen(DefaultContentNegotiation())
