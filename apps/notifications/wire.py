"""Many requests at once to one address, by libcurl: what carries messages to FCM. Knows nothing of what they say.

Where the server speaks HTTP/2 they share few connections, else each under way has one; either kind is kept. libcurl obeys https_proxy and
no_proxy itself. A request that finds its kept connection closed under it is posted again by libcurl; nothing else ever is.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

import pycurl
import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH

Key = TypeVar("Key")


class Answer(NamedTuple):
    """`head` are the lines before the body, the status line first."""

    status: int
    head: Sequence[bytes]
    body: bytes

    def header(self, name: str) -> str:
        """Empty when there is none."""
        wanted = f"{name}:".lower().encode()
        found = next((line for line in self.head if line.lower().startswith(wanted)), wanted)
        return found[len(wanted) :].strip().decode("latin-1")

    @property
    def reason(self) -> str:
        """What HTTP/1.1 says beside the status, and HTTP/2 does not."""
        words = self.head[0].split(maxsplit=2) if self.head else []
        return words[2].strip().decode("latin-1") if len(words) == 3 else ""


class Wire(Generic[Key]):
    """Of one thread. `timeout` is the seconds a request may take in all, `connections` the most there ever are."""

    def __init__(self, url: str, *, timeout: float, connections: int) -> None:
        self._url = url
        self._timeout = timeout
        self._multi = pycurl.CurlMulti()
        for option in (pycurl.M_MAX_TOTAL_CONNECTIONS, pycurl.M_MAXCONNECTS):
            self._multi.setopt(option, connections)
        self._trusted = _trusted(url)
        self._free: list[_Request] = []
        self._under_way: dict[pycurl.Curl, tuple[_Request, Key]] = {}

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    def post(self, key: Key, body: bytes, headers: Sequence[str]) -> None:
        """Under way from the next answers() on. `headers` are lines, set anew only if they are not the list they were."""
        request = self._free.pop() if self._free else _Request(self._url, self._timeout, self._trusted)
        request.load(body, headers)
        self._under_way[request.curl] = request, key
        self._multi.add_handle(request.curl)

    def answers(self, wait: float) -> Iterator[tuple[Key, Answer | str]]:
        """What has been answered, after at most `wait` seconds if nothing has yet; in place of an answer, why there is none."""
        found = list(self._perform())
        if not found and self._under_way:
            if self._multi.select(wait) < 0:
                time.sleep(min(wait, 0.005))  # nothing to listen to so far, as while a name is looked up
            found = list(self._perform())
        yield from found

    def drop(self) -> None:
        """Forget those under way, whatever becomes of them."""
        for curl in self._under_way:
            self._multi.remove_handle(curl)
        self._under_way.clear()

    def _perform(self) -> Iterator[tuple[Key, Answer | str]]:
        self._multi.perform()
        more = 1
        while more:
            more, answered, failed = self._multi.info_read()
            for curl in answered:
                request, key = self._end(curl)
                yield key, request.answer()
            for curl, _, why in failed:
                _, key = self._end(curl)
                yield key, why

    def _end(self, curl: pycurl.Curl) -> "tuple[_Request, Key]":
        self._multi.remove_handle(curl)
        request, key = self._under_way.pop(curl)
        self._free.append(request)
        return request, key


class _Request:
    """A handle of libcurl and what came back, used again and again."""

    def __init__(self, url: str, timeout: float, trusted: str) -> None:
        self.curl = curl = pycurl.Curl()
        self._headers: Sequence[str] = ()
        self._head: list[bytes] = []
        self._body: list[bytes] = []
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.NOSIGNAL, 1)  # we are not the main thread
        curl.setopt(pycurl.TIMEOUT_MS, int(timeout * 1000))
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, int(timeout * 1000))
        curl.setopt(pycurl.CAINFO, trusted)
        curl.setopt(pycurl.HEADERFUNCTION, self._head.append)
        curl.setopt(pycurl.WRITEFUNCTION, self._body.append)

    def load(self, body: bytes, headers: Sequence[str]) -> None:
        self._head.clear()
        self._body.clear()
        self.curl.setopt(pycurl.POSTFIELDS, body)
        if headers is not self._headers:
            self.curl.setopt(pycurl.HTTPHEADER, list(headers))
            self._headers = headers

    def answer(self) -> Answer:
        return Answer(self.curl.getinfo(pycurl.RESPONSE_CODE), tuple(self._head), b"".join(self._body))


def _trusted(url: str) -> str:
    """The certificates that what else we ask over HTTP trusts: REQUESTS_CA_BUNDLE if it is set, else those that come with certifi."""
    with requests.Session() as session:
        verify = session.merge_environment_settings(url, {}, None, None, None)["verify"]
    return verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH
