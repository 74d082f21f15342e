"""The outermost layer, around Django, of every request.

It gives the request its id, answers hits, renewals and /metrics itself, completes the headers, writes one log line and counts. An exception that
escapes Django ends here, as a problem document and a line with its traceback.
"""

import codecs
import sys
from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from django.utils.http import parse_header_parameters

from apps.core import metrics
from apps.core.errors import problem
from apps.core.hits import Headers, Hit, Hits, Shape, shape_of
from apps.core.patience import WEB_SECONDS, patience
from apps.core.request_line import RequestLine
from apps.core.revision import CommittedRevision
from apps.core.security_headers import completed

log = structlog.get_logger(__name__)


class Campanile:
    def __init__(self, application: WSGIApplication, *, catalogue: CommittedRevision) -> None:
        self._application = application
        self._hits = Hits(catalogue)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        line = RequestLine(environ)
        shape = shape_of(environ)
        if hit := self._hits.find(shape, environ):
            return self._hit(hit, "hit", line, start_response)
        if hit := self._hits.renew(shape, environ):
            return self._hit(hit, "renewal", line, start_response)
        if environ["PATH_INFO"] == metrics.PATH and metrics.may_read(environ):
            return self._plain(line, start_response, "200 OK", metrics.CONTENT_TYPE, metrics.exposition())
        if not _reads_as_media_type(environ.get("CONTENT_TYPE", "")):
            refusal = problem(400, "The Content-Type cannot be understood.")
            content_type = refusal["Content-Type"]
            return self._plain(line, start_response, "400 Bad Request", content_type, refusal.content)
        return self._django(line, shape, environ, start_response)

    def _hit(self, hit: Hit, served_by: str, line: RequestLine, start_response: StartResponse) -> list[bytes]:
        line.served_by, line.status, line.length = served_by, hit.status[:3], len(hit.body)
        start_response(hit.status, [*hit.headers, ("X-Request-ID", line.id)])
        line.write(revision=hit.revision)
        return [hit.body]

    def _django(
        self, line: RequestLine, shape: Shape | None, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        environ["HTTP_X_REQUEST_ID"] = line.id
        structlog.contextvars.bind_contextvars(request_id=line.id)

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            line.status = status[:3]
            whole = completed(headers, int(line.status))
            self._hits.keep(shape, environ, int(line.status), whole)
            answer = [*whole, ("X-Request-ID", line.id)]
            return start_response(status, answer, exc_info) if exc_info else start_response(status, answer)

        try:
            with patience(WEB_SECONDS):
                return _Body(self._application(environ, start), line)
        except Exception:
            log.exception("escaped")
            structlog.contextvars.unbind_contextvars("request_id")
            unforeseen = problem(500)
            return self._plain(
                line,
                lambda status, headers, _=None: start_response(status, headers, sys.exc_info()),
                "500 Internal Server Error",
                unforeseen["Content-Type"],
                unforeseen.content,
            )

    def _plain(
        self, line: RequestLine, start_response: Any, status: str, content_type: str, body: bytes
    ) -> list[bytes]:
        line.status, line.length = status[:3], len(body)
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        start_response(status, [*completed(headers, int(line.status)), ("X-Request-ID", line.id)])
        line.write()
        return [body]


def _reads_as_media_type(value: str) -> bool:
    """Django parses it while making the request, before any of its error handling, and raises ValueError for some."""
    try:
        _, parameters = parse_header_parameters(value)
        codecs.lookup(parameters.get("charset", "utf-8"))
    except LookupError:
        return True  # a charset nobody knows is Django's to ignore
    except ValueError:
        return False
    return True


class _Body:
    """Django's answer on its way out: counted, and once the server closes it, logged."""

    def __init__(self, body: Iterable[bytes], line: RequestLine) -> None:
        self._body = body
        self._line = line

    def __iter__(self) -> Iterator[bytes]:
        try:
            for part in self._body:
                self._line.length += len(part)
                yield part
        except Exception:
            # The status is out already. The server drops the connection, which tells the client that the answer is not whole.
            log.exception("escaped while answering")
            self._line.status = "500"
            raise

    def close(self) -> None:
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._line.write()
            structlog.contextvars.unbind_contextvars("request_id")
