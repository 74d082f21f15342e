"""The ASGI entry point, for servers that speak it; Campanile itself ships with gunicorn and config.wsgi."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
application = get_asgi_application()
