"""Which item a code means: sorted tables of fixed-width rows, one for each kind of code, searched in the map.

The section `kinds` lists them: [[bytes of a code, 1 if all are digits else 0, how many codes], ...]; the section
`keys` has their rows one after another. A row is the code, then its item's number (3 bytes, little-endian). A code of
digits is kept as a number, big-endian, in as few bytes as the largest of its length needs: 13 digits in 6 bytes.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable

from engine.container import Header
from engine.errors import SnapshotError

NUMBER_BYTES = 3
MAX_NUMBER = (1 << 8 * NUMBER_BYTES) - 1
MAX_CODE_BYTES = 64


def digits_bytes(digits: int) -> int:
    """How many bytes a number of so many digits is kept in."""
    return (int(10**digits - 1).bit_length() + 7) // 8


def write_keys(codes: Iterable[tuple[str, int]]) -> tuple[list[tuple[int, int, int]], bytes]:
    """The contents of `kinds` and `keys`. Raises OverflowError where a number has more than 3 bytes."""
    tables: dict[tuple[int, int], list[bytes]] = {}
    for code, number in codes:
        raw, digits = code.encode("utf-8"), int(code.isascii() and code.isdigit())
        key = int(code).to_bytes(digits_bytes(len(code)), "big") if digits else raw
        tables.setdefault((len(raw), digits), []).append(key + number.to_bytes(NUMBER_BYTES, "little"))
    kinds: list[tuple[int, int, int]] = []
    parts: list[bytes] = []
    for width, digits in sorted(tables):
        rows = sorted(tables[width, digits])
        kinds.append((width, digits, len(rows)))
        parts += rows
    return kinds, b"".join(parts)


class Keys:
    """The tables of codes in their section. Making one raises SnapshotError where they do not fill it."""

    __slots__ = ("_data", "_others", "_places")

    def __init__(self, data: mmap.mmap | bytes, header: Header, kinds: list[tuple[int, int, int]]) -> None:
        self._data = data
        self._places: dict[int, tuple[int, int, int]] = {}  # digits -> bytes of a key, where its rows begin, how many
        self._others: dict[int, tuple[int, int]] = {}  # bytes -> where the rows of codes that are no digits begin...
        at, length = header.places["keys"]
        end = at + length
        for width, digits, count in kinds:
            if not 1 <= width <= MAX_CODE_BYTES or count < 0:
                raise SnapshotError("snapshot_damaged", "kinds", "it is not what it should be")
            key = digits_bytes(width) if digits else width
            if digits:
                self._places[width] = (key, at, count)
            else:
                self._others[width] = (at, count)
            at += (key + NUMBER_BYTES) * count
        if at != end:
            raise SnapshotError("snapshot_damaged", "keys", "its length is wrong")

    def find(self, code: str) -> int:
        """The number of the item that a code means, -1 where there is none."""
        if code.isascii() and code.isdigit():
            place = self._places.get(len(code))
            if place is None:
                return -1
            width, base, high = place
            raw = int(code).to_bytes(width, "big")
        else:
            try:
                raw = code.encode("utf-8")
            except UnicodeEncodeError:
                return -1
            width = len(raw)
            other = self._others.get(width)
            if other is None:
                return -1
            base, high = other
        data = self._data
        low, row = 0, width + NUMBER_BYTES
        while low < high:
            middle = (low + high) // 2
            at = base + middle * row
            key = data[at : at + width]
            if key == raw:
                return int.from_bytes(data[at + width : at + row], "little")
            if key < raw:
                low = middle + 1
            else:
                high = middle
        return -1
