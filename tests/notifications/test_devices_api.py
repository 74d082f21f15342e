import json

import pytest
from rest_framework.test import APIClient

from apps.notifications.models import Device
from apps.users.models import User
from tests.factories.courses import make_user
from tests.factories.notifications import make_device

pytestmark = pytest.mark.django_db
PHONE = {"kind": "token", "address": "a-registration-token", "platform": "android"}


@pytest.fixture
def alice() -> User:
    return make_user("alice")


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_a_phone_registers_and_again_is_the_same_device(alice: User) -> None:
    first = signed_in(alice).put("/api/v1/me/devices/", PHONE)
    again = signed_in(alice).put(
        "/api/v1/me/devices/", {**PHONE, "app_version": "2.1", "language": "sr-Latn-RS"}
    )
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert again.json()["app_version"] == "2.1"
    assert Device.objects.get().registered_at > Device.objects.get().created_at


def test_a_known_address_moves_to_the_caller(alice: User) -> None:
    bob = make_user("bob")
    signed_in(alice).put("/api/v1/me/devices/", PHONE)
    assert signed_in(bob).put("/api/v1/me/devices/", PHONE).status_code == 200
    assert signed_in(alice).get("/api/v1/me/devices/").json()["results"] == []
    assert len(signed_in(bob).get("/api/v1/me/devices/").json()["results"]) == 1


def test_an_address_of_the_greatest_length_is_taken(alice: User) -> None:
    longest = "".join(chr(33 + number * number % 94) for number in range(4096))
    answer = signed_in(alice).put("/api/v1/me/devices/", {**PHONE, "kind": "fid", "address": longest})
    assert answer.status_code == 201
    assert Device.objects.get().address == longest


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", ""),
        ("address", "x" * 4097),
        ("address", "with space"),
        ("address", "line\n"),
        ("address", "čvor"),
        ("address", None),
        ("address", ["x"]),
        ("address", 1),
        ("kind", "topic"),
        ("platform", "windows"),
        ("app_version", "x" * 65),
        ("app_version", "nul\x00"),
        ("app_version", "\ud800"),
        ("language", 0),
        ("time_zone", {}),
        ("time_zone", 0),
    ],
)
def test_a_bad_field_is_named(alice: User, field: str, value: object) -> None:
    body = json.dumps({**PHONE, field: value})
    answer = signed_in(alice).put("/api/v1/me/devices/", body, content_type="application/json")
    assert answer.status_code == 400
    assert [error["field"].split(".")[0] for error in answer.json()["errors"]] == [field]
    assert not Device.objects.exists()


def test_addresses_are_never_shown(alice: User) -> None:
    client = signed_in(alice)
    created = client.put("/api/v1/me/devices/", PHONE)
    listed = client.get("/api/v1/me/devices/")
    for answer in (created, listed):
        assert PHONE["address"] not in answer.content.decode()


def test_a_removed_device_is_gone_and_may_come_back(alice: User) -> None:
    client = signed_in(alice)
    device = client.put("/api/v1/me/devices/", PHONE).json()
    assert client.delete(f"/api/v1/me/devices/{device['id']}/").status_code == 204
    assert client.delete(f"/api/v1/me/devices/{device['id']}/").status_code == 404
    assert client.get("/api/v1/me/devices/").json()["results"] == []
    assert client.put("/api/v1/me/devices/", PHONE).status_code == 200
    assert Device.objects.active().count() == 1


def test_a_device_of_another_is_not_found(alice: User) -> None:
    device = make_device(make_user("bob"), "bobs")
    assert signed_in(alice).delete(f"/api/v1/me/devices/{device.pk}/").status_code == 404
    assert Device.objects.active().count() == 1


@pytest.mark.parametrize("method", ["get", "put"])
def test_it_takes_a_token(method: str) -> None:
    assert getattr(APIClient(), method)("/api/v1/me/devices/").status_code == 401
