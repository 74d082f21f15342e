from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.users.models import User

PASSWORD = "a long enough sentence"


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice@example.org", PASSWORD, first_name="Alice")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob@example.org", PASSWORD, first_name="Bob")


class Phone(APIClient):
    """What the app does with its tokens; answers are left for the test to read."""

    def sign_in(self, user: User) -> dict[str, str]:
        answer = self.post("/api/v1/auth/token/", {"email": user.email, "password": PASSWORD})
        assert answer.status_code == 200, answer.content
        tokens: dict[str, str] = answer.json()
        return tokens

    def refresh(self, token: str) -> Any:
        return self.post("/api/v1/auth/token/refresh/", {"refresh": token})

    def revoke(self, token: str) -> Any:
        return self.post("/api/v1/auth/token/revoke/", {"refresh": token})

    def me(self, access: str) -> Any:
        return self.get("/api/v1/me/", headers={"Authorization": f"Bearer {access}"})


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def phones() -> Callable[[int], list[Phone]]:
    return lambda count: [Phone() for _ in range(count)]
