"""`manage.py deliveries`: everything is told, nothing is done twice."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.courses.models import Change, Course
from apps.webhooks import processing
from apps.webhooks.handlers import HANDLERS
from apps.webhooks.management.commands import deliveries as command
from apps.webhooks.models import Delivery
from tests.factories.documents import course, entry, term
from tests.factories.webhooks import Sender
from tests.faults.poisons import POISONS


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("deliveries", *arguments, stdout=said, stderr=StringIO())
    return said.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    return str(error.value)


def sent(sender: Sender, id: str, type: str = "course.updated", data: Any = None) -> Delivery:
    sender.send(type, course(id) if data is None else data, id=id)
    return Delivery.objects.get(webhook_id=id)


def status(id: str) -> str:
    return Delivery.objects.get(webhook_id=id).status


def test_the_list_is_newest_first_and_says_how_many_more(sender: Sender) -> None:
    for id in ("a", "b", "c"):
        sent(sender, id)
    lines = run("list", "--limit", "2").splitlines()
    assert [line.split()[4] for line in lines[1:3]] == ["c", "b"]
    assert lines[3] == "The newest 2 of 3; --limit shows more."


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--status", "processed"], {"old"}),
        (["--source", "library"], {"book"}),
        (["--type", "term.updated"], {"term"}),
        (["--since", "1h"], {"new", "term", "book"}),
        (["--until", "1h"], {"old"}),
        (["--since", "2h", "--status", "pending", "--type", "course.updated"], {"new", "book"}),
        (["--since", "2099-01-01"], set()),
        (["old", "new"], {"old", "new"}),
        (["old", "new", "--status", "pending"], {"new"}),
    ],
)
def test_it_is_narrowed(
    sender: Sender, sender_elsewhere: Sender, arguments: list[str], expected: set[str]
) -> None:
    sent(sender, "old")
    processing.apply_pending()
    Delivery.objects.update(received_at=timezone.now() - timedelta(hours=3))
    sent(sender, "new")
    sent(sender, "term", "term.updated", term())
    sent(sender_elsewhere, "book")
    assert {line.split()[4] for line in run("list", *arguments).splitlines()[1:]} == expected


def test_one_is_named_by_number_range_public_id_and_webhook_id(sender: Sender) -> None:
    first, second, third = (sent(sender, id) for id in ("a", "b", "c"))
    digits = sent(sender, str(first.pk))
    for names, expected in (
        ([str(second.pk)], ["b"]),
        ([str(second.public_id)], ["b"]),
        (["b"], ["b"]),
        ([f"{first.pk}..{second.pk}"], ["a", "b"]),
        ([f"{third.pk}.."], ["c", digits.webhook_id]),
        ([f"..{first.pk}", "c"], ["a", "c"]),
        ([f"webhook-id:{first.pk}"], [digits.webhook_id]),
    ):
        shown = [
            line.split()[-1] for line in run("show", *names).splitlines() if line.startswith("webhook-id:")
        ]
        assert shown == expected


@pytest.mark.parametrize(
    "name", ["999999", "nothing", "5000..6000", "e0a2f0f6-7a1c-4d27-a2f5-6f9e5a3d2f10", ".."]
)
def test_one_that_is_not_there_is_named_in_the_error(sender: Sender, name: str) -> None:
    sent(sender, "a")
    for action in ("list", "show", "replay", "skip", "diff"):
        assert repr(name) in refused(action, "a", name)
    assert status("a") == "pending"


def test_what_cannot_be_read_as_a_time_is_wrong_usage(sender: Sender) -> None:
    for odd in ("yesterday", "2026-13-45", "5y"):
        assert odd in refused("list", "--since", odd)


def test_showing_tells_headers_body_outcome_and_changes(sender: Sender) -> None:
    delivery = sent(sender, "a", data=course(title="Алгоритми"))
    processing.apply_pending()
    page = run("show", "a")
    for piece in (
        f"{delivery.public_id} (number {delivery.pk})",
        f"webhook-timestamp: {int(delivery.sent_at.timestamp())}",
        "result:            changed: 1",
        "+ ALG Алгоритми",
        '"title": "Алгоритми"',
    ):
        assert piece in page


def test_showing_a_quarantined_one_names_its_faults_and_keeps_the_terminal_safe(sender: Sender) -> None:
    sender.post(b'{"type": "course.updated", "data": "\x1b[2J"', id="bad")
    page = run("show", "bad")
    assert "is not JSON" in page
    assert "\x1b" not in page


def test_replaying_twice_has_one_effect(sender: Sender) -> None:
    sent(sender, "a")
    processing.apply_pending()
    before = Change.objects.count()
    for _ in range(2):
        assert "Put in the queue again: 1." in run("replay", "a")
        assert status("a") == "pending"
    processing.apply_pending()
    assert status("a") == "processed"
    assert Change.objects.count() == before


def test_a_replay_that_changes_nothing_keeps_what_the_first_time_did(sender: Sender) -> None:
    delivery = sent(sender, "a")
    processing.apply_pending()
    sent(sender, "b", data=course("b"))
    processing.apply_pending()
    for _ in range(2):
        first = Delivery.objects.values("revision", "result", "status").get(pk=delivery.pk)
        run("replay", "a")
        processing.apply_pending()
        assert Delivery.objects.values("revision", "result", "status").get(pk=delivery.pk) == first
    assert first["result"] == {"changed": 1}


def test_a_replay_that_changes_something_tells_what(sender: Sender) -> None:
    sent(sender, "a")
    processing.apply_pending()
    Course.objects.all().delete()
    Delivery.objects.update(result={"changed": 9})
    run("replay", "a")
    processing.apply_pending()
    delivery = Delivery.objects.get()
    assert (delivery.revision, delivery.result) == (2, {"changed": 1})


def test_a_range_is_replayed_with_progress(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "CHUNK", 2)
    numbers = [sent(sender, str(f"id-{n}")).pk for n in range(5)]
    Delivery.objects.update(status="dead", attempts=5)
    said, progress = StringIO(), StringIO()
    call_command(
        "deliveries",
        "replay",
        f"{numbers[0]}..{numbers[-1]}",
        "--status",
        "dead",
        stdout=said,
        stderr=progress,
    )
    assert progress.getvalue().split("\n")[:3] == ["2 of 5", "4 of 5", "5 of 5"]
    assert "5" in said.getvalue()
    assert set(Delivery.objects.values_list("status", "attempts")) == {("pending", 0)}


def test_a_quarantined_one_is_not_replayed_and_that_is_said(sender: Sender) -> None:
    sent(sender, "good")
    sent(sender, "bad", data={})
    assert refused("replay", "good", "bad") == "Cannot be put in the queue again: 1 quarantined."
    assert (status("good"), status("bad")) == ("pending", "quarantined")


def test_skipping_sets_aside_what_waits_or_is_dead_until_it_is_replayed(sender: Sender) -> None:
    sent(sender, "waiting")
    sent(sender, "dead")
    Delivery.objects.filter(webhook_id="dead").update(status="dead")
    for _ in range(2):
        assert "Set aside: 2." in run("skip", "waiting", "dead")
    processing.apply_pending()
    assert {status("waiting"), status("dead")} == {"skipped"}
    assert not Course.objects.exists()

    run("replay", "--status", "skipped")
    processing.apply_pending()
    assert {status("waiting"), status("dead")} == {"processed"}


def test_what_was_applied_cannot_be_skipped(sender: Sender) -> None:
    delivery = sent(sender, "a")
    processing.apply_pending()
    assert refused("skip", "a") == "Cannot be set aside: 1 processed."
    with pytest.raises(Delivery.NotSkippable):
        delivery.skip()
    assert status("a") == "processed"


@pytest.mark.parametrize("action", ["replay", "skip"])
def test_a_dry_run_says_and_does_nothing(sender: Sender, action: str) -> None:
    sent(sender, "a")
    Delivery.objects.update(status="dead")
    assert "1 (1 dead)" in run(action, "a", "--dry-run")
    assert status("a") == "dead"


@pytest.mark.parametrize("action", ["show", "replay", "skip", "diff"])
def test_all_of_them_must_be_meant(sender: Sender, action: str) -> None:
    sent(sender, "a")
    assert "narrow them down" in refused(action)
    assert refused(action, "--status", "dead") == "No delivery is like that."


def test_the_diff_of_an_applied_one_is_what_it_changed(sender: Sender) -> None:
    sent(sender, "a", data=course())
    processing.apply_pending()
    sent(sender, "b", data=course(entries=[entry(rooms=["Raf04"])]))
    processing.apply_pending()
    assert "lecture, Tuesday 11:15 to 13:00, Raf20: rooms: Raf20 -> Raf04" in run("diff", "b")
    assert "Raf04" not in run("diff", "a")


@pytest.mark.parametrize("waiting", ["pending", "dead", "skipped"])
def test_the_diff_of_a_waiting_one_is_what_it_would_change_and_nothing_is_changed(
    sender: Sender, waiting: str
) -> None:
    sent(sender, "a", data=course())
    processing.apply_pending()
    sent(sender, "b", data=course(title="More algorithms", entries=[entry(rooms=["Raf04"])]))
    Delivery.objects.filter(webhook_id="b").update(status=waiting)
    before = (Change.objects.count(), *Course.objects.values_list("title", "revision"))
    said = run("diff", "b")
    assert "would now change (changed: 1)" in said
    assert "    title: Algorithms -> More algorithms" in said
    assert "lecture, Tuesday 11:15 to 13:00, Raf20: rooms: Raf20 -> Raf04" in said
    assert (Change.objects.count(), *Course.objects.values_list("title", "revision")) == before
    assert status("b") == waiting


def test_the_diff_of_one_that_cannot_be_applied_says_why(sender: Sender, monkeypatch: Any) -> None:
    monkeypatch.setitem(HANDLERS, "test.raises", POISONS["test.raises"])
    sent(sender, "poison", "test.raises", {})
    sent(sender, "bad", data={})
    said = StringIO()
    with pytest.raises(CommandError, match="2 cannot be applied"):
        call_command("deliveries", "diff", "poison", "bad", stdout=said)
    assert "ZeroDivisionError: a bug in this handler" in said.getvalue()
    assert "/data/id" in said.getvalue()
