"""What a request prefers and already has: RFC 9110, sections 12.5.3 (Accept-Encoding) and 13.1 (preconditions)."""

from functools import lru_cache

from django.utils.http import parse_etags


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: str) -> bool:
    """Whether gzip is allowed and not liked less than the plain body."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        weights[coding] = _weight(parameters)
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def not_modified(if_none_match: str | None, etag: str) -> bool:
    """Weak comparison against a list, or `*`."""
    if not if_none_match:
        return False
    if if_none_match == etag:  # as nearly all send it
        return True
    held = parse_etags(if_none_match)
    return held == ["*"] or _opaque(etag) in map(_opaque, held)


def precondition_failed(if_match: str | None, etag: str) -> bool:
    """Strong comparison: a weak tag never matches."""
    if not if_match:
        return False
    held = parse_etags(if_match)
    return held != ["*"] and (etag.startswith("W/") or etag not in held)


def _opaque(etag: str) -> str:
    return etag.removeprefix("W/")
