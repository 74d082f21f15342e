import sys

from apps.notifications.emulator.store import Received


def show(received: Received) -> None:
    """What the phone would show, in one write, so that lines of several threads do not mix."""
    sys.stdout.write(
        f"{received.at:%H:%M:%S} {received.platform or 'phone'} …{received.address[-8:]}  {received.title}\n"
        f"         {received.body}\n"
    )
    sys.stdout.flush()
