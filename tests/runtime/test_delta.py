"""Deltas: the new file or a DeltaError, whatever the bytes."""

from __future__ import annotations

import bz2
import random
import struct
import sys
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import delta as module
from runtime.delta import METHODS, SENTENCES, DeltaError, apply_delta, best_method, make_delta

_rng = random.Random(9)
OLD = b"".join(b"%06d item %d;" % (_rng.randrange(10**6), number) for number in range(800))
NEW = OLD[:3_000] + b"a new one" + OLD[3_100:9_000].replace(b"item 1", b"thing 1") + OLD[9_000:]
DELTAS = {method: make_delta(OLD, NEW, method=method) for method in METHODS}


def refusal(old: bytes, delta: bytes) -> str:
    with pytest.raises(DeltaError) as caught:
        apply_delta(old, delta)
    assert caught.value.code in SENTENCES and str(caught.value) and caught.value.remedy
    return caught.value.code


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_the_new_file(method: str) -> None:
    for old, new in (
        (OLD, NEW),
        (NEW, OLD),
        (OLD, OLD),
        (b"", NEW),
        (OLD, b""),
        (b"", b""),
        (b"a", b"b"),
        (OLD, NEW * 9),
    ):
        delta = make_delta(old, new, method=method)
        assert apply_delta(old, delta) == new
    assert best_method() == "zstd"


def test_deltas_are_small() -> None:
    assert len(DELTAS["zstd"]) < len(NEW) / 10 and len(DELTAS["bsdiff"]) < len(NEW) / 10


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2_000), st.integers(0, len(OLD)), st.integers(0, 500), st.sampled_from(sorted(METHODS)))
def test_any_two_files(put: bytes, at: int, cut: int, method: str) -> None:
    new = OLD[:at] + put + OLD[at + cut :]
    assert apply_delta(OLD, make_delta(OLD, new, method=method)) == new
    assert apply_delta(put, make_delta(put, new, method=method)) == new


@pytest.mark.parametrize("method", METHODS)
def test_a_thousand_damages_are_refused(method: str) -> None:
    delta, rng = DELTAS[method], random.Random(6)
    for _ in range(1_000):
        data = bytearray(delta)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        assert refusal(OLD, bytes(data)) == "delta_damaged"
    for _ in range(1_000):
        assert refusal(OLD, delta[: rng.randrange(len(delta))]) == "delta_damaged"
    for _ in range(1_000):  # two pieces change places
        a, b = sorted(rng.sample(range(len(delta) + 1), 2))
        c = rng.randrange(a, b + 1)
        data = delta[:a] + delta[c:b] + delta[a:c] + delta[b:]
        if bytes(data) != delta:
            assert refusal(OLD, bytes(data)) == "delta_damaged"
    assert refusal(OLD, delta + b"x") == "delta_damaged"


def test_the_wrong_old_file_is_refused() -> None:
    for method, delta in DELTAS.items():
        assert refusal(NEW, delta) == refusal(OLD[:-1], delta) == refusal(b"", delta) == "delta_other_file", method


def forged(
    payload: bytes,
    method: int,
    *,
    size: int = len(NEW),
    version: int = 1,
    new_hash: bytes = bytes(32),
    old: bytes = OLD,
) -> bytes:
    """A delta whose own hash is right."""
    head = struct.pack(
        "<8sHBB32s32sQQQ", b"LANEDLTA", version, method, 0, module._hash(old), new_hash, len(old), size, len(payload)
    )
    return head + payload + module._hash(head + payload)


def test_what_a_forger_could_write_is_refused() -> None:
    payload = DELTAS["whole"][100:-32]
    assert apply_delta(OLD, forged(payload, 3, new_hash=module._hash(NEW))) == NEW
    assert refusal(OLD, forged(payload, 3)) == "delta_damaged"  # another file than the one it names
    assert refusal(OLD, forged(payload, 3, version=2)) == "delta_version"
    assert refusal(OLD, forged(payload, 4)) == refusal(OLD, forged(payload, 0)) == "delta_version"
    assert refusal(OLD, forged(payload, 3, size=1 << 60)) == "delta_too_large"


