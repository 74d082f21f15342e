"""What `make check` says about compose files, on a machine without Docker."""

from pathlib import Path

import pytest

from compose.validate import faults, main

SOUND = """
services:
  web:
    image: example/web:1.2
    depends_on: [database]
    secrets: [key]
    networks: [inside]
    volumes: ["data:/data", "./settings:/settings:ro"]
  database:
    image: postgres:18.6-trixie
networks: {inside: }
volumes: {data: }
secrets: {key: {file: ./not-on-this-machine}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "settings").mkdir()
    return tmp_path / "compose.yaml"


def test_a_sound_file_has_no_fault(file: Path) -> None:
    file.write_text(SOUND)
    assert faults(file) == []


@pytest.mark.parametrize(
    ("sound", "broken", "fault"),
    [
        ("depends_on: [database]", "depends_on: 5", "/services/web/depends_on: 5 is not valid"),
        ("depends_on:", "depend_on:", "/services/web: 'depend_on' does not match"),
        ("[database]", "[databases]", "/services/web/depends_on: there is no service databases"),
        ("[key]", "[keys]", "/services/web/secrets: keys is not declared"),
        ("[inside]", "[outside]", "/services/web/networks: outside is not declared"),
        ("data:/data", "date:/data", "/services/web/volumes: date is not declared"),
        ("./settings:", "./setting:", "/services/web/volumes: ./setting does not exist"),
        ("web:1.2", "web", "/services/web/image: example/web is not pinned to a version"),
        ("web:1.2", "web:latest", "/services/web/image: example/web:latest is not pinned"),
        ("web:1.2", "web:1", "/services/web/image: example/web:1 is not pinned"),
        ("image: example/web:1.2", "build: {context: .}", "/services/web/build: there is no"),
        ("networks: [inside]", "networks: [inside]\n    networks: []", "/: written twice: networks"),
        ("services:", "services: [", "/: while parsing"),
    ],
)
def test_a_fault_is_named_with_its_path(file: Path, sound: str, broken: str, fault: str) -> None:
    assert SOUND.count(sound) == 1 or sound == "services:"
    file.write_text(SOUND.replace(sound, broken, 1))
    found = faults(file)
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_a_registry_with_a_port_and_a_digest_are_understood(file: Path) -> None:
    file.write_text(SOUND.replace("example/web:1.2", f"registry:5000/web:1.2@sha256:{'0' * 64}"))
    assert faults(file) == []
    file.write_text(SOUND.replace("example/web:1.2", "registry:5000/web"))
    assert len(faults(file)) == 1


def test_the_command_fails_and_names_the_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(SOUND)
    assert main([str(file)]) == 0
    file.write_text(SOUND.replace("[database]", "[databases]"))
    assert main([str(file)]) == 1
    assert f"{file}/services/web/depends_on" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_a_fault(file: Path) -> None:
    assert main([str(file)]) == 1
