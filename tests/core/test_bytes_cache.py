"""Rendered bytes are shared through Redis and found only under the revision they belong to."""

import struct
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from apps.core.bytes_cache import BytesCache
from apps.core.committed import Committed, News
from apps.core.copies import Copy, Rendered
from tests.core.conftest import Valkey

PARTS = ("algorithms",)

pytestmark = pytest.mark.usefixtures("valkey")


def rendered(revision: int, text: str = "algorithms", expires_at: datetime | None = None) -> Copy:
    return Copy.of(Rendered(text.encode() * 100, revision, expires_at, parts=PARTS)).including(gzip=True)


def at(revision: int) -> Committed:
    """When nothing is known but the number."""
    return Committed.alone(revision, read_at=0)


def test_one_process_warms_the_others() -> None:
    copy = rendered(7)
    BytesCache().put("courses", copy, lifetime=60)
    assert BytesCache().get("courses", at(7)) == copy


def test_a_form_that_nobody_wanted_yet_is_made_elsewhere_and_then_at_hand() -> None:
    plain = Copy.of(Rendered(b"algorithms" * 100, 7))
    assert plain.zipped is None
    BytesCache().put("courses", plain, lifetime=60)
    found = BytesCache().get("courses", at(7))
    assert found == plain
    zipped = plain.including(gzip=True)
    BytesCache().put("courses", zipped, lifetime=60)
    found = BytesCache().get("courses", at(7))
    assert found == zipped
    assert found.including(gzip=True) is found
    assert found.including(gzip=False) is found


def test_what_fits_in_one_packet_stays_as_it_is() -> None:
    small, large = (Copy.of(Rendered(b"x" * length, 7)).including(gzip=True) for length in (1399, 1400))
    assert small.zipped == b""
    assert large.zipped


def test_a_value_serves_no_other_revision_and_no_other_key() -> None:
    BytesCache().put("courses", rendered(7), lifetime=60)
    assert BytesCache().get("courses", at(8)) is None
    assert BytesCache().get("terms", at(7)) is None


def test_a_redis_restored_from_a_dump_serves_nothing_old(valkey: Valkey) -> None:
    BytesCache().put("courses", rendered(7, "old room"), lifetime=60)
    (key,) = valkey.client.keys()
    dump = valkey.client.dump(key)
    assert dump is not None
    valkey.client.flushall()
    BytesCache().put("courses", rendered(8, "new room"), lifetime=60)
    valkey.client.flushall()
    valkey.client.restore(key, 0, dump)
    assert BytesCache().get("courses", at(8)) is None


def test_an_evicted_value_is_a_miss_elsewhere_and_still_at_hand_here(valkey: Valkey) -> None:
    here = BytesCache()
    here.put("courses", rendered(7), lifetime=60)
    valkey.client.flushall()
    assert BytesCache().get("courses", at(7)) is None
    assert here.get("courses", at(7)) is not None


@pytest.mark.parametrize(
    "damage",
    ["cut", "flip", "flip in the body", "other ends", "number", "empty", "of another key", "pickle"],
)
def test_a_corrupt_value_is_a_miss(valkey: Valkey, damage: str) -> None:
    BytesCache().put("courses", rendered(7), lifetime=60)
    (key,) = valkey.client.keys()
    BytesCache().put("terms", rendered(7, "terms"), lifetime=60)
    (other,) = set(valkey.client.keys()) - {key}
    value, foreign = valkey.client.get(key), valkey.client.get(other)
    assert isinstance(value, bytes)
    assert isinstance(foreign, bytes)
    about, length = struct.unpack_from("!II", value, 36)
    head, body, zipped = value[44 : 44 + about], value[44 + about :][:length], value[44 + about + length :]
    damaged = {
        "cut": value[:-1],
        "flip": value[:-1] + bytes([value[-1] ^ 1]),
        "flip in the body": value.replace(b"algorithmsa", b"algorithm5a", 1),
        "other ends": value[:36]
        + struct.pack("!II", about - 1, length)
        + head[:-1]
        + body
        + head[-1:]
        + zipped,
        "number": b"7",
        "empty": b"",
        "of another key": foreign,
        "pickle": b"cos\nsystem\n(S'exit 1'\ntR.",
    }[damage]
    valkey.client.set(key, damaged)
    assert BytesCache().get("courses", at(7)) is None


def test_a_value_ends_with_its_lifetime_and_with_the_clock_it_depends_on(valkey: Valkey) -> None:
    cache = BytesCache()
    cache.put("courses", rendered(7), lifetime=60)
    (key,) = valkey.client.keys()
    assert 59_000 < valkey.client.pttl(key) <= 60_000
    soon = datetime.now(UTC) + timedelta(milliseconds=80)
    cache.put("terms", rendered(7, expires_at=soon), lifetime=60)
    assert cache.get("terms", at(7)) is not None
    deadline = time.monotonic() + 2
    while cache.get("terms", at(7)) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert datetime.now(UTC) >= soon
    assert BytesCache().get("terms", at(7)) is None


def test_forgetting_a_revision_frees_its_keys_alone(valkey: Valkey) -> None:
    cache = BytesCache()
    for revision in (7, 70, 8):
        cache.put("courses", rendered(revision), lifetime=60)
        cache.put("terms", rendered(revision), lifetime=60)
    assert cache.forget(7) == 2
    assert BytesCache().get("courses", at(7)) is None
    assert BytesCache().get("courses", at(70)) is not None
    assert BytesCache().get("terms", at(8)) is not None


def test_a_copy_outlives_changes_of_what_it_is_not_made_of() -> None:
    cache = BytesCache()
    cache.put("courses", rendered(7), lifetime=60)
    other = at(7).after(News(9, ["databases"]), read_at=0, most=10)
    assert cache.get("courses", other) == replace(rendered(7), revision=9)
    assert cache.get("courses", other.after(News(10, ["algorithms"]), read_at=0, most=10)) is None


def test_what_it_is_made_of_goes_with_it_to_other_processes() -> None:
    BytesCache().put("courses", rendered(7), lifetime=60)
    other = BytesCache()
    assert other.get("courses", at(7)) is not None
    assert other.get("courses", at(7).after(News(8, ["databases"]), read_at=0, most=10)) is not None
