"""`price`: from a basket to its receipt. Contract: docs/promotions.md.

Step 1 gives every unit its current price; steps 2 and 3 are decided part by part (engine.parts), each with the same
share of the search nodes (so that a part whose inputs are unchanged keeps its answer), and those that it does not
suffice for with what the others left over; then discounts are rounded once
for each promotion and spread over its units, thresholds in order of id, and last what the tender gives.
"""

from __future__ import annotations

from engine.decide import Decision, decide
from engine.parts import Part, Parts
from engine.plans import Plan
from engine.runs import Run, lowered, shares
from engine.snapshot import Snapshot
from engine.tenders import best_tender
from engine.thresholds import Pick
from engine.units import Counter, Facts, Lot, lots_of, unit_order
from engine.values import DEFAULT_NODES, ENGINE, Application, Basket, Receipt, ReceiptLine

MAX_KNOWN = 4_096  # codes that a pricer remembers
Plans = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
Key = tuple[int, Plans, tuple[tuple[int, int], ...], tuple[tuple[int, str, int, int, int, int], ...]]


def price(snapshot: Snapshot, basket: Basket, nodes: int = DEFAULT_NODES) -> Receipt:
    """The receipt of `basket`. `nodes` limits the search; past it the receipt says `optimal` false and a proved
    `bound`.

    Raises BasketError (`unknown_item`, `bad_quantity`, with the line from 0) and ValueError where `basket.at` is no
    time.
    """
    counter = Counter(snapshot, basket)
    lots = lots_of(snapshot, basket, counter, {})
    parts = Parts(lots, counter)
    share = nodes_of_a_part(parts, nodes)
    decisions = [decide(part, parts, counter.coupons, share) for part in parts.parts]
    more = nodes_left(decisions, nodes)
    if more > share:
        for number, part in enumerate(parts.parts):
            if decisions[number].bound:
                decisions[number] = decide(part, parts, counter.coupons, more)
    return _Ledger(snapshot, counter, lots).receipt(parts.settled, decisions)


