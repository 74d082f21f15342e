"""What staff see of the course services and their deliveries."""

from apps.webhooks.admin import deliveries, sources

__all__ = ["deliveries", "sources"]
