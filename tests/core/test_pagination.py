"""Lists come in pages with a count, feeds by cursor, newest first; whatever a client makes up is its own error."""

from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest
from django.test import Client
from django.urls import path
from rest_framework import generics, serializers

from apps.core.models import LaneHeartbeat
from apps.core.pagination import CursorPagination

client = Client()
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Lane(serializers.ModelSerializer[LaneHeartbeat]):
    class Meta:
        model = LaneHeartbeat
        fields = ("lane",)


class Pages(generics.ListAPIView[LaneHeartbeat]):
    authentication_classes = ()
    permission_classes = ()
    filter_backends = ()
    serializer_class = Lane
    queryset = LaneHeartbeat.objects.order_by("lane")


class ByTime(CursorPagination):
    ordering = "-seen_at"


class Feed(Pages):
    pagination_class = ByTime


urlpatterns = [path("pages/", Pages.as_view()), path("feed/", Feed.as_view())]


@pytest.fixture(autouse=True)
def lanes() -> None:
    LaneHeartbeat.objects.bulk_create(
        LaneHeartbeat(lane=f"{n:03}", seen_at=f"2026-11-20T12:00:00.{n:03}Z") for n in range(210)
    )


def made_up(key: str) -> str:
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [lane["lane"] for lane in answer.json()["results"]]


def test_a_page_has_50_of_the_counted() -> None:
    answer = client.get("/pages/")
    assert names(answer) == [f"{n:03}" for n in range(50)]
    assert answer.json()["count"] == 210
    assert names(client.get(answer.json()["next"])) == [f"{n:03}" for n in range(50, 100)]


def test_no_page_is_larger_than_200() -> None:
    assert len(names(client.get("/pages/?page_size=1000"))) == 200


def test_a_page_that_is_not_there_is_404() -> None:
    assert client.get("/pages/?page=6").status_code == 404
    assert names(client.get("/pages/?page=5"))[-1] == "209"


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        *((f"page={page}", "page") for page in ("0", "-1", "x", "9" * 40, "%00", "%D9%A1")),
        ("page_size=0", "page_size"),
        ("colour=red", "colour"),
        ("page=1&cursor=WzEsIjAwMSIsMF0", "page"),
        *(
            (f"cursor={cursor}", "cursor")
            for cursor in (
                "",
                "x",
                "%C4%8D",
                "A" * 3000,
                *map(
                    made_up,
                    ["[]", "{}", "[2,1]", "[1]", '[1,"a"]', '[1,"a","b","c"]', "[1,null,1]", "[1,true,1]"],
                ),
                *map(made_up, ['[1,"\\u0000","001"]', '[1,"\\ud800","001"]', "[1,1e999,1]", "[1,NaN,1]"]),
                made_up("[" * 500),
            )
        ),
    ],
)
def test_whatever_a_client_makes_up_is_named(query: str, wrong: str) -> None:
    answer = client.get(f"/pages/?{query}")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (
        400,
        [wrong],
    )


def test_a_feed_goes_on_by_cursor_newest_first_without_a_count() -> None:
    first = client.get("/feed/?page_size=2")
    assert names(first) == ["209", "208"]
    assert "count" not in first.json()
    assert names(client.get(first.json()["next"])) == ["207", "206"]


@pytest.mark.parametrize("position", ["p=x", "p=%00", "o=x", "p=99999-01-01", "r=x", "p=2026-13-45T00:00Z"])
def test_a_cursor_made_up_is_404(position: str) -> None:
    cursor = b64encode(position.encode()).decode()
    assert client.get("/feed/", {"cursor": cursor}).status_code == 404


def test_a_cursor_that_is_not_ascii_is_404() -> None:
    assert client.get("/feed/", {"cursor": "č"}).status_code == 404


@pytest.mark.parametrize("cursor", ["", "=", "%%%", "AA=="])
def test_a_cursor_that_says_nothing_begins_at_the_top(cursor: str) -> None:
    assert names(client.get("/feed/", {"cursor": cursor}))[0] == "209"


def test_what_comes_and_goes_moves_nobodys_place() -> None:
    seen, url = [], "/pages/?page_size=30"
    while url:
        answer = client.get(url)
        seen += names(answer)
        url = answer.json()["next"]
        LaneHeartbeat.objects.filter(lane=seen[-3]).delete()
        LaneHeartbeat.objects.create(lane=f"{seen[-5]}a", seen_at="2026-11-20T12:00:00Z")
    assert seen == [f"{n:03}" for n in range(210)]


def test_the_links_lead_back_as_well() -> None:
    forth, back, url = [], [], "/pages/?page_size=40"
    while url:
        answer = client.get(url)
        forth.append(names(answer))
        url = answer.json()["next"]
    url = answer.json()["previous"]
    while url:
        answer = client.get(url)
        back.append(names(answer))
        url = answer.json()["previous"]
    assert back == forth[-2::-1]
