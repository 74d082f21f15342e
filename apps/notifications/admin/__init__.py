"""What staff see of messages and phones, and where they say whether many may ring."""

from apps.notifications.admin import announcements, holds, records

__all__ = ["announcements", "holds", "records"]
