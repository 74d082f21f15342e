"""What came from outside, as text on a page."""

import json

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.webhooks.bodies import Malformed, parse_json

MAX_SHOWN = 200_000


def body_text(body: bytes) -> str:
    """Indented where it can be read without losing anything, else the bytes as they came."""
    try:
        return json.dumps(parse_json(body), ensure_ascii=False, indent=2)
    except Malformed:
        return body.decode("utf-8", errors="backslashreplace")


def as_code(text: str) -> SafeString:
    cut = f"\n… {len(text) - MAX_SHOWN} more characters" if len(text) > MAX_SHOWN else ""
    return format_html('<pre class="code">{}{}</pre>', text[:MAX_SHOWN], cut)
