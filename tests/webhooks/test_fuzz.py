"""Whatever is sent: no answer of 500 or above, and without a good signature no row."""

import json
import string
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.webhooks import processing
from apps.webhooks.models import Delivery
from tests.factories.documents import course, entry, term
from tests.factories.webhooks import Sender, event

calm = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = pytest.mark.django_db

# What an HTTP server lets through in a header: latin-1 without control characters.
header = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=400)
headers = st.fixed_dictionaries(
    {},
    optional={
        name: header | st.sampled_from(["", "1", "msg_1", "v1,", "v1," + "A" * 43 + "=", "identity", "gzip"])
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature", "content-encoding", "accept")
    },
)
lengths = st.none() | st.sampled_from(["", "0", "-1", "x", "\u0663", "1e3", "99999999999", "5242881"])
types = st.sampled_from(["application/json", "application/json; charset=x", "", "text/plain"]) | header

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "2026-01-01",
            "2026-01-01T00:00:00Z",
            "11:15",
            "Europe/Belgrade",
            "lecture",
            "\ud800",
            "\0",
            "x" * 5_000,
        ]
    )
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(string.ascii_lowercase, max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@calm
@given(sent=headers, length=lengths, type=types, body=st.binary(max_size=200), source=st.text(max_size=20))
def test_nothing_unauthentic_makes_a_row(
    sender: Sender, sent: dict[str, str], length: str | None, type: str, body: bytes, source: str
) -> None:
    extra: dict[str, Any] = {} if length is None else {"CONTENT_LENGTH": length}
    for url in (sender.url, f"/webhooks/{quote(source.replace('/', ''), safe='')}/"):
        answer = sender.client.generic("POST", url, body, type, headers=sent, **extra)

        assert 400 <= answer.status_code < 500, answer.content
    assert not Delivery.objects.exists()


@calm
@given(body=st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_an_authentic_body_of_any_kind_is_answered_and_kept(sender: Sender, body: bytes) -> None:
    answer = sender.post(body)

    assert answer.status_code in (202, 400), answer.content
    assert bytes(Delivery.objects.get(public_id=answer.json()["delivery"]).body) == body


PAGE = {"snapshot_id": "s", "term": "autumn", "page": 1, "pages": 2, "courses": [course()]}
FULL = course(
    entries=[entry(exceptions=[{"date": "2026-10-06", "status": "moved", "new_date": "2026-10-07"}])],
    exams=[
        {
            "id": "final",
            "kind": "written",
            "sittings": [
                {"starts_at": "2027-01-20T10:00:00Z", "ends_at": "2027-01-20T12:00:00Z", "rooms": ["A"]}
            ],
        }
    ],
    translations={"sr": {"title": "Алгоритми"}},
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for step, inner in steps for place in places(inner, (*here, step)))]


def replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = value.copy()
    copy[place[0]] = replaced(value[place[0]], place[1:], new)
    return copy


@calm
@given(
    kind=st.sampled_from([("course.updated", FULL), ("term.updated", term()), ("catalogue.snapshot", PAGE)]),
    value=values,
    data=st.data(),
)
def test_what_is_accepted_is_also_applied(
    sender: Sender, kind: tuple[str, Any], value: Any, data: Any
) -> None:
    """Any one value of a good document is exchanged: the answer is 202 or 400, and after a 202 nothing fails any more."""
    type, good = kind
    spoiled = replaced(good, data.draw(st.sampled_from(places(good))), value)
    answer = sender.post(json.dumps(event(type, spoiled)).encode())

    assert answer.status_code in (202, 400), answer.content
    processing.apply_pending()
    assert Delivery.objects.get(public_id=answer.json()["delivery"]).status in ("processed", "quarantined")
