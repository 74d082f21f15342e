"""What the person who started the system sees once it answers."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException

from compose.local.environment import needs_emulator
from compose.local.ports import LOOPBACK
from compose.local.webhook import curl_line


def readiness(port: int) -> tuple[str, str]:
    """The `status` of /health/ready/, empty when it cannot serve, and all it said.

    "degraded" answers 200 as well: it serves, but a part such as the worker is not there.
    """
    connection = HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/health/ready/")
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        status = json.loads(text)["status"] if response.status == 200 else ""
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        return "", str(error)
    finally:
        connection.close()
    return status, text


def greeting(url: str, environ: Mapping[str, str], *, outside: Mapping[str, str]) -> str:
    """`outside` is the environment we were started in: what it names is not ours to print."""
    lines = [
        "",
        "Campanile is ready.",
        "",
        f"  API       {url}/",
        f"  API docs  {url}/api/docs/",
        f"  Admin     {url}/admin/",
    ]
    if needs_emulator(outside):
        lines.append(f"  Phones    http://{environ['FCM_EMULATOR_HOST']}/  (what the push emulator received)")
    lines += [
        "",
        "  Sign in as student@campanile.test or staff@campanile.test, password campanile-demo",
    ]
    if not outside.get("WEBHOOK_SECRETS") and not outside.get("WEBHOOK_SECRETS_FILE"):
        lines.append(f"  Webhook secrets: {environ['WEBHOOK_SECRETS']}")
    if command := curl_line(url, {**outside, **environ}):
        lines += [
            "",
            "A signed webhook to try within five minutes (`make webhook` prints a fresh one):",
            "",
            command,
        ]
    return "\n".join(
        [*lines, "", "`make demo` in another terminal plays the main job. Ctrl-C stops everything."]
    )
