"""What a basket costs, by trying every legal choice: the brute-force reference of the price and promotion contract.

For baskets of some 7 units and books of some 4 promotions. A choice gives every unit to one promotion of step 2, to one
gift threshold or to nothing, then takes every legal set of thresholds, as often as each may be. See conditions.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reference.conditions import Data, coupon_count, holds, times_left
from reference.giving import all_counts, fits, gift_discount, minus, step2_discounts, times_of
from reference.thresholds import (
    State,
    after_step2,
    base_of,
    cost,
    gift_reached,
    possible_times,
    take_off,
    tender_choice,
    threshold_discount,
)
from reference.units import Counts, Line, is_choice, read_lines

Consumed = tuple[Data, Counts, int]  # a promotion, the units it consumes or gives away, its discount
Taken = tuple[Data, int, int]  # a threshold, how often, its discount


@dataclass(frozen=True)
class Uses:
    """What the promotions chosen so far have used of what they share."""

    times: int = 0
    coupons: dict[str, int] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()

    def more(self, promotion: Data, times: int, basket: Data) -> Uses | None:
        """With `times` applications of one promotion more; None where that is not legal."""
        if times > times_left(promotion, basket):
            return None
        coupons, groups = dict(self.coupons), self.groups
        if "coupon" in promotion:
            coupon = promotion["coupon"]
            coupons[coupon] = coupons.get(coupon, 0) + times
            if coupons[coupon] > coupon_count(basket, coupon):
                return None
        if "group" in promotion and promotion["type"] != "price":  # "(not for `price`)"
            if promotion["group"] in groups:
                return None
            groups = groups | {promotion["group"]}
        return Uses(self.times + times, coupons, groups)

    def key(self) -> tuple[object, ...]:
        return (self.times, tuple(sorted(self.coupons.items())), self.groups)


@dataclass(frozen=True)
class Choice:
    """A legal choice in steps 2 and 3."""

    chosen: list[Consumed]
    thresholds: list[Taken]
    uses: Uses


def _steps2(
    options: list[tuple[Data, list[tuple[Counts, int]]]], free: Counts, chosen: list[Consumed], uses: Uses, basket: Data
) -> Iterator[tuple[list[Consumed], Uses]]:
    """Every way to give units away: to promotions of step 2 and as gifts."""
    if not options:
        yield chosen, uses
        return
    (promotion, ways), rest = options[0], options[1:]
    yield from _steps2(rest, free, chosen, uses, basket)
    for counts, discount in ways:
        if fits(counts, free):
            more = uses.more(promotion, times_of(promotion, counts), basket)
            if more is not None:
                yield from _steps2(rest, minus(free, counts), [*chosen, (promotion, counts, discount)], more, basket)


def _steps3(
    thresholds: list[Data], state: State, bases: dict[str, int], lines: list[Line], uses: Uses, basket: Data
) -> Iterator[tuple[list[Taken], Uses]]:
    """Every legal choice of thresholds in order of id, and what it and step 2 use."""
    if not thresholds:
        yield [], uses
        return
    promotion, rest = thresholds[0], thresholds[1:]
    yield from _steps3(rest, state, bases, lines, uses, basket)
    base = bases[promotion["id"]]
    for times in possible_times(promotion, base):
        more = uses.more(promotion, times, basket)
        places = base_of(promotion, lines, state)
        discount = threshold_discount(promotion, base, cost(state, places), times)
        if more is not None and discount > 0:
            states = take_off(state, places, discount, lines) if rest else {state}  # after the last nobody looks
            for after in sorted(states):
                for others, all_uses in _steps3(rest, after, bases, lines, more, basket):
                    yield [(promotion, times, discount), *others], all_uses


def step2_options(promotion: Data, lines: list[Line]) -> list[tuple[Counts, int]]:
    """All the units that a promotion of step 2, or a gift threshold, may take, with each discount they may give."""
    ways = []
    known: dict[Counts, frozenset[int]] = {}
    for counts in all_counts(tuple(line.count for line in lines)):
        if sum(counts) > 0:
            if promotion["type"] == "threshold":
                discounts = {gift_discount(promotion, lines, counts)} - {0}
            else:
                discounts = step2_discounts(promotion, lines, counts, known)
            ways += [(counts, discount) for discount in sorted(discounts)]
    return ways


def least(lines: list[Line], promotions: list[Data], basket: Data) -> tuple[int, list[Choice]]:
    """The least total after step 3, and the choices that reach it (one for each use)."""
    legal = sorted([one for one in promotions if holds(one, basket)], key=lambda one: str(one["id"]))
    plain = [one for one in legal if one["type"] == "threshold" and "gift" not in one]
    gifts = [one for one in legal if one["type"] == "threshold" and "gift" in one]
    takers = [one for one in legal if one["type"] in ("set", "tier") or is_choice(one)] + gifts
    options = [(one, step2_options(one, lines)) for one in takers]
    full = tuple(line.count for line in lines)
    before = sum(line.current * line.count for line in lines)
    best, ties = before, {Uses().key(): Choice([], [], Uses())}
    seen: set[object] = set()
    for chosen, uses in _steps2(options, full, [], Uses(), basket):
        taken = sum(discount for _, _, discount in chosen)
        ends: Iterator[tuple[list[Taken], Uses]] = iter([([], uses)])
        if plain or gifts:
            state = after_step2(lines, chosen)
            if not all(
                gift_reached(one, cost(state, base_of(one, lines, state)), sum(counts))
                for one, counts, _ in chosen
                if one["type"] == "threshold"
            ):
                continue
            if (state, taken, uses.key()) in seen:  # the same units and uses in another way
                continue
            seen.add((state, taken, uses.key()))
            bases = {one["id"]: cost(state, base_of(one, lines, state)) for one in plain}
            ends = _steps3(plain, state, bases, lines, uses, basket)
        for thresholds, all_uses in ends:
            total = before - taken - sum(discount for _, _, discount in thresholds)
            if total < best:
                best, ties = total, {}
            if total == best:
                ties[all_uses.key()] = Choice(chosen, thresholds, all_uses)
    return best, list(ties.values())


def reference_price(book_config: Data, items: list[Data], promotions: list[Data], basket: Data) -> Data:
    """What the contract says of this basket; `book_config` (book.json) changes no number.

    `least`: the total after step 3. `totals`: every total after step 4 that a choice of the least can have, since
    "Among choices of equal total the engine's fixed order decides" and a tender asks what groups and coupons are left.
    `total`: the first of them. `times`: the fewest applications in steps 2 and 3.
    """
    lines = read_lines(items, promotions, basket)
    best, ties = least(lines, promotions, basket)
    unpaid = sum(line.regular * line.count for line in lines if line.no_discount)
    totals = {
        best - tender_choice(promotions, basket, best - unpaid, tie.uses.coupons, set(tie.uses.groups))[1]
        for tie in ties
    }
    return {
        "gross": sum(line.regular * line.count for line in lines),
        "current": sum(line.current * line.count for line in lines),
        "least": best,
        "times": min(tie.uses.times for tie in ties),
        "totals": sorted(totals),
        "total": min(totals),
        "lines": [
            {
                "sku": line.item["sku"],
                "gross": line.regular * line.count,
                "current": line.current * line.count,
                "price_promotions": list(line.price_promotions),
            }
            for line in lines
        ],
    }
