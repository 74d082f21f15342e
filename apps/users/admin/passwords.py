from django.db import transaction
from django.utils import timezone
from unfold.forms import AdminOwnPasswordChangeForm, AdminPasswordChangeForm

from apps.users import notices
from apps.users.accounts import sign_out_everywhere
from apps.users.models import Session, User
from apps.users.staff_site import CountedTries


class PasswordForm(AdminPasswordChangeForm):
    """Also staff's change of a password ends what was signed in with the old one."""

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's signature
        with transaction.atomic():
            user: User = super().save(commit=commit)
            _end_what_the_old_one_opened(user)
        return user


class OwnPasswordForm(CountedTries, AdminOwnPasswordChangeForm):
    """One's own, by the password one knows; the visit in which it is changed goes on."""

    def clean_old_password(self) -> str:
        with self.counted(self.user.email):
            known: str = super().clean_old_password()
        return known

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's signature
        with transaction.atomic():
            user: User = super().save(commit=commit)
            _end_what_the_old_one_opened(user)
        return user


def _end_what_the_old_one_opened(user: User) -> None:
    now = timezone.now()
    sign_out_everywhere(user=user, reason=Session.Reason.PASSWORD_CHANGED, now=now)
    notices.password_changed(user, now=now)
