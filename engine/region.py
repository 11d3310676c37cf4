"""A region of a basket: lots that no promotion of steps 2 and 3 shares with lots outside it, and what they come to.

What is in a region depends on nothing outside it but the node share of its parts; so pricing scan by scan keeps a
region as it is while its lots are the same.
"""

from __future__ import annotations

from engine.components import Joined
from engine.decide import Decision, decide
from engine.parts import Part, Parts
from engine.plans import Plan
from engine.runs import Run, lower, shares
from engine.thresholds import Pick
from engine.units import Counter, Lot
from engine.values import Application

Plans = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
Key = tuple[int, Plans, tuple[tuple[int, int], ...], tuple[tuple[int, str, int, int, int, int], ...]]


class Region:
    """After `decide` and `work_out` `runs` are the units of its lots by line, where anything was taken off them."""

    __slots__ = (
        "_by_line",
        "_counter",
        "_decided",
        "_gifts",
        "_remembers",
        "applications",
        "bound",
        "coupons",
        "decisions",
        "first",
        "groups",
        "known",
        "lots",
        "more",
        "parts",
        "runs",
        "share",
    )

    def __init__(self, lots: list[Lot], by_line: list[Lot], counter: Counter, *, remembers: bool) -> None:
        """`by_line` are all lots of the basket; with `remembers` decisions are kept by what they depend on."""
        self.lots = lots
        self.parts = Parts(lots, counter, by_line)
        self.share = -1  # nodes of a part that it was decided with
        self.more = 0  # nodes of a part that was not proved with its share
        self.decisions: list[Decision] = []
        self.known: dict[Key, Decision] = {}
        self.runs: dict[int, list[Run]] = {}
        self.coupons: dict[str, int] = {}
        self.groups: list[str] = []
        self.applications: list[tuple[int, Application]] = []
        self.bound = 0
        self._by_line = by_line
        self._counter = counter
        self._remembers = remembers
        self._decided = False
        self.first = self.decisions  # before anything was left over
        self._gifts: dict[int, tuple[tuple[tuple[int, int], ...], int, int]] = {}

    def decide(self, share: int, known: dict[Key, Decision]) -> int:
        """Decide every part with as many nodes each, but for those that are `known` from before. Gives how many were
        not."""
        self.share = share
        self.more = 0
        self._decided = False
        fresh = 0
        self.decisions = []
        self.known = {}
        for part in self.parts.parts:
            fresh += self._decide(part, share, known, len(self.decisions))
        self.first = self.decisions
        return fresh

    def decide_open(self, more: int, known: dict[Key, Decision]) -> int:
        """Decide again with more nodes what is not proved; with 0 go back to what the share gave."""
        self.more = more
        self._decided = False
        fresh = 0
        self.decisions = list(self.first)
        for number, part in enumerate(self.parts.parts):
            if more and self.first[number].bound:
                fresh += self._decide(part, more, known, number)
        return fresh

    def _decide(self, part: Part, share: int, known: dict[Key, Decision], number: int) -> int:
        """Whether the part had to be decided; its decision is put at `number`."""
        fresh = 0
        if self._remembers:
            key = _key(part, self.parts, self._counter, share)
            decision = known.get(key)
            if decision is None:
                decision = decide(part, self.parts, self._counter.coupons, share)
                fresh = 1
            self.known[key] = decision
        else:
            decision = decide(part, self.parts, self._counter.coupons, share)
        self.decisions[number : number + 1] = [decision]
        return fresh

    def stands(self, share: int) -> bool:
        """Whether it would be decided alike with this share."""
        return self.share == share or (self.share >= 0 and self.parts.closed)

    @property
    def is_open(self) -> bool:
        """Whether its share did not suffice for some part."""
        return any(decision.bound for decision in self.first)

    def work_out(self) -> None:
        """What every unit costs, as one promotion after another takes its part off."""
        if self._decided:
            return
        self._decided = True
        self.runs = {}
        self.coupons = {}
        self.groups = []
        self.applications = []
        self._gifts = {}
        self.bound = 0
        picks = self.parts.settled
        for decision in self.decisions:
            self.bound += decision.bound
            if decision.picks:
                picks = picks + decision.picks
        self._step2(self.decisions)
        if len(picks) > 1:
            picks = sorted(picks, key=_index)
        for pick in picks:
            self._step3(pick)

    def _use(self, plan: Plan, times: int) -> None:
        if plan.coupon:
            self.coupons[plan.coupon] = self.coupons.get(plan.coupon, 0) + times
        if plan.group:
            self.groups.append(plan.group)

    def _step2(self, decisions: list[Decision]) -> None:
        lots = self._by_line
        left: dict[int, int] = {}
        for decision in decisions:
            for use in decision.uses:
                plan = use.plan
                self._use(plan, use.times)
                units = use.units
                taken = tuple(sorted(units)) if len(units) > 1 else tuple(units)
                gift = plan.is_gift
                if gift:
                    self._gifts[plan.index] = (taken, use.times, use.discount)
                    parts = [(lots[line].current - plan.gift[2], 0) for line, _ in units]
                else:
                    application = Application(plan.id, use.times, taken, (), use.discount)
                    self.applications.append((plan.index, application))
                    if plan.kind == "price":
                        parts = []
                        for line, _ in units:
                            lot = lots[line]
                            parts.append((lot.current - lot.of(plan.price_of(lot.regular_unit)), 0))
                    else:
                        parts = shares(use.discount, [(lots[line].current, count) for line, count in units])
                for place, (line, count) in enumerate(units):
                    off, more = parts[place]
                    cost = lots[line].current - off
                    there = self.runs.get(line)
                    if there is None:
                        there = self.runs[line] = []
                        left[line] = lots[line].count
                    if more:
                        there.append(Run(line, more, cost - 1, not gift, gift))
                    if count > more:
                        there.append(Run(line, count - more, cost, not gift, gift))
                    left[line] -= count
        for line, count in left.items():
            if count:
                self.runs[line].append(Run(line, count, lots[line].current, False, False))

    def _step3(self, pick: Pick) -> None:
        lots = self._by_line
        plan = pick.threshold.plan
        free = plan.except_discounted
        ranked = [(lots[line].rank, line) for line in pick.threshold.members]
        ranked.sort()
        base: list[Run] = []
        units: list[tuple[int, int]] = []
        for _, line in ranked:
            runs = self.runs.get(line)
            if runs is None:
                lot = lots[line]
                runs = self.runs[line] = [Run(line, lot.count, lot.current, False, False)]
            count = 0
            for run in runs:
                if not run.gift and not (free and run.taken):
                    base.append(run)
                    count += run.count
            if count:
                units.append((line, count))
        units.sort()
        if plan.is_gift:
            gifts, times, discount = self._gifts[plan.index]
            application = Application(plan.id, times, tuple(units), gifts, discount)
        else:
            self._use(plan, pick.times)
            lower(base, pick.discount, self.runs)
            application = Application(plan.id, pick.times, tuple(units), (), pick.discount)
        self.applications.append((plan.index, application))


