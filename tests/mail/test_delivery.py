"""What the mail server says, and what becomes of the letter."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from apps.mail import tidying
from apps.mail.delivery import send_due
from apps.mail.models import Letter, Outage
from apps.mail.outbox import post
from tests.fakes.smtp import HANG, RESET, MailServer
from tests.mail.conftest import draft, post_one

pytestmark = pytest.mark.django_db


def letter(address: str = "alice@example.org") -> Letter:
    return Letter.objects.get(address=address)


def make_due() -> None:
    Letter.objects.update(next_try_at=Now())
    Outage.objects.update(until=Now())


def asked_again_after() -> timedelta:
    """How long the pause was made; it is made longer, for a test that is slower."""
    outage = Outage.objects.get()
    Outage.objects.update(until=Now() + timedelta(minutes=1))
    Letter.objects.update(next_try_at=Now())
    return outage.until - outage.since


def test_a_letter_arrives_as_it_was_written_and_its_words_are_forgotten(server: MailServer) -> None:
    post_one(
        subject="Ispit iz Čitanja",
        text="Ključ: žuti-ključ\n",
        html="<p>Ključ</p>",
        headers={"List-Unsubscribe": "<https://campanile.example/unsubscribe/x>"},
    )
    assert send_due() == 1
    (arrived,) = server.letters
    plain, rich = arrived.iter_parts()
    assert (arrived["To"], arrived["Subject"]) == ("alice@example.org", "Ispit iz Čitanja")
    assert plain.get_content().strip() == "Ključ: žuti-ključ"
    assert rich.get_content().strip() == "<p>Ključ</p>"
    assert arrived["List-Unsubscribe"] == "<https://campanile.example/unsubscribe/x>"
    assert arrived["Auto-Submitted"] == "auto-generated"
    sent = letter()
    assert (sent.status, sent.attempts, sent.lease_until) == ("sent", 1, None)
    assert (sent.text, sent.html, sent.headers) == ("", "", {})
    assert sent.settled_at is not None
    assert send_due() == 0


@pytest.mark.parametrize(("command", "answer"), [("RCPT", "550 5.1.1 no such user"), ("DATA", "554 spam")])
def test_what_is_refused_for_good_is_dead_at_once_and_the_others_arrive(
    server: MailServer, command: str, answer: str
) -> None:
    post([draft("alice@example.org"), draft("bob@example.org")])
    server.fail(command, answer, to="alice@example.org")  # type: ignore[arg-type]  # one of the commands
    assert send_due() == 2
    refused = letter()
    assert (refused.status, refused.error, refused.text) == ("dead", answer, "")
    assert letter("bob@example.org").status == "sent"
    assert send_due() == 0


@pytest.mark.parametrize(("command", "answer"), [("RCPT", "450 greylisted"), ("DATA", "451 try again")])
def test_what_is_refused_for_now_is_tried_again_with_its_words(
    server: MailServer, command: str, answer: str
) -> None:
    post([draft("alice@example.org"), draft("bob@example.org")])
    server.fail(command, answer, to="alice@example.org")  # type: ignore[arg-type]  # one of the commands
    send_due()
    waiting = letter()
    assert (waiting.status, waiting.attempts, waiting.error) == ("pending", 1, answer)
    assert waiting.next_try_at > waiting.created_at + timedelta(seconds=2)
    assert letter("bob@example.org").status == "sent"
    Letter.objects.update(next_try_at=Now() + timedelta(minutes=1))
    assert send_due() == 0, "not before its time"
    server.mend()
    make_due()
    send_due()
    assert (letter().status, letter().error) == ("sent", "")
    assert server.to("alice@example.org")[0].get_content().strip() == "A key: s3cret-key"


@pytest.mark.parametrize("failure", [RESET, HANG, "421 shutting down"])
def test_a_server_that_goes_away_in_the_middle_of_a_letter_costs_that_one_a_try_and_the_others_none(
    server: MailServer, settings: Settings, failure: str
) -> None:
    settings.EMAIL_TIMEOUT = 1 if failure == HANG else 10
    post([draft(f"{name}@example.org") for name in ("alice", "bob", "carol")])
    server.fail("DATA", failure)
    send_due()
    assert sorted(Letter.objects.values_list("attempts", "lease_until", "status")) == [
        (0, None, "pending"),
        (0, None, "pending"),
        (1, None, "pending"),
    ]
    tries = len(server.tries)
    assert asked_again_after() >= timedelta(seconds=0.5)
    assert send_due() == 0, "the server has a pause"
    assert len(server.tries) == tries
    server.mend()
    settings.EMAIL_TIMEOUT = 10
    make_due()
    send_due()
    assert len(server.letters) == 3
    assert not Outage.objects.exists()


@pytest.mark.parametrize("trouble", ["refused", "frozen", "password", "sender", "greeting"])
def test_while_the_server_takes_nothing_no_letter_pays_for_it(
    server: MailServer, settings: Settings, trouble: str
) -> None:
    settings.EMAIL_TIMEOUT = 1 if trouble == "frozen" else 10
    post([draft(f"student{number}@example.org") for number in range(3)])
    match trouble:
        case "refused":
            server.stop()
        case "frozen":
            server.fail("EHLO", HANG)
        case "greeting":
            server.fail("EHLO", "554 go away")
        case "password":
            settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "campanile", "wrong-password"
            server.password = "right"
        case "sender":
            server.fail("MAIL", "550 who are you")
    send_due()
    assert set(Letter.objects.values_list("status", "lease_until")) == {("pending", None)}
    tried = Letter.objects.filter(attempts__gt=0).count()
    assert tried == (1 if trouble == "sender" else 0)
    assert asked_again_after() >= timedelta(seconds=0.5)
    assert send_due() == 0
    first = Outage.objects.get()
    assert "wrong-password" not in first.why
    make_due()
    send_due()
    again = Outage.objects.get()
    assert (again.since, again.tries) == (first.since, 2)

    server.mend()
    settings.EMAIL_HOST_USER, settings.EMAIL_TIMEOUT = "", 10
    if trouble == "refused":
        server.start()
    make_due()
    send_due()
    assert len(server.letters) == 3
    assert not Outage.objects.exists()


def test_an_expired_letter_is_never_sent_and_forgets_its_words(server: MailServer) -> None:
    post_one()
    Letter.objects.update(expires_at=Now())
    assert send_due() == 0
    assert tidying.expire() == 1
    assert (letter().status, letter().text) == ("expired", "")
    assert tidying.expire() == 0
    assert server.letters == []


def test_one_that_expires_while_another_is_sent_is_not_sent_late(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    post([draft("alice@example.org"), draft("bob@example.org", bulk=True)])
    elapsed = iter([0.0, 1.0, 15.0])
    monkeypatch.setattr("apps.mail.delivery.monotonic", lambda: next(elapsed))
    Letter.objects.filter(address="bob@example.org").update(expires_at=Now() + timedelta(seconds=10))
    send_due()
    assert [arrived["To"] for arrived in server.letters] == ["alice@example.org"]
    assert (letter("bob@example.org").status, letter("bob@example.org").lease_until) == ("pending", None)


def test_no_letter_is_begun_that_could_outlive_the_lease(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    post([draft("alice@example.org"), draft("bob@example.org", bulk=True)])
    elapsed = iter([0.0, 1.0, 21.0])
    monkeypatch.setattr("apps.mail.delivery.monotonic", lambda: next(elapsed))
    send_due()
    assert [arrived["To"] for arrived in server.letters] == ["alice@example.org"]
    assert (letter("bob@example.org").status, letter("bob@example.org").lease_until) == ("pending", None)


def test_bulk_waits_for_all_others(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.mail.delivery.BATCH", 1)
    post([draft("alice@example.org", bulk=True)])
    post([draft("bob@example.org")])
    send_due()
    assert [arrived["To"] for arrived in server.letters] == ["bob@example.org"]


def test_settled_letters_are_pruned_after_a_month_and_waiting_ones_never(server: MailServer) -> None:
    post_one()
    send_due()
    Letter.objects.update(settled_at=Now() - timedelta(days=29))
    assert tidying.prune() == 0
    Letter.objects.update(settled_at=Now() - timedelta(days=31))
    post_one("bob@example.org")
    Letter.objects.filter(address="bob@example.org").update(created_at=Now() - timedelta(days=31))
    assert tidying.prune() == 1
    assert Letter.objects.get().address == "bob@example.org"


def test_neither_words_nor_addresses_are_logged(
    server: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    post([draft(f"{name}@example.org", html="s3cret-key") for name in ("alice", "bob", "carol")])
    server.fail("RCPT", "550 no such user", to="alice@example.org")
    server.fail("DATA", "451 later", to="bob@example.org")
    server.fail("DATA", "421 closing", to="carol@example.org")
    send_due()
    said = capsys.readouterr()
    assert "mail.dead" in said.err
    assert "mail.outage" in said.err
    assert "s3cret-key" not in said.out + said.err
    assert "@example.org" not in said.out + said.err
