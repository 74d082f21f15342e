"""docs/signals.md is the register of every domain signal: who sends it, with what, and who listens."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.dispatch import Signal

ROOT = Path(__file__).resolve().parents[2]
APPS = ROOT / "apps"


class Line(NamedTuple):
    sent_from: list[str]
    sender: list[str]
    arguments: list[str]
    receivers: list[str]


def _register() -> dict[str, Line]:
    """The table, by signal; each cell is the names it quotes."""
    rows = [line for line in (ROOT / "docs/signals.md").read_text().splitlines() if line.startswith("| `")]
    cells = [[re.findall(r"`([^`]+)`", cell) for cell in row.strip("|").split("|")] for row in rows]
    return {name: Line(*rest) for [name], *rest in cells}


def _declared() -> dict[str, Signal]:
    modules = {
        path.parent.name: importlib.import_module(f"apps.{path.parent.name}.signals")
        for path in APPS.glob("*/signals.py")
    }
    return {
        f"{app}.{name}": value
        for app, module in modules.items()
        for name, value in vars(module).items()
        if isinstance(value, Signal)
    }


class Sending(NamedTuple):
    file: str
    sender: str
    arguments: list[str]


def _sendings(signal: str) -> Iterator[Sending]:
    """Every line under apps/ that sends it, by whatever method."""
    name = signal.partition(".")[2]
    for path in APPS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr=method)) if (
                    found == name and "send" in method
                ):
                    given = {str(each.arg): ast.unparse(each.value) for each in node.keywords}
                    sender = given.pop("sender", "")
                    yield Sending(path.relative_to(APPS).as_posix(), sender, list(given))


REGISTER = _register()


def test_every_signal_is_in_the_register_and_no_other() -> None:
    assert _declared().keys() == REGISTER.keys()
    assert len(REGISTER) >= 3


@pytest.mark.parametrize("name", REGISTER)
def test_a_signal_is_sent_from_one_line_as_the_register_says(name: str) -> None:
    [sent] = _sendings(name)
    said = REGISTER[name]
    assert ([sent.file], [sent.sender], sent.arguments) == (said.sent_from, said.sender, said.arguments)


@pytest.mark.parametrize("name", REGISTER)
def test_a_signal_has_just_the_receivers_of_the_register(name: str) -> None:
    live: Any = _declared()[name]._live_receivers(sender=None)[0]
    said = [receiver.partition(".") for receiver in REGISTER[name].receivers]
    assert [f"{each.__module__}.{each.__name__}" for each in live] == [
        f"apps.{app}.receivers.{function}" for app, _, function in said
    ]
