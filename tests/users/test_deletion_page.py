"""/account/deletion/: an account is deleted without the app, by whoever has its mailbox and nobody else."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.secret_paths import public_path
from apps.mail.models import Letter
from apps.users.accounts import sign_out_everywhere
from apps.users.deletion import request_deletion
from apps.users.models import Session, User
from tests.users.conftest import PASSWORD, Phone

URL = "/account/deletion/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client(headers={"Accept-Language": "en"})


def ask(browser: Client, email: str) -> Any:
    return browser.post(URL, {"email": email}, follow=True)


def link() -> str:
    """The path of the link in the last letter."""
    found = re.search(
        r"http://127\.0\.0\.1:8000(/account/deletion/\S+/)", Letter.objects.latest("created_at").text
    )
    assert found
    return found[1]


def test_who_has_the_mailbox_deletes_the_account(browser: Client, alice: User) -> None:
    tokens = Phone().sign_in(alice)
    assert b"Enter the address" in browser.get(URL).content
    assert b"Look into your mailbox" in ask(browser, "Alice@Example.org").content
    assert Letter.objects.get().address == "alice@example.org"

    page = browser.get(link())
    assert b"alice@example.org" in page.content
    alice.refresh_from_db()
    assert alice.is_active, "to look at the page deletes nothing, as scanners of mail do"
    done = browser.post(link())

    assert b"is going to be deleted" in done.content
    alice.refresh_from_db()
    assert (alice.is_active, alice.can_return) == (False, True)
    assert Phone().me(tokens["access"]).status_code == 401
    assert Letter.objects.latest("created_at").subject == "Your account is going to be deleted"


def test_a_link_is_good_once(browser: Client, alice: User) -> None:
    ask(browser, alice.email)
    path = link()
    browser.post(path)
    Phone().sign_in(alice)

    again = browser.post(path)

    assert again.status_code == 410
    alice.refresh_from_db()
    assert alice.is_active


def test_a_link_asked_for_while_the_account_leaves_is_void_once_it_is_back(
    browser: Client, alice: User
) -> None:
    request_deletion(user=alice, now=timezone.now())
    ask(browser, alice.email)
    path = link()
    assert browser.get(path).status_code == 200
    Phone().sign_in(alice)

    assert browser.post(path).status_code == 410


@pytest.mark.parametrize("changed", [{"email": "alice@elsewhere.example.org"}, {"password": "another"}])
def test_another_address_or_password_ends_links(
    browser: Client, alice: User, changed: dict[str, str]
) -> None:
    ask(browser, alice.email)
    User.objects.filter(pk=alice.pk).update(**changed)

    assert browser.post(link()).status_code == 410


def test_a_link_is_good_for_an_hour(browser: Client, alice: User, time_machine: Any) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    ask(browser, alice.email)
    path = link()
    time_machine.shift(timedelta(minutes=59, seconds=59))
    assert browser.get(path).status_code == 200
    time_machine.shift(timedelta(seconds=2))

    assert browser.get(path).status_code == 410
    assert browser.post(path).status_code == 410


def test_signing_out_everywhere_ends_links(browser: Client, alice: User) -> None:
    ask(browser, alice.email)
    sign_out_everywhere(user=alice, reason=Session.Reason.PASSWORD_CHANGED, now=timezone.now())

    assert browser.post(link()).status_code == 410


@pytest.mark.parametrize(
    "key", ["x", "a:b:c", "%00", "x" * 5000, "W10:1:x", "%F0%9F%94%91", "..%2F..", "%ED%A0%80"]
)
def test_an_odd_key_is_a_page_and_no_error(browser: Client, key: str) -> None:
    for answer in (browser.get(f"{URL}{key}/"), browser.post(f"{URL}{key}/")):
        assert answer.status_code in (404, 410)
        assert answer["Content-Type"].startswith("text/html")


def test_a_key_of_somebody_else_is_not_made_from_ones_own(browser: Client, alice: User, bob: User) -> None:
    ask(browser, alice.email)
    payload, signature = link().split("/")[3].split(":", 1)
    ask(browser, bob.email)
    other = link().split("/")[3].split(":", 1)[0]
    assert payload != other

    assert browser.post(f"{URL}{other}:{signature}/").status_code == 410


def test_nobody_learns_whether_an_address_has_an_account(browser: Client, alice: User) -> None:
    pages = [ask(browser, email) for email in ("alice@example.org", "nobody@example.org")]

    known, unknown = (re.sub(rb"csrf[^>]*>", b"", page.content) for page in pages)
    assert known == unknown
    assert [page.status_code for page in pages] == [200, 200]
    letter = Letter.objects.get(address="nobody@example.org")
    assert letter.subject == "There is no account with this address"
    assert "account/deletion" not in letter.text


def test_three_letters_an_hour_for_one_address_whoever_has_it(browser: Client, alice: User) -> None:
    for email in ("alice@example.org", "nobody@example.org"):
        for _ in range(3):
            assert ask(browser, email).status_code == 200
        refused = ask(browser, email)
        assert refused.status_code == 429
        assert int(refused["Retry-After"]) > 0
        assert b"Too many tries" in refused.content
        assert Letter.objects.filter(address=email).count() == 3


@pytest.mark.parametrize(
    "email",
    [
        "",
        "alice",
        "a@b",
        "alice@example.org\r\nBcc: bob@example.org",
        "a" * 250 + "@b.rs",
        "a\0@b.rs",
        "<script>@b.rs",
    ],
)
def test_what_is_no_address_is_told_on_the_page(browser: Client, email: str) -> None:
    answer = browser.post(URL, {"email": email})

    assert answer.status_code == 400
    assert b'class="fault"' in answer.content
    assert b"<script>" not in answer.content
    assert not Letter.objects.exists()


def test_it_speaks_the_browsers_language_or_the_one_chosen(browser: Client, alice: User) -> None:
    serbian = Client(headers={"Accept-Language": "sr-RS,sr;q=0.9,en;q=0.5"})
    assert "Brisanje naloga" in serbian.get(URL).content.decode()
    assert "Brisanje naloga" in browser.get(f"{URL}?language=sr").content.decode()
    assert 'lang="sr-Latn"' in browser.get(f"{URL}?language=sr").content.decode()
    assert "Delete your account" in serbian.get(f"{URL}?language=en").content.decode()
    assert "sanduče" in serbian.post(URL, {"email": "x@example.org"}, follow=True).content.decode()
    assert Letter.objects.get().subject == "Nema naloga sa ovom adresom"
    for odd in ("xx", "", "..", "%00", "<"):
        assert browser.get(f"{URL}?language={odd}").status_code == 200


def test_nothing_runs_on_the_pages_and_nobody_keeps_them(browser: Client, alice: User) -> None:
    ask(browser, alice.email)
    for answer in (browser.get(URL), browser.get(link()), browser.get(f"{URL}x/"), browser.post(URL, {})):
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert "no-store" in answer["Cache-Control"]
        assert b"<script" not in answer.content
        assert b"style=" not in answer.content


@pytest.mark.parametrize("email", ["alice@[127.0.0.1]", '"alice b"@example.org', "alice@ex\u2100mple.org"])
def test_an_address_nobody_is_written_to_is_refused(browser: Client, email: str) -> None:
    answer = browser.post(URL, {"email": email})

    assert answer.status_code == 400
    assert b"Enter a valid email address." in answer.content
    assert not Letter.objects.exists()


def test_a_form_of_another_site_deletes_nothing(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(URL, {"email": alice.email}).status_code == 403
    ask(Client(), alice.email)

    assert strict.post(link()).status_code == 403
    alice.refresh_from_db()
    assert alice.is_active


def test_an_account_that_staff_have_closed_can_be_deleted_but_does_not_return(
    browser: Client, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    ask(browser, alice.email)

    browser.post(link())

    alice.refresh_from_db()
    assert alice.deletion_requested_at
    assert (
        Phone().post("/api/v1/auth/token/", {"email": alice.email, "password": PASSWORD}).status_code == 401
    )


def test_the_log_does_not_hold_the_key(browser: Client, alice: User) -> None:
    ask(browser, alice.email)
    assert public_path(link()) == "/account/deletion/…"
