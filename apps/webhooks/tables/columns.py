"""The columns of the two tables and the names they go by. docs/how-to/import-a-timetable.md lists them for people."""

from apps.core.tables.table import Table

_COURSE = {
    "course_id": ("course_id",),
    "code": ("code", "course code", "subject code", "šifra", "šifra predmeta", "oznaka"),
    "title": ("title", "course", "course title", "subject", "predmet", "naziv", "naziv predmeta"),
}
_TIMES = {
    "time": ("time", "hours", "termin", "vreme", "vrijeme", "čas"),
    "starts_at": ("starts_at", "start", "starts", "from", "početak", "od"),
    "ends_at": ("ends_at", "end", "ends", "to", "kraj", "do"),
}
_PLACES = {
    "rooms": ("rooms", "room", "učionica", "učionice", "sala", "sale", "prostorija", "kabinet"),
    "groups": ("groups", "group", "grupe", "grupa"),
}

TIMETABLE = Table(
    "timetable",
    {
        **_COURSE,
        "kind": ("kind", "type", "tip", "tip nastave", "vrsta", "vrsta nastave", "oblik nastave"),
        "teachers": (
            "teachers",
            "teacher",
            "lecturer",
            "nastavnik",
            "nastavnici",
            "predavač",
            "profesor",
            "asistent",
        ),
        **_PLACES,
        "weekday": ("weekday", "day", "dan"),
        **_TIMES,
        "weeks": ("weeks", "week", "nedelje", "sedmice"),
        "valid_from": ("valid_from", "važi od"),
        "valid_until": ("valid_until", "važi do"),
        "online_url": ("online_url", "online", "link"),
        "id": ("id", "entry_id"),
        "department": ("department", "katedra", "odsek", "departman"),
        "level": ("level", "nivo", "nivo studija"),
        "year": ("year", "godina", "godina studija"),
        "language": ("language", "jezik"),
        "credits": ("credits", "ects", "espb"),
        "url": ("url", "course url"),
        "description": ("description", "opis"),
    },
    required=(
        ("title", "code", "course_id"),
        ("kind",),
        ("weekday",),
        ("time", "starts_at"),
        ("time", "ends_at"),
    ),
)

EXAMS = Table(
    "exams",
    {
        **_COURSE,
        "kind": ("kind", "type", "tip", "tip ispita", "vrsta", "vrsta ispita"),
        "period": ("period", "exam period", "rok", "ispitni rok"),
        "date": ("date", "datum"),
        "weekday": ("weekday", "day", "dan"),
        **_TIMES,
        "duration": ("duration", "minutes", "trajanje"),
        **_PLACES,
        "note": ("note", "notes", "napomena"),
        "id": ("id", "exam_id"),
    },
    required=(
        ("title", "code", "course_id"),
        ("date",),
        ("time", "starts_at"),
        ("time", "ends_at", "duration"),
    ),
)
