"""The threads of a web worker. They answer requests in the order in which these came.

gunicorn would keep them in a ThreadPoolExecutor, whose futures, with a lock, a condition and callbacks each, took a twelfth of what receiving a
delivery took. Nobody waits for the answer to a request or cancels it.
"""

import atexit
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any


class WebThreads:
    def __init__(self, number: int, answer: Callable[[Any], None]) -> None:
        """`answer`, which raises nothing, is called with what is added."""
        self._answer = answer
        self._waiting: SimpleQueue[Any] = SimpleQueue()
        self._threads = [Thread(target=self._run, name=f"web-{n}", daemon=True) for n in range(number)]
        for thread in self._threads:
            thread.start()
        # However a process ends, no answer is cut off, as with those of an executor.
        atexit.register(self.shutdown, wait=True)

    def add(self, connection: Any) -> None:
        self._waiting.put(connection)

    def shutdown(self, *, wait: bool) -> None:
        """What has been added is answered first. gunicorn may ask for it more than once."""
        for _ in self._threads:
            self._waiting.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _run(self) -> None:
        while (connection := self._waiting.get()) is not None:
            self._answer(connection)