def bsdiff(triples: list[tuple[int, int, int]], added: bytes, taken: bytes, size: int) -> bytes:
    control, diff = bz2.compress(b"".join(struct.pack("<QQQ", *triple) for triple in triples)), bz2.compress(added)
    return struct.pack("<8sQQQ", b"BSDIFF40", len(control), len(diff), size) + control + diff + bz2.compress(taken)


def test_numbers_that_lead_out_of_the_file_are_refused() -> None:
    huge, back = 1 << 62, (1 << 63) | 5
    for triples in (
        [(10, 0, 0), (huge, 0, 0)],
        [(0, 0, len(OLD)), (10, 10, 0)],
        [(0, 0, back), (10, 10, 0)],
        [(10, huge, 0)],
        [(11, 9, 0)],
        [],
        [(0, 0, huge), (0, 0, huge), (10, 10, 0)],
    ):
        data = forged(bsdiff(triples, bytes(10), bytes(10), 20), 2, size=20)
        assert refusal(OLD, data) == "delta_damaged", triples
    for payload in (b"", b"BSDIFF40", bsdiff([], b"", b"", 19), bsdiff([], b"", b"", 20)[:40], b"x" * 80):
        assert refusal(OLD, forged(payload, 2, size=20)) == "delta_damaged"


def test_a_bomb_takes_no_memory() -> None:
    import zstandard

    size = 300 << 20
    zeros = bytes(1 << 20)
    deflater = zlib.compressobj(9)
    flat = b"".join([*(deflater.compress(zeros) for _ in range(300)), deflater.flush()])
    packer = bz2.BZ2Compressor()
    bz = b"".join([*(packer.compress(zeros) for _ in range(60)), packer.flush()])
    zstd = zstandard.ZstdCompressor()
    stream = zstd.compressobj(size=size)
    frame = b"".join([*(stream.compress(zeros) for _ in range(300)), stream.flush()])
    small = zstd.compress(bytes(100))
    bombs = [
        (flat, 3),
        (struct.pack("<8sQQQ", b"BSDIFF40", len(bz), 0, 1_000) + bz, 2),
        (frame, 1),
        (small, 1),
        (small[:4] + frame[4:], 1),
    ]
    for payload, method in bombs:
        data = forged(payload, method, size=1_000)
        tracemalloc.start()
        assert refusal(OLD, data) == "delta_damaged"
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 << 20, method


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 3), st.integers(0, 2_000), st.booleans(), st.integers(0, 100))
def test_no_bytes_raise_anything_else(put: bytes, method: int, at: int, whole: bool, cut: int) -> None:
    good = DELTAS[{1: "zstd", 2: "bsdiff", 3: "whole"}[method]][100:-32]
    payload = put if whole else good[:at] + put + good[at + cut :]
    for data in (put, forged(payload, method, new_hash=module._hash(NEW))):
        try:
            assert apply_delta(OLD, data) == NEW
        except DeltaError as error:
            assert error.code in SENTENCES


def test_without_the_hashes_damage_would_get_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variant: a hash that is always the same."""
    monkeypatch.setattr(module, "_hash", lambda data: bytes(32))
    assert apply_delta(NEW[: len(OLD)].ljust(len(OLD), b"?"), forged(DELTAS["bsdiff"][100:-32], 2)) != NEW


def test_a_missing_wheel_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "bsdiff4", None)
    assert refusal(OLD, DELTAS["zstd"]) == "delta_method"
    for method in ("zstd", "bsdiff"):
        with pytest.raises(DeltaError) as caught:
            make_delta(OLD, NEW, method=method)
        assert caught.value.code == "delta_method"
    assert apply_delta(OLD, DELTAS["bsdiff"]) == apply_delta(OLD, DELTAS["whole"]) == NEW  # need no wheel
