"""Bodies are read at once by orjson where that is as strict as our own reading of them, which is slower and has the last word."""

import json
from typing import Any

import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st

from apps.webhooks import bodies
from apps.webhooks.bodies import MAX_DEPTH, Malformed, parse_again, parse_json

NUMBERS = st.sampled_from(
    [
        "0",
        "-0",
        "-0.0",
        "1.0",
        "1E2",
        "1e-7",
        "9223372036854775807",
        "9223372036854775808",
        "1e400",
        "NaN",
        "01",
    ]
)
KEYS = st.sampled_from([r'""', r'"a"', r'"\u0061"', r'":"', r'"\u003a"', r'"\u003A"'])
TEXTS = KEYS | st.sampled_from(
    [
        r'"a:b"',
        r'"{"',
        r'"\""',
        r'"\\"',
        r'"\\u003a"',
        r'"\u0000"',
        r'"\\u0000"',
        r'"\ud800"',
        r'"\ude00\ud83d"',
        r'"č"',
    ]
)
SPACE = st.sampled_from(["", "", " ", "\n", "\ufeff"])


def _inside(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.builds("{}{}:{}".format, KEYS, SPACE, values)
    return st.one_of(
        st.lists(values, max_size=3).map(lambda items: f"[{','.join(items)}]"),
        st.lists(members, max_size=4).map(lambda items: f"{{{','.join(items)}}}"),
    )


def reading(read: Any, raw: bytes) -> str:
    try:
        return repr(read(raw))
    except Malformed as malformed:
        return str(malformed)


BODIES = st.tuples(SPACE, st.recursive(NUMBERS | TEXTS | st.just("null"), _inside), SPACE).map("".join)


@given(BODIES)
@example('{"a": 1, "a": 1}')
@example(r'{"a": "\u003a", "a": "\u003a"}')
@example(r'{"a": "\u003A", "a": "\u003A"}')
@example('["\t"]')
def test_both_readings_are_one(text: str) -> None:
    assert reading(parse_json, text.encode()) == reading(bodies._read_strictly, text.encode())


@given(BODIES)
@example("[0.1234567890123456789012345, 1e-400, 9223372036854775807]")
@example(r'["\\u0000", "\ud83d\ude00"]')
def test_what_was_taken_reads_the_same_again(text: str) -> None:
    try:
        taken = parse_json(text.encode())
    except Malformed:
        reject()
    assert repr(parse_again(text.encode())) == repr(taken)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("levels", [MAX_DEPTH, MAX_DEPTH + 1, 190, 254, 1_024, 1_025])
def test_both_count_levels_alike(levels: int, opening: str, closing: str) -> None:
    raw = (opening * levels + "1" + closing * levels).encode()
    assert reading(parse_json, raw) == reading(bodies._read_strictly, raw)


@pytest.mark.parametrize("escaped", [True, False])
def test_what_services_send_is_read_at_once(monkeypatch: pytest.MonkeyPatch, escaped: bool) -> None:
    event = {"data": {"title": "Алгоритми: увод", "url": "https://faculty.example/a", "deep": [[[{}]]]}}
    monkeypatch.delattr(bodies, "_read_strictly")
    assert parse_json(json.dumps(event, ensure_ascii=escaped, indent=1).encode()) == event
