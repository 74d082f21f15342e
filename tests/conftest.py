from collections.abc import Iterator

import pytest
from pytest_django import Settings

from apps.core.bytes_cache import bytes_cache
from apps.courses import counting
from apps.courses.cache import catalogue_revision


@pytest.fixture(autouse=True)
def _no_bytes_of_another_test() -> Iterator[None]:
    """Every test counts revisions from the start, so the bytes and counts of one must not be there for the next."""
    yield
    catalogue_revision.close()
    bytes_cache.clear()
    counting.forget()


@pytest.fixture
def unbraked(settings: Settings) -> None:
    """A snapshot may hide what it likes: for tests about something else, whose terms have only a few courses."""
    settings.DELETION_LIMIT = 100
