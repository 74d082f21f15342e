"""Authentic bodies that cannot be understood are kept raw for staff, and the sender is told what is wrong and not to try again."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.webhooks.bodies import Malformed, parse_envelope
from apps.webhooks.handlers import parse_event
from apps.webhooks.models import Delivery
from tests.factories.documents import course, entry, term
from tests.factories.webhooks import Sender

NOW = "2026-01-01T00:00:00Z"


def raw(data: bytes) -> bytes:
    return (
        b'{"type": "course.deleted", "timestamp": "2026-01-01T00:00:00Z", "data": {"id": "x", "more": %b}}'
        % data
    )


BODIES = {
    "empty": b"",
    "not UTF-8": b"\xff\xfe",
    "half a surrogate in UTF-8": raw(b'"\xed\xa0\x80"'),
    "UTF-16": json.dumps({}).encode("utf-16"),
    "byte-order mark": b"\xef\xbb\xbf" + raw(b"1"),
    "not JSON": b"course",
    "cut short": raw(b"1")[:-1],
    "two values": raw(b"1") + b"{}",
    "an array": b"[]",
    "a number": b"1",
    "null": b"null",
    "escaped NUL": raw(rb'"a\u0000"'),
    "escaped NUL in a key": raw(rb'{"a\u0000": 1}'),
    "raw NUL": raw(b'"\0"'),
    "NUL after an escaped backslash": raw(rb'"\\\u0000"'),
    "lone high surrogate": raw(rb'"\ud83d"'),
    "lone low surrogate": raw(rb'"\ude00\ud83d"'),
    "NaN": raw(b"NaN"),
    "Infinity": raw(b"-Infinity"),
    "a number that overflows": raw(b"1e400"),
    "a number that overflows, in capitals": raw(b"-0.1E+400"),
    "a number that overflows without an exponent": raw(b"1" * 310 + b".0"),
    "past 2^63-1": raw(b"9223372036854775808"),
    "below -2^63": raw(b"-9223372036854775809"),
    "an endless integer": raw(b"1" * 100_000),
    "duplicate keys": raw(b'{"a": 1, "a": 1}'),
    "duplicate keys in two spellings": raw(rb'{"a": 1, "\u0061": 1}'),
    "duplicate key that is half a surrogate": raw(rb'{"\ud800": 1, "\ud800": 1}'),
    "65 levels": raw(b"[" * 63 + b"]" * 63),
    "half a million arrays": raw(b"[" + b"[]," * 500_000 + b"1]"),
    "a million values": raw(b"[" + b"1," * 1_000_000 + b"1]"),
    "a million levels": raw(b"[" * 1_000_000 + b"]" * 1_000_000),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_it_is_quarantined_and_refused_every_time(sender: Sender, body: bytes) -> None:
    answers = [sender.post(body, id="msg_1") for _ in range(2)]

    kept = Delivery.objects.get()
    for answer in answers:
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["webhook-delivery"] == "abort-message"
        assert answer.json()["delivery"] == str(kept.public_id)
        [fault] = answer.json()["errors"]
        assert fault["pointer"] == ""
        assert fault["detail"]
    assert (kept.status, bytes(kept.body)) == ("quarantined", body)
    assert fault["detail"] in kept.error


@pytest.mark.parametrize(
    "more",
    [
        b"9223372036854775807",
        b"-9223372036854775808",
        b"1e300",
        rb'"\ud83d\ude00"',
        rb'"\\u0000"',
        rb'"\\ud800"',
        rb'"\"\\u0000"',
        b"[" * 62 + b"]" * 62,
        b'[{"a": 1}, {"a": 1}]',
    ],
)
def test_what_stays_just_inside_is_accepted(sender: Sender, more: bytes) -> None:
    answer = sender.post(raw(more))

    assert answer.status_code == 202, answer.content


def pointers(answer: Any) -> set[str]:
    assert answer.status_code == 400, answer.content
    return {fault["pointer"] for fault in answer.json()["errors"]}


@pytest.mark.parametrize("type", [None, "", 1, ["course.updated"], {}])
def test_the_type_must_be_a_name(sender: Sender, type: Any) -> None:
    body = json.dumps({"type": type, "timestamp": NOW, "data": {}}).encode()

    assert pointers(sender.post(body)) == {"/type"}


@pytest.mark.parametrize(
    "timestamp",
    [
        None,
        "",
        1767225600,
        "now",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00Z\n",
        "\u0662\u0660\u0662\u0666-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "2026-W01-1T00:00:00Z",
    ],
)
def test_the_timestamp_must_be_rfc_3339(sender: Sender, timestamp: Any) -> None:
    body = json.dumps({"type": "course.deleted", "timestamp": timestamp, "data": {"id": "x"}}).encode()

    assert pointers(sender.post(body)) == {"/timestamp"}


def test_an_event_from_the_future_is_refused(sender: Sender) -> None:
    at = datetime.now(UTC) + timedelta(minutes=5, seconds=5)

    assert pointers(sender.send("course.deleted", {"id": "x"}, at=at)) == {"/timestamp"}


COURSES: dict[str, tuple[dict[str, Any], str]] = {
    "no title": ({"title": None}, "/data/title"),
    "a number as id": ({"id": 7}, "/data/id"),
    "an empty id": ({"id": ""}, "/data/id"),
    "an id of 65 characters": ({"id": "x" * 65}, "/data/id"),
    "a year as text": ({"year": "2026"}, "/data/year"),
    "a year that is true": ({"year": True}, "/data/year"),
    "a weekday of 8": ({"entries": [entry(weekday=8)]}, "/data/entries/0/weekday"),
    "a weekday with a fraction": ({"entries": [entry(weekday=2.0)]}, "/data/entries/0/weekday"),
    "an hour of one digit": ({"entries": [entry(starts_at="9:15")]}, "/data/entries/0/starts_at"),
    "25 o'clock": ({"entries": [entry(starts_at="25:00")]}, "/data/entries/0/starts_at"),
    "Arabic digits": (
        {"entries": [entry(starts_at="\u0660\u0669:\u0661\u0665")]},
        "/data/entries/0/starts_at",
    ),
    "an end before the start": ({"entries": [entry(ends_at="11:00")]}, "/data/entries/0"),
    "a kind we do not know": ({"entries": [entry(kind="party")]}, "/data/entries/0/kind"),
    "rooms as text": ({"entries": [entry(rooms="Raf20")]}, "/data/entries/0/rooms"),
    "null among rooms": ({"entries": [entry(rooms=[None])]}, "/data/entries/0/rooms/0"),
    "two entries of one id": ({"entries": [entry(), entry()]}, "/data"),
    "a date that is none": (
        {"entries": [entry(exceptions=[{"date": "2026-02-30", "status": "cancelled"}])]},
        "/data/entries/0/exceptions/0/date",
    ),
    "a script as address": ({"url": "javascript:alert(1)"}, "/data/url"),
    "an exam at no zone": (
        {
            "exams": [
                {
                    "id": "x",
                    "kind": "oral",
                    "sittings": [{"starts_at": "2026-01-01T10:00:00", "ends_at": NOW, "rooms": []}],
                }
            ]
        },
        "/data/exams/0/sittings/0/starts_at",
    ),
}


@pytest.mark.parametrize(("fields", "pointer"), COURSES.values(), ids=COURSES)
def test_a_course_that_breaks_the_contract_is_told_where(
    sender: Sender, fields: dict[str, Any], pointer: str
) -> None:
    assert pointers(sender.send("course.updated", course(**fields))) == {pointer}
    assert Delivery.objects.get().status == "quarantined"


TERMS: dict[str, tuple[dict[str, Any], str]] = {
    "no zone": ({"time_zone": "Europe/Atlantis"}, "/data/time_zone"),
    "a path as zone": ({"time_zone": "../../etc/passwd"}, "/data/time_zone"),
    "a folder as zone": ({"time_zone": "Europe"}, "/data/time_zone"),
    "an end before the start": ({"ends_on": "2026-09-01"}, "/data"),
    "a century": ({"ends_on": "2126-09-01"}, "/data"),
    "a name of 201 characters": ({"name": "x" * 201}, "/data/name"),
    "a period backwards": (
        {"periods": [{"kind": "holiday", "starts_on": "2026-12-02", "ends_on": "2026-12-01"}]},
        "/data/periods/0",
    ),
    "Friday taught as day 9": (
        {"day_overrides": [{"date": "2026-12-04", "taught_as": 9}]},
        "/data/day_overrides/0/taught_as",
    ),
}


@pytest.mark.parametrize(("fields", "pointer"), TERMS.values(), ids=TERMS)
def test_a_term_that_breaks_the_contract_is_told_where(
    sender: Sender, fields: dict[str, Any], pointer: str
) -> None:
    assert pointers(sender.send("term.updated", term(**fields))) == {pointer}


PAGES: dict[str, tuple[dict[str, Any], str]] = {
    "page 0": ({"page": 0}, "/data/page"),
    "page 2 of 1": ({"page": 2}, "/data"),
    "a course twice": ({"courses": [course(), course()]}, "/data"),
    "a course of another term": ({"courses": [course(term="2027-summer")]}, "/data"),
    "no courses": ({"courses": None}, "/data/courses"),
}


@pytest.mark.parametrize(("fields", "pointer"), PAGES.values(), ids=PAGES)
def test_a_page_that_breaks_the_contract_is_told_where(
    sender: Sender, fields: dict[str, Any], pointer: str
) -> None:
    page = {"snapshot_id": "s", "term": "autumn", "page": 1, "pages": 1, "courses": []}

    assert pointers(sender.send("catalogue.snapshot", page | fields)) == {pointer}


def test_every_fault_is_named_at_once(sender: Sender) -> None:
    answer = sender.send("course.updated", course(title=7, year="x", entries=[entry(weekday=0)]), at="soon")

    assert pointers(answer) == {"/timestamp", "/data/title", "/data/year", "/data/entries/0/weekday"}
    assert all(pointer in Delivery.objects.get().error for pointer in pointers(answer))


def test_a_pointer_is_escaped(sender: Sender) -> None:
    answer = sender.send("course.updated", course(translations={"a/b~c": 1}))

    assert pointers(answer) == {"/data/translations/a~1b~0c"}


@pytest.mark.parametrize("data", [None, [], "x", 1])
def test_data_must_be_an_object(sender: Sender, data: Any) -> None:
    assert pointers(sender.send("course.deleted", data)) == {"/data"}


def test_no_more_than_a_hundred_faults_are_told(sender: Sender) -> None:
    answer = sender.send("course.updated", course(teachers=[1] * 1_000))

    assert len(pointers(answer)) == 100


def test_once_enough_faults_are_found_no_further_object_is_looked_at(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To collect millions of them would take minutes and gigabytes."""
    monkeypatch.setattr("apps.courses.shapes.FAULTS_TOLD", 3)
    faulty = [course(str(number), entries=[entry(weekday=0)]) for number in range(10)]
    page = {"snapshot_id": "s", "term": "autumn", "page": 1, "pages": 1, "courses": [*faulty, 1, 2, 3]}

    assert pointers(sender.send("catalogue.snapshot", page)) == {
        "/data/courses/0/entries/0/weekday",
        "/data/courses/1/entries/0/weekday",
        "/data/courses/2/entries/0/weekday",
    }


