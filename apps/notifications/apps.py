from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "apps.notifications"

    def ready(self) -> None:
        from apps.courses.signals import change_sets_recorded
        from apps.notifications import checks  # noqa: F401  # importing registers them
        from apps.notifications.receivers import plan_fan_outs, retire_device_of_session, silence_phones
        from apps.users.signals import deletion_requested, session_ended

        change_sets_recorded.connect(plan_fan_outs, dispatch_uid="notifications.plan_fan_outs")
        session_ended.connect(retire_device_of_session, dispatch_uid="notifications.retire_device_of_session")
        deletion_requested.connect(silence_phones, dispatch_uid="notifications.silence_phones")
