"""The app on the student's phone, as far as the demo needs it: the public API and nothing else."""

import json
from datetime import date, datetime
from typing import Any

from apps.demo.failure import Failed
from apps.demo.wire import Answer, Peer

Json = dict[str, Any]
API = "/api/v1"


class StudentApp:
    def __init__(self, server: Peer) -> None:
        self.server = server
        self.token = ""
        self.cursor = ""

    def sign_in(self, *, email: str, password: str) -> None:
        body = json.dumps({"email": email, "password": password}).encode()
        headers = {"content-type": "application/json"}
        answer = self.server.ask("POST", f"{API}/auth/token/", body=body, headers=headers)
        self.token = _expect(200, answer, f"signing in as {email}").json()["access"]

    def meetings(self, *, first: date, last: date) -> list[Json]:
        """The student's own occurrences, soonest first."""
        found = self._mine(f"/me/schedule/?from={first}&to={last}")
        return sorted(found, key=lambda meeting: datetime.fromisoformat(meeting["starts_at"]))

    def notifications(self) -> list[Json]:
        return self._mine("/me/notifications/")

    def course(self, course_id: str, *, etag: str = "") -> Answer:
        """200 with the course, or 304 when it is still the one of the `etag`."""
        headers = {"if-none-match": etag} if etag else {}
        answer = self.server.ask("GET", f"{API}/courses/{course_id}/", headers=headers)
        return answer if answer.status == 304 else _expect(200, answer, "the course")

    def sync(self) -> list[Json]:
        """The courses changed since the last call; the cursor moves on."""
        changed: list[Json] = []
        while True:
            query = f"?cursor={self.cursor}" if self.cursor else ""
            delta = _expect(200, self.server.ask("GET", f"{API}/sync/{query}"), "the delta").json()
            changed += delta["changed"]
            self.cursor = delta["cursor"]
            if not delta["more"]:
                return changed

    def _mine(self, path: str) -> list[Json]:
        headers = {"authorization": f"Bearer {self.token}"}
        answer = self.server.ask("GET", f"{API}{path}", headers=headers)
        page: list[Json] = _expect(200, answer, path).json()["results"]
        return page


def _expect(status: int, answer: Answer, what: str) -> Answer:
    if answer.status != status:
        raise Failed(f"{what}: {answer.status} instead of {status}: {answer.body[:300]!r}")
    return answer
