"""A mail server to talk SMTP to, over a socket, which fails as it is told."""

import asyncio
import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from compose.local.ports import LOOPBACK, any_free

Command = Literal["EHLO", "MAIL", "RCPT", "DATA"]
RESET = "reset"
HANG = "hang"


@dataclass(frozen=True)
class Failure:
    """`answer` is a line such as "450 later", RESET (the connection is torn) or HANG (no answer comes)."""

    command: Command
    answer: str
    to: str | None = None
    kept: bool = False


class MailServer:
    """`letters` are those it has taken, `tries` the commands it was given, by name."""

    def __init__(self) -> None:
        self.port = any_free()
        self.letters: list[EmailMessage] = []
        self.tries: list[str] = []
        self.password: str | None = None
        self._failures: list[Failure] = []
        self._controller: Controller | None = None

    def fail(self, command: Command, answer: str, *, to: str | None = None, kept: bool = False) -> None:
        """The answer to every such command, for the address alone if one is named; `kept`: the letter is taken all the same."""
        self._failures.append(Failure(command, answer, to, kept))

    def mend(self) -> None:
        self._failures.clear()
        self.password = None

    def start(self) -> None:
        def authenticate(_: SMTP, __: Session, ___: Envelope, ____: str, login: Any) -> AuthResult:
            return AuthResult(success=login.password.decode() == self.password)

        self._controller = Controller(
            self,
            LOOPBACK,
            self.port,
            authenticator=authenticate,
            auth_require_tls=False,
            ready_timeout=30,
        )
        self._controller.start()

    def stop(self) -> None:
        """From now on it refuses connections."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if letter["To"] == address]

    async def handle_HELO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str) -> str:
        session.host_name = hostname
        return await self._answer("EHLO", None, server) or "250 here"

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        answer = await self._answer("EHLO", None, server)
        return [answer] if answer else responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := await self._answer("MAIL", None, server):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := await self._answer("RCPT", address, server):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        letter = email.message_from_bytes(content, policy=email.policy.default)
        (address,) = envelope.rcpt_tos
        failure = self._failing("DATA", address)
        if failure is None or failure.kept:
            self.letters.append(letter)
        return await self._answer("DATA", address, server) or "250 OK"

    def _failing(self, command: str, address: str | None) -> Failure | None:
        found = (each for each in self._failures if each.command == command and each.to in (None, address))
        return next(found, None)

    async def _answer(self, command: str, address: str | None, server: SMTP) -> str | None:
        self.tries.append(command)
        failure = self._failing(command, address)
        if failure is None:
            return None
        if failure.answer == RESET:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        if failure.answer in (RESET, HANG):
            await asyncio.Event().wait()
        return failure.answer


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
