"""What an issuer publishes, fetched without trusting it to be quick, small or well-formed."""

import json
from typing import Any

from apps.core.bounded_call import BoundedCall

SECONDS_FOR_EACH_STEP = 2.0
LARGEST = 256 * 1024


class NotFetched(Exception):
    """The issuer is away, or what it said is no JSON object."""


def fetch_json(url: str, *, deadline: float) -> dict[str, Any]:
    """`deadline` is of time.monotonic(): `requests` bounds each step alone, and a server may take very many small ones.

    Redirects are not followed: they would lead away from where the operator said the keys are.
    """
    try:
        return BoundedCall.begin(f"fetch {url}", lambda: _get(url)).outcome(deadline=deadline)
    # The errors of `requests` are all OSErrors, and so is TimeoutError.
    except (OSError, ValueError, RecursionError) as error:
        raise NotFetched(f"{url}: {str(error) or type(error).__name__}") from error


def _get(url: str) -> dict[str, Any]:
    import requests  # a twentieth of the start of a web process, and asked once an hour at most

    with requests.get(
        url,
        headers={"Accept": "application/json"},
        timeout=SECONDS_FOR_EACH_STEP,
        allow_redirects=False,
        stream=True,
    ) as response:
        if response.status_code != 200:
            raise ValueError(f"status {response.status_code}")
        body = response.raw.read(LARGEST + 1, decode_content=True)
    if len(body) > LARGEST:
        raise ValueError(f"more than {LARGEST} bytes")
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    return document
