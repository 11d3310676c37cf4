"""`price`: from a basket to its receipt. Contract: docs/promotions.md.

Step 1 gives every unit its current price; step 2 is decided component by component, each with the same share of the
search nodes (so that a part whose inputs are unchanged keeps its answer); then discounts are rounded once for each
promotion and spread over the units it consumed.
"""

from __future__ import annotations

from engine.offers import rounded
from engine.search import solve
from engine.snapshot import Snapshot
from engine.units import Component, Counter, Lot, components_of, lots_of, unit_order
from engine.values import DEFAULT_NODES, ENGINE, Application, Basket, Receipt, ReceiptLine


class _Part:
    """One promotion's part of a receipt."""

    __slots__ = ("discount", "id", "times", "units")

    def __init__(self, id: str, times: int, discount: int, units: list[tuple[Lot, int]]) -> None:
        self.id = id
        self.times = times
        self.discount = discount
        self.units = units  # in the fixed order of units


def price(snapshot: Snapshot, basket: Basket, nodes: int = DEFAULT_NODES) -> Receipt:
    """The receipt of `basket`. `nodes` limits the search; past it the receipt says `optimal` false and a proved
    `bound`.

    Raises BasketError (`unknown_item`, `bad_quantity`, with the line from 0) and ValueError where `basket.at` is no
    time.
    """
    counter = Counter(snapshot, basket)
    lots = lots_of(snapshot, basket, counter)
    components = components_of(lots, counter)
    searched = max(1, sum(1 for component in components if len(component.offers) > 1))
    off = [0] * len(lots)  # what each line is less by in step 2
    parts: list[_Part] = []
    bound = 0
    coupons: dict[str, int] = {}
    for component in components:
        outcome = solve(component.classes, component.offers, counter.coupons, max(0, nodes) // searched)
        bound += outcome.bound
        choice = outcome.choice
        handed = _hand_out(component, choice.units)
        for number in sorted(choice.units):
            plan = component.plans[number]
            part = _Part(plan.id, choice.times[number], rounded(choice.gains[number]), handed[number])
            parts.append(part)
            if plan.coupon:
                coupons[plan.coupon] = coupons.get(plan.coupon, 0) + part.times
            if plan.kind == "price":
                for lot, count in part.units:
                    off[lot.line] += count * (lot.current - lot.of(plan.price_of(lot.regular_unit)))
            else:
                spread(part.discount, part.units, off)
    parts.sort(key=lambda part: part.id)
    lines = tuple(_line(lot, off[lot.line]) for lot in lots)
    gross = sum(line.gross for line in lines)
    total = sum(line.net for line in lines)
    return Receipt(
        id=basket.id,
        engine=ENGINE,
        gross=gross,
        discount=gross - total,
        total=total,
        optimal=bound == 0,
        bound=bound,
        coupons=dict(sorted(coupons.items())),
        lines=lines,
        applications=tuple(_application(part) for part in parts),
    )


def _hand_out(component: Component, units: dict[int, dict[int, int]]) -> dict[int, list[tuple[Lot, int]]]:
    """Which lots' units each offer gets: offers in order of id, units in the fixed order."""
    left = {lot.line: lot.count for lots in component.lots for lot in lots}
    out: dict[int, list[tuple[Lot, int]]] = {}
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
        out[number] = got
    return out


def spread(discount: int, units: list[tuple[Lot, int]], off: list[int]) -> None:
    """Add `discount` to `off` (by line), in proportion to current price, by largest remainder; `units` are in order."""
    whole = sum(lot.current * count for lot, count in units)
    if whole <= 0:
        return
    given = 0
    ranked: list[tuple[int, int]] = []
    for place, (lot, count) in enumerate(units):
        share, remainder = divmod(discount * lot.current, whole)
        off[lot.line] += share * count
        given += share * count
        ranked.append((-remainder, place))
    ranked.sort()
    rest = discount - given
    for _, place in ranked:
        lot, count = units[place]
        more = min(count, rest)
        off[lot.line] += more
        rest -= more


def _line(lot: Lot, off: int) -> ReceiptLine:
    gross, current = lot.regular * lot.count, lot.current * lot.count
    return ReceiptLine(
        sku=lot.sku,
        qty=0 if lot.milli else lot.count,
        milli=lot.milli,
        regular=lot.regular_unit,
        gross=gross,
        current=current,
        discount=gross - current + off,
        net=current - off,
        price_promotion=lot.price_promotion,
    )


def _application(part: _Part) -> Application:
    units = tuple(sorted((lot.line, count) for lot, count in part.units))
    return Application(promotion=part.id, times=part.times, units=units, gifts=(), discount=part.discount)
