import base64
import json
from pathlib import Path

import pytest

from compose.local.environment import data_dir as chosen_data_dir
from compose.local.environment import development_environment, needs_emulator
from compose.local.services import Services

SERVICES = Services(database_url="postgresql://here/campanile", redis_url="redis://here/0")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data dir"
    folder.mkdir()
    return folder


def test_secrets_are_strong_private_and_stay_between_runs(data: Path) -> None:
    first = development_environment({}, data=data, port=8000, services=SERVICES)
    second = development_environment({}, data=data, port=8000, services=SERVICES)
    assert (first["SECRET_KEY"], first["WEBHOOK_SECRETS"]) == (
        second["SECRET_KEY"],
        second["WEBHOOK_SECRETS"],
    )
    (secret,) = json.loads(first["WEBHOOK_SECRETS"])["course-service"]
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert {(data / name).stat().st_mode & 0o777 for name in ("secret_key", "webhook_secret")} == {0o600}


def test_what_the_environment_says_wins(data: Path) -> None:
    given = {
        "SECRET_KEY": "mine",
        "WEBHOOK_SECRETS": "{}",
        "SETTLE_SECONDS": "30",
        "EMAIL_URL": "console:",
        "FCM_EMULATOR_HOST": "127.0.0.1:9",
    }
    settled = development_environment(given, data=data, port=8000, services=SERVICES)
    assert {name: settled.get(name, given[name]) for name in given} == given


def test_a_secret_given_as_a_file_is_not_shadowed(data: Path) -> None:
    settled = development_environment(
        {"SECRET_KEY_FILE": "/run/secrets/key"}, data=data, port=1, services=SERVICES
    )
    assert "SECRET_KEY" not in settled


def test_mail_is_kept_in_a_folder_whatever_its_name(data: Path) -> None:
    settled = development_environment({}, data=data, port=8000, services=SERVICES)
    assert settled["EMAIL_URL"] == f"file://{data}/mail".replace(" ", "%20")
    assert (data / "mail").is_dir()


@pytest.mark.parametrize(
    ("environ", "needed"),
    [
        ({}, True),
        ({"FCM_EMULATOR_HOST": "127.0.0.1:9"}, False),
        ({"GOOGLE_APPLICATION_CREDENTIALS": "/key.json"}, False),
    ],
)
def test_the_emulator_runs_only_when_messages_have_nowhere_else_to_go(
    environ: dict[str, str], needed: bool
) -> None:
    assert needs_emulator(environ) is needed


def test_a_data_dir_is_taken_as_given(tmp_path: Path) -> None:
    assert chosen_data_dir({"DATA_DIR": str(tmp_path / "x y")}) == tmp_path / "x y"
    assert chosen_data_dir({}).name == ".local"
