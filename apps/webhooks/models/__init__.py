from apps.webhooks.models.delivery import Conflict, Delivery
from apps.webhooks.models.source import Source

__all__ = ["Conflict", "Delivery", "Source"]
