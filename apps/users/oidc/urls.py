"""Where keys may come from."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def acceptable(url: str, *, plain: bool) -> bool:
    """https with a host; if `plain`, also http to this machine, where a developer's issuer and the tests' are."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.fragment:
        return False
    return parts.scheme == "https" or (plain and parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
