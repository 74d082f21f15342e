"""What config/web_worker.py changes of gunicorn's own worker, beside what tests/faults/test_hostile_requests.py tries from outside."""

from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import ThreadWorker

from config.web_worker import WebWorker


def test_settings_are_found_as_they_were_and_without_the_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Any = Config()  # type: ignore[no-untyped-call]  # gunicorn has no types
    settings.set("keepalive", 75)
    before = {name: getattr(settings, name) for name in settings.settings}
    worker = WebWorker.__new__(WebWorker)
    worker.cfg = settings
    monkeypatch.setattr(ThreadWorker, "init_process", lambda _: None)  # which would begin to serve

    worker.init_process()

    monkeypatch.delattr(Config, "__getattr__")
    assert {name: getattr(settings, name) for name in before} == before
    assert settings.keepalive == 75
