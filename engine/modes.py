"""Modes of a coupled part: for every base, from which of its amounts on it is kept.

A mode fixes what each threshold gives; what step 2 may then take off the base is limited, and promotions that would
take more by a single application are shut out. What the layered search finds so is a bound for every choice of this
mode, and often a choice that reaches it: then the mode is done.
"""

from __future__ import annotations

from engine.plans import OFF, WHOLE
from engine.takers import Goods, Taker
from engine.thresholds import Threshold

MAX_MODES = 48
MAX_LEVELS = 6  # amounts of one base that are told apart


class Mode:
    """What thresholds give at most, and what it shuts out: goods by promotion, and most applications."""

    __slots__ = ("applications", "caps", "gives", "without")

    def __init__(self, gives: int, without: dict[int, set[int]], caps: dict[int, int]) -> None:
        self.gives = gives
        self.without = without
        self.caps = caps
        self.applications = 0


class _Base:
    """One base that thresholds share: what it comes to untouched, and the amounts that matter."""

    __slots__ = ("high", "levels", "members", "thresholds")

    def __init__(self, members: set[int], high: int) -> None:
        self.members = members
        self.high = high
        self.thresholds: list[Threshold] = []
        self.levels: list[int] = []  # falling; 0 is the last where nothing has to be kept


def modes_of(goods: list[Goods], takers: list[Taker], thresholds: list[Threshold], off: list[int]) -> list[Mode]:
    """All modes that could be better than the choice which takes `off` from each goods; [] where they are too many."""
    bases: list[_Base] = []
    known: dict[tuple[tuple[int, ...], bool], _Base] = {}
    for threshold in thresholds:
        key = (tuple(sorted(threshold.members)), threshold.plan.except_discounted)
        base = known.get(key)
        if base is None:
            high = sum(goods[number].current * goods[number].count for number in threshold.members)
            base = known[key] = _Base(threshold.members, high)
            bases.append(base)
        base.thresholds.append(threshold)
    count = 1
    for base in bases:
        _set_levels(base, base.high - sum(off[number] for number in base.members))
        count *= len(base.levels)
        if count > MAX_MODES or not base.levels:
            return []
    out: list[Mode] = []
    picked = [0] * len(bases)
    while True:
        out.append(_mode(bases, picked, takers, goods))
        at = len(bases) - 1
        while at >= 0 and picked[at] + 1 == len(bases[at].levels):
            picked[at] = 0
            at -= 1
        if at < 0:
            return out
        picked[at] += 1


def _set_levels(base: _Base, kept: int) -> None:
    """The amounts from the highest down to the first that the known choice keeps."""
    levels: set[int] = set()
    for threshold in base.thresholds:
        each = threshold.plan.each[0]
        if each:
            times = threshold.times(base.high)
            levels |= {each * n for n in range(times, max(0, times - MAX_LEVELS), -1)}
            if times > MAX_LEVELS:
                base.levels = []
                return
        else:
            levels |= {at for at, _, _ in threshold.plan.tiers if at <= base.high}
    ordered = [*sorted(levels, reverse=True), 0]
    most = 0
    for place in range(len(ordered) - 1, -1, -1):
        gives = sum(_gives(threshold, base, ordered, place) for threshold in base.thresholds)
        if gives < most:  # a higher amount that gives less: nothing can be left out
            base.levels = ordered
            return
        most = gives
    for level in ordered:
        base.levels.append(level)
        if kept >= level:
            return


def _gives(threshold: Threshold, base: _Base, levels: list[int], place: int) -> int:
    low = levels[place]
    high = base.high if place == 0 else levels[place - 1] - 1
    times = threshold.times(low)
    if times == 0:
        return 0
    if threshold.plan.each[0]:
        return threshold.plan.each[1] * times
    reached = [tier for tier in threshold.plan.tiers if tier[0] <= low][-1]
    return reached[2] if reached[1] == OFF else (high * reached[2] + WHOLE // 2) // WHOLE


def _mode(bases: list[_Base], picked: list[int], takers: list[Taker], goods: list[Goods]) -> Mode:
    total = applications = 0
    grouped: dict[str, int] = {}
    without: dict[int, set[int]] = {}
    caps: dict[int, int] = {}
    for base, place in zip(bases, picked, strict=True):
        last = place + 1 == len(base.levels) and base.levels[place] > 0
        for threshold in base.thresholds:
            gives = _gives(threshold, base, base.levels, place)
            if gives:
                group = threshold.plan.group
                if group:
                    if group not in grouped:
                        applications += 1
                    grouped[group] = max(gives, grouped.get(group, 0))
                else:
                    total += gives
                    applications += 1
        if base.levels[place] and not last:  # the last is kept by the known choice: it shuts nothing out
            _shut_out(base, base.high - base.levels[place], takers, goods, without, caps)
    mode = Mode(total + sum(grouped.values()), without, caps)
    mode.applications = applications
    return mode


def _shut_out(
    base: _Base,
    slack: int,
    takers: list[Taker],
    goods: list[Goods],
    without: dict[int, set[int]],
    caps: dict[int, int],
) -> None:
    """What takes more than `slack` off the base at once, and how often the others can be applied."""
    exclusive = base.thresholds[0].plan.except_discounted
    for taker in takers:
        index = taker.plan.index
        least = -1  # of an application with all its units in the base, in parts
        inside = True
        low, whole = 0, 0  # the least that any application takes off its units, as a fraction of their cost
        for step in taker.steps:
            if all(number in base.members for number, _ in step.needs):
                gain = step.gain * taker.size + taker.const if taker.unitwise else step.gain
                least = gain if least < 0 else min(least, gain)
            else:
                inside = False
            cost = sum(goods[number].current * count for number, count in step.needs)
            gain = step.gain + taker.const // taker.size if taker.unitwise else step.gain
            if cost > 0 and (whole == 0 or gain * whole < low * cost):
                low, whole = gain, cost
        for number in sorted({number for step in taker.steps for number, _ in step.needs} & base.members):
            price = goods[number].current
            if taker.plan.kind == "price":
                taken = goods[number].gains[index]
            else:
                taken = price * low // (whole * WHOLE) - 2 if whole else 0
            if taken > slack or (exclusive and price > slack):
                without.setdefault(index, set()).add(number)
        if inside and least > 0:
            most = (slack * WHOLE + WHOLE // 2) // least
            caps[index] = min(caps.get(index, most), most)
