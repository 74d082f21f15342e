"""Whether this process is alive, and whether it should get requests."""

import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from apps.core.bounded_call import BoundedCall
from apps.core.readiness import Degraded

PATIENCE_SECONDS = 2.0


@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """No look at anything outside the process: a restart would not mend it."""
    return _envelope("ok", {}, "Alive.")


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    deadline = time.monotonic() + PATIENCE_SECONDS
    runs = {
        name: BoundedCall.begin(path, lambda path=path: import_string(path)())  # type: ignore[misc]  # a bound default
        for name, path in settings.READINESS_CHECKS.items()
    }
    found = {name: _asked(run, deadline) for name, run in runs.items()}
    states = {result["status"] for result in found.values()}
    if "failed" in states:
        return _envelope("unavailable", found, "Not ready.", status=503)
    if "degraded" in states:
        return _envelope("degraded", found, "Ready, with something missing.")
    return _envelope("ok", found, "Ready.")


def _asked(run: BoundedCall[None], deadline: float) -> dict[str, str]:
    try:
        run.outcome(deadline=deadline)
    except TimeoutError:
        return {"status": "failed", "reason": f"no answer within {PATIENCE_SECONDS} s"}
    except Degraded as reason:
        return {"status": "degraded", "reason": str(reason)}
    except Exception as reason:  # noqa: BLE001  # whatever it is, it is the answer
        return {"status": "failed", "reason": str(reason) or type(reason).__name__}
    return {"status": "ok"}


def _envelope(state: str, data: dict[str, Any], message: str, *, status: int = 200) -> JsonResponse:
    return JsonResponse(
        {"status": state, "data": data, "message": message, "timestamp": datetime.now(UTC).isoformat()},
        status=status,
        headers={"Cache-Control": "no-store"},
    )
