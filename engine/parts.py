"""The parts of a basket that can be decided on their own: promotions that share units, coupons, groups or thresholds.

A threshold whose discount is the same whatever step 2 does, and that neither is cut nor cuts another one, is
**settled**: it couples nothing. One that its units can never reach is dropped.
"""

from __future__ import annotations

from engine.components import Joined, Offers
from engine.plans import LAYERED, OFF, PERCENT, THRESHOLD, WHOLE, Plan
from engine.thresholds import Pick, Threshold
from engine.units import Counter, Lot, in_order


class Part:
    """Promotions to be decided together: those of the layered search, the others of step 2, and thresholds."""

    __slots__ = ("lots", "offers", "others", "thresholds")

    def __init__(self) -> None:
        self.offers: list[int] = []
        self.others: list[Plan] = []  # sets with several entries, tiers
        self.thresholds: list[Threshold] = []  # gifts among them
        self.lots: list[Lot] = []  # where others or thresholds are: the lots that any of them selects

    @property
    def coupled(self) -> bool:
        return bool(self.others or self.thresholds)


class _Based:
    """A threshold of which it is not known yet whether it couples."""

    __slots__ = ("gifts", "high", "lots", "low", "most", "plan", "seen", "threshold", "uncut")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lots: list[Lot] = []  # of its base
        self.high = 0  # what they cost before step 2
        self.gifts = False  # whether there is something to give

    def begin(self, cap: int) -> None:
        """It may be reached."""
        self.threshold = Threshold(self.plan, cap, {lot.line for lot in self.lots})
        self.most = self.threshold.most(self.high)  # that it can take off
        self.low = self.high  # what step 2 leaves of the base at least
        free = self.plan.except_discounted
        for lot in self.lots:
            if lot.lower:
                self.low -= (lot.current if free else lot.lower) * lot.count
        self.uncut = False  # what all whose bases share a lot with it take off, itself too, is there
        self.seen = -1


