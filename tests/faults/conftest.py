import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo
from pytest_django import Settings

from apps.webhooks.handlers import HANDLERS
from tests.factories.webhooks import SECRET, Sender
from tests.faults.poisons import POISONS

ROOT = Path(__file__).resolve().parents[2]


class Workers:
    """Workers in processes of their own, on the test's database."""

    settings = "tests.faults.worker_settings"

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, lane: str = "apply", **environ: str) -> "subprocess.Popen[bytes]":
        worker = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "worker", "--lanes", lane],
            env={
                **os.environ,
                **environ,
                "DJANGO_SETTINGS_MODULE": self.settings,
                "DATABASE_URL": database_url(),
                "PYTHONPATH": str(ROOT),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.started.append(worker)
        return worker


def database_url() -> str:
    """Of the test's own database, in libpq's words."""
    database = connection.settings_dict
    return make_conninfo(
        dbname=str(database["NAME"]),
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        host=database["HOST"] or None,
        port=database["PORT"] or None,
    )


@pytest.fixture
def workers(transactional_db: None) -> Iterator[Workers]:
    started = Workers()
    yield started
    for worker in started.started:
        worker.kill()
        worker.wait()


@pytest.fixture
def sender(transactional_db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Sender:
    settings.WEBHOOK_SECRETS = {"course-service": [SECRET]}
    for type, poison in POISONS.items():
        monkeypatch.setitem(HANDLERS, type, poison)
    return Sender()
