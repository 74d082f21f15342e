"""A WSGI application that does nothing but answer: what gunicorn alone costs.

BARE_ANSWERS names a pickle of {"path?query": (status line, headers, body)}. A request with the ETag of its answer gets a 304. Our
answers carry an id of the request; these carry one of the same length.
"""

import os
import pickle
from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

_ANSWERS = pickle.loads(Path(os.environ["BARE_ANSWERS"]).read_bytes())  # written by the harness


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    query = environ["QUERY_STRING"]
    path = environ["PATH_INFO"]
    etag, whole, short, body = _ANSWERS.get(f"{path}?{query}" if query else path) or _ANSWERS["/"]
    if environ.get("HTTP_IF_NONE_MATCH") == etag:
        start_response("304 Not Modified", short)
        return [b""]
    start_response("200 OK", whole)
    return [body]
