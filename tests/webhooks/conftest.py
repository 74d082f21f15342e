import pytest
from pytest_django import Settings

from tests.factories.webhooks import OTHER_SECRET, SECRET, Sender


@pytest.fixture
def sender(db: None, settings: Settings) -> Sender:
    """The one source, with one secret."""
    settings.WEBHOOK_SECRETS = {"course-service": [SECRET]}
    return Sender()


@pytest.fixture
def sender_elsewhere(sender: Sender, settings: Settings) -> Sender:
    """A second source, with a secret of its own."""
    settings.WEBHOOK_SECRETS = {**settings.WEBHOOK_SECRETS, "library": [OTHER_SECRET]}
    return Sender(source="library", secret=OTHER_SECRET)
