"""A week of a faculty: the last one of October, in which the clocks of Belgrade are put back on Sunday morning."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.flows.week.actions import Action
from tests.flows.week.people import Person

Json = dict[str, Any]
BELGRADE = ZoneInfo("Europe/Belgrade")
DAYS = {"Mon": 19, "Tue": 20, "Wed": 21, "Thu": 22, "Fri": 23, "Sat": 24, "Sun": 25}


def at(clock: str) -> datetime:
    """ "Tue 11:15", by the clock of the faculty."""
    day, _, time = clock.partition(" ")
    return datetime.fromisoformat(f"2026-10-{DAYS[day]:02}T{time}").replace(tzinfo=BELGRADE).astimezone(UTC)


BEGINS, ENDS = at("Mon 00:00"), datetime(2026, 11, 3, tzinfo=UTC)


def term(**fields: Any) -> Json:
    periods = [
        {"kind": "teaching", "name": "Teaching", "starts_on": "2026-09-28", "ends_on": "2027-01-15"},
        {"kind": "exams", "name": "January", "starts_on": "2027-01-18", "ends_on": "2027-02-14"},
    ]
    return {
        "id": "autumn",
        "name": "Autumn 2026",
        "starts_on": "2026-09-28",
        "ends_on": "2027-02-14",
        "time_zone": "Europe/Belgrade",
        "periods": periods,
        "day_overrides": [],
        **fields,
    }


def entry(id: str, weekday: int, hours: str, room: str, **fields: Any) -> Json:
    starts_at, ends_at = hours.split("-")
    return {
        "id": id,
        "kind": "lecture",
        "weekday": weekday,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "rooms": [room],
        "teachers": ["Jelena Jeremić"],
        "groups": [],
        "exceptions": [],
        **fields,
    }


def exam(id: str, day: str, hours: str, room: str, **fields: Any) -> Json:
    moments = [datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=BELGRADE) for hour in hours.split("-")]
    sitting = {
        "starts_at": moments[0].isoformat(),
        "ends_at": moments[1].isoformat(),
        "rooms": [room],
        "groups": [],
    }
    return {"id": id, "kind": "midterm", "sittings": [sitting], **fields}


def course(id: str, *entries: Json, exams: list[Json] | None = None) -> Json:
    return {
        "id": id,
        "term": "autumn",
        "code": id[:3].upper(),
        "title": id.title(),
        "translations": {"sr": {"title": f"{id.title()} (sr)"}},
        "entries": list(entries),
        "exams": exams or [],
    }


class Faculty:
    """Keeps what it has said, so that an action needs to name only what it changes; collects the actions of the week."""

    def __init__(self) -> None:
        self.term = term()
        self.courses = {each["id"]: each for each in _courses()}
        self.actions: list[Action] = []

    def edit(self, moment: datetime, path: str, *, silenced: bool = False, **fields: Any) -> None:
        """`path` is like "algorithms/entries/lecture"."""
        id, name, part = path.split("/")
        parts = [{**each, **(fields if each["id"] == part else {})} for each in self.courses[id][name]]
        self.say(moment, path, {**self.courses[id], name: parts}, silenced=silenced)

    def drop(self, moment: datetime, path: str) -> None:
        id, name, part = path.split("/")
        parts = [each for each in self.courses[id][name] if each["id"] != part]
        self.say(moment, path, {**self.courses[id], name: parts})

    def add(self, moment: datetime, path: str, part: Json) -> None:
        id, name = path.split("/")
        self.say(moment, path, {**self.courses[id], name: [*self.courses[id][name], part]})

    def say(self, moment: datetime, path: str, course: Json, *, silenced: bool = False) -> None:
        self.courses[course["id"]] = course
        self._act(moment, "course", path, data=course, silenced=silenced)

    def delete(self, moment: datetime, id: str) -> None:
        del self.courses[id]
        self._act(moment, "delete", id, data={"id": id})

    def snapshot(self, moment: datetime, *ids: str, silenced: bool = False) -> None:
        self.courses = {id: self.courses[id] for id in ids}
        page = {"snapshot_id": f"{moment}", "term": "autumn", "page": 1, "pages": 1}
        data = {**page, "courses": list(self.courses.values())}
        self._act(moment, "snapshot", "snapshot", data=data, silenced=silenced)

    def calendar(self, moment: datetime, **fields: Any) -> None:
        self.term = {**self.term, **fields}
        self._act(moment, "term", "calendar", data=self.term)

    def override(self, moment: datetime, path: str, until: datetime | None, **fields: Any) -> None:
        id, name, part = path.split("/")
        data = {"object": (id, name, part), "fields": fields, "until": until}
        self._act(moment, "override", path, data=data)

    def announce(self, moment: datetime, course: str | None = None) -> None:
        self._act(moment, "announce", course or "everyone", data={"course": course} if course else {})

    def choose(self, moment: datetime, who: str, **fields: Any) -> None:
        self._act(moment, "choose", ", ".join(fields), who, fields)

    def sign_in(self, moment: datetime, who: str, phone: str) -> None:
        self._act(moment, "sign_in", phone, who, {"phone": phone})

    def sign_out(self, moment: datetime, phone: str) -> None:
        self._act(moment, "sign_out", phone, data={"phone": phone})

    def deactivate(self, moment: datetime, who: str) -> None:
        self._act(moment, "deactivate", "", who)

    def _act(
        self,
        moment: datetime,
        what: str,
        about: str,
        who: str = "",
        data: Json | None = None,
        silenced: bool = False,
    ) -> None:
        name = f"{moment.astimezone(BELGRADE):%a %H:%M} {what} {who} {about}"
        self.actions.append(Action(moment, what, name, who, data or {}, silenced))


def _courses() -> list[Json]:
    return [
        course(
            "algorithms",
            entry("lecture", 2, "11:15-13:00", "A1"),
            entry("lab101", 3, "08:15-10:00", "L1", kind="lab", groups=["101"]),
            entry("lab102", 3, "10:15-12:00", "L1", kind="lab", groups=["102"]),
            exams=[exam("midterm", "2026-10-30", "10:00-12:00", "A1")],
        ),
        course(
            "databases",
            entry("lecture", 4, "18:15-20:00", "B2"),
            entry("exercise", 1, "12:15-14:00", "B3", kind="exercise", groups=["101"]),
        ),
        course("logic", entry("lecture", 5, "09:15-11:00", "C3")),
        course(
            "physics",
            entry("lecture", 1, "08:15-10:00", "P1"),
            exams=[exam("midterm", "2026-10-24", "09:00-11:00", "P1")],
        ),
    ]


def people() -> list[Person]:
    return [
        Person("ana", follows={("algorithms", ""), ("databases", "101")}),
        Person("bora", follows={("", "101")}, language="sr"),
        Person(
            "ceca",
            follows={("algorithms", "102"), ("databases", ""), ("physics", "")},
            quiet=("22:00", "07:00"),
            summary_hour=18,
        ),
        Person(
            "dan",
            zone="America/New_York",
            follows={("databases", ""), ("logic", "")},
            quiet=("23:00", "08:00"),
        ),
        Person("ema", zone="Asia/Kolkata", follows={("algorithms", "")}, summary_hour=8, push_off={"exams"}),
        Person("fedor", follows={("physics", ""), ("logic", "")}, muted={"logic"}),
        Person(
            "goran",
            zone="Pacific/Auckland",
            follows={("algorithms", ""), ("databases", ""), ("logic", ""), ("physics", "")},
            hidden={("algorithms", "lecture")},
        ),
        Person(
            "hana",
            follows={("logic", ""), ("physics", "")},
            quiet=("21:00", "06:30"),
            summary_hour=20,
            language="sr",
        ),
    ]


PHONES = {
    "ana-phone": "ana",
    "ana-tablet": "ana",
    "bora-phone": "bora",
    "ceca-phone": "ceca",
    "dan-phone": "dan",
    "ema-phone": "ema",
    "goran-phone": "goran",
    "hana-phone": "hana",
    "hana-tablet": "hana",
}


def the_week() -> Faculty:
    f = Faculty()
    for phone, who in PHONES.items():
        f.sign_in(BEGINS, who, phone)

    # Monday: near and far, there and back.
    f.edit(at("Mon 07:30"), "physics/entries/lecture", rooms=["P2"])  # in 45 minutes, and for all weeks
    f.edit(at("Mon 09:00"), "logic/entries/lecture", rooms=["C4"])
    f.edit(at("Mon 09:00:20"), "logic/entries/lecture", rooms=["C3"])  # undone while it settles
    f.edit(at("Mon 10:00"), "databases/entries/lecture", rooms=["B9"])
    f.edit(at("Mon 10:05"), "databases/entries/lecture", rooms=["B2"])  # undone when some have heard
    f.edit(at("Mon 12:00"), "algorithms/entries/lab102", starts_at="12:15", ends_at="14:00")
    f.edit(at("Mon 23:30"), "algorithms/entries/lecture", rooms=["A2"])  # the night before
    f.edit(at("Mon 23:40"), "logic/entries/lecture", weekday=4)
    f.edit(at("Mon 23:50"), "logic/entries/lecture", weekday=5)  # undone in the quiet hours of some

    # Tuesday: cancellations, and what people choose while something is queued.
    cancelled = {"date": "2026-10-20", "status": "cancelled"}
    f.edit(at("Tue 06:00"), "algorithms/entries/lecture", exceptions=[cancelled])
    f.edit(at("Tue 06:10"), "physics/entries/lecture", rooms=["P3"])
    f.choose(at("Tue 06:20"), "hana", muted={"physics"})  # before her quiet hours end
    f.choose(at("Tue 12:00"), "goran", hidden=set())
    moved = {
        "date": "2026-10-22",
        "status": "moved",
        "new_date": "2026-10-21",
        "starts_at": "07:30",
        "ends_at": "09:00",
    }
    f.edit(
        at("Tue 23:00"), "databases/entries/lecture", exceptions=[moved]
    )  # to an hour near the end of quiet
    f.choose(at("Tue 23:10"), "hana", muted=set())
    f.edit(at("Tue 23:15"), "physics/exams/midterm", kind="oral")
    f.sign_out(at("Tue 23:20"), "hana-tablet")

    # Wednesday: a term's calendar, an import that nobody is to hear of, an announcement.
    f.calendar(at("Wed 09:00"), day_overrides=[{"date": "2026-10-29", "taught_as": 1}])
    f.edit(at("Wed 10:00"), "databases/entries/exercise", silenced=True, rooms=["B7"])
    f.snapshot(at("Wed 11:00"), "algorithms", "databases", "logic", "physics", silenced=True)
    f.announce(at("Wed 12:00"))
    f.announce(at("Wed 22:30"), "physics")
    f.override(at("Wed 14:00"), "algorithms/entries/lecture", at("Fri 14:00"), rooms=["Aula"])
    f.edit(at("Wed 22:45"), "databases/entries/exercise", rooms=["B8"])
    f.choose(at("Wed 22:50"), "dan", quiet=None)
    f.choose(at("Wed 23:00"), "ceca", quiet=None, summary_hour=None)  # what waited for 18:00 rings

    # Thursday: courses leave and come back, phones change hands.
    f.delete(at("Thu 08:00"), "logic")
    f.say(at("Thu 08:00:10"), "logic comes back", _courses()[2])
    f.delete(at("Thu 10:00"), "physics")
    f.sign_out(at("Thu 10:30"), "bora-phone")
    f.edit(at("Thu 10:40"), "algorithms/entries/lab101", starts_at="09:15", ends_at="11:00")
    f.sign_in(at("Thu 10:45"), "fedor", "bora-phone")
    f.say(at("Thu 12:00"), "physics comes back", {**_courses()[3], "exams": []})
    f.choose(at("Thu 13:00"), "ana", follows={("algorithms", ""), ("logic", "")})
    f.edit(at("Thu 16:00"), "databases/entries/lecture", exceptions=[])

    # Friday and the weekend in which clocks are put back.
    f.add(at("Fri 08:00"), "physics/exams", exam("retake", "2026-10-26", "08:00-10:00", "P9"))
    f.edit(at("Fri 23:30"), "physics/exams/retake", period="Extra")
    f.deactivate(at("Fri 23:45"), "goran")
    f.drop(at("Sat 12:00"), "databases/entries/exercise")
    f.edit(at("Sat 23:59"), "algorithms/entries/lab101", rooms=["L7"])
    f.choose(at("Sun 00:30"), "ana", quiet=("23:00", "06:00"))
    f.edit(
        at("Sun 01:00"),
        "algorithms/exams/midterm",
        sittings=exam("", "2026-10-26", "07:30-09:00", "A9")["sittings"],
    )
    f.edit(at("Sun 02:30"), "logic/entries/lecture", rooms=["C7"])
    f.edit(at("Sun 10:00"), "algorithms/entries/lecture", rooms=["A7"])
    f.sign_in(at("Sun 11:00"), "hana", "hana-tablet")
    f.snapshot(at("Sun 15:00"), "algorithms", "logic", "physics")
    f.edit(
        at("Sun 23:00"),
        "physics/exams/retake",
        sittings=exam("", "2026-10-26", "09:00-11:00", "P9")["sittings"],
    )
    f.actions.sort(key=lambda action: action.at)
    return f
