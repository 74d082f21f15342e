"""The pages where the links in letters lead, as a browser meets them."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.users.models import Registration, User
from tests.users.conftest import PASSWORD, Phone
from tests.users.letters import key_in, newest

NEW = "another long sentence"


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


def confirmation(email: str = "charlie@example.org", password: str = PASSWORD) -> str:
    Phone().post("/api/v1/auth/register/", {"email": email, "password": password})
    return f"/account/confirm/{key_in(newest(email))}/"


def reset(user: User) -> str:
    Phone().post("/api/v1/auth/password/reset/", {"email": user.email})
    return f"/account/reset/{key_in(newest(user.email))}/"


def fill_in(browser: Client, path: str, password: str, again: str | None = None) -> Any:
    """What a person does: open the link, and send the form that is there."""
    page = browser.get(path).content.decode()
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    form = {"csrfmiddlewaretoken": token, "password": password, "again": password if again is None else again}
    return browser.post(path, form)


def signs_in(email: str, password: str) -> bool:
    answer = Phone().post("/api/v1/auth/token/", {"email": email, "password": password})
    return bool(answer.status_code == 200)


def test_a_letter_is_answered_in_a_browser(browser: Client, db: None) -> None:
    answer = fill_in(browser, confirmation(), PASSWORD)

    assert answer.status_code == 200
    assert "Your address is confirmed" in answer.content.decode()
    assert signs_in("charlie@example.org", PASSWORD)


def test_who_confirms_in_a_browser_has_the_password_typed_there(browser: Client, db: None) -> None:
    fill_in(browser, confirmation(password="of whoever registered"), PASSWORD)

    assert signs_in("charlie@example.org", PASSWORD)
    assert not signs_in("charlie@example.org", "of whoever registered")


def test_another_password_is_chosen_in_a_browser(browser: Client, alice: User) -> None:
    assert "Your password was changed" in fill_in(browser, reset(alice), NEW).content.decode()

    assert signs_in(alice.email, NEW)
    assert not signs_in(alice.email, PASSWORD)


def test_scanners_that_open_every_link_use_nothing_up(browser: Client, alice: User) -> None:
    for path in (confirmation(), reset(alice)):
        for _ in range(3):
            assert browser.get(path).status_code == 200
            assert browser.head(path).status_code == 200
            assert browser.options(path).status_code == 200
        assert fill_in(browser, path, NEW).status_code == 200


def test_a_page_looks_the_same_for_a_key_that_was_never_made(browser: Client, alice: User) -> None:
    path = reset(alice)
    real, made_up = browser.get(path), browser.get("/account/reset/made-up/")

    def without_secrets(page: Any, key: str) -> str:
        return re.sub(r'value="\w+"', "", page.content.decode()).replace(key, "")

    assert without_secrets(real, path.split("/")[3]) == without_secrets(made_up, "made-up")


def test_a_link_that_is_no_longer_good_says_so(browser: Client, alice: User) -> None:
    path = reset(alice)
    fill_in(browser, path, NEW)

    again = fill_in(browser, path, PASSWORD)

    assert again.status_code == 400
    assert "This key was used already" in again.content.decode()
    assert signs_in(alice.email, NEW)


@pytest.mark.parametrize(
    ("password", "again", "fault"),
    [
        ("short", "short", "This password is too short"),
        ("alice@example.org", "alice@example.org", "too similar to the e-mail address"),
        (NEW, NEW + " ", "These two are not the same"),
        ("", "", "This field is required"),
        ("x" * 1025, "x" * 1025, "at most 1024 characters"),
        (NEW + "\0", NEW + "\0", "Null characters are not allowed"),
    ],
)
def test_a_password_that_will_not_do_is_told_where_it_stands(
    browser: Client, alice: User, password: str, again: str, fault: str
) -> None:
    path = reset(alice)

    answer = fill_in(browser, path, password, again)

    assert answer.status_code == 400
    assert fault in answer.content.decode()
    assert fill_in(browser, path, NEW).status_code == 200


def test_no_other_site_can_send_the_form(browser: Client, alice: User) -> None:
    path = reset(alice)

    assert browser.post(path, {"password": NEW, "again": NEW}).status_code == 403
    assert signs_in(alice.email, PASSWORD)


def test_nothing_from_elsewhere_and_no_script_can_run_and_nothing_is_kept(browser: Client, db: None) -> None:
    for path in ("/account/confirm/x/", "/account/reset/x/"):
        page = browser.get(path)
        policy = dict(part.split(" ", 1) for part in page["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["script-src"] == policy["frame-ancestors"] == "'none'"
        assert policy["style-src"] == policy["form-action"] == "'self'"
        assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "same-origin")
        text = page.content.decode()
        assert "<script" not in text
        assert " style=" not in text
        assert not re.search(r'(?:src|href)="(?!/static/|campanile:)', text)


def test_the_app_can_take_over(browser: Client, db: None) -> None:
    assert (
        'href="campanile://account/confirm/a-key"' in browser.get("/account/confirm/a-key/").content.decode()
    )


def test_pages_speak_the_language_of_the_browser(browser: Client, alice: User) -> None:
    page = browser.get(reset(alice), headers={"Accept-Language": "sr-RS,en;q=0.4"}).content.decode()

    assert '<html lang="sr-latn">' in page
    assert "Izaberite drugu lozinku" in page


def test_an_address_tries_sixty_keys_a_minute(browser: Client, db: None) -> None:
    statuses = [fill_in(browser, "/account/reset/x/", NEW).status_code for _ in range(61)]

    assert statuses == [400] * 60 + [429]
    refused = fill_in(browser, "/account/reset/x/", NEW)
    assert int(refused["Retry-After"]) >= 1
    assert "Too many tries" in refused.content.decode()


def test_an_odd_key_is_a_key_that_is_no_longer_good(browser: Client, db: None) -> None:
    for odd in ("%00", "é", "..", "%2e%2e", "0" * 32 + "-", "x" * 2000, "%ff"):
        for page in ("confirm", "reset"):
            assert fill_in(browser, f"/account/{page}/a{odd}/", NEW).status_code == 400
    assert not Registration.objects.exists()


def test_a_form_without_its_token_leaves_the_key_out_of_the_log(
    browser: Client, alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    path = reset(alice)

    assert browser.post(path, {"password": NEW, "again": NEW}).status_code == 403

    told = capsys.readouterr().err
    assert "/account/reset/…" in told
    assert path.split("/")[-2] not in told
