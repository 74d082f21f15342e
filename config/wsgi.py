"""The WSGI entry point: Django inside Campanile's own layer. A wrong configuration stops the process here, with every fault named."""

import os
import sys

from django.core import checks
from django.core.checks.registry import registry
from django.core.wsgi import get_wsgi_application

from config.absent import absent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
# Of use to a client of REST framework for tests, to coloured tracebacks and to measuring Redis: a tenth of the start.
with absent("opentelemetry", "pygments", "requests", "rich"):
    from apps.core.wsgi import Campanile

    _django = get_wsgi_application()

from apps.core.checks import lanes_lead_somewhere  # settings are read only once Django is set up

# The worker finds out by itself. Here it would load what the lanes need, firebase above all, into every web process.
registry.registered_checks.discard(lanes_lead_somewhere)
faults = [fault for fault in checks.run_checks() if fault.level >= checks.ERROR and not fault.is_silenced()]
if faults:
    sys.exit("\n".join(["Campanile cannot start like this:", *map(str, faults)]))

from apps.courses.cache import catalogue_revision  # noqa: E402  # models exist only once Django is set up
from apps.webhooks.short_way import deliveries  # noqa: E402
from config.reads import reads  # noqa: E402

application = Campanile(deliveries(reads(_django)), catalogue=catalogue_revision)
