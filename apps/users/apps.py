from django.apps import AppConfig
from django.db.models.signals import post_migrate


class UsersConfig(AppConfig):
    name = "apps.users"

    def ready(self) -> None:
        from apps.users import checks, schema  # noqa: F401 - both register themselves
        from apps.users.roles import write_roles

        post_migrate.connect(write_roles, dispatch_uid="users.write_roles")
