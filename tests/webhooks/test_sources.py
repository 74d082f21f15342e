"""A source can be silenced: what it sends then changes the catalogue and rings nobody."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.courses.models import ChangeSet, Course
from apps.notifications.models import FanOut
from apps.users.models import User
from apps.webhooks import processing
from apps.webhooks.models import Delivery, Source
from tests.courses.admin_pages import Form, opened, save, signed_in, url_of
from tests.factories.documents import course, entry, term
from tests.factories.webhooks import Sender

LIST = "/admin/webhooks/source/"
YEARS = {"starts_on": "2026-01-05", "ends_on": "2027-12-20"}


@pytest.fixture
def staff(sender: Sender) -> Client:
    return signed_in(User.objects.create_superuser("alice@example.org"))


@pytest.fixture
def service(sender: Sender) -> Source:
    return Source.objects.create(name="course-service")


def sent(sender: Sender, id: str, **fields: Any) -> Delivery:
    sender.send("course.updated", course(**fields), id=id)
    return Delivery.objects.get(webhook_id=id)


def test_silence_is_a_property_of_the_deliveries_received_meanwhile(sender: Sender, service: Source) -> None:
    silenced = []
    for number, silent in enumerate((False, True, True, False)):
        Source.objects.update(silenced=silent)
        silenced.append(sent(sender, f"d{number}").silenced)
    assert silenced == [False, True, True, False]


def test_only_its_own_deliveries_are_silenced(sender: Sender, sender_elsewhere: Sender) -> None:
    Source.objects.create(name="library", silenced=True)
    assert not sent(sender, "a").silenced
    assert sent(sender_elsewhere, "b").silenced


def test_a_silenced_delivery_is_applied_and_rings_nobody(sender: Sender, service: Source) -> None:
    now = timezone.now()
    sender.send("term.updated", term(**YEARS, periods=[{"kind": "teaching", **YEARS}]))
    sent(sender, "first")
    processing.apply_pending()
    FanOut.objects.all().delete()
    Source.objects.update(silenced=True)
    sent(sender, "moved", entries=[entry(rooms=["Raf04"])])
    Source.objects.update(silenced=False)
    processing.apply_pending()
    assert Course.objects.get().entries.get().rooms == ["Raf04"]
    assert ChangeSet.objects.order_by("-revision")[0].silenced
    assert not FanOut.objects.exists()
    sent(sender, "back", entries=[entry()])
    processing.apply_pending()
    assert FanOut.objects.exists(), f"the same change, not silenced, rings at {now}"


def test_nothing_is_asked_beside_the_statement_that_stores(sender: Sender, service: Source) -> None:
    """That one goes past Django's cursors, so what is captured here would be another."""
    with CaptureQueriesContext(connection) as queries:
        assert sender.send("course.updated", course()).status_code == 202
    assert len(queries) == 0


def test_the_list_shows_every_source_and_its_state(
    staff: Client, sender: Sender, sender_elsewhere: Sender
) -> None:
    now = timezone.now()
    Source.objects.create(name="course-service", silenced=True, heard_at=now)
    Source.objects.create(name="old-service", heard_at=now)
    for id, status in (("a", "pending"), ("b", "dead"), ("c", "processed")):
        sent(sender, id)
        Delivery.objects.filter(webhook_id=id).update(status=status)
    rows = {source.name: source for source in staff.get(LIST).context["cl"].result_list}
    assert set(rows) == {"course-service", "library", "old-service"}
    service = rows["course-service"]
    assert (service.last_day, service.pending, service.dead, service.quarantined) == (3, 1, 1, 0)
    page = staff.get(LIST).content.decode()
    for state in ("silenced", "never heard", "retired"):
        assert f">{state}<" in "".join(page.split("\n")).replace(" ", "").replace("neverheard", "never heard")


def test_the_page_explains_the_switch_and_what_is_expected(
    staff: Client, sender: Sender, service: Source
) -> None:
    sent(sender, "a")
    answer = staff.get(url_of(service))
    page = answer.content.decode()
    assert "nobody is notified" in page
    assert "none until there is enough to learn from" in page
    assert "1 pending" in page
    assert page.count("<canvas") == 2
    assert sum(sum(json.loads(data)["datasets"][0]["data"]) for _, data in answer.context["charts"]) == 2


def test_staff_silence_it_and_may_change_nothing_else(staff: Client, service: Source) -> None:
    assert "name" not in opened(staff, service).values
    save(staff, service, silenced="on", name="other", quiet_since_0="2026-01-01")
    assert list(Source.objects.values_list("name", "silenced")) == [("course-service", True)]
    form = opened(staff, service).values
    form.pop("silenced")
    staff.post(url_of(service), {**form, "_save": ""})
    assert not Source.objects.get().silenced


def test_looking_does_not_entitle_to_silencing(sender: Sender, service: Source) -> None:
    bob = User.objects.create_user("bob@example.org", is_staff=True)
    client = signed_in(bob)
    assert client.get(LIST).status_code == 403
    bob.user_permissions.add(Permission.objects.get(codename="view_source"))
    page = client.get(url_of(service)).content.decode()
    assert "silenced" not in Form(page).values
    client.post(url_of(service), {"silenced": "on"})
    assert not Source.objects.get().silenced


def test_sources_are_neither_added_nor_deleted(staff: Client, service: Source) -> None:
    assert staff.get(f"{LIST}add/").status_code == 403
    assert staff.post(url_of(service).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
