import io
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from apps.courses.models import Change, Course
from apps.courses.staff_edits import set_override
from apps.webhooks.models import Delivery
from apps.webhooks.processing import apply_pending
from tests.factories.courses import make_user
from tests.factories.documents import (
    SOURCE,
    api_id,
    course,
    delete_course,
    entry,
    put_course,
    put_term,
    stored,
    term,
)
from tests.factories.webhooks import event

pytestmark = pytest.mark.django_db
LATER = "2026-09-02T00:00:00Z"
EVENTS = [
    event("term.updated", term(), at="2026-09-01T00:00:00Z"),
    event("course.updated", course(entries=[entry(rooms=["Raf04"])]), at=LATER),
]


@pytest.fixture(autouse=True)
def what_is_stored() -> None:
    put_term()
    put_course(1)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return tmp_path / "export.json"


def full(*courses: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps({"exported_at": LATER, "terms": [term()], "courses": list(courses), **fields}).encode()


def run(place: Any, *arguments: str) -> tuple[int, str]:
    """Exit status and output."""
    out = io.StringIO()
    try:
        call_command(
            "reconcile", str(place), "--source", SOURCE, "--wait", "0", *arguments, stdout=out, stderr=out
        )
    except SystemExit as error:
        return int(error.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def test_the_same_on_both_sides_says_so(export: Path) -> None:
    export.write_bytes(full(course()))
    assert run(export) == (
        0,
        "1 terms and 1 courses compared, as of 2026-09-02T00:00:00+00:00: no difference.\n",
    )


def test_when_it_was_last_touched_is_no_difference(export: Path) -> None:
    export.write_bytes(full(course(updated_at="2026-09-01T10:00:00Z")))
    assert run(export)[0] == 0


def test_each_side_and_each_field_is_told(export: Path) -> None:
    put_course(1, id="calculus", title="Calculus", code="CAL")
    export.write_bytes(
        full(course(entries=[entry(rooms=["Raf04"])]), course("logic", title="Logic", code="LOG"))
    )
    status, said = run(export)
    assert status == 1
    assert (
        "differs:\n  ~ ALG Algorithms (algorithms)\n      lecture, Tuesday 11:15 to 13:00, Raf20: rooms: Raf20 -> Raf04\n"
        in said
    )
    assert "only here:\n  - CAL Calculus (calculus)\n" in said
    assert "missing here:\n  + LOG Logic (logic)\n" in said
    assert said.endswith("differs 1, only here 1, missing here 1.\n")
    assert not Delivery.objects.exists()


def test_a_term_differs_too(export: Path) -> None:
    export.write_bytes(full(course(), terms=[term(ends_on="2027-02-21")]))
    status, said = run(export)
    assert (status, "~ Autumn 2026\n      ends on: 2027-02-14 -> 2027-02-21" in said) == (1, True)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(EVENTS).encode(),
        "\n".join(map(json.dumps, EVENTS)).encode(),
        json.dumps(
            event(
                "catalogue.snapshot",
                {
                    "snapshot_id": "s",
                    "term": "autumn",
                    "page": 1,
                    "pages": 1,
                    "courses": [course(entries=[entry(rooms=["Raf04"])])],
                },
                at=LATER,
            )
        ).encode(),
    ],
    ids=["a list of events", "an event a line", "a snapshot"],
)
def test_an_export_may_be_events(export: Path, body: bytes) -> None:
    export.write_bytes(body)
    status, said = run(export)
    assert (status, "rooms: Raf20 -> Raf04" in said) == (1, True)


def test_of_several_versions_in_an_export_the_newest_counts(export: Path) -> None:
    older = event("course.updated", course(title="Old"), at="2026-08-01T00:00:00Z")
    gone = event("course.deleted", {"id": "logic"}, at=LATER)
    before = event("course.updated", course("logic"), at="2026-08-01T00:00:00Z")
    export.write_bytes(
        json.dumps([event("course.updated", course(), at=LATER), older, gone, before]).encode()
    )
    assert run(export)[0] == 0


