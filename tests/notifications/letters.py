"""What the mail lane would send, for tests of what is said by e-mail."""

from typing import Any

from apps.mail.models import Letter
from apps.notifications.mailing import post_due
from apps.notifications.preferences import change_preferences
from apps.users.models import User


def choose(user: User, **changes: Any) -> None:
    change_preferences(user_id=user.pk, changes=changes)  # type: ignore[arg-type]  # named as in the document


def by_email(user: User, *categories: str, on: bool = True) -> None:
    choose(user, categories={category: {"email": on} for category in categories})


def written(user: User | None = None) -> list[str]:
    """Subject and first paragraph of each letter so far, posting what is due."""
    while post_due():
        pass
    letters = Letter.objects.order_by("created_at", "subject")
    found = letters.filter(user=user) if user else letters
    return [f"{letter.subject}: {letter.text.split(chr(10) * 2)[1]}" for letter in found]
