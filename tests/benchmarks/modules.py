"""Prints how many modules of firebase_admin and of what it brings along a web process has loaded after serving something of everything."""

import sys

from config.wsgi import application
from tests.core.wsgi_client import ask

_PATHS = (
    "/",
    "/health/ready/",
    "/api/v1/courses/",
    "/api/v1/sync/",
    "/api/v1/schedule/",
    "/api/v1/me/notifications/",
    "/api/v1/me/devices/",
    "/admin/login/",
    "/webhooks/course-service/",
    "/api/schema/",
)
_FOREIGN = ("firebase_admin", "grpc", "google.")

if __name__ == "__main__":
    for path in _PATHS:
        ask(application, path, HTTP_HOST="campanile.example", HTTP_X_FORWARDED_PROTO="https")
    loaded = [name for name in sys.modules if name.startswith(_FOREIGN)]
    sys.stdout.write(f"{len(loaded)}")
