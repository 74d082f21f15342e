"""What config/web_worker.py changes of gunicorn's own worker, beside what tests/faults/test_hostile_requests.py tries from outside."""

import select
from collections.abc import Callable, Iterator
from threading import Barrier, Event
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import PollableMethodQueue, ThreadWorker

from config.web_worker import WebWorker


def test_settings_are_found_as_they_were_and_without_the_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Any = Config()  # type: ignore[no-untyped-call]  # gunicorn has no types
    settings.set("keepalive", 75)
    before = {name: getattr(settings, name) for name in settings.settings}
    worker = WebWorker.__new__(WebWorker)
    worker.cfg = settings
    monkeypatch.setattr(ThreadWorker, "init_process", lambda _: None)  # which would begin to serve

    worker.init_process()

    monkeypatch.delattr(Config, "__getattr__")
    assert {name: getattr(settings, name) for name in before} == before
    assert settings.keepalive == 75


class Worker(WebWorker):
    """Nothing but the way of a connection to a thread and of its outcome back."""

    def __init__(self, handle: Callable[[Any], Any], *, threads: int) -> None:
        self.cfg = SimpleNamespace(threads=threads)
        self._handle = handle
        self.finished: list[tuple[Any, Any]] = []
        self.method_queue = PollableMethodQueue()  # type: ignore[no-untyped-call]  # gunicorn has no types
        self.method_queue.init()
        self.tpool = self.get_thread_pool()

    def handle(self, conn: Any) -> Any:
        return self._handle(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        assert not fs.cancelled()
        self.finished.append((conn, fs.result()))

    def finish(self, number: int) -> list[tuple[Any, Any]]:
        """On this thread, as on the main one of a worker."""
        while len(self.finished) < number:
            assert select.select([self.method_queue.fileno()], [], [], 10)[0]
            self.method_queue.run_callbacks(None)
        return self.finished


@pytest.fixture
def started() -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def start(handle: Callable[[Any], Any], *, threads: int = 1) -> Worker:
        workers.append(Worker(handle, threads=threads))
        return workers[-1]

    yield start
    for worker in workers:
        worker.tpool.shutdown(wait=True)
        worker.method_queue.close()


def test_outcomes_come_back_in_the_order_of_requests(started: Callable[..., Worker]) -> None:
    worker = started(lambda conn: conn % 2 == 0)
    for conn in range(5):
        worker.enqueue_req(conn)
    assert worker.finish(5) == [(0, True), (1, False), (2, True), (3, False), (4, True)]


def test_as_many_are_handled_at_a_time_as_there_are_threads(started: Callable[..., Worker]) -> None:
    met = Barrier(3, timeout=10)
    worker = started(lambda conn: met.wait() >= 0, threads=3)
    for conn in range(3):
        worker.enqueue_req(conn)
    assert sorted(worker.finish(3)) == [(0, True), (1, True), (2, True)]


def test_what_ends_a_process_ends_it_and_not_the_thread(started: Callable[..., Worker]) -> None:
    def handle(conn: str) -> bool:
        if conn == "stop":
            raise SystemExit(3)
        return True

    worker = started(handle)
    worker.enqueue_req("stop")
    with pytest.raises(SystemExit, match="3"):
        worker.finish(1)
    worker.enqueue_req("go on")
    assert worker.finish(1) == [("go on", True)]


def test_what_waits_is_answered_before_the_threads_end(started: Callable[..., Worker]) -> None:
    begun, go_on = Event(), Event()

    def handle(conn: int) -> bool:
        begun.set()
        return go_on.wait(10)

    worker = started(handle)
    for conn in range(3):
        worker.enqueue_req(conn)
    assert begun.wait(10)
    worker.tpool.shutdown(wait=False)
    go_on.set()
    worker.tpool.shutdown(wait=True)
    assert worker.finish(3) == [(0, True), (1, True), (2, True)]
