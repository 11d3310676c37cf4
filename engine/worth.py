"""Whether a threshold that step 2 takes out of reach could be worth reaching: the quick proof that none is.

Where promotions of step 2 gain most together, a threshold may miss its amount. To reach it, step 2 may take at most
what its base has above the amount: promotions of which each application takes more off the base are out, others can be
applied less often, and no unit goes where its share would be more. If what the rest still gains, and all that any
threshold gives more, is less than what there is, nothing has to be searched.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.components import Eligible, Offers
from engine.offers import Offer
from engine.plans import OFF, PERCENT, WHOLE, Plan
from engine.thresholds import Pick, Threshold

Bound = Callable[[dict[int, set[int]], dict[int, int]], int]  # what step 2 gains at most, without lines, with caps


class Missed:
    """A threshold that would give more if step 2 took at most `slack` off its base."""

    __slots__ = ("lines", "more", "slack")

    def __init__(self, lines: set[int], slack: int, more: int) -> None:
        self.lines = lines
        self.slack = slack
        self.more = more


def missed(threshold: Threshold, high: int, kept: int, picks: list[Pick]) -> Missed | None:
    """What a threshold misses whose base was `high` and is `kept`; None where that is not simple to tell. `more` is 0
    where it misses nothing."""
    plan = threshold.plan
    if plan.is_gift or plan.group or plan.coupon or plan.except_discounted:
        return None
    given = 0
    for pick in picks:
        if pick.threshold.index == threshold.index:
            given = pick.discount
    times = threshold.times(kept)
    if threshold.gives(kept, times) != given:
        return None  # it was cut
    more = threshold.most(high) - given
    if more <= 0:
        return Missed(threshold.members, high, 0)
    if plan.each[0]:
        return Missed(threshold.members, high - plan.each[0] * (times + 1), more)
    for at, mode, _ in plan.tiers:
        if mode != OFF:
            return None
        if at > kept:
            return Missed(threshold.members, high - at, more)
    return None


def none_is_worth(all_missed: list[Missed], indexes: list[int], offers: Offers, value: int, bound: Bound) -> bool:
    """Whether every choice that reaches more is less than step 2 alone at its best, which is `value`."""
    more = sum([one.more for one in all_missed])
    for one in all_missed:
        if not one.more:
            continue
        caps: dict[int, int] = {}
        without: dict[int, set[int]] = {}
        inside = True
        for index in indexes:
            eligible = offers.eligible[index]
            here = {lot.line for lot, _ in eligible if lot.line in one.lines}
            if len(here) < len(eligible):
                inside = False
            elif not offers.offers[index].mixed:
                least = _least(offers.offers[index], eligible)
                if least > 0:
                    caps[index] = (one.slack * WHOLE + WHOLE // 2) // least
            if here:
                out = _shut_out(offers.plans[index], offers.offers[index], eligible, here, one.slack)
                if out:
                    without[index] = out
        if inside and one.slack + more < value:
            continue
        if not (caps or without) or bound(without, caps) + more >= value:
            return False
    return True


def _least(offer: Offer, eligible: Eligible) -> int:
    """What an application gains at least, in parts."""
    if offer.cheapest == 0:
        return offer.const
    return _sum(sorted([(weight, lot.count) for lot, weight in eligible]), offer.cheapest) + offer.const


def _shut_out(plan: Plan, offer: Offer, eligible: Eligible, here: set[int], slack: int) -> set[int]:
    """The lines of which one unit would take more than `slack`."""
    if plan.kind == "price":
        return {lot.line for lot, weight in eligible if lot.line in here and weight > slack * WHOLE}
    if plan.mode != PERCENT:
        return set()
    rising = sorted([(lot.current, lot.count) for lot, _ in eligible])
    low = _sum(rising, offer.cheapest)
    whole = low + _sum(rising[::-1], offer.qty - offer.cheapest)
    # The least share of the prices that any applications take off; and 2 for rounding.
    return {
        lot.line
        for lot, _ in eligible
        if lot.line in here and whole and lot.current * low * plan.amount // (whole * WHOLE) - 2 > slack
    }


def _sum(pairs: list[tuple[int, int]], units: int) -> int:
    total = 0
    for amount, count in pairs:
        take = min(count, units)
        total += take * amount
        units -= take
    return total
