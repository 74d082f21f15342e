import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.mail.addresses import is_deliverable
from apps.users.validators import validate_language, validate_name, validate_time_zone

NOBODY = "a deleted account"


class UserManager(BaseUserManager["User"]):
    def active(self) -> "models.QuerySet[User]":
        return self.filter(is_active=True)

    def returning(self) -> "models.QuerySet[User]":
        """Those who may sign in: the active, and who by that comes back from asking for the account's deletion."""
        return self.filter(models.Q(is_active=True) | models.Q(can_return=True))

    def people(self) -> "models.QuerySet[User]":
        return self.exclude(email=NOBODY)

    def nobody(self) -> "User":
        """Whose work the admin's log says it was when the account that did it is deleted: an entry must name one. What it has for an address
        is none, so nobody can have it, sign in with it or be written to.
        """
        user, _ = self.get_or_create(
            email=NOBODY, defaults={"is_active": False, "password": make_password(None)}
        )
        return user

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=User.normalize_username(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=User.normalize_username(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person: student, teacher or staff. The e-mail address, whatever its case, is the login.

    `epoch` stands in every access token and behind every visit to the admin: raising it ends all of them at once.

    Whoever asks for the account's deletion, see deletion.py, is inactive from `deletion_requested_at` on, so nothing reaches them and no door
    opens. `can_return` tells such an account from one that staff have deactivated: signing in takes the request back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("e-mail address", unique=True)
    first_name = models.CharField(max_length=150, blank=True, validators=[validate_name])
    last_name = models.CharField(max_length=150, blank=True, validators=[validate_name])
    language = models.CharField(max_length=8, default="en", validators=[validate_language])
    time_zone = models.CharField(max_length=64, default="Europe/Belgrade", validators=[validate_time_zone])
    is_active = models.BooleanField("may sign in", default=True)
    is_staff = models.BooleanField("may enter the admin", default=False)
    deletion_requested_at = models.DateTimeField(null=True, editable=False)
    can_return = models.BooleanField(default=False, db_default=False, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    epoch = models.PositiveIntegerField(default=0, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="users_user_email_without_case"),
            models.CheckConstraint(
                condition=models.Q(can_return=False)
                | models.Q(is_active=False, deletion_requested_at__isnull=False),
                name="users_user_returns_from_deletion",
            ),
        ]
        indexes = [
            models.Index(
                fields=["deletion_requested_at"],
                name="users_user_leaving",
                condition=models.Q(deletion_requested_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.email

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """The one form in which addresses are stored, looked up and counted; forms reach it through clean()."""
        return super().normalize_username(username).strip().lower()

    def clean(self) -> None:
        super().clean()
        # A form leaves it empty that has refused it already.
        if self.email and not is_deliverable(self.email):
            raise ValidationError({"email": validate_email.message}, code="invalid")

    @property
    def may_sign_in(self) -> bool:
        return self.is_active or self.can_return

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a visit to the admin was opened with: signing out everywhere ends it too, as it ends access tokens."""
        opened_with = f"{self.password} {self.epoch}"
        return salted_hmac(
            "apps.users.models.user", opened_with, secret=secret, algorithm="sha256"
        ).hexdigest()

    def reactivate(self) -> None:
        """Whether staff have deactivated it, or its owner has asked for its deletion."""
        self.is_active, self.can_return, self.deletion_requested_at = True, False, None
        self.save(update_fields=["is_active", "can_return", "deletion_requested_at"])

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
