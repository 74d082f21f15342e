"""What /health/ready/ asks of the phones."""

from apps.core.readiness import Degraded
from apps.notifications.models import Pause


def phones() -> None:
    """While nothing may be sent, messages are listed in the app as ever. Why is for staff: it may quote what FCM said of the project."""
    if paused := [pause.line for pause in Pause.objects.in_force()]:
        raise Degraded("; ".join(paused))
