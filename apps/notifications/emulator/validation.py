"""The shape of a message as FCM HTTP v1 checks it (REST reference, projects.messages): unknown names, types, one target, 4 KiB."""

import json
import re
from typing import Any

MOST_BYTES = 4096
TARGETS = ("token", "fid", "topic", "condition")
_RESERVED = re.compile(r"from|message_type|collapse_key|google\..*|gcm\..*", re.DOTALL)
_DURATION = re.compile(r"\d+(\.\d{1,9})?s")

# Names and types of the parts Campanile may use; None leaves a value to the platform behind FCM, as FCM itself does.
_STRINGS: Any = {str: str}
_NOTIFICATION = {"title": str, "body": str, "image": str}
_MESSAGE: dict[str, Any] = {
    "name": str,
    **dict.fromkeys(TARGETS, str),
    "data": _STRINGS,
    "notification": _NOTIFICATION,
    "android": {
        "collapse_key": str,
        "priority": str,
        "ttl": str,
        "restricted_package_name": str,
        "data": _STRINGS,
        "direct_boot_ok": bool,
        "fcm_options": {"analytics_label": str},
        "notification": {
            **_NOTIFICATION,
            **dict.fromkeys(("icon", "color", "sound", "tag", "click_action", "channel_id", "ticker"), str),
            **dict.fromkeys(("event_time", "notification_priority", "visibility", "proxy"), str),
            **dict.fromkeys(("body_loc_key", "title_loc_key"), str),
            **dict.fromkeys(("body_loc_args", "title_loc_args", "vibrate_timings", "light_settings"), None),
            **dict.fromkeys(("sticky", "local_only", "default_sound", "default_vibrate_timings"), bool),
            "default_light_settings": bool,
            "notification_count": int,
        },
    },
    "apns": {"headers": _STRINGS, "payload": None, "fcm_options": None, "live_activity_token": str},
    "webpush": {"headers": _STRINGS, "data": _STRINGS, "notification": None, "fcm_options": None},
    "fcm_options": {"analytics_label": str},
}
_REQUEST = {"message": _MESSAGE, "validate_only": bool}


class Violation(ValueError):
    """`field` is the path FCM would name in google.rpc.BadRequest."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(description)
        self.field = field


def check(body: Any) -> tuple[str, dict[str, Any]]:
    """The address and the message of a request. Raises Violation."""
    if not isinstance(body, dict) or "message" not in body:
        raise Violation("message", "Message is required.")
    _check_shape(body, _REQUEST, "")
    message: dict[str, Any] = body["message"]
    targets = [name for name in TARGETS if message.get(name)]
    if len(targets) != 1:
        raise Violation("message", "Exactly one of token, fid, topic or condition is required.")
    _check_values(message)
    payload = {key: value for key, value in message.items() if key not in TARGETS}
    if len(json.dumps(payload, ensure_ascii=False).encode()) > MOST_BYTES:
        raise Violation("message", f"Message is too big: {MOST_BYTES} bytes are allowed.")
    return message[targets[0]], message


def _check_shape(value: Any, expected: Any, path: str) -> None:
    if expected is None:
        return
    if isinstance(expected, type):
        if type(value) is not expected:
            raise Violation(path, f"Invalid value at '{path}': {value!r}")
        return
    if not isinstance(value, dict):
        raise Violation(path, f"Invalid value at '{path}': {value!r}")
    for name, part in value.items():
        if str not in expected and name not in expected:
            raise Violation(path, f"Unknown name \"{name}\" at '{path}': Cannot find field.")
        _check_shape(part, expected.get(name, expected.get(str)), f"{path}.{name}".lstrip("."))


def _check_values(message: dict[str, Any]) -> None:
    for key in message.get("data", {}):
        if _RESERVED.fullmatch(key):
            raise Violation(f"message.data[{key}]", f"Invalid data payload key: {key}")
    android = message.get("android", {})
    if android.get("priority", "normal").lower() not in ("normal", "high"):
        raise Violation("message.android.priority", "Priority must be normal or high.")
    if not _DURATION.fullmatch(android.get("ttl", "0s")):
        raise Violation("message.android.ttl", "TTL must be a duration in seconds that ends in s.")
    collapse_id = message.get("apns", {}).get("headers", {}).get("apns-collapse-id", "")
    if len(collapse_id.encode()) > 64:
        raise Violation("message.apns.headers", "apns-collapse-id takes 64 bytes at most.")
