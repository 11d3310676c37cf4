"""The file a snapshot lies in: named sections under one hash.

    0    8   magic "LANESNAP"
    8    4   format, 2
    12   4   number of sections
    16   .   for each section: name, 8 bytes padded with zeros; offset, 8; length, 8; SHA-256, 32
    .    32  SHA-256 of all of the above
    .    .   the sections, without gaps, in that order
    .    136 the signature block (`engine.signature`), to the end of the file

Numbers are little-endian. The hash of a snapshot is the SHA-256 at the end of its header: it covers the sections'
hashes, so it names the whole content (and not who signed it). What a **table** is, `engine.table` says.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from typing import IO

from engine.errors import SnapshotError
from engine.signature import BLOCK_BYTES, Trust, check_block, write_block

MAGIC = b"LANESNAP"
FORMAT = 2
MAX_SECTIONS = 64
_HEAD = struct.Struct("<8sII")
_ENTRY = struct.Struct("<8sQQ32s")
_CHUNK = 1 << 18


def write_container(sections: Mapping[str, bytes]) -> bytes:
    """The whole file, unsigned. Names are at most 8 ASCII letters."""
    offset = _HEAD.size + _ENTRY.size * len(sections) + 32
    head = [_HEAD.pack(MAGIC, FORMAT, len(sections))]
    for name, data in sections.items():
        head.append(_ENTRY.pack(name.encode("ascii"), offset, len(data), hashlib.sha256(data).digest()))
        offset += len(data)
    header = b"".join(head)
    return b"".join([header, hashlib.sha256(header).digest(), *sections.values(), write_block()])


class Header:
    """Where the sections lie, and the hash of it all."""

    __slots__ = ("digests", "end", "hash", "places")

    def __init__(self, places: dict[str, tuple[int, int]], digests: dict[str, bytes], digest: bytes, end: int) -> None:
        self.places = places
        self.digests = digests
        self.hash = digest
        self.end = end  # of the sections: where the signature block begins


def read_header(head: bytes, size: int) -> Header:
    """The header from the file's first bytes; `size` is the file's length. Raises SnapshotError."""
    if len(head) < _HEAD.size:
        raise SnapshotError("snapshot_damaged", "header", "the file is too short")
    magic, form, count = _HEAD.unpack_from(head)
    if magic != MAGIC:
        raise SnapshotError("snapshot_damaged", "header", "this is not a snapshot")
    end = _HEAD.size + _ENTRY.size * count
    if count > MAX_SECTIONS or len(head) < end + 32:
        raise SnapshotError("snapshot_damaged", "header", "the file is too short")
    digest = hashlib.sha256(head[:end]).digest()
    if digest != head[end : end + 32]:
        raise SnapshotError("snapshot_damaged", "header", "the hash is wrong")
    if form != FORMAT:
        raise SnapshotError("snapshot_version", "header", f"its format is {form}, this version reads {FORMAT}")
    places: dict[str, tuple[int, int]] = {}
    digests: dict[str, bytes] = {}
    at = end + 32
    for number in range(count):
        raw, offset, length, section_digest = _ENTRY.unpack_from(head, _HEAD.size + _ENTRY.size * number)
        name = raw.rstrip(b"\0").decode("ascii", "replace")
        if offset != at or name in places:
            raise SnapshotError("snapshot_damaged", "header", "the sections do not lie where they should")
        at += length
        places[name] = (offset, length)
        digests[name] = section_digest
        if at > size:
            raise SnapshotError("snapshot_damaged", name, "the file ends in it")
    if at + BLOCK_BYTES > size:
        raise SnapshotError("snapshot_damaged", "signature", "the file ends in it")
    if at + BLOCK_BYTES < size:
        raise SnapshotError("snapshot_damaged", "header", "the file goes on after its end")
    return Header(places, digests, digest, at)


def head_size() -> int:
    """As many bytes as the longest header has."""
    return _HEAD.size + _ENTRY.size * MAX_SECTIONS + 32


def verify_file(file: IO[bytes], header: Header) -> None:
    """Read every section with read(), not through a map (whose pages would count as ours). Raises SnapshotError."""
    for name, (offset, length) in header.places.items():
        file.seek(offset)
        digest = hashlib.sha256()
        while length > 0:
            chunk = file.read(min(_CHUNK, length))
            if not chunk:
                raise SnapshotError("snapshot_damaged", name, "the file ends in it")
            digest.update(chunk)
            length -= len(chunk)
        if digest.digest() != header.digests[name]:
            raise SnapshotError("snapshot_damaged", name, "the hash is wrong")


def check_signature_of_file(file: IO[bytes], header: Header, trust: Trust | None) -> None:
    """Whether the block is whole and, with `trust`, from someone trusted. Raises SnapshotError("signature")."""
    file.seek(header.end)
    check_block(file.read(BLOCK_BYTES + 1), header.hash, trust)


def verify_bytes(data: memoryview, header: Header) -> None:
    """The sections of a snapshot in memory. Raises SnapshotError."""
    for name, (offset, length) in header.places.items():
        if hashlib.sha256(data[offset : offset + length]).digest() != header.digests[name]:
            raise SnapshotError("snapshot_damaged", name, "the hash is wrong")


def signed(data: bytes, key: bytes, signature: bytes) -> bytes:
    """The same snapshot with another signature block. Raises SnapshotError where `data` is none."""
    header = read_header(data[: head_size()], len(data))
    return data[: header.end] + write_block(key, signature)
