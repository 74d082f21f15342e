"""A source that speaks in its own words ends in the same catalogue. What it posted is kept as it came."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from apps.courses.models import ChangeSet, Course
from apps.webhooks import dialects
from apps.webhooks.models import Delivery
from apps.webhooks.own_deliveries import deliver, snapshot_events
from apps.webhooks.processing import apply_pending
from tests.factories.documents import at, course
from tests.factories.webhooks import Sender

pytestmark = pytest.mark.django_db


def translate(body: Mapping[str, Any]) -> dict[str, Any]:
    """A service that writes Serbian names and minutes of the day."""
    if body["vrsta"] != "predmet":
        return {"type": body["vrsta"]}
    return {
        "type": "course.updated",
        "timestamp": body["vreme"],
        "data": course(body["oznaka"], code=body["oznaka"], title=body["naziv"]),
    }


@pytest.fixture(autouse=True)
def _dialect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dialects.DIALECTS, "library", translate)


def said(**fields: Any) -> bytes:
    return json.dumps(
        {"vrsta": "predmet", "vreme": "2026-09-01T10:00:00Z", "oznaka": "ALG", "naziv": "Algoritmi", **fields}
    ).encode()


def test_its_words_are_kept_and_ours_applied(sender_elsewhere: Sender) -> None:
    assert sender_elsewhere.post(said()).status_code == 202
    assert bytes(Delivery.objects.get().body) == said()
    apply_pending()
    assert Course.objects.get().title == "Algoritmi"
    Delivery.objects.get().replay()
    apply_pending()
    assert Delivery.objects.get().status == "processed"
    assert ChangeSet.objects.count() == 1


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"1", b"null", said(vreme="juče"), said(oznaka={}), b'{"vrsta": []}']
)
def test_what_it_cannot_have_meant_is_malformed(sender_elsewhere: Sender, body: bytes) -> None:
    assert sender_elsewhere.post(body).status_code == 400
    assert Delivery.objects.get().status == "quarantined"


def test_an_event_of_its_own_kind_is_ignored(sender_elsewhere: Sender) -> None:
    assert sender_elsewhere.post(said(vrsta="biblioteka")).json()["status"] == "ignored"


def test_another_source_speaks_our_words_still(sender_elsewhere: Sender, sender: Sender) -> None:
    assert sender_elsewhere.send("course.updated", course()).status_code == 400
    assert Sender().post(said()).status_code == 400


def test_what_we_deliver_ourselves_is_not_translated() -> None:
    deliver("library", snapshot_events("autumn", [course()], at(0)), silenced=True)
    apply_pending()
    assert Course.objects.get().title == "Algorithms"


def test_its_export_is_read_in_its_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "export.json").write_bytes(b"[" + said() + b"]")
    with pytest.raises(SystemExit):
        call_command("reconcile", str(tmp_path / "export.json"), "--source", "library")
    assert "missing here:\n  + ALG Algoritmi (ALG)" in capsys.readouterr().out
