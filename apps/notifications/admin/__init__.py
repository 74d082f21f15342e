"""What staff see of messages and phones, and where they say whether many may ring."""

from apps.notifications.admin import fan_outs, holds, records

__all__ = ["fan_outs", "holds", "records"]
