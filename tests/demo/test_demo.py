"""`manage.py demo` plays the main job over real sockets, and says so when a step does not end as it should."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from apps.demo import story
from apps.webhooks.models import Delivery

pytestmark = pytest.mark.usefixtures("phones")


def play(url: str) -> str:
    said = StringIO()
    call_command("demo", url=url, stdout=said)
    return said.getvalue()


@pytest.mark.usefixtures("faculty", "worker")
def test_every_step_is_told_and_the_phone_shows_both_rooms(live_server: LiveServer) -> None:
    said = play(live_server.url)

    news = Delivery.objects.get(type="course.updated")
    assert f"delivery {news.public_id} is processed: revision {news.revision}" in said
    for step in ("202 for course.updated", "304 became 200", "delta: the course", "inbox: ", "rang: "):
        assert step in said
    before, after = said.split("-> ", 1)
    old, new = before.rsplit(" ", 2)[1], after.split("\n", 1)[0]
    assert said.count(f"{old} → {new}") == 2


@pytest.mark.usefixtures("faculty", "worker")
def test_another_run_finds_another_room(live_server: LiveServer) -> None:
    rooms = [play(live_server.url).split("-> ")[1].split("\n")[0] for _ in range(3)]

    assert len(set(rooms)) == 3


@pytest.mark.usefixtures("faculty")
def test_it_fails_when_no_worker_runs(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "PATIENCE_SECONDS", 0.3)

    with pytest.raises(CommandError, match="worker to take the delivery"):
        play(live_server.url)


@pytest.mark.usefixtures("faculty", "worker")
def test_it_fails_when_the_phone_stays_silent(
    live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "PATIENCE_SECONDS", 3.0)
    monkeypatch.setattr(story, "phone_address", lambda email, platform: "a-phone-in-a-drawer")

    with pytest.raises(CommandError, match="a message on the phone a-phone-in-a-drawer"):
        play(live_server.url)


def test_it_says_how_to_start_the_system_when_nobody_answers() -> None:
    with pytest.raises(CommandError, match="make run"):
        play("http://127.0.0.1:9")


def test_it_never_rings_real_phones(settings: Any, live_server: LiveServer) -> None:
    settings.FCM_EMULATOR_HOST = ""

    with pytest.raises(CommandError, match="FCM_EMULATOR_HOST"):
        play(live_server.url)
    assert not Delivery.objects.filter(type="course.updated").exists()
