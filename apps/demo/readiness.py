"""What /health/ready/ asks of a system that serves the demo faculty."""

from apps.courses.models import Course
from apps.demo.loading import demo_deliveries
from apps.webhooks.models import Delivery


class NotReady(Exception):
    """The demo data is not what is served yet."""


def applied() -> None:
    """Raises with the reason while a demo delivery is not applied, or nothing has been loaded at all."""
    unapplied = demo_deliveries().exclude(status=Delivery.Status.PROCESSED)
    if names := sorted(unapplied.values_list("webhook_id", flat=True)):
        raise NotReady(f"not applied: {', '.join(names)}")
    if not Course.objects.exists():
        raise NotReady("the catalogue is empty; `manage.py load_demo` fills it")