def test_a_page_of_nothing_but_faults_is_refused_about_as_fast_as_it_is_read() -> None:
    """To collect its three million faults takes thirty times as long as reading it, and a gigabyte."""
    courses: list[Any] = [{"entries": [{}] * 1_000}] * 490
    page = {"snapshot_id": "s", "term": "autumn", "page": 1, "pages": 1, "courses": courses}
    body = json.dumps({"type": "catalogue.snapshot", "timestamp": NOW, "data": page}).encode()
    began = time.process_time()
    envelope = parse_envelope(body)
    reading = time.process_time() - began

    with pytest.raises(Malformed) as refused:
        parse_event(envelope, now=datetime.now(UTC))

    assert len(refused.value.faults) == 100
    assert time.process_time() - began < 10 * reading


def test_a_hundred_faults_are_told_wherever_they_are(sender: Sender) -> None:
    faulty = [course(str(number), entries=[entry(exceptions=[{}] * 7)]) for number in range(20)]
    page = {"snapshot_id": "s", "term": "autumn", "page": 1, "pages": 1, "courses": faulty}

    assert len(pointers(sender.send("catalogue.snapshot", page))) == 100


@pytest.mark.parametrize("field", ["teachers", "entries", "exams"])
def test_a_list_beyond_all_measure_is_one_fault(sender: Sender, field: str) -> None:
    answer = sender.send("course.updated", course() | {field: [1] * 100_000})

    assert pointers(answer) == {f"/data/{field}"}


@pytest.mark.parametrize(
    "number", ["9223372036854775807", "-9223372036854775808", "1e308", "1E-400", "0." + "1" * 30]
)
def test_numbers_that_just_fit_are_taken(sender: Sender, number: str) -> None:
    assert sender.post(raw(number.encode())).status_code == 202
