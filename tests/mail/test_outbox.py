"""What may be posted, and that it is posted once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.mail.models import Letter
from apps.mail.outbox import InvalidDraft, post
from apps.users.models import User
from tests.mail.conftest import draft


@pytest.mark.parametrize(
    "to",
    [
        "",
        "alice",
        "alice@example.org\nBcc: bob@example.org",
        "alice@example.org\r",
        "alice@example.org, bob@example.org",
        "Alice <alice@example.org>",
        '"a b"@example.org',
        "alice@[127.0.0.1]",
        "al\x00ice@example.org",
        "šime@example.org",
        "alice@exam ple.org",
        f"{'a' * 320}@example.org",
    ],
)
def test_an_odd_address_is_refused(to: str) -> None:
    with pytest.raises(InvalidDraft, match=r"^to: "):
        draft(to)


@pytest.mark.parametrize(
    "to", ["alice@example.org", "a.l+i-ce@sub.example.org", "student@campanile.test", "a@žabac.rs"]
)
def test_a_plain_address_is_taken(to: str) -> None:
    assert draft(to).to == to


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "Hello\r\nBcc: bob@example.org"),
        ("subject", "Hello\x00"),
        ("subject", "two\u2028lines"),
        ("subject", "\ud800"),
        ("subject", " "),
        ("subject", "x" * 251),
        ("text", ""),
        ("text", "NUL \x00"),
        ("html", "\udfff"),
        ("key", ""),
        ("key", "k" * 201),
        ("headers", {"Bcc": "bob@example.org"}),
        ("headers", {"content-type": "text/html"}),
        ("headers", {"Message-ID": "<1@example.org>"}),
        ("headers", {"List Unsubscribe": "x"}),
        ("headers", {"X-A:\r\nBcc": "x"}),
        ("headers", {"List-Unsubscribe": "<https://example.org>\r\nBcc: bob@example.org"}),
        ("headers", {"List-Unsubscribe": "ž"}),
        ("expires_at", datetime(2030, 1, 1)),  # noqa: DTZ001  # the fault
    ],
)
def test_what_would_not_be_one_letter_to_one_person_is_refused_by_the_name_of_its_field(
    field: str, value: Any
) -> None:
    with pytest.raises(InvalidDraft, match=rf"^{field}: "):
        draft(**{field: value})


@pytest.mark.django_db
def test_the_same_key_is_posted_once() -> None:
    assert (
        post([draft(key="welcome:1"), draft(key="welcome:1"), draft(key="welcome:2"), draft(), draft()]) == 4
    )
    assert post([draft(key="welcome:1"), draft(key="welcome:3")]) == 1
    assert Letter.objects.count() == 5


@pytest.mark.django_db
def test_any_number_are_posted_in_one_statement() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert post([draft(f"student{number}@example.org") for number in range(500)]) == 500
        assert post([]) == 0
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_posted() -> None:
    with transaction.atomic():
        post([draft()])
        transaction.set_rollback(True)
    assert not Letter.objects.exists()


@pytest.mark.django_db
def test_letters_go_with_the_account() -> None:
    alice = User.objects.create_user("alice@example.org")
    post([draft(user=alice.pk), draft("bob@example.org")])
    alice.delete()
    assert Letter.objects.get().address == "bob@example.org"


@pytest.mark.django_db
def test_everything_of_the_draft_is_kept() -> None:
    expires_at = timezone.now() + timedelta(days=2)
    headers = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    post([draft(html="<p>Zdravo, čoveče</p>", headers=headers, expires_at=expires_at, bulk=True)])
    letter = Letter.objects.get()
    assert (letter.html, letter.headers, letter.expires_at) == ("<p>Zdravo, čoveče</p>", headers, expires_at)
    assert (letter.bulk, letter.status, letter.attempts) == (True, "pending", 0)
