"""What a part comes to: by the layered search where only its promotions share units, by the coupled search where
thresholds, tiers or sets with several entries are in it.

A coupled part is first decided as if there were no thresholds. Where those then give all that they ever can, that is
the best; else it is what the coupled search has to beat.
"""

from __future__ import annotations

from engine.bymodes import Known, best_of, by_modes
from engine.closed import runs_alone
from engine.components import Offers
from engine.coupled import Coupled, Found
from engine.offers import rounded
from engine.parts import Part, Parts
from engine.plans import Plan
from engine.quick import fill_up
from engine.runs import shares
from engine.step2 import Layered, Step2, Units, Use, taken_of
from engine.takers import Goods
from engine.thresholds import Pick, Threshold
from engine.units import Lot, by_rank
from engine.worth import Missed, missed, none_is_worth


class Decision:
    """A part's choice: `bound` is how much less the total could be at most, proved."""

    __slots__ = ("bound", "nodes", "picks", "uses")

    def __init__(self, uses: list[Use], picks: list[Pick], bound: int, nodes: int) -> None:
        self.uses = uses  # in order of id
        self.picks = picks
        self.bound = bound
        self.nodes = nodes


def decide(part: Part, parts: Parts, coupons: dict[str, int], nodes: int) -> Decision:
    """The best choice for a part within `nodes` search nodes."""
    if not part.coupled:
        if len(part.offers) == 1:
            single = _single(part.offers[0], parts.offers)
            if single is not None:
                return single
        layered = Layered()
        layered.solve(parts.offers.components(part.offers), coupons, nodes)
        return Decision([use for use, _ in layered.uses], [], layered.bound, layered.nodes)
    step2 = Step2(part, parts, coupons, nodes)
    layered = step2.solve({}, {})
    goods, place = _goods(part)
    thresholds = [_over_goods(one, place) for one in part.thresholds]
    plans = {plan.index: plan for plan in part.others}
    for index in part.offers:
        plans[index] = parts.offers.plans[index]
    for threshold in part.thresholds:
        if threshold.plan.is_gift:
            plans[threshold.index] = threshold.plan
    search = Coupled(goods, plans, thresholds, coupons)
    start = search.evaluate(taken_of(layered, place))
    search.offer(start)
    if start is None or layered.value + search.threshold_most() > start.value:
        search.offer(search.evaluate({}))
    plain = not part.others and not search.gifts
    most = layered.value + layered.bound + search.threshold_most()
    best = best_of(search)
    bound = 0
    proved = plain and start is best and layered.bound == 0
    if not (proved and (best.value == most or _is_most(part, parts, search, step2, layered, best, place))):
        known = Known(search, plans, parts, goods)
        if plain:
            bound = min(most, by_modes(part, step2, search, layered, place, known))
        elif known.all():
            search.search(max(1, nodes - step2.spent), search.threshold_most(), {}, {})
            if search.open >= 0:
                bound = search.root
        else:
            bound = sum(one.count * one.current for one in goods)
        if not plain and bound > best_of(search).value:
            fill_up(search, [best_of(search).taken, taken_of(layered, place), {}], parts.caps)
    best = best_of(search)
    reach = min(search.reach, most) if plain else search.reach
    bound = max(0, max(bound, reach) - best.value)
    nodes_spent = step2.spent + search.nodes
    return _decision(best, plans, part, thresholds, goods, place, bound, nodes_spent)


def _single(index: int, offers: Offers) -> Decision | None:
    """A set that is alone on its units, by the closed form; None where that does not settle it."""
    plan, offer = offers.plans[index], offers.offers[index]
    if offer.mixed or plan.kind == "price":
        return None
    dearest = [(-lot.current, lot.rank, lot.line, lot.count, weight) for lot, weight in offers.eligible[index]]
    dearest.sort()
    counts = [one[3] for one in dearest]
    most = sum(counts) // offer.qty
    if 0 <= offer.cap < most:
        most = offer.cap
    times, gain = runs_alone(offer, counts, [one[4] for one in dearest], most)
    if not times:
        return Decision([], [], 0, 0)
    need = times * offer.qty
    taken: list[tuple[int, int, int]] = []
    for _, rank, line, count, _ in dearest:
        if count > need:
            count = need
        taken.append((rank, line, count))
        need -= count
        if not need:
            break
    taken.sort()
    return Decision([Use(plan, times, rounded(gain), [(line, count) for _, line, count in taken])], [], 0, 0)


def _is_most(
    part: Part, parts: Parts, search: Coupled, step2: Step2, layered: Layered, found: Found, place: dict[int, int]
) -> bool:
    """Whether no threshold that `found`, the best of step 2 alone, takes out of reach is worth reaching."""
    if found.bound:
        return False
    off = _off(layered, parts, place, len(search.goods))
    misses: list[Missed] = []
    for over_lines, over_goods in zip(part.thresholds, search.plain, strict=True):
        high = kept = 0
        for number in over_goods.members:
            whole = search.goods[number].current * search.goods[number].count
            high += whole
            kept += whole - off[number]
        one = missed(over_lines, high, kept, found.picks)
        if one is None:
            return False
        misses.append(one)

    def bound(without: dict[int, set[int]], caps: dict[int, int]) -> int:
        less = step2.solve(without, caps)
        return less.value + less.bound

    return none_is_worth(misses, part.offers, parts.offers, layered.value, bound)


def _off(layered: Layered, parts: Parts, place: dict[int, int], count: int) -> list[int]:
    """What the layered search takes off each goods."""
    off = [0] * count
    for use, _ in layered.uses:
        if use.plan.kind == "price":
            for line, units in use.units:
                lot = parts.lot(line)
                off[place[line]] += units * (lot.current - lot.of(use.plan.price_of(lot.regular_unit)))
        else:
            costs = [(parts.lot(line).current, units) for line, units in use.units]
            for (line, units), (share, more) in zip(use.units, shares(use.discount, costs), strict=True):
                off[place[line]] += share * units + more
    return off


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
    for lot in sorted(part.lots, key=by_rank):
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
    based = {line for threshold in part.thresholds for line in threshold.members}
    for lot in sorted(part.lots, key=lambda lot: lot.line not in based):  # what thresholds ask for is decided first
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
    for rank, number in enumerate(sorted(range(len(goods)), key=lambda number: first[number].rank)):
        goods[number].rank = rank
    return goods, place


def _over_goods(threshold: Threshold, place: dict[int, int]) -> Threshold:
    members = {place[line] for line in threshold.members}
    return Threshold(threshold.plan, threshold.cap, members)
