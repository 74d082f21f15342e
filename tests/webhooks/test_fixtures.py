"""The bodies in tests/fixtures/webhooks, each one way an event can look: event__case.json."""

import json
from pathlib import Path

import pytest

from tests.factories.webhooks import Sender

FOLDER = Path(__file__).parents[1] / "fixtures" / "webhooks"
WELL_FORMED = sorted(FOLDER.glob("*.json"))
MALFORMED = sorted(FOLDER.glob("malformed/*.json"))


@pytest.mark.django_db
@pytest.mark.parametrize("path", WELL_FORMED, ids=lambda path: path.stem)
def test_a_well_formed_event_is_taken(path: Path) -> None:
    answer = Sender().post(path.read_bytes())
    ignored = "unknown_type" in path.stem
    assert (answer.status_code, json.loads(answer.content)["status"]) == (
        202,
        "ignored" if ignored else "accepted",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("path", MALFORMED, ids=lambda path: path.stem)
def test_a_malformed_one_is_refused_with_its_faults(path: Path) -> None:
    answer = Sender().post(path.read_bytes())
    assert answer.status_code == 400
    assert json.loads(answer.content)["errors"]
