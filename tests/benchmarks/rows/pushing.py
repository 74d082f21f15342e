"""Row 12: pushes to 20,000 phones, claimed, looked at again, sent and written down, against firebase-admin's send_each_for_multicast.

Both send to the same fake FCM over TLS, with kept connections. Ours counts PostgreSQL and all that the push lane does; the peer is told the
tokens and writes nothing down. The fake, on the core of those who only ask, is not counted. Then FCM takes 50 ms for each answer.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from compose.local import ports
from compose.local.environment import ROOT
from compose.local.refusal import Refusal
from tests.benchmarks.harness.certificates import certificate
from tests.benchmarks.harness.drivers import Driver, driver
from tests.benchmarks.harness.findings import Finding, Target, at_least, duration
from tests.benchmarks.harness.measuring import Sample, compare
from tests.benchmarks.harness.stage import Stage
from tests.benchmarks.rows.announcing import students

PHONES = 20_000
PHONES_WHEN_SLOW = 2_000
LATENCY = 0.05


def measure(stage: Stage) -> Iterator[Finding]:
    with fcm(stage, latency=0) as trusting:
        environ = stage.environ(stage.copy("pushing", like=students(stage, PHONES))) | trusting
        with (
            driver("tests.benchmarks.pusher", environ, stage.folder) as pusher,
            driver("tests.benchmarks.peers.multicast", environ, stage.folder) as multicast,
        ):

            def peer() -> Sample:
                with stage.counting(multicast.pid) as counted:
                    _expect(multicast.tell(str(PHONES)), PHONES)
                return Sample(counted.cpu / PHONES, counted.wall / PHONES)

            found = compare(lambda: _sent(stage, "pushing", pusher, PHONES), peer, repeat=stage.repeat)
    yield at_least(12, f"{PHONES:,} pushes, against send_each_for_multicast", 6, found, unit="message")
    yield Finding(
        row=12,
        what="CPU of a push, claim and outcome rows included",
        target=Target(150, at_least=False, unit="µs"),
        values=[sample.cpu * 1e6 for sample in found.ours],
    )
    yield from _slow(stage)


def _slow(stage: Stage) -> Iterator[Finding]:
    with fcm(stage, latency=LATENCY) as trusting:
        name = stage.copy("pushing_slowly", like=students(stage, PHONES_WHEN_SLOW))
        with driver("tests.benchmarks.pusher", stage.environ(name) | trusting, stage.folder) as pusher:
            samples = [_sent(stage, name, pusher, PHONES_WHEN_SLOW) for _ in range(stage.repeat)]
    yield Finding(
        row=12,
        what=f"pushes a second of one worker when FCM takes {duration(LATENCY)}",
        target=Target(2_500, unit="a second"),
        values=[1 / sample.wall for sample in samples],
    )


def _sent(stage: Stage, database: str, pusher: Driver, count: int) -> Sample:
    with stage.connect(database) as connection:
        connection.execute("TRUNCATE notifications_notification, notifications_push CASCADE")
    pusher.tell("write")
    with stage.counting(pusher.pid) as counted:
        _expect(pusher.tell("send"), count)
    return Sample(counted.cpu / count, counted.wall / count)


def _expect(answer: str, count: int) -> None:
    if answer != str(count):
        raise Refusal(f"{count} messages were to be sent, not {answer}.")


@contextmanager
def fcm(stage: Stage, *, latency: float) -> Iterator[dict[str, str]]:
    """A fake FCM, and what a process needs in order to trust it."""
    port = ports.any_free()
    trusted, key = certificate(stage.folder)
    argv = [
        sys.executable,
        "-m",
        "tests.benchmarks.harness.fake_fcm",
        str(port),
        str(latency),
        str(trusted),
        str(key),
    ]
    with subprocess.Popen(
        argv, cwd=ROOT, stdout=subprocess.PIPE, preexec_fn=stage.client.join, text=True
    ) as process:
        assert process.stdout
        process.stdout.readline()  # it listens
        try:
            yield {
                "FCM_URL": f"https://{ports.LOOPBACK}:{port}/v1/projects/demo/messages:send",
                "REQUESTS_CA_BUNDLE": str(trusted),
                "SSL_CERT_FILE": str(trusted),
            }
        finally:
            process.terminate()
