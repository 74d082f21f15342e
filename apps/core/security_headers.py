"""Headers every answer carries, unless Django or a view has said something of its own."""

Headers = list[tuple[str, str]]

_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
# JSON is never rendered: should a browser be made to, nothing in it may run or be framed.
_JSON = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


def completed(headers: Headers, status: int) -> Headers:
    names = {name.lower(): value for name, value in headers}
    added = [(name, value) for name, value in _ALWAYS if name.lower() not in names]
    media_type = names.get("content-type", "")
    if "json" in media_type and "content-security-policy" not in names:
        added.append(_JSON)
    if "cache-control" not in names:
        # An answer made for one caller is kept by that caller alone, and asked about again; an error is not kept.
        added.append(("Cache-Control", "private, no-cache" if status < 400 else "no-store"))
    if status == 304:
        # Django counts the bytes of the empty body; RFC 9110, section 8.6, wants the length of the full answer or none.
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
    return [*headers, *added]
