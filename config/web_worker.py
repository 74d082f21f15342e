"""gunicorn's threaded worker, but for one status and for how it reads its settings."""

from typing import Any

from gunicorn.http.errors import InvalidHeader, UnsupportedTransferCoding
from gunicorn.workers.gthread import ThreadWorker


class WebWorker(ThreadWorker):
    def init_process(self) -> None:
        """Settings become plain attributes: gunicorn reads 26 a request, by a fallback of Python's that made up a quarter of its own work."""
        vars(self.cfg).update({name: setting.get() for name, setting in self.cfg.settings.items()})
        super().init_process()  # type: ignore[no-untyped-call]  # gunicorn has no types

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """A transfer coding nobody knows is 400, not 501: what is wrong with a request is never told as a fault of ours, to be tried again."""
        if isinstance(exc, UnsupportedTransferCoding):
            exc = InvalidHeader("TRANSFER-ENCODING")  # type: ignore[no-untyped-call]  # gunicorn has no types
        super().handle_error(req, client, addr, exc)  # type: ignore[no-untyped-call]  # gunicorn has no types
