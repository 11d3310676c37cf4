"""The search of a coupled part: promotions of steps 2 and 3 that must be decided together.

Units are of `Goods`; what may consume them are `Step`s (engine.takers), in order of the first goods they consume. A
node is a choice of steps; it is looked at as it stands, and goes on with every later step. What its rest can still
gain is at most, for every unit left, the best share of it in any step to come; thresholds add at most what their
greatest base gives. Both together are the bound that cuts. More is better, then fewer applications, then what was
found first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.offers import rounded
from engine.plans import WHOLE, Plan
from engine.runs import Run, shares
from engine.takers import Goods, Step, Taker
from engine.thresholds import Pick, Threshold, choose
from engine.together import Taking, combinations, least_left

MAX_DEPTH: Final = 300  # different steps in one choice
PATIENCE: Final = 150  # nodes after which bounds by the layered search are worth their price
LONG: Final = 7  # bits: a node of a part of more goods than 1 << LONG costs as many more as there are

Taken = dict[int, tuple[int, int, dict[int, int]]]  # promotion -> applications, gain in parts, goods -> units


class Found:
    """A legal choice of a part, worked out: what it takes off, and with how many applications."""

    __slots__ = ("applications", "bound", "picks", "taken", "value")

    def __init__(self, taken: Taken, picks: list[Pick], value: int, applications: int, bound: int) -> None:
        self.taken = taken
        self.picks = picks
        self.value = value
        self.applications = applications
        self.bound = bound  # how much more the same choice of step 2 may come to, with other thresholds


class Coupled:
    """One part, to be searched. `thresholds` are in order of id, gifts among them; `caps` by promotion."""

    def __init__(
        self,
        goods: list[Goods],
        plans: dict[int, Plan],
        thresholds: list[Threshold],
        coupons: dict[str, int],
    ) -> None:
        self.goods = goods
        self.takers: list[Taker] = []
        self.plain = [one for one in thresholds if not one.plan.is_gift]
        self.gifts = {one.index: one for one in thresholds if one.plan.is_gift}
        self.coupons = coupons
        self.plans = plans
        self.order = sorted(goods, key=lambda one: one.rank)
        self.nodes = 0
        self.tail: Callable[[int], int] | None = None  # the most that step 2 gains on goods from a number on
        self.tails: list[int] = []
        self.best: Found | None = None
        self.root = 0  # the bound of the whole search
        self._threshold_most = -1
        self.reach = -1  # the most that a choice of step 2 whose thresholds were not searched to their end may come to
        self.open = -1  # the greatest bound of what the limit left out, -1 for nothing

    # a choice, worked out

    def evaluate(self, taken: Taken) -> Found | None:
        """What a choice of step 2 comes to with the best thresholds; None where it is not legal, or less than the best
        so far."""
        left = [one.count for one in self.goods]
        parts: list[list[Run]] = [[] for _ in self.goods]
        value = applications = 0
        groups: set[str] = set()
        coupons = self.coupons
        for index in sorted(taken):
            times, gain, units = taken[index]
            plan = self.plans[index]
            discount = rounded(gain)
            if discount <= 0:
                return None
            value += discount
            applications += times
            if plan.group and plan.kind != "price":
                if plan.group in groups:
                    return None
                groups.add(plan.group)
            if plan.coupon:
                if coupons is self.coupons:
                    coupons = dict(coupons)
                coupons[plan.coupon] -= times
                if coupons[plan.coupon] < 0:
                    return None
            ordered = [one for one in self.order if one.number in units]
            if plan.kind == "price":
                for one in ordered:
                    count = units[one.number]
                    cost = one.current - one.gains[index]
                    parts[one.number].append(Run(one.number, count, cost, True, False))
                    left[one.number] -= count
            elif plan.is_gift:
                for one in ordered:
                    count = units[one.number]
                    parts[one.number].append(Run(one.number, count, plan.gift[2], False, True))
                    left[one.number] -= count
            else:
                spread = shares(discount, [(one.current, units[one.number]) for one in ordered])
                for one, (share, more) in zip(ordered, spread, strict=True):
                    count = units[one.number]
                    if more:
                        parts[one.number].append(Run(one.number, more, one.current - share - 1, True, False))
                    if count > more:
                        parts[one.number].append(Run(one.number, count - more, one.current - share, True, False))
                    left[one.number] -= count
        runs: list[Run] = []
        for one in self.order:
            runs += parts[one.number]
            if left[one.number]:
                runs.append(Run(one.number, left[one.number], one.current, False, False))
        for index in taken:
            gift = self.gifts.get(index)
            if gift is not None:
                times = gift.times(gift.base(runs))
                if sum(taken[index][2].values()) > times * gift.plan.gift[1]:
                    return None
        picks = choose(self.plain, runs, groups, coupons, self.best.value - value if self.best is not None else 0)
        self.nodes += picks.steps + (len(self.goods) >> LONG)
        if picks.bound < 0:
            return None
        value += picks.value
        if picks.bound:
            self.reach = max(self.reach, value + picks.bound)
        return Found(taken, picks.picks, value, applications + picks.applications, picks.bound)

    # the search

    def offer(self, found: Found | None) -> None:
        """Keep a choice that is better than the best so far."""
        if found is None:
            return
        best = self.best
        if (
            best is None
            or found.value > best.value
            or (found.value == best.value and found.applications < best.applications)
        ):
            self.best = found

    def threshold_most(self) -> int:
        """The most that step 3 takes off whatever step 2 does (without gifts)."""
        if self._threshold_most < 0:
            self._threshold_most = self._most_of_thresholds()
        return self._threshold_most

    def _most_of_thresholds(self) -> int:
        total = apart = whole = 0
        grouped: dict[str, int] = {}
        takings: list[Taking] = []
        for one in self.plain:
            base = units = 0
            for number in one.members:
                goods = self.goods[number]
                base += goods.count * goods.current
                units += goods.count
            most = one.most(base)
            group = one.plan.group
            if group:
                grouped[group] = max(most, grouped.get(group, 0))
            else:
                total += most
            if one.plan.except_discounted:  # what consumed units leave of its base is not known
                apart += most
            else:
                takings.append(Taking(sorted(one.members), units, most, group))
        total += sum(grouped.values())
        for goods in self.goods:
            whole += goods.count * goods.current
        if 2 * total <= whole or not takings:
            return total
        costs = [goods.current for goods in self.goods]
        counts = [goods.count for goods in self.goods]
        chosen = [[takings[number] for number in some] for some in combinations(takings)] or [takings]
        least = min([least_left(costs, counts, some) for some in chosen])
        return min(total, apart + whole - least)

    def search(self, nodes: int, most: int, without: dict[int, set[int]], caps: dict[int, int]) -> None:
        """Search to the end, or until `nodes` more are spent: then `open` says what it might have come to.

        `most` is what thresholds give at most; `without` are goods that a promotion may not take, `caps` its most
        applications.
        """
        steps: list[Step] = []
        for taker in self.takers:
            out = without.get(taker.plan.index)
            for step in taker.steps:
                if not out or all(number not in out for number, _ in step.needs):
                    steps.append(step)
        self.caps = [taker.cap for taker in self.takers]
        for taker in self.takers:
            cap = caps.get(taker.plan.index, -1)
            if cap >= 0 and (taker.cap < 0 or cap < taker.cap):
                self.caps[taker.number] = cap
        share = [0] * len(self.goods)  # of every goods: the best share of a unit in any step
        worth: dict[int, int] = {}
        for number, step in enumerate(steps):
            taker = step.taker
            whole = sum(self.goods[at].current * count for at, count in step.needs)
            for at, _ in step.needs:
                if taker.unitwise:
                    mine = step.gain + -(-taker.const // taker.size)
                else:
                    mine = -(-step.gain * self.goods[at].current // whole)
                share[at] = max(share[at], mine)
                if at == step.first:
                    worth[number] = mine
        ranked = sorted(range(len(steps)), key=lambda number: (steps[number].first, -worth[number], number))
        self.steps = [steps[number] for number in ranked]
        self.whole = [0] * len(steps)  # from this step on: the most that a unit of its first goods brings, others too
        self.tails = []
        self.begun = self.nodes
        self.ahead = [0] * len(steps)  # the best share of a step's first goods from this step on
        for place in range(len(ranked) - 1, -1, -1):
            mine = worth[ranked[place]]
            step = self.steps[place]
            brings = -(-step.gain // step.needs[0][1]) + -(-step.taker.const // step.taker.size)
            after = place + 1
            if after < len(ranked) and self.steps[after].first == step.first:
                mine = max(mine, self.ahead[after])
                brings = max(brings, self.whole[after])
            self.ahead[place] = mine
            self.whole[place] = brings
        self.last: list[int] = [-1] * len(self.takers)
        for place, step in enumerate(self.steps):
            self.last[step.taker.number] = place
        self.share = share
        self.left = [one.count for one in self.goods]
        self.units = [0] * len(self.takers)
        self.gain = [0] * len(self.takers)
        self.path: list[tuple[Step, int]] = []
        self.level: dict[int, int] = {}  # tier promotion -> its taker in use
        self.slack = WHOLE // 2 * sum(1 for taker in self.takers if taker.fractional)
        self.most = most
        self.weight = 1 + len(self.takers) // 8 + (len(self.goods) >> LONG)  # a node looks at all of them
        self.limit = self.nodes + nodes
        rest = sum(one.count * share[one.number] for one in self.goods)
        self.root = max(self.root, self._bound(rest))
        self._go(0, 0, rest, 0)

    def _go(self, begin: int, gained: int, rest: int, cut: int) -> None:
        """`rest`: the best shares of the units of goods from `cut` on; `gained`: without the takers' `const`."""
        self.nodes += self.weight
        self._look(gained)
        place = begin
        steps, left, share = self.steps, self.left, self.share
        while place < len(steps):
            step = steps[place]
            while cut < step.first:
                rest -= left[cut] * share[cut]
                cut += 1
            if place and not self._closed(steps[place - 1].taker, place - 1):
                return
            bound = self._bound(gained + rest - left[cut] * (share[cut] - self.ahead[place]))
            if self.tail is not None and self.nodes - self.begun > PATIENCE and self._promising(bound):
                bound = min(bound, self._tail_bound(place, cut, gained))
            if not self._promising(bound):
                return
            if self.nodes >= self.limit or len(self.path) >= MAX_DEPTH:
                self.open = max(self.open, bound)
                return
            most = self._most(step)
            taker = step.taker
            for count in range(most, 0, -1):
                gone = 0
                for at, need in step.needs:
                    left[at] -= need * count
                    if at >= cut:
                        gone += need * count * share[at]
                self.units[taker.number] += step.units * count
                self.gain[taker.number] += step.gain * count
                self.path.append((step, count))
                before = self.level.get(taker.plan.index, -1)
                self.level[taker.plan.index] = taker.number
                more = (step.gain - (-taker.const * step.units // taker.size)) * count
                self._go(place + 1, gained + more, rest - gone, cut)
                if before < 0:
                    del self.level[taker.plan.index]
                self.path.pop()
                self.gain[taker.number] -= step.gain * count
                self.units[taker.number] -= step.units * count
                for at, need in step.needs:
                    left[at] += need * count
            place += 1

    def _bound(self, parts: int) -> int:
        return (parts + self.slack) // WHOLE + self.most

    def _tail_bound(self, place: int, cut: int, gained: int) -> int:
        """The same by what the layered search finds on the goods that no step has come to yet."""
        if not self.tails:
            self.tails = [-1] * (len(self.goods) + 1)
        fresh = not self.path or self.path[-1][0].first < cut
        at = cut if fresh else cut + 1
        tail = self.tails[at]
        if tail < 0 and self.tail is not None:
            tail = self.tails[at] = self.tail(at)
        if not fresh:
            gained += self.left[cut] * self.whole[place]
        # Both halves of a promotion may be rounded: a whole minor unit for each.
        return (gained + 2 * self.slack) // WHOLE + tail + self.most

    def _promising(self, bound: int) -> bool:
        best = self.best
        if best is None or bound > best.value:
            return True
        return bound == best.value and self._applications() < best.applications

    def _applications(self) -> int:
        return sum(taker.applications(self.units[taker.number]) for taker in self.takers if self.units[taker.number])

    def _closed(self, taker: Taker, place: int) -> bool:
        """False where a taker whose steps end here has a number of units that does not fit."""
        if self.last[taker.number] != place:
            return True
        units = self.units[taker.number]
        return units == 0 or (units >= taker.low and (taker.plan.is_gift or units % taker.size == 0))

    def _most(self, step: Step) -> int:
        taker = step.taker
        used = self.level.get(taker.plan.index, taker.number)
        if used != taker.number:
            return 0
        most = taker.high - self.units[taker.number]
        cap = self.caps[taker.number]
        if cap >= 0 and taker.plan.kind != "tier":
            most = min(most, cap * taker.size - self.units[taker.number])
        most //= step.units
        for at, need in step.needs:
            most = min(most, self.left[at] // need)
        return max(0, most)

    def _look(self, gained: int) -> None:
        """The choice as it stands, worked out where it may be the best."""
        parts = 0
        for taker in self.takers:
            units = self.units[taker.number]
            if units:
                if units < taker.low or (not taker.plan.is_gift and units % taker.size):
                    return
                parts += rounded(self.gain[taker.number] + taker.const * (units // taker.size))
        if not self._promising(parts + self.most):
            return
        taken: Taken = {}
        for step, count in self.path:
            taker = step.taker
            units = self.units[taker.number]
            there = taken.get(taker.plan.index)
            if there is None:
                gain = self.gain[taker.number] + taker.const * (units // taker.size)
                there = taken[taker.plan.index] = (taker.applications(units), gain, {})
            for at, need in step.needs:
                there[2][at] = there[2].get(at, 0) + need * count
        self.offer(self.evaluate(taken))
