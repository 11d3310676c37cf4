"""The ways of applying one promotion: which of its units, told apart only where something tells them apart.

A **class** is units that are alike; a **way** is so many units of each, and what they gain. Ways are counted: where
there are too many, the caller is told that they are not all.
"""

from __future__ import annotations

from engine.concerns import Concerns, Ware, unit_order
from engine.offers import rounded
from engine.plans import OFF, PERCENT, PRICE, WHOLE, Plan

MAX_TRIES = 3_000  # ways of one promotion that are looked at
MAX_TIMES = 60  # applications of one promotion together

Counts = tuple[int, ...]  # units of each class


class Class:
    """Units that nothing tells apart. `share`: what the receipt takes off one of them, in parts."""

    __slots__ = ("count", "current", "share", "wares")

    def __init__(self, wares: list[Ware]) -> None:
        self.wares = sorted(wares, key=unit_order)
        self.count = sum(ware.count for ware in wares)
        self.current = wares[0].current
        off = sum(ware.current * ware.count - ware.net for ware in wares)
        self.share = off * WHOLE // self.count


class Way:
    """Units by class, what they gain in parts, how many applications that is, and the rank by what it seems to cost."""

    __slots__ = ("counts", "gain", "seems", "times")

    def __init__(self, counts: Counts, gain: int, times: int, classes: list[Class]) -> None:
        self.counts = counts
        self.gain = gain
        self.times = times
        self.seems = sum(count * one.share for count, one in zip(counts, classes, strict=True)) - gain


def units_of(counts: Counts, classes: list[Class]) -> list[tuple[Ware, int]]:
    out: list[tuple[Ware, int]] = []
    for count, one in zip(counts, classes, strict=True):
        for ware in one.wares:
            take = min(count, ware.count)
            if take:
                out.append((ware, take))
                count -= take
    return out


def counts_of(classes: list[Class], most: int) -> list[Counts]:
    """Every choice of 1 to `most` units, at most so many that the caller sees that there are too many."""
    out: list[Counts] = []
    taken = [0] * len(classes)

    def go(at: int, left: int) -> None:
        if len(out) > MAX_TRIES:
            return
        if at == len(classes):
            if left < most:
                out.append(tuple(taken))
            return
        for count in range(min(left, classes[at].count), -1, -1):
            taken[at] = count
            go(at + 1, left - count)
        taken[at] = 0

    go(0, most)
    return out


def ways_of(plan: Plan, classes: list[Class], concerns: Concerns) -> tuple[list[Way], bool]:
    """The ways of one application that gain something (a price promotion: of one unit), and whether they are all."""
    if plan.kind == "price":
        ways: list[Way] = []
        for number, one in enumerate(classes):
            ware = one.wares[0]
            gain = one.current - ware.of(plan.price_of(ware.regular_unit))
            if gain > 0:
                counts = tuple(1 if place == number else 0 for place in range(len(classes)))
                ways.append(Way(counts, gain * WHOLE, 1, classes))
        return ways, True
    if plan.kind == "tier":
        return _tier_ways(plan, classes)
    found, whole = set_ways(plan, classes, concerns)
    return [Way(counts, gain, 1, classes) for counts, gain in found.items()], whole


def _tier_ways(plan: Plan, classes: list[Class]) -> tuple[list[Way], bool]:
    ways: list[Way] = []
    every = counts_of(classes, sum(one.count for one in classes))
    for counts in every[:MAX_TRIES]:
        units = sum(counts)
        reached = [tier for tier in plan.tiers if tier[0] <= units]
        if not reached:
            continue
        _, mode, amount = reached[-1]
        pairs = list(zip(classes, counts, strict=True))
        if mode == PERCENT:
            gain = sum(one.current * count for one, count in pairs) * amount
        else:
            gain = sum(max(0, one.current - amount) * count for one, count in pairs) * WHOLE
        if gain > 0:
            ways.append(Way(counts, gain, 1, classes))
    return ways, len(every) <= MAX_TRIES


def set_ways(plan: Plan, classes: list[Class], concerns: Concerns) -> tuple[dict[Counts, int], bool]:
    """What one application of a set gains for its units, put into the entries in the way that gives most."""
    entries: list[list[int]] = []
    for slot in range(len(plan.buy)):
        lines = {ware.line for ware in concerns.eligible(plan, slot)}
        entries.append([number for number, one in enumerate(classes) if one.wares[0].line in lines])
    found: dict[Counts, int] = {}
    used = [0] * len(classes)
    chosen: list[list[tuple[int, int]]] = [[] for _ in entries]
    tried = 0

    def fill(slot: int, at: int, need: int) -> bool:
        nonlocal tried
        if need == 0:
            if slot + 1 < len(entries):
                return fill(slot + 1, 0, plan.buy[slot + 1])
            tried += 1
            counts = tuple(used)
            gain = _set_gain(plan, chosen, classes)
            if gain > found.get(counts, 0):
                found[counts] = gain
            return tried < MAX_TRIES
        if at == len(entries[slot]):
            return True
        number = entries[slot][at]
        for count in range(min(need, classes[number].count - used[number]), -1, -1):
            used[number] += count
            if count:
                chosen[slot].append((number, count))
            more = fill(slot, at + 1, need - count)
            if count:
                chosen[slot].pop()
            used[number] -= count
            if not more:
                return False
        return True

    return found, fill(0, 0, plan.buy[0])


def _set_gain(plan: Plan, chosen: list[list[tuple[int, int]]], classes: list[Class]) -> int:
    rewarded = [pair for slot in chosen for pair in slot] if plan.entry < 0 else chosen[plan.entry]
    left, cost = plan.cheapest, 0
    for price, count in sorted((classes[number].current, count) for number, count in rewarded):
        take = min(count, left)
        cost += take * price
        left -= take
    if plan.mode == PERCENT:
        return cost * plan.amount
    if plan.mode == PRICE:
        return (cost - plan.amount) * WHOLE
    assert plan.mode == OFF
    return min(plan.amount, cost) * WHOLE


def all_applications(ways: list[Way], classes: list[Class], cap: int) -> tuple[list[Way], bool]:
    """Every choice of one or more applications of these ways, and whether they are all."""
    out: dict[tuple[Counts, int], Way] = {}
    room = [one.count for one in classes]
    whole = True
    tried = 0

    def go(begin: int, counts: Counts, gain: int, times: int) -> None:
        nonlocal tried, whole
        for number in range(begin, len(ways)):
            tried += 1
            if tried > 5 * MAX_TRIES:
                whole = False
                return
            way = ways[number]
            after = tuple(mine + more for mine, more in zip(counts, way.counts, strict=True))
            if any(count > most for count, most in zip(after, room, strict=True)):
                continue
            if len(out) >= MAX_TRIES or times >= MAX_TIMES:
                whole = False
                return
            one = Way(after, gain + way.gain, times + 1, classes)
            key = after, rounded(one.gain)
            if key not in out or one.times < out[key].times:
                out[key] = one
            if cap < 0 or times + 1 < cap:
                go(number, after, one.gain, times + 1)

    go(0, (0,) * len(classes), 0, 0)
    return list(out.values()), whole
