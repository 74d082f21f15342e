"""Documents in canonical form, which must stay what it is: the digests of all that is stored are made of it."""

from apps.courses.payloads import COURSE, digest
from tests.factories.documents import course, entry, exam

ODD = course(
    translations={"sr": {"title": "Алгоритми"}, "ar": {"title": "x", "description": None}, "de": None},
    credits=6.0,
    teachers=None,
    updated_at="2026-09-01t10:00:00.25+00:00",
    colour="blue",
    entries=[
        entry(
            weeks=[1, 2],
            groups=None,
            exceptions=[{"date": "2026-10-06", "status": "moved", "starts_at": "12:15", "note": None}],
        )
    ],
    exams=[
        exam(
            period=None,
            sittings=[
                {
                    "starts_at": "2027-01-20T09:00:00+01:00",
                    "ends_at": "2027-01-20 11:00:00.123456789-00:00",
                    "rooms": None,
                }
            ],
        )
    ],
)


def test_it_has_known_fields_only_absent_ones_left_out_and_one_spelling_per_value() -> None:
    assert COURSE.read(ODD) == {
        "id": "algorithms",
        "term": "autumn",
        "code": "ALG",
        "title": "Algorithms",
        "translations": {"sr": {"title": "Алгоритми"}, "ar": {"title": "x"}},
        "credits": 6,
        "teachers": [],
        "updated_at": "2026-09-01T10:00:00.250000Z",
        "entries": [
            {
                "id": "lecture",
                "kind": "lecture",
                "weekday": 2,
                "starts_at": "11:15",
                "ends_at": "13:00",
                "rooms": ["Raf20"],
                "teachers": ["Jelena Jeremić"],
                "groups": [],
                "weeks": [1, 2],
                "exceptions": [{"date": "2026-10-06", "status": "moved", "starts_at": "12:15"}],
            }
        ],
        "exams": [
            {
                "id": "january",
                "kind": "written",
                "sittings": [
                    {
                        "starts_at": "2027-01-20T09:00:00+01:00",
                        "ends_at": "2027-01-20T11:00:00.123456Z",
                        "rooms": [],
                        "groups": [],
                    }
                ],
            }
        ],
    }


def test_its_digest_is_what_it_has_been_since_the_first_one_was_stored() -> None:
    assert (
        digest(COURSE.read(ODD)).hex() == "4356f5e110449f298c56c6d55cdbbb2a3939c5016c747f5d3bb04f2d42ab5816"
    )
