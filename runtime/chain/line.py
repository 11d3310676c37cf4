"""Where a line of records stands, and what a batch does to it: the arithmetic of watermarks. Pure.

A line is the records of one terminal and epoch. `stored` is its contiguous watermark; `beyond` counts the records that
are kept past a gap. Most batches begin right after `stored` with nothing beyond it: then nothing has to be looked up,
for no record of such a number is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runtime.chain.check import Checked


@dataclass(frozen=True, slots=True)
class Line:
    stored: int = 0
    beyond: int = 0


def doubtful(line: Line, checked: Sequence[Checked]) -> list[int]:
    """The sequences that may be kept already: they must be looked up. All others are new."""
    if line.beyond:
        return [one.record.sequence for one in checked]
    return [one.record.sequence for one in checked if one.record.sequence <= line.stored]


def sort_out(checked: Sequence[Checked], kept: dict[int, bytes]) -> tuple[list[Checked], list[Checked]]:
    """(new, with another content than is kept), after the doubtful ones were looked up: `kept` is sequence to hash."""
    new = [one for one in checked if one.record.sequence not in kept]
    other = [one for one in checked if kept.get(one.record.sequence, one.record.hash) != one.record.hash]
    return new, other


def advance(line: Line, new: Sequence[Checked]) -> Line:
    """The line with these added, in rising order, as far as that can be said without looking up what lies beyond."""
    stored, beyond = line.stored, line.beyond
    for one in new:
        if one.record.sequence == stored + 1:
            stored += 1
        elif one.record.sequence > stored:
            beyond += 1
    return Line(stored, beyond)


def must_look(before: Line, after: Line) -> bool:
    """Whether what was kept beyond the gap may follow now: then `close_gap` with what is kept past `after.stored`."""
    return before.beyond > 0 and after.stored > before.stored


def close_gap(line: Line, kept: Iterable[int], closed: Iterable[tuple[int, int]] = ()) -> Line:
    """The line after the sequences that are kept past its mark, in rising order. `closed`: (first, last) of what nobody
    has and a person has closed, with nothing kept in it, no two side by side: the mark goes over them, also
    where it stands in the middle of one."""
    stored, beyond = line.stored, line.beyond
    holes = tuple(closed)
    for sequence in kept:
        if sequence != stored + 1:
            stored = next((last for first, last in holes if first <= stored + 1 <= last), stored)
        if sequence != stored + 1:
            break
        stored, beyond = stored + 1, beyond - 1
    return Line(stored, beyond)


def signed(epoch: int) -> int:
    """An epoch is an unsigned number of 64 bits; a database's integers have a sign."""
    return epoch - (1 << 64) if epoch >= 1 << 63 else epoch


def unsigned(epoch: int) -> int:
    return epoch + (1 << 64) if epoch < 0 else epoch
