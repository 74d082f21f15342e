"""A pytest plugin: real servers for every test, those the environment names or embedded ones that live as long as the run.

Loaded with `-p tests.services`, since pytest-django reads the settings before any conftest.py. Each process of
pytest-xdist has servers of its own, so that a test may freeze or stop one; of servers the environment names it has a
database (made by pytest-django) and a number of Valkey's.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from compose.local.services import embedded_services


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    process = os.environ.get("PYTEST_XDIST_WORKER")
    if not process and getattr(early_config.known_args_namespace, "numprocesses", None):
        # The processes that run the tests come here with the same arguments, and not with the defaults of our settings.
        unnamed = {"DATABASE_URL", "REDIS_URL"} - os.environ.keys()
        result = yield
        for name in unnamed:
            os.environ.pop(name, None)
        return result
    stack = ExitStack()
    early_config.add_cleanup(stack.close)
    data = Path(tempfile.mkdtemp(prefix="campanile-tests-"))
    stack.callback(shutil.rmtree, data, ignore_errors=True)
    services = stack.enter_context(embedded_services(data, durable=False))
    database_url, redis_url = services.database_url, services.redis_url
    if services.children:
        # Our one second is for a database that is away; here it is there, and the machine may be busy.
        database_url += "?connect_timeout=60"
    if process and not services.children:
        redis_url = urlsplit(redis_url)._replace(path=f"/{process.removeprefix('gw')}").geturl()
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = database_url, redis_url
    return (yield)
