"""What stands in a cell, as a value of the course documents. Each function raises ValueError, saying what is expected."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from apps.core.folding import fold
from apps.courses.moments import check_date

MOST_WEEKS = 110

_WEEKDAYS = {
    1: ("monday", "mon", "ponedeljak", "ponedjeljak", "pon", "po"),
    2: ("tuesday", "tue", "utorak", "uto", "ut"),
    3: ("wednesday", "wed", "sreda", "srijeda", "sre", "sr"),
    4: ("thursday", "thu", "četvrtak", "čet", "če"),
    5: ("friday", "fri", "petak", "pet", "pe"),
    6: ("saturday", "sat", "subota", "sub", "su"),
    7: ("sunday", "sun", "nedelja", "nedjelja", "ned", "ne"),
}
ENTRY_KINDS: Mapping[str, tuple[str, ...]] = {
    "lecture": ("lecture", "lectures", "lec", "predavanje", "predavanja", "p"),
    "exercise": ("exercise", "exercises", "tutorial", "vežbe", "vežba", "vježbe", "računske vežbe", "auditorne vežbe",
                 "praktične vežbe", "zadaci", "v"),
    "lab": ("lab", "labs", "laboratory", "laboratorijske vežbe", "laboratorijska vežba", "lab vežbe", "laboratorija",
            "praktikum", "računarske vežbe", "l"),
    "seminar": ("seminar", "seminars", "seminari", "s"),
    "other": ("other", "ostalo", "konsultacije", "predavanja i vežbe"),
}  # fmt: skip
EXAM_KINDS: Mapping[str, tuple[str, ...]] = {
    "written": ("written", "exam", "pismeni", "pismeni ispit", "pismeno", "ispit"),
    "oral": ("oral", "usmeni", "usmeni ispit", "usmeno"),
    "practical": ("practical", "praktični", "praktični ispit", "praktično"),
    "midterm": ("midterm", "kolokvijum", "kolokvij", "kolokvijumi"),
    "other": ("other", "ostalo"),
}

_HOUR = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.]00)?\s*(?:(am|pm)|h)?", re.ASCII | re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:[-–—]|\bdo\b|\bto\b)\s*", re.IGNORECASE)
_DOTTED = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.(?:\s*(\d{4})\.?)?", re.ASCII)
_WEEKS = re.compile(r"(\d{1,3})(?:\s*[-–—]\s*(\d{1,3}))?\.?", re.ASCII)


_WEEKDAY_OF = {fold(name): number for number, names in _WEEKDAYS.items() for name in (str(number), *names)}
_ENTRY_KIND_OF = {fold(name): kind for kind, names in ENTRY_KINDS.items() for name in names}
_EXAM_KIND_OF = {fold(name): kind for kind, names in EXAM_KINDS.items() for name in names}


def weekday(text: str) -> int:
    """A number from 1 (Monday), or an English or Serbian name."""
    found = _WEEKDAY_OF.get(fold(text))
    if found is None:
        raise ValueError("is no weekday: 1 (Monday) to 7, or a name such as Monday, ponedeljak, PON")
    return found


def entry_kind(text: str) -> str:
    return _kind(text, _ENTRY_KIND_OF)


def exam_kind(text: str) -> str:
    return _kind(text, _EXAM_KIND_OF)


def _kind(text: str, known: Mapping[str, str]) -> str:
    found = known.get(fold(text))
    if found is None:
        raise ValueError(
            f"is no kind we know: {', '.join(dict.fromkeys(known.values()))}, or their Serbian names"
        )
    return found


def hour(text: str) -> str:
    """HH:MM, of 9:15, 09.15, 9:15:00, 9, 9h or 9:15 AM."""
    found = _HOUR.fullmatch(text)
    if found:
        hours, minutes, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
        if half and 1 <= hours <= 12:
            hours = hours % 12 + (12 if half == "pm" else 0)
        if hours < 24 and minutes < 60:
            return f"{hours:02}:{minutes:02}"
    raise ValueError("is no time of day, such as 09:15")


def hours(text: str) -> tuple[str, str | None]:
    """The beginning and the end; no end when only one time stands there."""
    parts = _BETWEEN.split(text)
    if len(parts) > 2:
        raise ValueError("must be two times, such as 09:15-12:00")
    return hour(parts[0]), hour(parts[1]) if len(parts) == 2 else None


def day(text: str, first: str = "", last: str = "") -> str:
    """YYYY-MM-DD, of that or of 20.1.2027.; without its year, the day between `first` and `last`."""
    found = _DOTTED.fullmatch(text)
    if not found:
        if "/" in text:
            raise ValueError("could be read in two ways: write 2027-01-20 or 20.1.2027.")
        return _real(text)
    if found[3]:
        return _real(f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}")
    if not first or not last:
        raise ValueError("has no year")
    years = range(int(first[:4]), int(last[:4]) + 1)
    days = [f"{year}-{int(found[2]):02}-{int(found[1]):02}" for year in years]
    within = [one for one in days if first <= one <= last]
    if len(within) != 1:
        raise ValueError(f"has no year, and the term from {first} to {last} does not tell which")
    return _real(within[0])


def _real(text: str) -> str:
    try:
        return check_date(text)
    except ValueError as error:
        raise ValueError("is no date, such as 2027-01-20 or 20.1.2027.") from error


def several(text: str) -> list[str]:
    """Names separated by semicolons or line ends when there are any, else by commas. The same name twice is one."""
    parts = re.split(r"[;\n\r]", text) if re.search(r"[;\n\r]", text) else text.split(",")
    return list(dict.fromkeys(name for part in parts if (name := " ".join(part.split()))))


def weeks(text: str) -> list[int] | None:
    """Teaching weeks, of 1-7,9,11-15; None for all."""
    if fold(text) in ("all", "sve"):
        return None
    found: set[int] = set()
    for part in re.split(r"[,;]", text):
        match = _WEEKS.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= MOST_WEEKS:
            raise ValueError(f"must be weeks from 1 to {MOST_WEEKS}, such as 1-7,9,11-15")
        found.update(range(first, last + 1))
    return sorted(found)


def whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}(\.0+)?\.?", text, re.ASCII):
        raise ValueError("must be a whole number")
    return int(float(text))


def number(text: str) -> float:
    if not re.fullmatch(r"\d{1,5}([.,]\d{1,3})?", text, re.ASCII):
        raise ValueError("must be a number")
    return float(text.replace(",", "."))


def later(at: str, minutes: int) -> str:
    """The time of day so many minutes after `at`, of the same day."""
    total = timedelta(hours=int(at[:2]), minutes=int(at[3:]) + minutes)
    if minutes < 1 or total >= timedelta(days=1):
        raise ValueError("must be minutes that end on the same day")
    return f"{total.seconds // 3600:02}:{total.seconds // 60 % 60:02}"


def iso_weekday(of: str) -> int:
    return date.fromisoformat(of).isoweekday()
