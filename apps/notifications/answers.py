"""What FCM says to one message: from the answer to its outcome."""

import email.utils
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from apps.notifications.outcomes import Outcome, Refusal, Verdict, classify
from apps.notifications.wire import Answer

_TYPE = "type.googleapis.com/"


def outcome_of(answer: Answer) -> Outcome:
    said = _json(answer.body)
    if not 200 <= answer.status < 300:
        return classify(_refusal(answer, said))
    name = _dict(said).get("name")
    if isinstance(name, str) and name.startswith("projects/"):
        return Outcome(Verdict.SENT, name)
    return Outcome(Verdict.RETRY, f"odd answer: name {name!r}")


def _refusal(answer: Answer, said: Any) -> Refusal:
    """Read leniently: a proxy may have answered."""
    error = _dict(_dict(said).get("error"))
    details = [each for each in error.get("details") or [] if isinstance(each, dict)]

    def of_type(name: str) -> list[dict[str, Any]]:
        return [detail for detail in details if detail.get("@type") == _TYPE + name]

    def violations(name: str, key: str, read: Callable[[dict[str, Any]], str]) -> tuple[str, ...]:
        return tuple(read(_dict(each)) for detail in of_type(name) for each in detail.get(key) or [])

    codes = [str(detail.get("errorCode", "")) for detail in of_type("google.firebase.fcm.v1.FcmError")]
    return Refusal(
        status=answer.status,
        code=codes[0] if codes else "",
        fields=violations(
            "google.rpc.BadRequest", "fieldViolations", lambda each: str(each.get("field", "?"))
        ),
        quotas=violations(
            "google.rpc.QuotaFailure",
            "violations",
            lambda each: f"{each.get('subject', '')} {each.get('description', '')}",
        ),
        message=str(error.get("message") or answer.reason),
        retry_after=_retry_after(answer.header("Retry-After")),
    )


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError:
        return _json_at_its_worst(body)


def _json_at_its_worst(body: bytes) -> Any:
    """With halves of surrogates and the like, at which orjson balks."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _retry_after(value: str) -> timedelta | None:
    """Seconds or an HTTP date (RFC 9110, section 10.2.3); a day at most, whatever is said."""
    try:
        seconds = float(value) if value.isdecimal() else _until(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return timedelta(seconds=min(max(seconds, 0), 86_400))


def _until(value: str) -> float:
    return (email.utils.parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
