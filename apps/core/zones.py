from zoneinfo import ZoneInfo


def zone_named(name: str) -> ZoneInfo:
    """Of a person's clock. UTC for a name that this machine's time zone database does not have, though one that took it had: whoever looks at
    many people at once must not fail them all for one.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
