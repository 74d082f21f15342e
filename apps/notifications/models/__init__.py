from apps.notifications.models.announcement import Announcement
from apps.notifications.models.device import Device
from apps.notifications.models.fan_out import FanOut, Folded
from apps.notifications.models.hold import Hold
from apps.notifications.models.mailing import Mailing
from apps.notifications.models.notification import Notification
from apps.notifications.models.pause import Pause
from apps.notifications.models.preferences import Preferences
from apps.notifications.models.push import Push
from apps.notifications.models.push_count import PushCount
from apps.notifications.models.reminder import Reminder

__all__ = [
    "Announcement",
    "Device",
    "FanOut",
    "Folded",
    "Hold",
    "Mailing",
    "Notification",
    "Pause",
    "Preferences",
    "Push",
    "PushCount",
    "Reminder",
]
