"""Checks compose files without Docker: `python -m compose.validate [file...]`, by default all of ours.

First against the schema of the Compose Specification, then for what a schema cannot say: names that nothing declares, files that are
not there, images without a pinned tag. Each fault is printed with its file and its path; any makes the exit status 1.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "compose" / "schema" / "compose-spec.json"
# A version, beside which a distribution may be named. "latest" and a bare major number move under one's feet.
PINNED = re.compile(r"(?=.*:)[^:]+(:\d+)?(/[^:]+)*:\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?")


class _Loader(yaml.SafeLoader):
    """YAML lets a key that is written twice overwrite itself in silence."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        keys = [key.value for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.composer.ComposerError(
                None, None, f"written twice: {', '.join(sorted(twice))}", node.start_mark
            )
        return node


def faults(file: Path) -> list[str]:
    """Each as `path: what is wrong`; empty when the file is sound."""
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506  # a SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return [f"/: {error}"]
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = Draft7Validator(schema)
    found = [
        f"{_pointer(*error.absolute_path)}: {error.message}"
        for error in sorted(validator.iter_errors(document), key=lambda error: error.json_path)
    ]
    # What is not of the right shape cannot be followed.
    return found or [*_references(document), *_files(document, file.parent), *_images(document)]


def _references(document: Mapping[str, Any]) -> Iterator[str]:
    services: Mapping[str, Any] = document.get("services", {})
    for name, service in services.items():
        for other in service.get("depends_on", ()):
            if other not in services:
                yield f"{_pointer('services', name, 'depends_on')}: there is no service {other}"
        for kind in ("networks", "secrets", "configs"):
            for used in service.get(kind, ()):
                source = used["source"] if isinstance(used, dict) else used
                if source not in document.get(kind, {}) and (kind, source) != ("networks", "default"):
                    yield f"{_pointer('services', name, kind)}: {source} is not declared"
        for source in _mounted(service):
            if not source.startswith((".", "/", "~")) and source not in document.get("volumes", {}):
                yield f"{_pointer('services', name, 'volumes')}: {source} is not declared"


def _files(document: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Secrets are left out: they are on no machine but the one that runs them."""
    for name, service in document.get("services", {}).items():
        for source in _mounted(service):
            if source.startswith(".") and not (folder / source).exists():
                yield f"{_pointer('services', name, 'volumes')}: {source} does not exist"
        if isinstance(build := service.get("build"), dict):
            dockerfile = folder / build.get("context", ".") / build.get("dockerfile", "Dockerfile")
            if not dockerfile.is_file():
                yield f"{_pointer('services', name, 'build')}: there is no {dockerfile}"


def _images(document: Mapping[str, Any]) -> Iterator[str]:
    for name, service in document.get("services", {}).items():
        if "build" not in service and not PINNED.fullmatch(service.get("image", "")):
            yield f"{_pointer('services', name, 'image')}: {service.get('image')} is not pinned to a version"


def _mounted(service: Mapping[str, Any]) -> Iterator[str]:
    for volume in service.get("volumes", ()):
        if isinstance(volume, str):
            if ":" in volume:
                yield volume.partition(":")[0]
        elif volume["type"] in ("bind", "volume") and "source" in volume:
            yield volume["source"]


def _pointer(*steps: str | int) -> str:
    return "/" + "/".join(map(str, steps))


def main(arguments: list[str]) -> int:
    files = [Path(argument) for argument in arguments] or sorted(ROOT.glob("compose/*/compose*.yaml"))
    wrong = [f"{file}{fault}" for file in files for fault in faults(file)]
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    sys.stdout.write(f"{len(files)} compose files, {len(wrong)} faults\n")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
