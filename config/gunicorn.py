"""How gunicorn serves Campanile: `gunicorn -c config/gunicorn.py config.wsgi:application`."""

import gc
import os
import shutil
import socket
import struct
import tempfile
from typing import Any

bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"
worker_class = "config.web_worker.WebWorker"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)

# Whatever is loaded at the start stays, so looking for garbage among it meanwhile was a seventh of the start. Once more before the fork was
# a tenth, to free one object in eighty and leave holes into which each worker wrote 2 MB of its own.
gc.disable()
# Loaded once and shared, so that workers start at once and a wrong configuration stops the master instead of a row of workers.
preload_app = True
# Nobody steers us through a socket; gunicorn 27 would open one.
control_socket_disable = True
# Every request has a line already (apps/core/request_line.py).
accesslog = None

keepalive = 75  # longer than the 60 s nginx keeps an idle upstream connection, so that it is never the one to find it closed
timeout = 30
graceful_timeout = 10
# A client that falls silent in the middle of a request holds a thread, which gunicorn would let it do for ever. nginx keeps such away from us.
SILENCE_SECONDS = 10
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190

_metrics = tempfile.mkdtemp(prefix="campanile-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _metrics


def when_ready(server: Any) -> None:
    """Before the first fork: no connection may be shared by two processes, and what is loaded stays out of the collector's way."""
    from django.db import connections

    connections.close_all()
    gc.freeze()
    # By default, a third of reading a page of a snapshot went into looking through it for garbage.
    gc.set_threshold(10_000, 10, 10)
    gc.enable()
    for listener in server.LISTENERS:  # its connections inherit this
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENCE_SECONDS, 0))


def on_exit(server: Any) -> None:
    shutil.rmtree(_metrics, ignore_errors=True)
