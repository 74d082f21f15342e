"""A term told in a few words, for those who have no course service that tells it."""

from apps.courses.models.sourced import Json


def periods(text: str) -> list[Json]:
    """One a line: kind, first day, last day and, if it has one, a name: `teaching, 2026-09-28, 2027-01-15, Winter`. Raises ValueError."""
    return [period(line) for line in text.splitlines() if line.strip()]


def period(line: str) -> Json:
    kind, *rest = (part.strip() for part in line.split(",", 3))
    if len(rest) < 2:
        raise ValueError(f"{line.strip()!r} is no period: teaching, 2026-09-28, 2027-01-15, name")
    return {"kind": kind, "starts_on": rest[0], "ends_on": rest[1], "name": rest[2] if len(rest) > 2 else ""}
