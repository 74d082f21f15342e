"""What this app holds about a person."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group

from apps.core.personal_data import PersonalData, Section
from apps.users.models import Session, User


def _sections(user: UUID) -> Sequence[Section]:
    return [
        Section(
            "profile",
            User.objects.filter(pk=user),
            (
                "id",
                "email",
                "first_name",
                "last_name",
                "language",
                "time_zone",
                "is_active",
                "is_staff",
                "is_superuser",
                "deletion_requested_at",
                "date_joined",
                "last_login",
            ),
            single=True,
        ),
        Section("roles", Group.objects.filter(user=user).order_by("name"), ("name",)),
        Section(
            "sessions",
            Session.objects.filter(user=user).order_by("created_at", "pk"),
            (
                "id",
                "device_name",
                "created_at",
                "last_used_at",
                "expires_at",
                "generation",
                "revoked_at",
                "revoked_reason",
            ),
        ),
        Section(
            "work_in_the_admin",
            LogEntry.objects.filter(user=user).order_by("action_time", "pk"),
            ("action_time", "action_flag", "object_id", "object_repr", "change_message"),
        ),
    ]


HELD = PersonalData(
    _sections,
    left_out={
        "users.User.password": "a hash, which would help nobody but who wants to guess the password",
        "users.User.can_return": "whether signing in takes a request for deletion back",
        "users.User.epoch": "a counter that ends access tokens",
        "users.User.groups": "the roles",
        "users.User.user_permissions": "rights given one by one; roles say what somebody may do",
        "users.User_groups": "the roles",
        "users.User_user_permissions": "rights given one by one; roles say what somebody may do",
        "users.Session.user": "the person",
        "users.Session.fingerprint": "a hash of a token",
        "users.Attempts": "keyed hashes, kept for minutes, that cannot be told whose they are",
        "users.Registration": "what somebody wants an account to be who has not shown yet that the address is theirs; gone with the confirmation or after 14 days",
        "users.Invitation": "work of staff: that so many were invited on that day",
        "users.Export": "the export itself",
        "users.ExportPart": "the export itself",
        "sessions.Session": "a visit to the admin, of which only a signed cookie tells whose it is; gone two weeks after it",
        "admin.LogEntry.id": "a number of ours",
        "admin.LogEntry.user": "the person",
        "admin.LogEntry.content_type": "a number of ours; the text says what it was",
    },
)
