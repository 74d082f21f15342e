"""An object made of a row is the one that Django would have read."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.making import made
from apps.notifications.models import Device
from apps.users.models import User
from tests.factories.courses import make_user
from tests.factories.notifications import make_device

pytestmark = pytest.mark.django_db
OF_USER, OF_DEVICE = ["id", "language"], ["id", "user_id", "address"]


def read() -> Device:
    device = make_device(make_user("alice"), "alice-phone")
    columns = [*(f"user__{name}" for name in OF_USER), *OF_DEVICE]
    values = iter(Device.objects.filter(pk=device.pk).values_list(*columns).get())
    user = made(User, OF_USER, values)
    return made(Device, OF_DEVICE, values, user=user)


def test_what_was_read_is_there_and_asked_for_no_more() -> None:
    device = read()
    with CaptureQueriesContext(connection) as asked:
        assert (device.pk, device.address) == (device.id, "alice-phone")
        assert (device.user.pk, device.user.language) == (device.user_id, "en")
    assert len(asked) == 0


def test_what_was_not_read_is_read_when_asked_for() -> None:
    device = read()
    assert device.get_deferred_fields() >= {"platform", "digest"}
    assert (device.platform, device) == (Device.objects.get().platform, Device.objects.get())


def test_it_is_saved_as_the_row_it_was() -> None:
    device = read()
    device.address = "another"
    device.save(update_fields=["address"])
    assert [each.address for each in Device.objects.all()] == ["another"]


def test_names_without_values_are_no_object() -> None:
    with pytest.raises(ValueError, match="zip"):
        made(User, OF_USER, iter(["a"]))
