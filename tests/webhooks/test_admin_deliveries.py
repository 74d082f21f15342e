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
from apps.webhooks.intake import store
from apps.webhooks.models import Delivery
from apps.webhooks.processing import apply_pending
from tests.courses.admin_pages import opened, signed_in, url_of
from tests.factories.documents import course

pytestmark = pytest.mark.django_db
LIST = "/admin/webhooks/delivery/"
BUTTON = "webhooks_delivery_apply_this_again"


@pytest.fixture
def staff() -> Client:
    return signed_in(User.objects.create_superuser("alice@example.org"))


def delivered(
    id: str = "one",
    *,
    body: bytes | None = None,
    status: Delivery.Status = Delivery.Status.PENDING,
    **fields: Any,
) -> Delivery:
    event = {"type": "course.updated", "timestamp": "2026-09-01T10:00:00Z", "data": course(**fields)}
    receipt = store(
        source="course-service",
        webhook_id=id,
        sent_at=timezone.now(),
        type="course.updated",
        body=json.dumps(event, ensure_ascii=False).encode() if body is None else body,
        status=status,
        error="/data/id: is missing" if status == Delivery.Status.QUARANTINED else "",
    )
    return Delivery.objects.get(public_id=receipt.delivery)


def again(client: Client, *deliveries: Delivery) -> Any:
    chosen = [str(delivery.pk) for delivery in deliveries]
    return client.post(LIST, {"action": "apply_again", "_selected_action": chosen}, follow=True)


def test_the_body_is_shown_indented_and_as_text(staff: Client) -> None:
    page = staff.get(url_of(delivered(title="<script>alert('č')</script>"))).content.decode()
    assert "&quot;title&quot;: &quot;&lt;script&gt;alert(&#x27;č&#x27;)&lt;/script&gt;&quot;" in page
    assert "\n    &quot;id&quot;: &quot;algorithms&quot;" in page
    assert "<script>alert(" not in page


@pytest.mark.parametrize("body", [b"<b>\xff\x00", b'{"a": 1, "a": 2}', b"[" * 100_000, b""])
def test_a_body_that_is_no_json_is_shown_as_it_came(staff: Client, body: bytes) -> None:
    answer = staff.get(url_of(delivered(body=body, status=Delivery.Status.QUARANTINED)))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "/data/id: is missing" in page
    assert "<b>\\xff" not in page
    if body.startswith(b'{"a"'):
        assert "{&quot;a&quot;: 1, &quot;a&quot;: 2}" in page


def test_of_a_very_large_body_the_beginning_is_shown(staff: Client) -> None:
    delivery = delivered(body=b"x" * 1_000_000, status=Delivery.Status.QUARANTINED)
    page = staff.get(url_of(delivery)).content.decode()
    assert len(page) < 400_000
    assert "800000 more characters" in page


def test_the_page_tells_the_outcome_the_conflicts_and_the_changes_made(staff: Client) -> None:
    delivery = delivered()
    apply_pending()
    store(
        source="course-service",
        webhook_id="one",
        sent_at=timezone.now(),
        type="course.updated",
        body=b"{}",
        status=Delivery.Status.PENDING,
    )
    answer = staff.get(url_of(delivery))
    page = answer.content.decode()
    assert "changed: 1" in page
    assert str(delivery.conflicts.get()) in page
    assert answer.context["ledger"]()["rows"][0][6] == "ALG Algorithms"


def test_applying_again_puts_it_back_in_the_queue_however_often(staff: Client) -> None:
    delivery = delivered()
    Delivery.objects.update(status=Delivery.Status.DEAD, attempts=5, error="Traceback")
    for _ in range(2):
        again(staff, delivery)
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts) == ("pending", 0)
    apply_pending()
    assert Course.objects.get().title == "Algorithms"
    again(staff, delivery)
    apply_pending()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.error, ChangeSet.objects.count()) == ("processed", "", 1)


def test_the_button_on_its_page_does_the_same(staff: Client) -> None:
    delivery = delivered()
    apply_pending()
    assert BUTTON in opened(staff, delivery).buttons
    staff.post(url_of(delivery), {BUTTON: ""})
    delivery.refresh_from_db()
    assert delivery.status == "pending"


def test_a_quarantined_one_cannot_be_applied(staff: Client) -> None:
    bad, good = delivered("bad", body=b"{}", status=Delivery.Status.QUARANTINED), delivered("good")
    with pytest.raises(Delivery.NotReplayable):
        bad.replay()
    assert BUTTON not in opened(staff, bad).buttons
    page = again(staff, bad, good).content.decode()
    bad.refresh_from_db()
    assert bad.status == "quarantined"
    assert "Waiting to be applied again: 1." in page
    assert "Quarantined, so not to be applied: 1." in page


def test_those_that_wait_or_are_dead_are_set_aside(staff: Client) -> None:
    waiting, done = delivered("waiting"), delivered("done", status=Delivery.Status.PROCESSED)
    chosen = [str(waiting.pk), str(done.pk)]
    page = staff.post(LIST, {"action": "set_aside", "_selected_action": chosen}, follow=True)
    assert "Set aside: 1." in page.content.decode()
    assert "Applied already, or never to be: 1." in page.content.decode()
    assert sorted(Delivery.objects.values_list("status", flat=True)) == ["processed", "skipped"]


def test_looking_does_not_entitle_to_applying(staff: Client) -> None:
    delivery = delivered()
    apply_pending()
    bob = User.objects.create_user("bob@example.org", is_staff=True)
    client = signed_in(bob)
    assert client.get(LIST).status_code == 403

    bob.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    assert client.get(url_of(delivery)).status_code == 200
    again(client, delivery)
    assert client.post(url_of(delivery), {BUTTON: ""}).status_code == 403
    delivery.refresh_from_db()
    assert delivery.status == "processed"

    bob.user_permissions.add(Permission.objects.get(codename="change_delivery"))
    again(client, delivery)
    delivery.refresh_from_db()
    assert delivery.status == "pending"


def test_nothing_of_a_delivery_is_edited_added_or_deleted(staff: Client) -> None:
    delivery = delivered()
    assert staff.get(f"{LIST}add/").status_code == 403
    assert staff.post(url_of(delivery).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    assert staff.post(url_of(delivery), {"webhook_id": "other", "_save": ""}).status_code == 403
    assert Delivery.objects.get().webhook_id == "one"


def test_the_list_is_searched_by_both_ids_filtered_and_bounded(staff: Client) -> None:
    first = delivered("order-1")
    counts = []
    for numbers in (range(2, 4), range(4, 20)):
        for number in numbers:
            delivered(f"order-{number}")
        with CaptureQueriesContext(connection) as queries:
            staff.get(LIST)
        counts.append(len(queries))
        assert not any('"webhooks_delivery"."body"' in query["sql"] for query in queries)
    assert counts[0] == counts[1] <= 12

    for query in ("q=order-1", f"q={first.public_id}", "status__exact=pending&q=order-1"):
        assert first in staff.get(f"{LIST}?{query}").context["cl"].result_list
    assert list(staff.get(f"{LIST}?status__exact=dead").context["cl"].result_list) == []


def test_its_page_leads_to_whom_it_told(staff: Client) -> None:
    delivery = delivered()
    apply_pending()
    assert "nobody" in staff.get(url_of(delivery)).content.decode()
    change_set = ChangeSet.objects.get()
    FanOut.objects.create(change_set=change_set, due_at=timezone.now(), concerned=7)
    page = staff.get(url_of(delivery)).content.decode()
    assert (
        f'href="/admin/notifications/fanout/{change_set.pk}/change/">7, of revision {change_set.pk}<' in page
    )