@pytest.mark.usefixtures("unbraked")
def test_applying_goes_through_deliveries_and_ends_the_same(export: Path) -> None:
    put_course(1, id="calculus", title="Calculus", code="CAL")
    export.write_bytes(full(course(entries=[entry(rooms=["Raf04"])]), course("logic")))
    status, said = run(export, "--apply", "--silent")
    assert (status, "2 still wait for the worker" in said) == (1, True)
    assert {row.type for row in Delivery.objects.filter(silenced=True)} == {
        "term.updated",
        "catalogue.snapshot",
    }
    before = Change.objects.count()
    while apply_pending():
        pass
    assert run(export)[0] == 0
    assert set(Course.objects.visible().values_list("external_id", flat=True)) == {"algorithms", "logic"}
    assert Change.objects.count() == before + 3
    assert run(export, "--apply")[0] == 0
    assert Delivery.objects.count() == 2


def test_what_is_newer_here_is_not_undone(export: Path) -> None:
    put_course(60 * 24 * 30, title="Newer")
    put_course(60 * 24 * 30, id="calculus")
    delete_course(60 * 24 * 30, "logic")
    export.write_bytes(full(course(), course("logic")))
    run(export, "--apply")
    apply_pending()
    assert (stored().title, stored("calculus").visible, stored("logic").visible) == ("Newer", True, False)
    status, said = run(export, "--apply")
    assert (status, "Still different: autumn. What is stored is newer, or waits." in said) == (1, True)


def test_what_staff_have_set_is_left_alone(export: Path) -> None:
    with transaction.atomic():
        set_override(
            object_id=api_id(), fields={"title": "By staff"}, author=make_user("alice"), expires_at=None
        )
    export.write_bytes(full(course()))
    assert run(export)[0] == 0
    export.write_bytes(full(course(code="ALG2")))
    assert "title" not in run(export)[1]
    run(export, "--apply")
    apply_pending()
    assert (stored().title, stored().code) == ("By staff", "ALG2")


def test_a_term_the_export_does_not_speak_of_is_not_compared(export: Path) -> None:
    put_course(1, id="spring-course", term="spring")
    export.write_bytes(full(course()))
    status, said = run(export)
    assert (status, "Not compared, since the export does not speak of it: spring\n" in said) == (0, True)
    export.write_bytes(full(course(title="Other"), course("spring-course", term="spring", title="Other")))
    assert "spring-course" not in run(export, "--term", "autumn")[1]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "body: is not JSON at line 1"),
        (b"{}", "body: is no export"),
        (b'"x"', "body: is no export"),
        (b'{"courses": {}}', "/courses: must be a list"),
        (full(course(), course("b", title=None)), "/courses/1/title: Field required"),
        (full(course(), exported_at="yesterday"), "/exported_at: must be an RFC 3339 date"),
        (json.dumps([EVENTS[0], 1]).encode(), "/1: is no event"),
        (json.dumps([event("course.updated", {}, at=LATER)]).encode(), "/0/data/id: Field required"),
        (json.dumps(EVENTS[0]).encode() + b"\n{", "/1: is not JSON"),
    ],
)
def test_an_export_that_is_none_is_refused_with_its_place(export: Path, body: bytes, fault: str) -> None:
    export.write_bytes(body)
    status, said = run(export, "--apply")
    assert (status, fault in said) == (2, True), said
    assert not Delivery.objects.exists()


@pytest.fixture
def service() -> Iterator[str]:
    """A course service's export, for who knows the word."""

    class Export(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == "Bearer word"
            self.send_response(200 if known else 401)
            self.end_headers()
            self.wfile.write(full(course()) if known else b"")

        def log_message(self, *_: Any) -> None:
            """Nobody listens."""

    server = HTTPServer(("127.0.0.1", 0), Export)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/export"
    server.shutdown()
    server.server_close()


def test_an_export_is_fetched_from_an_address(service: str) -> None:
    assert run(service, "--header", "Authorization: Bearer word")[0] == 0
    assert run(service)[0] == 2
    assert run("/nowhere.json")[0] == 2


def test_a_large_export_tells_how_far_it_has_come(export: Path) -> None:
    export.write_bytes(full(*(course(f"c{n}", entries=[]) for n in range(450))))
    status, said = run(export)
    assert (status, "400 of 451 compared\n" in said, "missing here 450" in said) == (1, True, True)
