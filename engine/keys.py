"""Which item a code means: sorted tables of fixed-width rows, one for each kind of code, searched in the map.

The section `kinds` lists them: [[bytes of a code, 1 if all are digits else 0, how many codes], ...]; the section
`keys` has their rows one after another. A row is the code, then its item's number (3 bytes, little-endian). A code of
digits is kept as a number, big-endian, in as few bytes as the largest of its length needs: 13 digits in 6 bytes.
"""

from __future__ import annotations

import mmap
from bisect import bisect_right
from collections.abc import Iterable

from engine.container import Header
from engine.errors import SnapshotError

NUMBER_BYTES = 3
MAX_NUMBER = (1 << 8 * NUMBER_BYTES) - 1
MAX_CODE_BYTES = 64
_STEP = 256


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


class _Rows:
    """The rows of one kind of code: every 256th key is kept here, between them the map is searched."""

    __slots__ = ("_base", "_count", "_data", "_tops", "_width")

    def __init__(self, data: mmap.mmap | bytes, base: int, count: int, width: int) -> None:
        self._data = data
        self._base = base
        self._count = count
        self._width = width
        row = width + NUMBER_BYTES
        self._tops = [data[at : at + width] for at in range(base, base + row * count, row * _STEP)]

    def find(self, key: bytes) -> int:
        data, base, width = self._data, self._base, self._width
        row = width + NUMBER_BYTES
        high = bisect_right(self._tops, key) * _STEP
        low = max(0, high - _STEP)
        high = min(high, self._count)
        while low < high:
            middle = (low + high) // 2
            at = base + middle * row
            found = data[at : at + width]
            if found == key:
                return int.from_bytes(data[at + width : at + row], "little")
            if found < key:
                low = middle + 1
            else:
                high = middle
        return -1


class Keys:
    """The tables of codes in their section. Making one raises SnapshotError where they do not fill it."""

    __slots__ = ("_digits", "_others")

    def __init__(self, data: mmap.mmap | bytes, header: Header, kinds: list[tuple[int, int, int]]) -> None:
        self._digits: dict[int, tuple[int, _Rows]] = {}  # how many digits -> bytes of a key, and the rows
        self._others: dict[int, _Rows] = {}  # bytes of a code that is not all digits -> the rows
        at, length = header.places["keys"]
        end = at + length
        for width, digits, count in kinds:
            if not 1 <= width <= MAX_CODE_BYTES or count < 0:
                raise SnapshotError("snapshot_damaged", "kinds", "it is not what it should be")
            key = digits_bytes(width) if digits else width
            if at + (key + NUMBER_BYTES) * count > end:
                raise SnapshotError("snapshot_damaged", "keys", "its length is wrong")
            rows = _Rows(data, at, count, key)
            if digits:
                self._digits[width] = key, rows
            else:
                self._others[width] = rows
            at += (key + NUMBER_BYTES) * count
        if at != end:
            raise SnapshotError("snapshot_damaged", "keys", "its length is wrong")

    def find(self, code: str) -> int:
        """The number of the item that a code means, -1 where there is none."""
        if code.isascii() and code.isdigit():
            known = self._digits.get(len(code))
            return -1 if known is None else known[1].find(int(code).to_bytes(known[0], "big"))
        try:
            raw = code.encode("utf-8")
        except UnicodeEncodeError:
            return -1
        rows = self._others.get(len(raw))
        return -1 if rows is None else rows.find(raw)
