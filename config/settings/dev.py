"""A developer's machine, as `make run` starts it: the demo faculty is installed, answers may say more."""

import hmac
import os

from config.settings.base import *
from config.settings.base import INSTALLED_APPS, PUBLIC_URL, READINESS_CHECKS, SECRET_KEY, TOKEN_KEYS

INSTALLED_APPS = [*INSTALLED_APPS, "apps.demo"]
READINESS_CHECKS = {**READINESS_CHECKS, "demo data": "apps.demo.readiness.applied"}
TOKEN_KEYS = TOKEN_KEYS or [hmac.digest(SECRET_KEY.encode(), b"access and refresh tokens", "sha256").hex()]
PUBLIC_URL = PUBLIC_URL or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
LOGGING = {"json": False, "level": "INFO"}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Static files come from where the apps keep them; nothing needs collecting.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
