"""Who a snapshot is from: the block at the end of every snapshot, with an Ed25519 signature (RFC 8032) or with zeros.

    0    8   magic "LANESIGN"
    8    32  the public key, zeros where the snapshot is not signed
    40   64  the signature, zeros likewise
    104  32  SHA-256 of all of the above: damage is told from forgery

What is signed is `message(hash)`: a label of our own and the snapshot's hash, so that a signature on a snapshot is a
signature on nothing else. The hash does not cover the block: signing does not change what a snapshot is. No
cryptography is imported here: who verifies is handed in.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable

from engine.errors import SnapshotError

MAGIC = b"LANESIGN"
_BLOCK = struct.Struct("<8s32s64s32s")
BLOCK_BYTES = _BLOCK.size
NO_KEY = bytes(32)
NO_SIGNATURE = bytes(64)

Verifier = Callable[[bytes, bytes, bytes], bool]  # (public key, signature, message): whether it is right


class Trust:
    """Whose snapshots are taken: raw Ed25519 public keys of 32 bytes, and who verifies."""

    __slots__ = ("keys", "verifier")

    def __init__(self, keys: Iterable[bytes], verifier: Verifier) -> None:
        self.keys = frozenset(keys)
        self.verifier = verifier


def message(digest: bytes) -> bytes:
    """What is signed for the snapshot with this hash."""
    return b"lanekit snapshot\0" + digest


def write_block(key: bytes = NO_KEY, signature: bytes = NO_SIGNATURE) -> bytes:
    """The block; of an unsigned snapshot where nothing is given."""
    head = MAGIC + key + signature
    return head + hashlib.sha256(head).digest()


def read_block(block: bytes) -> tuple[bytes, bytes]:
    """Public key and signature. Raises SnapshotError("signature") where the block is damaged."""
    if len(block) != BLOCK_BYTES:
        raise SnapshotError("snapshot_damaged", "signature", "the file ends in it")
    magic, key, signature, digest = _BLOCK.unpack(block)
    if magic != MAGIC or hashlib.sha256(block[:-32]).digest() != digest:
        raise SnapshotError("snapshot_damaged", "signature", "the hash is wrong")
    return key, signature


def check_block(block: bytes, digest: bytes, trust: Trust | None) -> None:
    """Without `trust` only damage is refused. Raises SnapshotError("signature")."""
    key, signature = read_block(block)
    if trust is None:
        return
    if key == NO_KEY and signature == NO_SIGNATURE:
        raise SnapshotError("snapshot_untrusted", "signature", "nobody has signed it")
    if key not in trust.keys:
        raise SnapshotError("snapshot_untrusted", "signature", f"the key {key.hex()[:16]}... is not trusted here")
    if not trust.verifier(key, signature, message(digest)):
        raise SnapshotError("snapshot_untrusted", "signature", "the signature is not of this snapshot")
