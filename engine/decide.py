"""What a part comes to: by the layered search where only its promotions share units, by the coupled search where
thresholds, tiers or sets with several entries are in it.

A coupled part is first decided as if there were no thresholds. Where those then give all that they ever can, that is
the best; else it is what the coupled search has to beat.
"""

from __future__ import annotations

from engine.coupled import Coupled, Found, Taken
from engine.offers import rounded
from engine.parts import Part, Parts
from engine.plans import Plan
from engine.search import solve
from engine.takers import Goods, Taker, takers_of
from engine.thresholds import Pick, Threshold
from engine.units import Component, Lot, unit_order

Units = list[tuple[int, int]]  # (line, units), in the fixed order of units


class Use:
    """One promotion of step 2, or the gifts of a threshold: how often, what it consumes and takes off."""

    __slots__ = ("discount", "plan", "times", "units")

    def __init__(self, plan: Plan, times: int, discount: int, units: Units) -> None:
        self.plan = plan
        self.times = times
        self.discount = discount
        self.units = units


class Decision:
    """A part's choice: `bound` is how much less the total could be at most, proved."""

    __slots__ = ("bound", "nodes", "picks", "uses")

    def __init__(self, uses: list[Use], picks: list[Pick], bound: int, nodes: int) -> None:
        self.uses = uses  # in order of id
        self.picks = picks
        self.bound = bound
        self.nodes = nodes


class _Layered:
    """The layered search over the components of some promotions."""

    def __init__(self, components: list[Component], coupons: dict[str, int], nodes: int) -> None:
        self.uses: list[tuple[Use, int]] = []  # with the gain in parts
        self.bound = self.nodes = self.value = 0
        for component in components:
            outcome = solve(component.classes, component.offers, coupons, max(0, nodes - self.nodes))
            self.bound += outcome.bound
            self.nodes += outcome.nodes
            choice = outcome.choice
            self.value += choice.value()
            handed = _hand_out(component, choice.units)
            for number in sorted(choice.units):
                gain = choice.gains[number]
                use = Use(component.plans[number], choice.times[number], rounded(gain), handed[number])
                self.uses.append((use, gain))
        self.uses.sort(key=lambda pair: pair[0].plan.index)


def decide(part: Part, parts: Parts, coupons: dict[str, int], nodes: int) -> Decision:
    """The best choice for a part within `nodes` search nodes."""
    layered = _Layered(parts.offers.components(part.offers) if not part.coupled else [], coupons, nodes)
    if not part.coupled:
        return Decision([use for use, _ in layered.uses], [], layered.bound, layered.nodes)
    layered = _Layered(parts.offers.components(part.offers), coupons, nodes)
    goods, place = _goods(part)
    thresholds = [_over_goods(one, place) for one in part.thresholds]
    plans = {plan.index: plan for plan in part.others}
    for index in part.offers:
        plans[index] = parts.offers.plans[index]
    for threshold in part.thresholds:
        if threshold.plan.is_gift:
            plans[threshold.index] = threshold.plan
    takers: list[Taker] = []
    known = True
    for index in sorted(plans):
        found = takers_of(plans[index], parts.caps[index], goods)
        if found is None:
            known = False
        else:
            takers += found
    for number, taker in enumerate(takers):
        taker.number = number
    search = Coupled(goods, takers, thresholds, coupons)
    search.plans = plans
    search.offer(search.evaluate({}))
    taken: Taken = {}
    for use, gain in layered.uses:
        units: dict[int, int] = {}
        for line, count in use.units:
            units[place[line]] = units.get(place[line], 0) + count
        taken[use.plan.index] = (use.times, gain, units)
    start = search.evaluate(taken)
    search.offer(start)
    most = layered.value + layered.bound + search.threshold_most()
    plain = not part.others and not search.gifts
    best = search.best
    assert best is not None
    bound = 0
    nodes_spent = layered.nodes
    if not (plain and start is best and best.value == most and layered.bound == 0):
        if known:
            search.search(max(1, nodes - layered.nodes))
            nodes_spent += search.nodes
            best = search.best
            assert best is not None
            if search.open >= 0 or not best.whole:
                bound = max(0, search.root - best.value)
                if plain:
                    bound = max(0, min(search.root, most) - best.value)
        else:
            bound = max(0, sum(one.count * one.current for one in goods) - best.value)
            if plain:
                bound = max(0, most - best.value)
    return _decision(best, plans, part, thresholds, goods, place, bound, nodes_spent)


def _decision(
    best: Found,
    plans: dict[int, Plan],
    part: Part,
    thresholds: list[Threshold],
    goods: list[Goods],
    place: dict[int, int],
    bound: int,
    nodes: int,
) -> Decision:
    by_line = {threshold.index: threshold for threshold in part.thresholds}
    lots: list[list[Lot]] = [[] for _ in goods]
    for lot in sorted(part.lots, key=unit_order):
        lots[place[lot.line]].append(lot)
    left = {lot.line: lot.count for lot in part.lots}
    uses: list[Use] = []
    picks: list[Pick] = []
    rank = sorted(goods, key=lambda one: one.rank)
    for index in sorted(best.taken):
        times, gain, units = best.taken[index]
        got: Units = []
        for one in rank:
            count = units.get(one.number, 0)
            for lot in lots[one.number]:
                take = min(count, left[lot.line])
                if take:
                    left[lot.line] -= take
                    count -= take
                    got.append((lot.line, take))
        uses.append(Use(plans[index], times, rounded(gain), got))
        if plans[index].is_gift:
            picks.append(Pick(by_line[index], times, rounded(gain)))
    picks += [Pick(by_line[pick.threshold.index], pick.times, pick.discount) for pick in best.picks]
    return Decision(uses, picks, bound, nodes)


def _goods(part: Part) -> tuple[list[Goods], dict[int, int]]:
    """The part's units by sku (a weighed line is its own), and the goods of each line."""
    goods: list[Goods] = []
    place: dict[int, int] = {}
    by_sku: dict[str, Goods] = {}
    first: list[Lot] = []
    for lot in part.lots:
        one = None if lot.milli else by_sku.get(lot.sku)
        if one is None:
            slots = [(plan.index, entry) for plan, entry in lot.touch]
            one = Goods(len(goods), lot.current, lot.current < lot.regular, slots)
            for plan, _ in lot.touch:
                if plan.kind == "price":
                    one.gains[plan.index] = lot.current - lot.of(plan.price_of(lot.regular_unit))
            goods.append(one)
            first.append(lot)
            if not lot.milli:
                by_sku[lot.sku] = one
        one.count += lot.count
        place[lot.line] = one.number
    for rank, number in enumerate(sorted(range(len(goods)), key=lambda number: unit_order(first[number]))):
        goods[number].rank = rank
    return goods, place


def _over_goods(threshold: Threshold, place: dict[int, int]) -> Threshold:
    members = {place[line] for line in threshold.members}
    return Threshold(threshold.plan, threshold.cap, members)


def _hand_out(component: Component, units: dict[int, dict[int, int]]) -> dict[int, Units]:
    """Which lots' units each offer gets: offers in order of id, units in the fixed order."""
    left = {lot.line: lot.count for lots in component.lots for lot in lots}
    out: dict[int, Units] = {}
    for number in sorted(units):
        got: list[tuple[Lot, int]] = []
        for place, count in units[number].items():
            for lot in component.lots[place]:
                take = min(count, left[lot.line])
                if take:
                    left[lot.line] -= take
                    count -= take
                    got.append((lot, take))
        got.sort(key=lambda pair: unit_order(pair[0]))
        out[number] = [(lot.line, count) for lot, count in got]
    return out
