"""Modes of a coupled part: for every base, from which of its amounts on it is kept.

A mode fixes what each threshold gives at most; what step 2 may then take off a base is limited, and promotions that
would take more by a single application are shut out. Every choice belongs to a mode: its base lies between two
amounts. What the layered search finds under those limits is a bound for every choice of the mode, and mostly a choice
that reaches it: then the mode is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from engine.plans import WHOLE
from engine.takers import Goods, Shape
from engine.thresholds import Threshold

MAX_MODES = 200
MAX_LEVELS = 8  # amounts of one base that are told apart


class Base:
    """One base that thresholds share: what it comes to untouched, and the amounts that matter, best first."""

    __slots__ = ("exclusive", "high", "levels", "members", "thresholds")

    def __init__(self, members: set[int], high: int, exclusive: bool) -> None:
        self.members = members  # goods
        self.high = high
        self.exclusive = exclusive
        self.thresholds: list[Threshold] = []
        self.levels: list[Level] = []


class Level:
    """A base that is kept at `low` or above and below `top`: what its thresholds give at most, one by one."""

    __slots__ = ("gives", "low", "most", "times")

    def __init__(self, low: int, gives: list[int], times: list[int]) -> None:
        self.low = low
        self.gives = gives
        self.times = times  # the fewest applications that give as much
        self.most = sum(gives)


class Mode:
    """`most` is what its thresholds give, groups aside; `gives` with them, `applications` the fewest that do."""

    __slots__ = ("applications", "gives", "levels", "most")

    def __init__(self, bases: list[Base], levels: list[Level]) -> None:
        self.levels = levels
        self.most = sum(level.most for level in levels)
        grouped: dict[str, int] = {}
        total = applications = 0
        for base, level in zip(bases, levels, strict=True):
            for threshold, gives, times in zip(base.thresholds, level.gives, level.times, strict=True):
                group = threshold.plan.group
                if group:
                    applications += 1 if gives and group not in grouped else 0
                    grouped[group] = max(gives, grouped.get(group, 0))
                else:
                    applications += times
                    total += gives
        self.gives = total + sum(grouped.values())
        self.applications = applications


def bases_of(goods: list[Goods], thresholds: list[Threshold]) -> list[Base]:
    """The bases of these thresholds, with their levels."""
    bases: list[Base] = []
    known: dict[tuple[tuple[int, ...], bool], Base] = {}
    for threshold in thresholds:
        key = (tuple(sorted(threshold.members)), threshold.plan.except_discounted)
        base = known.get(key)
        if base is None:
            high = sum(goods[number].current * goods[number].count for number in threshold.members)
            base = known[key] = Base(threshold.members, high, threshold.plan.except_discounted)
            bases.append(base)
        base.thresholds.append(threshold)
    for base in bases:
        _set_levels(base)
    return bases


def modes_of(bases: list[Base]) -> Iterator[Mode]:
    """All modes, those that give most first (groups aside)."""
    first = (0,) * len(bases)
    heap: list[tuple[int, tuple[int, ...], int]] = [(-sum(base.levels[0].most for base in bases), first, 0)]
    while heap:
        below, picked, begin = heappop(heap)
        yield Mode(bases, [base.levels[place] for base, place in zip(bases, picked, strict=True)])
        for at in range(begin, len(bases)):
            place = picked[at]
            levels = bases[at].levels
            if place + 1 < len(levels):
                less = levels[place].most - levels[place + 1].most
                heappush(heap, (below + less, (*picked[:at], place + 1, *picked[at + 1 :]), at))


def _set_levels(base: Base) -> None:
    amounts: set[int] = set()
    for threshold in base.thresholds:
        each = threshold.plan.each[0]
        if each:
            times = threshold.times(base.high)
            amounts |= {each * n for n in range(times, max(0, times - MAX_LEVELS), -1)}
            if times > MAX_LEVELS:
                amounts.add(each * (times - MAX_LEVELS))
        else:
            amounts |= {at for at, _, _ in threshold.plan.tiers if at <= base.high}
    top = base.high + 1
    for low in sorted(amounts, reverse=True)[:MAX_LEVELS]:
        base.levels.append(_level(base, low, top))
        top = low
    gives = [threshold.most(top - 1) for threshold in base.thresholds]
    base.levels.append(Level(0, gives, [1 if one else 0 for one in gives]))
    base.levels.sort(key=lambda level: (-level.most, -level.low))


def _level(base: Base, low: int, top: int) -> Level:
    gives = [threshold.most(top - 1) for threshold in base.thresholds]
    times: list[int] = []
    for threshold, one in zip(base.thresholds, gives, strict=True):
        each = threshold.plan.each[1]
        times.append(-(-one // each) if each else 1 if one else 0)
    return Level(low, gives, times)


class Shut:
    """What modes shut out: goods by promotion, and the most applications. Of each level of a base it is found once."""

    def __init__(self, shapes: list[Shape], goods: list[Goods]) -> None:
        self._shapes = shapes
        self._goods = goods
        self._known: dict[tuple[int, int], tuple[dict[int, set[int]], dict[int, int]]] = {}

    def out(self, bases: list[Base], mode: Mode) -> tuple[dict[int, set[int]], dict[int, int]]:
        without: dict[int, set[int]] = {}
        caps: dict[int, int] = {}
        for number, (base, level) in enumerate(zip(bases, mode.levels, strict=True)):
            if level.low:
                found = self._known.get((number, level.low))
                if found is None:
                    found = self._known[number, level.low] = self._out(base, base.high - level.low)
                for index, gone in found[0].items():
                    without[index] = without[index] | gone if index in without else gone
                for index, most in found[1].items():
                    caps[index] = min(caps.get(index, most), most)
        return without, caps

    def _out(self, base: Base, slack: int) -> tuple[dict[int, set[int]], dict[int, int]]:
        """What takes more than `slack` off the base at once, and how often the others can be applied."""
        without: dict[int, set[int]] = {}
        caps: dict[int, int] = {}
        for shape in self._shapes:
            index = shape.plan.index
            for number in shape.numbers:
                if number not in base.members:
                    continue
                one = self._goods[number]
                if shape.plan.kind == "price":
                    taken = one.gains[index]
                else:
                    taken = one.current * shape.low // (shape.whole * WHOLE) - 2 if shape.whole else 0
                if taken > slack or (base.exclusive and one.current > slack):
                    without.setdefault(index, set()).add(number)
            if shape.least > 0 and base.members.issuperset(shape.numbers):
                most = (slack * WHOLE + WHOLE // 2) // shape.least
                caps[index] = min(caps.get(index, most), most)
        return without, caps
