"""A table: numbered byte strings in one section, laid out so that one more or one longer changes few bytes.

    0   4   count of places; a place may be empty
    4   4   bytes of a length: 1, 2 or 4
    8   .   for each 16 places the sum of their lengths, 4 bytes
    .   .   the length of each place's record, 1, 2 or 4 bytes
    .   .   the records, without gaps

There are lengths and no offsets: an offset would change with every byte before it. Where a group of 16 begins is added
up once, when the table is opened. Numbers are little-endian.
"""

from __future__ import annotations

import mmap
import sys
from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import Final
from zlib import crc32

from engine.container import Header
from engine.errors import SnapshotError

GROUP: Final = 16
LOOKED: Final = 3  # records that are compared before it is asked whether the key is passed
_HEAD: Final = 8
_CODES: Final = {1: "B", 2: "H", 4: "I"}


def write_table(records: Sequence[bytes]) -> bytes:
    """A table section. Raises OverflowError where the records are longer than 4 GiB together."""
    lengths = [len(record) for record in records]
    longest = max(lengths, default=0)
    width = 1 if longest < 1 << 8 else 2 if longest < 1 << 16 else 4
    sums = [sum(lengths[at : at + GROUP]) for at in range(0, len(lengths), GROUP)]
    if sum(sums) >= 1 << 32:
        raise OverflowError("the records are longer than 4 GiB")
    head = len(records).to_bytes(4, "little") + width.to_bytes(4, "little")
    return b"".join([head, _numbers("I", sums).tobytes(), _numbers(_CODES[width], lengths).tobytes(), *records])


def _numbers(code: str, values: Sequence[int]) -> array[int]:
    numbers = array(code, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _wide(lengths: bytes, width: int, place: int) -> int:
    """A length of more than one byte."""
    return int.from_bytes(lengths[width * place : width * (place + 1)], "little")


class Table:
    """A table in its section of the map. Making one raises SnapshotError where it is not a table."""

    __slots__ = ("_begins", "_data", "_lengths", "_name", "_width", "count")

    def __init__(self, data: mmap.mmap | bytes, header: Header, name: str) -> None:
        base, length = header.places[name]
        self._name = name
        self._data = data
        count = int.from_bytes(data[base : base + 4], "little")
        width = int.from_bytes(data[base + 4 : base + _HEAD], "little")
        groups = -(-count // GROUP)
        self._lengths = base + _HEAD + 4 * groups
        records = self._lengths + width * count
        if length < _HEAD or width not in _CODES or records > base + length:
            raise SnapshotError("snapshot_damaged", name, "it is too short")
        self.count = count
        self._width = width
        sums = array("I")
        sums.frombytes(data[base + _HEAD : self._lengths])
        if sys.byteorder == "big":
            sums.byteswap()
        try:
            self._begins = array("I", accumulate(sums, initial=records))
        except OverflowError as e:
            raise SnapshotError("snapshot_damaged", name, "its lengths are wrong") from e
        if self._begins[-1] != base + length:
            raise SnapshotError("snapshot_damaged", name, "its lengths are wrong")

    def find(self, number: int, head: bytes, hashed: int) -> int:
        """The place from `number` on of the record that begins with `head`, a byte of length and a key; -1 where none
        does. Keys stand in order of their CRC-32, without an empty place before one that is here; `hashed` is this
        key's. Raises SnapshotError."""
        data, width, size = self._data, self._width, len(head)
        inside = number % GROUP
        group = number // GROUP
        tried = 0
        while group * GROUP + inside < self.count:
            at = self._lengths + group * GROUP * width
            lengths: bytes = data[at : at + GROUP * width]
            at = self._begins[group]
            for place in range(inside):
                at += lengths[place] if width == 1 else _wide(lengths, width, place)
            stop: int = self._begins[group + 1]
            if at > stop:
                raise SnapshotError("snapshot_damaged", self._name, "its lengths are wrong")
            first = lengths[inside] if width == 1 else _wide(lengths, width, inside)
            if size <= first <= stop - at and data[at : at + size] == head:  # mostly: nothing else is read
                return group * GROUP + inside
            block: bytes = data[at:stop]
            begin = 0
            for place in range(inside, min(GROUP, self.count - group * GROUP)):
                length = lengths[place] if width == 1 else _wide(lengths, width, place)
                end = begin + length
                if end > len(block):
                    raise SnapshotError("snapshot_damaged", self._name, "its lengths are wrong")
                if length == 0:
                    return -1
                if length >= size and block[begin : begin + size] == head:
                    return group * GROUP + place
                tried += 1
                if tried >= LOOKED and crc32(block[begin + 1 : min(end, begin + 1 + block[begin])]) > hashed:
                    return -1
                begin = end
            group += 1
            inside = 0
        return -1

    def record(self, number: int) -> bytes:
        """The record at a place, empty where the place is. Raises SnapshotError."""
        if not 0 <= number < self.count:
            raise SnapshotError("snapshot_damaged", self._name, "a number leads out of it")
        inside = number % GROUP
        group = number // GROUP
        begin = self._begins[group]
        width = self._width
        at = self._lengths + (number - inside) * width
        if width == 1:
            lengths = self._data[at : at + inside + 1]
            length = lengths[inside]
            begin += sum(lengths) - length
        else:
            raw = self._data[at : at + width * (inside + 1)]
            length = int.from_bytes(raw[width * inside :], "little")
            for place in range(0, width * inside, width):
                begin += int.from_bytes(raw[place : place + width], "little")
        end = begin + length
        if end > self._begins[group + 1]:
            raise SnapshotError("snapshot_damaged", self._name, "its lengths are wrong")
        return self._data[begin:end]
