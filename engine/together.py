"""Step 3 where thresholds are many and cut each other: all that are reached are taken, and that is nearly the best.

Let a threshold take a fixed amount off its base, in proportion to what units cost. If units cost less before it, none
costs more after it; and the sum falls by no more than it was lower before. So one threshold more never raises what
units cost in the end, whatever follows: but for whole minor units the best choice is all of them, of each group one.
Whole shares of n units are together at most n / 4 minor units away from what is in proportion, so the choice of all is
the best up to the sum of these.
"""

from __future__ import annotations

from typing import Final

FINE: Final = 1 << 12  # parts of a minor unit
MAX_COMBINATIONS: Final = 32  # of the members of groups; past it all members are taken for the bound
ASTRAY: Final = 4  # so many units may be one minor unit away from what is in proportion


class Taking:
    """A threshold that may be taken: the runs in its base (by place in a list), how many units they are, and what it
    takes off at most."""

    __slots__ = ("group", "off", "places", "units")

    def __init__(self, places: list[int], units: int, off: int, group: str) -> None:
        self.places = places
        self.units = units
        self.off = off
        self.group = group


def least_left(costs: list[int], counts: list[int], takings: list[Taking]) -> int:
    """What units cost at least, in whole minor units, once any of the thresholds took what they can: `costs` of a unit
    and `counts` by run, thresholds in their order."""
    left = [cost * FINE for cost in costs]
    astray = 0
    for one in takings:
        whole = 0
        for place in one.places:
            whole += left[place] * counts[place]
        off = one.off * FINE
        if off >= whole:
            for place in one.places:
                left[place] = 0
        else:
            astray += one.units
            rest = whole - off
            for place in one.places:
                left[place] = left[place] * rest // whole
    total = 0
    for place, cost in enumerate(left):
        total += cost * counts[place]
    return max(0, (total - astray * FINE // ASTRAY) // FINE)


def combinations(takings: list[Taking]) -> list[list[int]]:
    """The thresholds of every choice of one member of each group, by number, in order: none where they are too many.
    What gives most comes first."""
    members: dict[str, list[int]] = {}
    free: list[int] = []
    for number, one in enumerate(takings):
        if one.group:
            members.setdefault(one.group, []).append(number)
        else:
            free.append(number)
    count = 1
    for some in members.values():
        count *= len(some)
    if count > MAX_COMBINATIONS:
        return []
    out = [free]
    for some in members.values():
        some.sort(key=lambda number: -takings[number].off)
        out = [[*chosen, number] for chosen in out for number in some]
    return [sorted(chosen) for chosen in out]


def strongest(takings: list[Taking]) -> list[int]:
    """Of each group the member that gives most, and all that are in none."""
    best: dict[str, int] = {}
    for number, one in enumerate(takings):
        if one.group and (one.group not in best or one.off > takings[best[one.group]].off):
            best[one.group] = number
    return [number for number, one in enumerate(takings) if not one.group or best[one.group] == number]
