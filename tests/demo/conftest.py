import threading
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.utils.module_loading import import_string

from apps.core.worker import Worker
from apps.demo import people
from apps.demo.students import load_students
from apps.notifications import sender
from apps.notifications.emulator.server import serve


@pytest.fixture
def few_students(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three are enough where nobody counts them, and forty take seconds to enrol."""
    everyone = load_students()
    monkeypatch.setattr(people, "load_students", lambda: everyone[:3])


@pytest.fixture
def faculty(transactional_db: None, few_students: None) -> str:
    """The demo faculty, loaded as `make run` loads it; what the command said."""
    said = StringIO()
    call_command("load_demo", stdout=said)
    return said.getvalue()


@pytest.fixture
def phones(settings: Any) -> Iterator[str]:
    """The push emulator on a port of its own: its host and port."""
    server = serve("127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings.FCM_EMULATOR_HOST = f"127.0.0.1:{server.server_address[1]}"
    sender.forget()
    yield settings.FCM_EMULATOR_HOST
    sender.forget()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def worker(transactional_db: None) -> Iterator[Worker]:
    """All lanes, as `manage.py worker` runs them."""
    worker = Worker({name: import_string(path) for name, path in project.WORKER_LANES.items()})
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield worker
    worker.stop()
    thread.join()
