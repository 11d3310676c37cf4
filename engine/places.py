"""Numbers that hardly move: a place for each key in a table with gaps.

A book changes a little every day. If a number were a rank, one new item would renumber all after it, and the
difference between two snapshots would be half the file. Here a key's home follows from its CRC-32, keys that want the
same place stand behind each other in order of hash, and every fourth place or so is empty: one key more or less moves
the few keys up to the next gap. The sizes of tables go up in steps, so only a book that grows by a seventh or so is
renumbered whole. A reader never works a place out: it is told.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence


def table_size(count: int) -> int:
    """The smallest of 4, 5, 6, 7, 8, 10, 12, 14, 16, 20... that `count` keys fill to four fifths or less."""
    step, size = 1, 4
    while size * 4 < count * 5:
        if size == step * 8:
            step *= 2
        size += step
    return size


def places(keys: Sequence[bytes]) -> tuple[int, list[int]]:
    """How many places there are, and the place of each key. The same keys, in any order, get the same places."""
    size = table_size(len(keys))
    order = sorted((zlib.crc32(key), key, number) for number, key in enumerate(keys))
    found = [0] * len(keys)
    free = 0
    for hashed, _, number in order:
        free = max(free, hashed * size >> 32)
        found[number] = free
        free += 1
    return max(size, free), found
