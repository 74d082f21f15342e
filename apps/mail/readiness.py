"""What /health/ready/ asks of the mail."""

from apps.core.readiness import Degraded
from apps.mail.models import Outage


def mail() -> None:
    """While no letter can be sent they wait. Why is for staff: it may quote what the server said of our account."""
    if outage := Outage.objects.lately().first():
        raise Degraded(outage.line)
