"""Staff see what became of each letter, never what it says."""

import pytest
from django.test import Client

from apps.mail.delivery import send_due
from apps.mail.models import Letter, Outage
from apps.users.models import User
from tests.fakes.smtp import MailServer
from tests.mail.conftest import post_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("staff@campanile.test", "x"))
    return client


def pages(client: Client) -> str:
    letter = Letter.objects.get()
    paths = ("/admin/mail/letter/", f"/admin/mail/letter/{letter.pk}/change/")
    return "".join(client.get(path).content.decode() for path in paths)


def test_a_letter_shows_what_became_of_it_but_not_its_words(staff: Client, server: MailServer) -> None:
    post_one(html="<b>s3cret-key</b>", headers={"List-Unsubscribe": "<https://x.example/s3cret-key>"})
    assert "alice@example.org" in pages(staff)
    assert "s3cret-key" not in pages(staff)
    server.fail("RCPT", "550 5.1.1 no such user")
    send_due()
    shown = pages(staff)
    assert "dead" in shown
    assert "550 5.1.1 no such user" in shown


def test_nobody_writes_or_changes_one_here(staff: Client) -> None:
    post_one()
    letter = Letter.objects.get()
    assert staff.get("/admin/mail/letter/add/").status_code == 403
    assert (
        staff.post(f"/admin/mail/letter/{letter.pk}/change/", {"address": "bob@example.org"}).status_code
        == 403
    )
    assert staff.post(f"/admin/mail/letter/{letter.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_server_that_takes_nothing_is_said_above_the_list(staff: Client) -> None:
    post_one()
    Outage.objects.extend("535 <b>bad</b> credentials")
    shown = pages(staff)
    assert "The mail server has taken nothing since" in shown
    assert "535 &lt;b&gt;bad&lt;/b&gt; credentials" in shown
