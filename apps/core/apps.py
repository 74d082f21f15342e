from django.apps import AppConfig
from django.db.backends.signals import connection_created


class CoreConfig(AppConfig):
    name = "apps.core"

    def ready(self) -> None:
        from apps.core import checks  # noqa: F401  # registers itself
        from apps.core.patience import limit_waiting

        connection_created.connect(limit_waiting, dispatch_uid="core.limit_waiting")
