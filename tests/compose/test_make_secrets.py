"""The secrets a production machine starts with are sound as they are, and never made a second time."""

from pathlib import Path

from apps.webhooks.signatures import key_of
from compose.prod.make_secrets import make
from config.env import Environment

READ_FROM_FILES = (
    "database_url",
    "secret_key",
    "token_keys",
    "metrics_token",
    "webhook_secrets",
    "email_url",
)


def environment(folder: Path) -> Environment:
    files = {f"{name.upper()}_FILE": str(folder / name) for name in READ_FROM_FILES}
    return Environment.read({"REDIS_URL": "redis://redis:6379/0", **files})


def test_campanile_starts_with_what_is_made(tmp_path: Path) -> None:
    make(tmp_path / "secrets")
    read = environment(tmp_path / "secrets")
    password = (tmp_path / "secrets" / "postgres_password").read_text().strip()
    assert read.database["PASSWORD"] == password
    assert read.database["HOST"] == "postgres"
    assert len(key_of(read.webhook_secrets["course-service"][0])) == 32
    assert len(read.secret_key) >= 50
    assert [len(key) >= 50 for key in read.token_keys] == [True]


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path)
    before = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert make(tmp_path) == []
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == before


def test_the_password_of_the_database_agrees_whichever_file_was_lost(tmp_path: Path) -> None:
    make(tmp_path)
    password = (tmp_path / "postgres_password").read_text()
    (tmp_path / "postgres_password").unlink()
    assert make(tmp_path) == ["postgres_password"]
    assert (tmp_path / "postgres_password").read_text() == password
    (tmp_path / "database_url").unlink()
    assert make(tmp_path) == ["database_url"]
    assert environment(tmp_path).database["PASSWORD"] == password.strip()


def test_no_two_machines_share_a_secret(tmp_path: Path) -> None:
    make(tmp_path / "alice")
    make(tmp_path / "bob")
    for name in set(READ_FROM_FILES) - {"email_url"}:
        assert (tmp_path / "alice" / name).read_text() != (tmp_path / "bob" / name).read_text()


def test_only_the_owner_may_enter_the_folder_and_containers_may_read_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o444}
