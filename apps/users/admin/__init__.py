from apps.users.admin import second_factor
from apps.users.admin.roles import RoleAdmin
from apps.users.admin.sessions import SessionAdmin
from apps.users.admin.users import UserAdmin

__all__ = ["RoleAdmin", "SessionAdmin", "UserAdmin", "second_factor"]
