"""Whether this process is alive, and whether it should get requests."""

import threading
import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from apps.core.readiness import Degraded

PATIENCE_SECONDS = 2.0


@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """No look at anything outside the process: a restart would not mend it."""
    return _envelope("ok", {}, "Alive.")


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    deadline = time.monotonic() + PATIENCE_SECONDS
    runs = {name: _Run.begin(path) for name, path in settings.READINESS_CHECKS.items()}
    found = {name: run.result(deadline) for name, run in runs.items()}
    states = {result["status"] for result in found.values()}
    if "failed" in states:
        return _envelope("unavailable", found, "Not ready.", status=503)
    if "degraded" in states:
        return _envelope("degraded", found, "Ready, with something missing.")
    return _envelope("ok", found, "Ready.")


class _Run:
    """One check in a thread of its own, so that what hangs is left behind, and is not asked a second time while it hangs."""

    _running: dict[str, "_Run"] = {}

    def __init__(self, path: str) -> None:
        self._path = path
        self._result: dict[str, str] = {}
        self.thread = threading.Thread(target=self._run, name="readiness", daemon=True)
        self.thread.start()

    @classmethod
    def begin(cls, path: str) -> "_Run":
        run = cls._running.get(path)
        if run is None or not run.thread.is_alive():
            run = cls._running[path] = cls(path)
        return run

    def result(self, deadline: float) -> dict[str, str]:
        self.thread.join(max(0.0, deadline - time.monotonic()))
        return self._result or {"status": "failed", "reason": f"no answer within {PATIENCE_SECONDS} s"}

    def _run(self) -> None:
        try:
            import_string(self._path)()
            self._result = {"status": "ok"}
        except Degraded as reason:
            self._result = {"status": "degraded", "reason": str(reason)}
        except Exception as reason:  # noqa: BLE001  # whatever it is, it is the answer
            self._result = {"status": "failed", "reason": str(reason) or type(reason).__name__}
        finally:
            connections.close_all()


def _envelope(state: str, data: dict[str, Any], message: str, *, status: int = 200) -> JsonResponse:
    return JsonResponse(
        {"status": state, "data": data, "message": message, "timestamp": datetime.now(UTC).isoformat()},
        status=status,
        headers={"Cache-Control": "no-store"},
    )
