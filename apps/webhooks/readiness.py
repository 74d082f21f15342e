"""What /health/ready/ asks of the course services."""

from django.conf import settings

from apps.core.readiness import Degraded
from apps.webhooks.models import Source


def sources() -> None:
    """A quiet source is for people to look into; requests are answered as ever."""
    quiet = Source.objects.quiet().filter(name__in=settings.WEBHOOK_SECRETS).order_by("name")
    if told := [f"{source} (last heard {source.heard_at:%Y-%m-%d %H:%M} UTC)" for source in quiet]:
        raise Degraded(f"quiet for longer than usual: {', '.join(told)}")
