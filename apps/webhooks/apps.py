from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "apps.webhooks"

    def ready(self) -> None:
        from apps.courses.signals import held_deletions_changed
        from apps.webhooks import checks  # noqa: F401  # registers them
        from apps.webhooks.receivers import note_held_deletions

        held_deletions_changed.connect(note_held_deletions, dispatch_uid="webhooks.note_held_deletions")
