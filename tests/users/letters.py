"""What people find in their mailbox: the rows of the outbox, as no worker has sent them yet."""

import re

from apps.mail.models import Letter


def letters(to: str) -> list[Letter]:
    return list(Letter.objects.filter(address=to).order_by("created_at"))


def newest(to: str) -> Letter:
    return Letter.objects.filter(address=to).latest("created_at")


def key_in(letter: Letter) -> str:
    (key,) = set(re.findall(r"/account/(?:confirm|reset)/([\w-]+)", letter.text))
    return str(key)
