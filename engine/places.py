"""Numbers that hardly move: a place for each key in a table with gaps.

A book changes a little every day. If a number were a rank, one new item would renumber all after it, and the
difference between two snapshots would be half the file. Here a key's home follows from its CRC-32, keys that want the
same place stand behind each other in order of hash, and every fourth place or so is empty: one key more or less moves
the few keys up to the next gap. The sizes of tables go up in steps, so only a book that grows by a seventh or so is
renumbered whole. A reader that has the key finds its place from `home` on, in a step or two.
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


def home(hashed: int, homes: int) -> int:
    """Where a key with this CRC-32 wants to be, of so many homes. Homes follow the order of hashes."""
    return hashed * homes >> 32


def places(keys: Sequence[bytes]) -> tuple[int, list[int]]:
    """How many places there are, and the place of each key, all different. The order of `keys` does not matter.

    There are `table_size(len(keys))` homes, and a few places more where the last keys stand behind each other.
    """
    size = table_size(len(keys))
    order = sorted((zlib.crc32(key), key, number) for number, key in enumerate(keys))
    found = [0] * len(keys)
    free = 0
    for hashed, _, number in order:
        free = max(free, home(hashed, size))
        found[number] = free
        free += 1
    return max(size, free), found
