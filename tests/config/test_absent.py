"""What is installed for others and kept out of web processes."""

import subprocess
import sys
from importlib import import_module

import pytest

from config.absent import absent


def test_what_is_absent_cannot_be_imported_until_the_block_ends() -> None:
    sys.modules.pop("wave", None)
    with absent("wave"), pytest.raises(ImportError):
        import_module("wave")
    import_module("wave")


def test_what_has_been_imported_stays() -> None:
    with absent("sys"):
        assert import_module("sys") is sys


def test_a_web_process_starts_without_what_libraries_can_do_without() -> None:
    code = (
        "import sys, config.wsgi\n"
        "print(*{'opentelemetry', 'pygments', 'requests', 'rich', 'urllib3'}.intersection(sys.modules))\n"
        "import requests"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
