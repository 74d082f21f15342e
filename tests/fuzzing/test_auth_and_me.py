"""Schemathesis against the server as it ships: no 5xx from the routes of accounts, and no answer that the OpenAPI document does not know.

Here for twenty seconds from the same seed each time; docs/how-to/fuzz-the-api.md says how to let it run for longer.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.users.models import User
from tests.faults.conftest import ROOT, database_url
from tests.faults.web import gunicorn
from tests.fuzzing.person import EMAIL

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,unsupported_method,allow_header_conformance,ignored_auth"
)


@pytest.fixture
def port(transactional_db: None) -> Iterator[int]:
    """Behind a proxy, so that the limits of an address are those of whom the requests say they are from."""
    with gunicorn(TRUSTED_PROXIES="1") as port:
        yield port


def test_no_5xx_and_no_undocumented_answer(port: int, tmp_path: Path) -> None:
    User.objects.create_user(EMAIL, "a long enough sentence")
    (tmp_path / "schemathesis.toml").touch()
    run = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml")),
            *("run", f"http://127.0.0.1:{port}/api/schema/"),
            *("--include-path-regex", "^/api/v1/(auth|me)/", "--checks", CHECKS),
            *("--max-time", "20", "--max-examples", "10", "--seed", "1"),
            *("--continue-on-failure", "--warnings", "off"),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.fuzzing.hooks",
        },
        capture_output=True,
        text=True,
        timeout=900,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "Coverage" in run.stdout
