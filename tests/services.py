"""A pytest plugin: real servers for every test, those the environment names or embedded ones that live as long as the run.

Loaded with `-p tests.services`, since pytest-django reads the settings before any conftest.py.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from compose.local.services import embedded_services


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """The processes of pytest-xdist inherit what the first one started."""
    stack = ExitStack()
    early_config.add_cleanup(stack.close)
    data = Path(tempfile.mkdtemp(prefix="campanile-tests-"))
    stack.callback(shutil.rmtree, data, ignore_errors=True)
    services = stack.enter_context(embedded_services(data, durable=False))
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = services.database_url, services.redis_url
    return (yield)
