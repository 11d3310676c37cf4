"""Numbers of a line that head office does not have, and that a person may close knowingly. Pure.

While a hole is open the mark stands before it, and what came after it counts as beyond. `lane hq close-hole` writes
who says that nobody has these numbers any more, and why; then the mark goes over it. A closed hole stays known for
ever: a record of it that turns up is kept like any other, and what is left of the hole is so much smaller.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from runtime.hq.errors import HqError
from runtime.wire.chain import Hole

MAX_REASON = 200  # characters


@dataclass(frozen=True, slots=True)
class OpenHole:
    """`since_ms`: when the record behind it came. `beyond`: records of the line past its mark."""

    store: str
    terminal: str
    epoch: int
    first: int
    last: int
    since_ms: int
    beyond: int


@dataclass(frozen=True, slots=True)
class ClosedHole:
    """`found`: records of it that came after all."""

    store: str
    terminal: str
    epoch: int
    first: int
    last: int
    reason: str
    closed_by: str
    closed_at_ms: int
    found: int = 0


def missing(closed: Iterable[Hole], kept: Collection[int]) -> tuple[Hole, ...]:
    """What is left of closed holes, in rising order, without the numbers that are kept all the same. Parts side by side
    are one."""
    left: list[Hole] = []
    for hole in sorted(closed, key=lambda one: one.first):
        first = hole.first
        for number in sorted(one for one in kept if hole.first <= one <= hole.last):
            if number > first:
                left.append(Hole(first, number - 1))
            first = number + 1
        if first <= hole.last:
            left.append(Hole(first, hole.last))
    whole: list[Hole] = []
    for hole in left:
        if whole and whole[-1].last + 1 == hole.first:
            hole = Hole(whole.pop().first, hole.last)
        whole.append(hole)
    return tuple(whole)


def still_open(gaps: Iterable[Hole], closed: Sequence[Hole]) -> tuple[Hole, ...]:
    """The gaps of a line past its mark, without what a person has closed of them already."""
    left = list(gaps)
    for hole in closed:
        left = [part for gap in left for part in _without(gap, hole)]
    return tuple(left)


def check_hole(hole: ClosedHole, still: Iterable[Hole]) -> None:
    """Whether all of it lies in one of the line's open holes. Raises HqError `no_hole`."""
    if hole.last < hole.first or not any(one.first <= hole.first and hole.last <= one.last for one in still):
        raise HqError(
            "no_hole",
            first=hole.first,
            last=hole.last,
            terminal=hole.terminal,
            epoch=f"{hole.epoch:016x}",
            store=hole.store,
        )


def _without(gap: Hole, hole: Hole) -> list[Hole]:
    if hole.last < gap.first or hole.first > gap.last:
        return [gap]
    parts = [Hole(gap.first, hole.first - 1), Hole(hole.last + 1, gap.last)]
    return [part for part in parts if part.first <= part.last]
