"""gunicorn's threaded worker, but for one status."""

from typing import Any

from gunicorn.http.errors import InvalidHeader, UnsupportedTransferCoding
from gunicorn.workers.gthread import ThreadWorker


class WebWorker(ThreadWorker):
    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """A transfer coding nobody knows is 400, not 501: what is wrong with a request is never told as a fault of ours, to be tried again."""
        if isinstance(exc, UnsupportedTransferCoding):
            exc = InvalidHeader("TRANSFER-ENCODING")  # type: ignore[no-untyped-call]  # gunicorn has no types
        super().handle_error(req, client, addr, exc)  # type: ignore[no-untyped-call]  # gunicorn has no types
