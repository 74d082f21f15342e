"""Loaded by schemathesis: each request is of somebody who has just signed in, from an address of their own.

Else the first request that signs out would leave nothing but 401 to be tried, and the limits nothing but 429.
"""

import random
from typing import Any

import django
import schemathesis

from tests.fuzzing.person import EMAIL

django.setup()


_random = random.Random(1)


@schemathesis.auth(refresh_interval=None)
class SignedIn:
    def get(self, case: Any, context: Any) -> str:
        # Models cannot be imported before Django is set up.
        from django.db import transaction
        from django.utils import timezone

        from apps.users.models import User
        from apps.users.sessions import open_session

        with transaction.atomic():
            user = User.objects.select_for_update().get(email=EMAIL)
            return open_session(user=user, device_name="fuzzer", now=timezone.now()).access

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    case.headers["X-Forwarded-For"] = ".".join(str(_random.randrange(256)) for _ in range(4))
