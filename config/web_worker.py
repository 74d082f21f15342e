"""gunicorn's threaded worker, but for one status, for how it reads its settings and for the threads it has."""

from concurrent.futures import Future
from typing import Any

from gunicorn.http.errors import InvalidHeader, UnsupportedTransferCoding
from gunicorn.workers.gthread import ThreadWorker

from config.web_threads import WebThreads


class WebWorker(ThreadWorker):
    tpool: WebThreads
    method_queue: Any

    def init_process(self) -> None:
        """Settings become plain attributes: gunicorn reads 26 a request, by a fallback of Python's that made up a quarter of its own work."""
        vars(self.cfg).update({name: setting.get() for name, setting in self.cfg.settings.items()})
        super().init_process()  # type: ignore[no-untyped-call]  # gunicorn has no types

    def get_thread_pool(self) -> WebThreads:
        return WebThreads(self.cfg.threads, self._answer)

    def enqueue_req(self, conn: Any) -> None:
        self.tpool.add(conn)

    def _answer(self, conn: Any) -> None:
        """On a thread. What comes of it is for the main one: an exception too, as of them SystemExit ends the worker."""
        outcome: Answered | Future[Any]
        try:
            outcome = Answered(self.handle(conn))  # type: ignore[no-untyped-call]  # gunicorn has no types
        except BaseException as error:  # noqa: BLE001  # raised again by result()
            outcome = Future()
            outcome.set_exception(error)
        self.method_queue.defer(self.finish_request, conn, outcome)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """A transfer coding nobody knows is 400, not 501: what is wrong with a request is never told as a fault of ours, to be tried again."""
        if isinstance(exc, UnsupportedTransferCoding):
            exc = InvalidHeader("TRANSFER-ENCODING")  # type: ignore[no-untyped-call]  # gunicorn has no types
        super().handle_error(req, client, addr, exc)  # type: ignore[no-untyped-call]  # gunicorn has no types


class Answered:
    """What gunicorn asks of a future that is done."""

    __slots__ = ("_keeps",)

    def __init__(self, keeps: Any) -> None:
        self._keeps = keeps

    def result(self) -> Any:
        return self._keeps

    def cancelled(self) -> bool:
        return False