class Pricer:
    """Prices a basket scan by scan: a line, and a part whose inputs are unchanged, keep what they came to.

    Every receipt is the one from scratch, byte for byte. Not for several threads at once.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._decisions: dict[Key, Decision] = {}
        self._known: dict[str, Facts] = {}
        self.searched = 0  # parts decided anew for the last basket

    def price(self, basket: Basket, nodes: int = DEFAULT_NODES) -> Receipt:
        """As `price`."""
        counter = Counter(self._snapshot, basket)
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        lots = lots_of(self._snapshot, basket, counter, self._known)
        parts = Parts(lots, counter)
        share = nodes_of_a_part(parts, nodes)
        decisions: list[Decision] = []
        kept: dict[Key, Decision] = {}
        self.searched = 0
        for part in parts.parts:
            decisions.append(self._decide(part, parts, counter, share, kept))
        more = nodes_left(decisions, nodes)
        if more > share:
            for number, part in enumerate(parts.parts):
                if decisions[number].bound:
                    decisions[number] = self._decide(part, parts, counter, more, kept)
        self._decisions = kept  # what this basket no longer has is forgotten
        return _Ledger(self._snapshot, counter, lots).receipt(parts.settled, decisions)

    def _decide(self, part: Part, parts: Parts, counter: Counter, share: int, kept: dict[Key, Decision]) -> Decision:
        key = _key(part, parts, counter, share)
        decision = self._decisions.get(key)
        if decision is None:
            decision = decide(part, parts, counter.coupons, share)
            self.searched += 1
        kept[key] = decision
        return decision


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
            cap = counter.caps[index]
            if cap >= 0:
                code = counter.promotion(index)
                limits.append((cap, counter.coupons.get(code.coupon, 0) if code is not None and code.coupon else -1))
    units = [(lot.line, lot.sku, lot.count, lot.milli, lot.current, lot.regular) for lot in lots.values()]
    units.sort()
    return share, plans, tuple(limits), tuple(units)


def nodes_of_a_part(parts: Parts, nodes: int) -> int:
    """What each part that is searched may spend. Parts are counted as a power of two, so that one more seldom changes
    what the others may spend."""
    searched = sum(1 for part in parts.parts if part.coupled or len(part.offers) > 1)
    return max(0, nodes) // (1 << max(0, searched - 1).bit_length())


def nodes_left(decisions: list[Decision], nodes: int) -> int:
    """What each part that is still open may spend instead, of what the others left over: a power of two, so that it
    seldom changes from scan to scan."""
    still_open = sum(1 for decision in decisions if decision.bound)
    left = nodes - sum(decision.nodes for decision in decisions)
    if not still_open or left < still_open:
        return 0
    return 1 << (left // still_open).bit_length() - 1


class _Ledger:
    """What every unit costs, as one promotion after another takes its part off."""

    def __init__(self, snapshot: Snapshot, counter: Counter, lots: list[Lot]) -> None:
        self.snapshot = snapshot
        self.counter = counter
        self.lots = lots
        self.coupons: dict[str, int] = {}
        self.groups: set[str] = set()
        self.applications: list[tuple[int, Application]] = []

    def receipt(self, settled: list[Pick], decisions: list[Decision]) -> Receipt:
        self._step2(decisions)
        picks = list(settled)
        for decision in decisions:
            picks += decision.picks
        picks.sort(key=lambda pick: pick.threshold.index)
        self._step3(picks)
        self._step4()
        lines = tuple([_line(lot, sum([run.cost * run.count for run in self.runs[lot.line]])) for lot in self.lots])
        gross = sum(line.gross for line in lines)
        total = sum(line.net for line in lines)
        bound = min(sum([decision.bound for decision in decisions]), total)  # nothing costs less than nothing
        self.applications.sort(key=lambda pair: pair[0])
        return Receipt(
            id=self.counter.basket.id,
            engine=ENGINE,
            gross=gross,
            discount=gross - total,
            total=total,
            optimal=bound == 0,
            bound=bound,
            coupons=dict(sorted(self.coupons.items())),
            lines=lines,
            applications=tuple(application for _, application in self.applications),
        )

    def _use(self, plan: Plan, times: int) -> None:
        if plan.coupon:
            self.coupons[plan.coupon] = self.coupons.get(plan.coupon, 0) + times
        if plan.group:
            self.groups.add(plan.group)

    def _step2(self, decisions: list[Decision]) -> None:
        runs: list[list[Run]] = [[] for _ in self.lots]
        left = [lot.count for lot in self.lots]
        self.gifts: dict[int, tuple[tuple[tuple[int, int], ...], int, int]] = {}
        for decision in decisions:
            for use in decision.uses:
                plan = use.plan
                self._use(plan, use.times)
                units = tuple(sorted(use.units))
                if plan.is_gift:
                    self.gifts[plan.index] = (units, use.times, use.discount)
                    parts = [(self.lots[line].current - plan.gift[2], 0) for line, _ in use.units]
                else:
                    application = Application(plan.id, use.times, units, (), use.discount)
                    self.applications.append((plan.index, application))
                    if plan.kind == "price":
                        parts = []
                        for line, _ in use.units:
                            lot = self.lots[line]
                            parts.append((lot.current - lot.of(plan.price_of(lot.regular_unit)), 0))
                    else:
                        parts = shares(use.discount, [(self.lots[line].current, count) for line, count in use.units])
                for (line, count), (off, more) in zip(use.units, parts, strict=True):
                    cost = self.lots[line].current - off
                    if more:
                        runs[line].append(Run(line, more, cost - 1, not plan.is_gift, plan.is_gift))
                    if count > more:
                        runs[line].append(Run(line, count - more, cost, not plan.is_gift, plan.is_gift))
                    left[line] -= count
        for lot in self.lots:
            if left[lot.line]:
                runs[lot.line].append(Run(lot.line, left[lot.line], lot.current, False, False))
        self.runs = runs
        order = sorted(self.lots, key=unit_order)
        self.order = [0] * len(order)
        for number, lot in enumerate(order):
            self.order[lot.line] = number

    def _step3(self, picks: list[Pick]) -> None:
        order = self.order
        for pick in picks:
            plan = pick.threshold.plan
            lines = sorted(pick.threshold.members, key=lambda line: order[line])
            units = self._units(lines, plan.except_discounted)
            if plan.is_gift:
                gifts, times, discount = self.gifts[plan.index]
                application = Application(plan.id, times, units, gifts, discount)
            else:
                self._use(plan, pick.times)
                self._take_off(lines, pick.discount, plan.except_discounted)
                application = Application(plan.id, pick.times, units, (), pick.discount)
            self.applications.append((plan.index, application))

    def _step4(self) -> None:
        lines = [lot.line for lot in self.lots if not lot.no_discount]
        lines.sort(key=lambda line: self.order[line])
        base = 0
        for line in lines:
            for run in self.runs[line]:
                base += run.cost * run.count
        found = best_tender(self.snapshot, self.counter, base, self.coupons, self.groups)
        if found is None:
            return
        plan, discount = found
        self._use(plan, 1)
        units = tuple(sorted([(line, self.lots[line].count) for line in lines]))
        self.applications.append((plan.index, Application(plan.id, 1, units, (), discount)))
        self._take_off(lines, discount, False, gifts=True)

    def _units(self, lines: list[int], free: bool) -> tuple[tuple[int, int], ...]:
        """The base units of these lines; with `free` those that step 2 left alone."""
        out: list[tuple[int, int]] = []
        for line in lines:
            count = 0
            for run in self.runs[line]:
                if not run.gift and not (free and run.taken):
                    count += run.count
            if count:
                out.append((line, count))
        out.sort()
        return tuple(out)

    def _take_off(self, lines: list[int], discount: int, free: bool, *, gifts: bool = False) -> None:
        """Spread a discount over the base units of these lines, in proportion to what they cost now."""
        chosen: list[Run] = []
        flags: list[bool] = []
        for line in lines:
            for run in self.runs[line]:
                chosen.append(run)
                flags.append((gifts or not run.gift) and not (free and run.taken))
            self.runs[line] = []
        for run in lowered(chosen, discount, flags):
            self.runs[run.place].append(run)


def _line(lot: Lot, net: int) -> ReceiptLine:
    gross, current = lot.regular * lot.count, lot.current * lot.count
    return ReceiptLine(
        sku=lot.sku,
        qty=0 if lot.milli else lot.count,
        milli=lot.milli,
        regular=lot.regular_unit,
        gross=gross,
        current=current,
        discount=gross - net,
        net=net,
        price_promotion=lot.price_promotion,
    )
