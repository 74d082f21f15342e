from apps.notifications.views.devices import MyDevice, MyDevices, TestMyDevice
from apps.notifications.views.notifications import (
    MyNotifications,
    NotificationSummary,
    ReadAllNotifications,
    ReadNotification,
)
from apps.notifications.views.preferences import MyNotificationPreferences

__all__ = [
    "MyDevice",
    "MyDevices",
    "MyNotificationPreferences",
    "MyNotifications",
    "NotificationSummary",
    "ReadAllNotifications",
    "ReadNotification",
    "TestMyDevice",
]
