"""Course services that write other JSON than docs/webhooks.md asks for: what they post is stored as it came, and translated when it is read.

docs/how-to/add-a-source.md lists the files to touch for another one.
"""

from collections.abc import Callable
from typing import Any

from apps.webhooks.bodies import Envelope, Fault, Malformed, envelope, parse_again, parse_envelope, parse_json

# From the parsed body of a post to an event of ours: a pure function, as it runs again on every replay. It raises Malformed for what it
# cannot translate; an event of a type we do not know is ignored.
Translate = Callable[[Any], dict[str, Any]]

# By source. A source that is not here speaks our own words.
DIALECTS: dict[str, Translate] = {}

# Deliveries that we make ourselves say so, that nobody may translate them.
OURS = "campanile"


def read(source: str, raw: bytes) -> Envelope:
    """What a source has posted, as an event of ours. Raises Malformed."""
    return envelope(translated(source, parse_json(raw))) if source in DIALECTS else parse_envelope(raw)


def read_again(source: str, raw: bytes) -> Envelope:
    """The same of a body that was understood when it came."""
    return envelope(translated(source, parse_again(raw)))


def translated(source: str, body: Any) -> Any:
    """Raises Malformed."""
    translate = DIALECTS.get(source)
    if translate is None or (isinstance(body, dict) and body.get("dialect") == OURS):
        return body
    try:
        return translate(body)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # Of a body nobody has thought of: the sender's fault, not a crash of ours.
        raise Malformed(Fault("", f"is no event of {source}: {type(error).__name__} {error}")) from error


def spoken_by_us(source: str, event: dict[str, Any]) -> dict[str, Any]:
    """An event of ours for a source that may speak a dialect."""
    return {"dialect": OURS, **event} if source in DIALECTS else event
