import argparse
import signal
import sys

from apps.notifications.emulator.console import show
from apps.notifications.emulator.server import serve


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m apps.notifications.emulator",
        description="Takes FCM HTTP v1 messages, prints what phones would show and lists them at /messages and /.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9099, help="0 takes a free one")
    options = parser.parse_args()
    server = serve(options.host, options.port, on_message=show)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"Phones at http://{options.host}:{server.server_address[1]}/\n")
    sys.stdout.flush()
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()
    return 0


sys.exit(main())
