from collections.abc import Iterator

import pytest

from apps.users.oidc import keys
from tests.fakes.oidc import FakeIssuer, fake_issuer


@pytest.fixture
def university() -> Iterator[FakeIssuer]:
    keys.forget()
    with fake_issuer() as fake:
        yield fake
    keys.forget()


class Clock:
    """Seconds as the keys count them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(keys, "monotonic", clock)
    return clock
