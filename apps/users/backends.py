from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser

from apps.users.models import User


class Accounts(ModelBackend):
    """Lets also those in who have asked for the deletion of their account: whoever opens a session for them takes that back.

    The admin looks at `is_active` itself, and so stays shut.
    """

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        return isinstance(user, User) and user.may_sign_in