class Parts:
    """All parts of a basket, and its settled thresholds."""

    def __init__(self, lots: list[Lot], counter: Counter, by_line: list[Lot]) -> None:
        """`lots` share no promotion with others of the basket; `by_line` are all of them."""
        self.caps: dict[int, int] = {}  # of the promotions in coupled parts
        self.lots = in_order(lots)
        self._by_line = by_line
        self._counter = counter
        self.offers = Offers()
        self.settled: list[Pick] = []
        self._others: dict[int, Plan] = {}
        self._thresholds: dict[int, Threshold] = {}
        self._settle(self._read())
        self.parts = self._grouped()
        self.searched = 0  # parts that get a share of the nodes
        self.closed = True  # none of them is decided by a search, whatever its share
        for part in self.parts:
            if part.coupled or len(part.offers) > 1:
                self.searched += 1
                self.closed = False
            elif self.offers.offers[part.offers[0]].mixed:
                self.closed = False

    def lot(self, line: int) -> Lot:
        return self._by_line[line]

    def _read(self) -> dict[int, _Based]:
        layered: dict[int, list[Lot]] = {}
        plans: dict[int, Plan] = {}
        thresholds: dict[int, _Based] = {}
        for lot in self.lots:
            lot.lower = 0
        for lot in self.lots:
            for plan, entry in lot.touch:
                index = plan.index
                role = plan.role
                if role == LAYERED:
                    there = layered.get(index)
                    if there is None:
                        layered[index] = [lot]
                        plans[index] = plan
                    else:
                        there.append(lot)
                elif role == THRESHOLD:
                    one = thresholds.get(index)
                    if one is None:
                        one = thresholds[index] = _Based(plan)
                    if entry == 0:
                        if lot.current == lot.regular or not plan.except_discounted:
                            one.lots.append(lot)
                            one.high += lot.current * lot.count
                    elif lot.current > plan.gift[2]:
                        one.gifts = True
                        lot.lower = lot.current
                else:
                    self._others[index] = plan
                    lot.lower = max(lot.lower, min(lot.current, self._lowered(plan, lot)))
        for index in sorted(layered):
            plan = plans[index]
            lots = layered[index]
            if self.offers.add(plan, lots, self._counter):
                for lot in lots:
                    lot.lower = max(lot.lower, min(lot.current, self._lowered(plan, lot)))
        return thresholds

    def _settle(self, thresholds: dict[int, _Based]) -> None:
        """Drop thresholds that are out of reach, and take out those that are settled."""
        left: list[_Based] = []
        touched: dict[int, list[_Based]] = {}  # line -> thresholds whose base it is in
        for index in sorted(thresholds):
            one = thresholds[index]
            plan = one.plan
            if one.high < plan.reach or (plan.is_gift and not one.gifts):
                continue
            one.begin(self._counter.cap(plan))
            left.append(one)
            for lot in one.lots:
                there = touched.get(lot.line)
                if there is None:
                    touched[lot.line] = [one]
                else:
                    there.append(one)
        near: list[list[_Based]] = []  # of each, those whose bases share a lot with it, itself too
        for number, one in enumerate(left):
            together = 0
            beside: list[_Based] = []
            for lot in one.lots:
                for other in touched[lot.line]:
                    if other.seen != number:
                        other.seen = number
                        beside.append(other)
                        together += other.most
            one.uncut = together <= one.low
            near.append(beside)
        for number, one in enumerate(left):
            gives = _settled(one, near[number])
            if gives < 0:
                self._thresholds[one.plan.index] = one.threshold
            elif gives > 0:
                self.settled.append(Pick(one.threshold, one.threshold.times(one.low), gives))

    def _lowered(self, plan: Plan, lot: Lot) -> int:
        """The most that a promotion of step 2 takes off a unit of this lot, with 2 more for rounding."""
        if plan.kind == "price":
            return lot.current - lot.of(plan.price_of(lot.regular_unit))
        if plan.kind == "tier":
            if all(mode == PERCENT for _, mode, _ in plan.tiers):
                return lot.current * max([amount for _, _, amount in plan.tiers]) // WHOLE + 2
            return lot.current
        if len(plan.buy) > 1:
            if plan.mode == PERCENT:
                return lot.current * plan.amount // WHOLE + 2
            return lot.current
        if plan.mode == PERCENT:
            return lot.current * plan.amount * plan.cheapest // (plan.qty * WHOLE) + 2
        if plan.mode == OFF or plan.cheapest < plan.qty:
            return lot.current * plan.cheapest // plan.qty + 2
        dearest = max([one.current for one, _ in self.offers.eligible[plan.index]])
        return lot.current * max(0, plan.qty * dearest - plan.amount) // (plan.qty * max(1, dearest)) + 2

    def _grouped(self) -> list[Part]:
        offers, others, thresholds = self.offers.offers, self._others, self._thresholds
        numbers = sorted([*offers, *others, *thresholds])
        if not numbers:
            return []
        joined = Joined(numbers)
        owner = joined.owner
        seen: set[int] = set()
        for lot in self.lots:
            first = -1
            for plan, _ in lot.touch:
                index = plan.index
                if index in owner:
                    if first < 0:
                        first = index
                    else:
                        joined.join(first, index)
                    if (plan.coupon or plan.group) and index not in seen:
                        seen.add(index)
                        joined.share(index, plan.coupon, plan.group)
        parts: list[Part] = []
        coupled: dict[int, Part] = {}  # by its least promotion
        for numbers in joined.together():
            part = Part()
            parts.append(part)
            for index in numbers:
                if index in offers:
                    part.offers.append(index)
                elif index in others:
                    part.others.append(others[index])
                else:
                    part.thresholds.append(thresholds[index])
            if part.coupled:
                coupled[joined.find(numbers[0])] = part
                for index in part.offers:
                    self.caps[index] = self._counter.cap(self.offers.plans[index])
                for plan in part.others:
                    self.caps[plan.index] = self._counter.cap(plan)
                for threshold in part.thresholds:
                    self.caps[threshold.index] = threshold.cap
        if coupled:
            for lot in self.lots:
                roots = {joined.find(plan.index) for plan, _ in lot.touch if plan.index in owner}
                for root in roots:
                    if root in coupled:
                        coupled[root].lots.append(lot)
        return parts


def _settled(one: _Based, near: list[_Based]) -> int:
    """What a threshold gives whatever step 2 and others do, -1 where that is not known."""
    plan = one.plan
    if plan.is_gift or plan.group or plan.coupon or not _is_stable(one.threshold, one.low, one.high):
        return -1
    gives = one.threshold.gives(one.low, one.threshold.times(one.low))
    if gives > one.low:
        return -1
    for other in near:
        if not other.uncut:
            return -1
    return gives


def _is_stable(threshold: Threshold, low: int, high: int) -> bool:
    """Whether it gives the same for every base from `low` to `high`."""
    if low == high:
        return True
    if threshold.plan.flat >= 0:
        return low >= threshold.plan.reach
    if threshold.plan.each[0]:
        return threshold.times(low) == threshold.times(high)
    reached = [tier for tier in threshold.plan.tiers if tier[0] <= low]
    if not reached or len(reached) != sum(1 for tier in threshold.plan.tiers if tier[0] <= high):
        return False
    return reached[-1][1] == OFF