def _index(pick: Pick) -> int:
    return pick.threshold.index


def regions_of(lots: list[Lot]) -> list[list[Lot]]:
    """The lots that share promotions, coupons or groups, together, in order of line; not those that nothing touches."""
    touched = [lot for lot in lots if lot.touch]
    if not touched:
        return []
    joined = Joined([lot.line for lot in touched])
    first: dict[int, int] = {}
    for lot in touched:
        line = lot.line
        for plan, _ in lot.touch:
            there = first.get(plan.index)
            if there is None:
                first[plan.index] = line
                joined.share(line, plan.coupon, plan.group)
            else:
                joined.join(there, line)
    return [[lots[line] for line in lines] for lines in joined.together()]


def _key(part: Part, parts: Parts, counter: Counter, share: int) -> Key:
    """All that a part's decision depends on, but for the snapshot."""
    plans = (
        tuple(part.offers),
        tuple([plan.index for plan in part.others]),
        tuple([threshold.index for threshold in part.thresholds]),
    )
    limits: list[tuple[int, int]] = []
    lots: dict[int, Lot] = {lot.line: lot for lot in part.lots}
    for index in part.offers:
        for lot, _ in parts.offers.eligible[index]:
            lots[lot.line] = lot
    for numbers in plans:
        for index in numbers:
            cap = counter.caps.get(index, -1)
            if cap >= 0:
                code = counter.promotion(index)
                limits.append((cap, counter.coupons.get(code.coupon, 0) if code is not None and code.coupon else -1))
    units = [(lot.line, lot.sku, lot.count, lot.milli, lot.current, lot.regular) for lot in lots.values()]
    units.sort()
    return share, plans, tuple(limits), tuple(units)
