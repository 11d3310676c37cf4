"""The parts of a basket that can be decided on their own: promotions that share units, coupons, groups or thresholds.

A threshold whose discount is the same whatever step 2 does, and that neither is cut nor cuts another one, is
**settled**: it couples nothing. One that its units can never reach is dropped.
"""

from __future__ import annotations

from engine.plans import OFF, PERCENT, WHOLE, Plan
from engine.thresholds import Pick, Threshold
from engine.units import Counter, Lot, Offers, class_order


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


class Parts:
    """All parts of a basket, and its settled thresholds."""

    def __init__(self, lots: list[Lot], counter: Counter) -> None:
        self.caps = counter.caps
        self.lots = sorted(lots, key=class_order)
        self._by_line = {lot.line: lot for lot in self.lots}
        self.offers = Offers(self.lots, counter.caps)
        self.settled: list[Pick] = []
        self._others: dict[int, Plan] = {}
        self._thresholds: dict[int, Threshold] = {}
        self._gifts: dict[int, list[Lot]] = {}
        self._read()
        self._settle()
        self.parts = self._grouped()

    def lot(self, line: int) -> Lot:
        return self._by_line[line]

    def _read(self) -> None:
        for lot in self.lots:
            for plan, entry in lot.touch:
                if plan.kind == "threshold":
                    threshold = self._thresholds.get(plan.index)
                    if threshold is None:
                        threshold = Threshold(plan, self.caps[plan.index], set())
                        self._thresholds[plan.index] = threshold
                    if entry == 0:
                        if not (plan.except_discounted and lot.current < lot.regular):
                            threshold.members.add(lot.line)
                    elif lot.current > plan.gift[2]:
                        self._gifts.setdefault(plan.index, []).append(lot)
                elif plan.kind == "tier" or (plan.kind == "set" and len(plan.buy) > 1):
                    self._others[plan.index] = plan

    def _settle(self) -> None:
        """Drop thresholds that are out of reach, and take out those that are settled."""
        by_line = self._by_line
        least: dict[int, int] = {}
        most: dict[int, int] = {}
        stable: dict[int, bool] = {}
        lowers: dict[int, int] = {}  # line -> the most that step 2 takes off one of its units
        touched: dict[int, list[int]] = {}  # line -> thresholds whose base it is in
        for index in sorted(self._thresholds):
            threshold = self._thresholds[index]
            high = low = 0
            for line in threshold.members:
                lot = by_line[line]
                lower = lowers.get(line, -1)
                if lower < 0:
                    lower = lowers[line] = self._lowers(lot)
                high += lot.current * lot.count
                if lower and threshold.plan.except_discounted:
                    lower = lot.current
                low += (lot.current - lower) * lot.count
            if threshold.times(high) == 0 or (threshold.plan.is_gift and index not in self._gifts):
                del self._thresholds[index]
                continue
            for line in threshold.members:
                touched.setdefault(line, []).append(index)
            least[index], most[index] = low, threshold.most(high)
            stable[index] = _is_stable(threshold, low, high)
        uncut: dict[int, bool] = {}
        near: dict[int, set[int]] = {}
        for index, threshold in self._thresholds.items():
            near[index] = {other for line in threshold.members for other in touched[line]}
            uncut[index] = sum(most[other] for other in near[index]) <= least[index]
        for index in sorted(self._thresholds):
            threshold = self._thresholds[index]
            plan = threshold.plan
            if plan.is_gift or plan.group or plan.coupon or not stable[index]:
                continue
            if all(uncut[other] for other in near[index]):
                times = threshold.times(least[index])
                gives = threshold.gives(least[index], times)
                if gives <= least[index]:
                    self.settled.append(Pick(threshold, times, gives))
        for pick in self.settled:
            del self._thresholds[pick.threshold.index]
        self.settled = [pick for pick in self.settled if pick.discount > 0]

    def _lowers(self, lot: Lot) -> int:
        most = 0
        for plan, entry in lot.touch:
            if plan.is_gift:
                if entry == 1 and lot.current > plan.gift[2]:
                    return lot.current
            elif plan.index in self._others or plan.index in self.offers.offers:
                most = max(most, self._lowered(plan, lot))
        return min(most, lot.current)

    def _lowered(self, plan: Plan, lot: Lot) -> int:
        """The most that a promotion of step 2 takes off a unit of this lot, with 2 more for rounding."""
        if plan.kind == "price":
            return lot.current - lot.of(plan.price_of(lot.regular_unit))
        if plan.kind == "tier":
            if all(mode == PERCENT for _, mode, _ in plan.tiers):
                return lot.current * max(amount for _, _, amount in plan.tiers) // WHOLE + 2
            return lot.current
        if len(plan.buy) > 1:
            if plan.mode == PERCENT:
                return lot.current * plan.amount // WHOLE + 2
            return lot.current
        if plan.mode == PERCENT:
            return lot.current * plan.amount * plan.cheapest // (plan.qty * WHOLE) + 2
        if plan.mode == OFF or plan.cheapest < plan.qty:
            return lot.current * plan.cheapest // plan.qty + 2
        dearest = max(one.current for one, _ in self.offers.eligible[plan.index])
        return lot.current * max(0, plan.qty * dearest - plan.amount) // (plan.qty * max(1, dearest)) + 2

    def _grouped(self) -> list[Part]:
        owner: dict[int, int] = {}
        first: dict[tuple[str, str | int], int] = {}

        def find(index: int) -> int:
            while owner[index] != index:
                owner[index] = owner[owner[index]]
                index = owner[index]
            return index

        def join(index: int, key: tuple[str, str | int]) -> None:
            one, two = find(first.setdefault(key, index)), find(index)
            owner[max(one, two)] = min(one, two)

        for lot in self.lots:
            for plan, _ in lot.touch:
                index = plan.index
                if index in self.offers.offers or index in self._others or index in self._thresholds:
                    if index not in owner:
                        owner[index] = index
                        if plan.coupon:
                            join(index, ("coupon", plan.coupon))
                        if plan.group:
                            join(index, ("group", plan.group))
                    join(index, ("lot", lot.line))
        parts: dict[int, Part] = {}
        for index in sorted(owner):
            part = parts.setdefault(find(index), Part())
            if index in self.offers.offers:
                part.offers.append(index)
            elif index in self._others:
                part.others.append(self._others[index])
            else:
                part.thresholds.append(self._thresholds[index])
        for lot in self.lots:
            roots = {find(plan.index) for plan, _ in lot.touch if plan.index in owner}
            for root in sorted(roots):
                if parts[root].coupled:
                    parts[root].lots.append(lot)
        return [parts[root] for root in sorted(parts)]


def _is_stable(threshold: Threshold, low: int, high: int) -> bool:
    """Whether it gives the same for every base from `low` to `high`."""
    if low == high:
        return True
    if threshold.plan.each[0]:
        return threshold.times(low) == threshold.times(high)
    reached = [tier for tier in threshold.plan.tiers if tier[0] <= low]
    if not reached or len(reached) != sum(1 for tier in threshold.plan.tiers if tier[0] <= high):
        return False
    return reached[-1][1] == OFF
