"""Whether the web process of this container is alive: exit status 0 or 1, the reason on stderr. Standard library only.

It asks as an allowed host, because Django refuses any other name. Readiness is another question (/health/ready/): a container that is
started again because PostgreSQL is away would mend nothing.
"""

import http.client
import os
import sys


def main() -> int:
    port = os.environ.get("BIND", "").rpartition(":")[2] or "8000"
    first = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip()
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=3)
    try:
        connection.request("GET", "/health/", headers={"Host": first.lstrip(".*") or "localhost"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"no answer on port {port}: {error}\n")
        return 1
    finally:
        connection.close()
    if status != 200:
        sys.stderr.write(f"/health/ answered {status}\n")
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
