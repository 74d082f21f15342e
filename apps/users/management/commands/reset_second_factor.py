from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.users.models import User
from apps.users.second_factor import remove


class Command(BaseCommand):
    help = "Takes the second factor away from somebody who is locked out; the next sign-in to the admin sets up another. Tells them by e-mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=User.normalize_username(email)).first()
        if user is None:
            raise CommandError(f"Nobody has the address {email}.")
        with transaction.atomic():
            removed = remove(user=user, now=timezone.now())
        self.stdout.write(
            f"The second factor of {user.email} is removed." if removed else f"{user.email} has none."
        )
