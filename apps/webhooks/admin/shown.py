"""What came from outside, as text on a page."""

import json

from apps.webhooks.bodies import Malformed, parse_json


def body_text(body: bytes) -> str:
    """Indented where it can be read without losing anything, else the bytes as they came."""
    try:
        return json.dumps(parse_json(body), ensure_ascii=False, indent=2)
    except Malformed:
        return body.decode("utf-8", errors="backslashreplace")
