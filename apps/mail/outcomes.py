"""What a mail server may say about one letter, and what follows from it (RFC 5321, section 4.2.1: 4yz may pass, 5yz will not)."""

import enum
import smtplib
from dataclasses import dataclass

LONGEST_ERROR = 500
CLOSING = 421
TOO_BIG = 552
# Of RFC 4954: it wants us to sign in, or takes our password for none. No letter can help that.
SIGN_IN = {530, 534, 535, 538}


class Verdict(enum.Enum):
    SENT = "sent"
    DEAD = "dead"  # this letter cannot be delivered
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`detail` is what was said. After `server_out` no other letter is tried before a pause."""

    verdict: Verdict
    detail: str = ""
    server_out: bool = False


def judge(error: Exception) -> Outcome:
    """Of an exception raised while one letter was handed over, on a connection that had been opened."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            ((code, said),) = error.recipients.values()
            return _answered(code, said)
        case smtplib.SMTPSenderRefused() if error.smtp_code != TOO_BIG:
            # The sender is the same on every letter.
            return Outcome(Verdict.RETRY, _line(error.smtp_code, error.smtp_error), server_out=True)
        case smtplib.SMTPResponseException():
            return _answered(error.smtp_code, error.smtp_error)
        case OSError():
            # Lost, timed out: it may be this letter that ends the connection, so it counts as tried and others come first.
            return Outcome(Verdict.RETRY, _cut(f"{type(error).__name__}: {error}"), server_out=True)
    # A fault of ours in one letter must not hold up the others. What was raised may quote the letter: only its type is kept.
    return Outcome(Verdict.DEAD, type(error).__name__)


def describe(error: OSError) -> str:
    """Why no connection could be opened."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _line(error.smtp_code, error.smtp_error)
    return _cut(f"{type(error).__name__}: {error}")


def _answered(code: int, said: bytes | str) -> Outcome:
    if code in SIGN_IN or code == CLOSING:
        return Outcome(Verdict.RETRY, _line(code, said), server_out=True)
    if code >= 500:
        return Outcome(Verdict.DEAD, _line(code, said))
    return Outcome(Verdict.RETRY, _line(code, said))


def _line(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return _cut(f"{code} {text}")


def _cut(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:LONGEST_ERROR]
