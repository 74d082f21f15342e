from apps.webhooks.models.delivery import Conflict, Delivery

__all__ = ["Conflict", "Delivery"]
