"""The test suite: development values, cheap password hashes, secrets of its own."""

import os

for name, value in {
    "DATABASE_URL": "postgresql://127.0.0.1/campanile",
    "REDIS_URL": "redis://127.0.0.1/0",
    "SECRET_KEY": "a-secret-that-guards-nothing-but-tests",
    "WEBHOOK_SECRETS": '{"course-service": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="]}',
    "FIREBASE_PROJECT_ID": "demo-campanile",
}.items():
    os.environ.setdefault(name, value)

from config.settings.dev import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
