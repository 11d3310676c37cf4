"""The signature block: who is trusted, and that nothing but a right signature of this snapshot gets through."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from books import files

from engine.compiler import compile_book
from engine.container import signed
from engine.errors import SnapshotError
from engine.signature import BLOCK_BYTES, Trust, message, write_block
from engine.snapshot import Snapshot

DATA = compile_book(files([])).data
OTHER = compile_book(files([], "other,other,each,1,,,,\n")).data
KEY = b"k" * 32


def seal(key: bytes, said: bytes) -> bytes:
    """Stands for Ed25519 here; the real one is tested with runtime.keys."""
    return hashlib.sha512(key + said).digest()


TRUST = Trust([KEY], lambda key, signature, said: signature == seal(key, said))


def sign(data: bytes, key: bytes = KEY) -> bytes:
    return signed(data, key, seal(key, message(Snapshot(data).hash)))


def refusal(data: bytes, folder: Path, trust: Trust | None = TRUST) -> tuple[str, str]:
    (folder / "s").write_bytes(data)
    with pytest.raises(SnapshotError) as mapped:
        Snapshot.open(folder / "s", trust=trust)
    with pytest.raises(SnapshotError) as held:
        Snapshot(data, trust=trust)
    assert (mapped.value.code, mapped.value.message) == (held.value.code, held.value.message)
    return mapped.value.code, mapped.value.section


def test_a_signed_snapshot_is_taken_and_is_the_same_snapshot(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(sign(DATA))
    assert Snapshot.open(tmp_path / "s", trust=TRUST).hash == Snapshot(DATA).hash
    assert Snapshot(sign(DATA)).find("milk") is not None  # and without trust, like any other
    assert sign(sign(DATA)) == sign(DATA)


def test_unsigned_and_wrongly_signed_snapshots_are_refused(tmp_path: Path) -> None:
    wrong = ("snapshot_untrusted", "signature")
    assert refusal(DATA, tmp_path) == wrong
    assert refusal(sign(DATA, b"x" * 32), tmp_path) == wrong  # a key that nobody trusts
    assert refusal(DATA[:-BLOCK_BYTES] + sign(OTHER)[-BLOCK_BYTES:], tmp_path) == wrong  # another snapshot's
    assert refusal(signed(DATA, KEY, bytes(64)), tmp_path) == wrong
    assert refusal(signed(DATA, bytes(32), seal(KEY, message(Snapshot(DATA).hash))), tmp_path) == wrong
    bare = signed(DATA, KEY, seal(KEY, Snapshot(DATA).hash))  # signed, but as something else
    assert refusal(bare, tmp_path) == wrong


def test_a_damaged_block_is_damage_for_everyone(tmp_path: Path) -> None:
    rng = random.Random(4)
    whole = sign(DATA)
    for trust in (TRUST, None):
        for _ in range(100):
            data = bytearray(whole)
            data[rng.randrange(len(whole) - BLOCK_BYTES, len(whole))] ^= 1 << rng.randrange(8)
            assert refusal(bytes(data), tmp_path, trust) == ("snapshot_damaged", "signature")
        assert refusal(whole[:-BLOCK_BYTES], tmp_path, trust) == ("snapshot_damaged", "signature")


def test_content_under_a_right_signature_is_still_hashed(tmp_path: Path) -> None:
    whole = bytearray(sign(DATA))
    whole[-BLOCK_BYTES - 1] ^= 1
    assert refusal(bytes(whole), tmp_path)[0] == "snapshot_damaged"


def test_a_verifier_that_takes_everything_would_be_noticed(tmp_path: Path) -> None:
    """The broken variant."""
    forged = DATA[:-BLOCK_BYTES] + write_block(KEY, b"f" * 64)
    assert refusal(forged, tmp_path)[0] == "snapshot_untrusted"
    assert Snapshot(forged, trust=Trust([KEY], lambda key, signature, said: True)).item_count == 6
