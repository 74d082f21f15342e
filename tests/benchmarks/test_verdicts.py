"""When `make bench` fails, which nothing but a run of an hour would show."""

import subprocess
import sys

import pytest

from compose.local.refusal import Refusal
from tests.benchmarks.__main__ import chosen
from tests.benchmarks.harness.chart import chart
from tests.benchmarks.harness.cpu import spent
from tests.benchmarks.harness.findings import Finding, Target, Verdict
from tests.benchmarks.harness.measuring import Sample, compare
from tests.benchmarks.harness.report import page
from tests.benchmarks.rows import ROWS


def finding(*values: float, at_least: bool = True) -> Finding:
    return Finding(1, "a list", Target(2.0, at_least=at_least), values)


def test_a_target_is_missed_by_more_than_the_noise() -> None:
    assert finding(1.9, 2.0, 2.1).verdict is Verdict.MET
    assert finding(1.8, 1.95, 2.1).verdict is Verdict.MET
    assert finding(1.94, 1.95, 1.96).verdict is Verdict.MISSED


def test_a_target_from_above_is_missed_upwards() -> None:
    assert finding(1.0, 1.0, 1.0, at_least=False).verdict is Verdict.MET
    assert finding(2.1, 2.1, 2.1, at_least=False).verdict is Verdict.MISSED


def test_noise_is_a_failure_of_its_own_however_good_the_figure() -> None:
    assert finding(4.0, 8.0, 12.0).verdict is Verdict.NOISY
    assert Verdict.NOISY.fails


def test_what_the_machine_cannot_measure_does_not_fail_and_what_broke_does() -> None:
    assert not Finding(4, "nginx", Target(5), skipped="no nginx").verdict.fails
    assert Finding(4, "nginx", Target(5), broken="it fell over").verdict.fails


def test_noise_is_measured_again_and_a_quiet_round_is_kept() -> None:
    peers = iter([1.0, 2.0, 9.0, 3.0, 3.0, 3.0])
    found = compare(lambda: Sample(1.0, 1.0), lambda: Sample(next(peers), 1.0), repeat=3)
    assert found.ratios() == [3.0, 3.0, 3.0]


def test_the_cpu_of_processes_that_have_ended_is_counted() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        assert 0.3 <= spent([process.pid]) < 3
        process.stdin.close()


def test_rows_are_chosen_by_number_and_by_group() -> None:
    assert chosen("") == sorted(ROWS)
    assert chosen("3,1") == [1, 3]
    assert set(chosen("reads 14")) > {1, 14}
    with pytest.raises(Refusal, match="ONLY=99"):
        chosen("99")


def test_the_page_shows_what_failed() -> None:
    written = page([finding(1.0), finding(3.0)], repeat=5, machine="a machine")
    assert written.count("**missed**") == 1
    assert chart([finding(1.0), Finding(4, "nginx", Target(5), skipped="no nginx")]).count("<rect") == 2
