"""What staff see of messages and phones, and where they say whether many may ring."""

from apps.notifications.admin import announcements, fan_outs, holds, records

__all__ = ["announcements", "fan_outs", "holds", "records"]
