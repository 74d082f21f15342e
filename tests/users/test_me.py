import json

import pytest

from apps.users.models import User
from tests.users.conftest import Phone

URL = "/api/v1/me/"


@pytest.fixture
def signed_in(phone: Phone, alice: User) -> Phone:
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {phone.sign_in(alice)['access']}")
    return phone


def test_the_profile_is_shown(signed_in: Phone, alice: User) -> None:
    answer = signed_in.get(URL)

    assert answer.json() == {
        "id": str(alice.pk),
        "email": "alice@example.org",
        "first_name": "Alice",
        "last_name": "",
        "language": "en",
        "time_zone": "Europe/Belgrade",
        "role": "student",
        "study_groups": [],
    }
    assert answer["Cache-Control"] == "private, no-cache"


def test_an_unchanged_profile_is_304(signed_in: Phone) -> None:
    tag = signed_in.get(URL)["ETag"]

    assert signed_in.get(URL, headers={"If-None-Match": tag}).status_code == 304
    signed_in.patch(URL, {"last_name": "Liddell"})
    assert signed_in.get(URL, headers={"If-None-Match": tag}).status_code == 200


def test_names_language_and_time_zone_can_be_changed(signed_in: Phone, alice: User, bob: User) -> None:
    changes = {"first_name": "Алиса", "last_name": "Ž.", "language": "sr", "time_zone": "Africa/Cairo"}

    answer = signed_in.patch(URL, changes)

    assert answer.status_code == 200
    assert answer.json().items() >= changes.items()
    assert signed_in.get(URL).json() == answer.json()
    bob.refresh_from_db()
    assert bob.first_name == "Bob"


def test_nothing_to_change_is_fine(signed_in: Phone) -> None:
    assert signed_in.patch(URL, {}).json()["first_name"] == "Alice"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "7"),
        ("email", "mallory@example.org"),
        ("is_staff", True),
        ("epoch", 7),
        ("nickname", "Al"),
        ("study_groups", []),
        ("role", "administrator"),
        ("", "x"),
        ("first_name", "A\0"),
        ("first_name", "Alice\r\nBcc: all@example.org"),
        ("first_name", "Al\u2028ice"),
        ("first_name", "\u202eecilA"),
        ("first_name", 7),
        ("first_name", True),
        ("first_name", {"a": [{}]}),
        ("first_name", "x" * 151),
        ("first_name", None),
        ("first_name", ["Alice"]),
        ("first_name", "\ud800"),
        ("language", "xx"),
        ("language", ""),
        ("language", {"a": 1}),
        ("language", "\ud800"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Europe/Belgrade\0"),
        ("time_zone", ""),
        ("time_zone", 7),
    ],
)
def test_a_field_that_cannot_be_that_is_named(
    signed_in: Phone, alice: User, field: str, value: object
) -> None:
    answer = signed_in.patch(
        URL, json.dumps({"last_name": "Liddell", field: value}), content_type="application/json"
    )

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    alice.refresh_from_db()
    assert alice.last_name == ""


def test_everything_that_is_wrong_is_named_at_once(signed_in: Phone) -> None:
    answer = signed_in.patch(URL, {"first_name": None, "language": "xx", "email": "a@b.c", "colour": "red"})

    errors = {error["field"]: error["code"] for error in answer.json()["errors"]}
    assert errors == {
        "first_name": "null",
        "language": "invalid_choice",
        "email": "read_only",
        "colour": "read_only",
    }


def test_a_name_of_any_script_is_fine(signed_in: Phone) -> None:
    for name in ("می\u200cخیم", "Ђорђе", "O’Neill-Žukov", "李", "J. R.\u00a0R."):
        assert signed_in.patch(URL, {"last_name": name}).json()["last_name"] == name


@pytest.mark.parametrize("body", ["[]", '"x"', "null", "7", "{", r'{"\ud800": 1}', r'{"\u0000": 1}', "\xff"])
def test_an_odd_body_is_400(signed_in: Phone, body: str) -> None:
    answer = signed_in.patch(URL, body.encode("latin-1"), content_type="application/json")

    assert answer.status_code == 400


def test_other_methods_and_media_types_are_refused(signed_in: Phone) -> None:
    assert signed_in.put(URL, {}).status_code == 405
    assert signed_in.delete(URL).status_code == 405
    assert signed_in.patch(URL, "<x/>", content_type="text/xml").status_code == 415
