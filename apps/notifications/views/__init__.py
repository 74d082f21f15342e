from apps.notifications.views.devices import MyDevice, MyDevices, TestMyDevice
from apps.notifications.views.notifications import (
    MyNotifications,
    NotificationSummary,
    ReadAllNotifications,
    ReadNotification,
)

__all__ = [
    "MyDevice",
    "MyDevices",
    "MyNotifications",
    "NotificationSummary",
    "ReadAllNotifications",
    "ReadNotification",
    "TestMyDevice",
]
