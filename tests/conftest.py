from collections.abc import Iterator

import pytest
from pytest_django import Settings

from apps.core.bytes_cache import bytes_cache
from apps.courses import counting
from apps.courses.cache import catalogue_revision


@pytest.fixture(autouse=True)
def _no_bytes_of_another_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test counts revisions from the start, so the bytes and counts of one must not be there for the next.

    A revision that a busy machine is slow to read is waited for: how long readers wait for one is told in tests/core/test_revision.py.
    """
    monkeypatch.setattr(catalogue_revision, "_patience", 60.0)
    yield
    catalogue_revision.close()
    bytes_cache.clear()
    counting.forget()


@pytest.fixture
def unbraked(settings: Settings) -> None:
    """A snapshot may hide what it likes: for tests about something else, whose terms have only a few courses."""
    settings.DELETION_LIMIT = 100
