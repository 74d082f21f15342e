"""/me/ tells which groups its owner follows, and leaves their keeping to /me/enrolments/."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.courses.models.sourced import term_id
from apps.users.models import User
from tests.factories.documents import SOURCE, api_id, put_course, put_term

URL = "/api/v1/me/"
TERM = term_id(SOURCE, "autumn")


def phone_of(user: User) -> APIClient:
    phone = APIClient()
    phone.force_authenticate(user)
    return phone


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice@example.org")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob@example.org")


def follow(phone: APIClient, **rule: Any) -> None:
    assert phone.post("/api/v1/me/enrolments/", rule).status_code == 201


def test_the_followed_groups_of_a_term_are_shown_and_no_other_enrolments(alice: User, bob: User) -> None:
    put_term()
    put_course()
    phone = phone_of(alice)
    follow(phone, term=str(TERM), group="302")
    follow(phone, course=str(api_id()), group="301")
    follow(phone, course=str(api_id()))
    follow(phone, term=str(TERM), group="101")
    follow(phone_of(bob), term=str(TERM), group="202")

    groups = phone.get(URL).json()["study_groups"]

    assert groups == [{"term": str(TERM), "group": "302"}, {"term": str(TERM), "group": "101"}]


def test_a_change_of_the_profile_answers_with_them_too_and_leaves_them_alone(alice: User) -> None:
    put_term()
    phone = phone_of(alice)
    follow(phone, term=str(TERM), group="101")
    wanted = [{"term": str(TERM), "group": "101"}]

    assert phone.patch(URL, {"first_name": "Alice"}).json()["study_groups"] == wanted
    refused = phone.patch(URL, {"study_groups": []})

    assert [each["field"] for each in refused.json()["errors"]] == ["study_groups"]
    assert phone.get(URL).json()["study_groups"] == wanted


def test_an_unchanged_profile_is_304_until_a_group_is_followed(alice: User) -> None:
    put_term()
    phone = phone_of(alice)
    tag = {"If-None-Match": phone.get(URL)["ETag"]}

    assert phone.get(URL, headers=tag).status_code == 304
    follow(phone, term=str(TERM), group="101")
    assert phone.get(URL, headers=tag).status_code == 200
