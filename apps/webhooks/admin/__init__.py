"""What staff see of the course service's deliveries."""

from apps.webhooks.admin import deliveries

__all__ = ["deliveries"]
