"""The register of every domain signal and who listens to it."""

import importlib
from typing import Any

import pytest
from django.dispatch import Signal

REGISTER = {
    "apps.courses.signals.change_sets_recorded": ["apps.notifications.receivers.plan_fan_outs"],
    "apps.users.signals.session_ended": ["apps.notifications.receivers.retire_device_of_session"],
}


def _declared() -> dict[str, Signal]:
    found: dict[str, Signal] = {}
    for app in ("users", "courses"):
        module = importlib.import_module(f"apps.{app}.signals")
        found |= {
            f"{module.__name__}.{name}": value
            for name, value in vars(module).items()
            if isinstance(value, Signal)
        }
    return found


def test_every_signal_is_in_the_register() -> None:
    assert _declared().keys() == REGISTER.keys()


@pytest.mark.parametrize("name", REGISTER)
def test_a_signal_has_just_these_receivers(name: str) -> None:
    live: Any = _declared()[name]._live_receivers(sender=None)[0]
    assert [f"{receiver.__module__}.{receiver.__name__}" for receiver in live] == REGISTER[name]
