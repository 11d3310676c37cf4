"""Steps 3 and 4: what thresholds and a tender take off the units that step 2 leaves.

Part of the brute-force reference: see conditions.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from reference.conditions import Data, coupon_count, holds, times_left
from reference.units import PARTS, Counts, Line, Unit, choice_price, hundredths, round_half_up, spread, takes_part

State = tuple[Unit, ...]  # all units of the basket


def after_step2(lines: Sequence[Line], chosen: Sequence[tuple[Data, Counts, int]]) -> State:
    """The units after step 2: for each promotion of step 2, and each gift threshold, its units and discount are told.

    Gift units cost the gift's price here already: they are in no base, so nothing of step 3 can tell.
    """
    units: list[Unit] = []
    free = [line.count for line in lines]
    for promotion, counts, discount in chosen:
        numbers = [number for number, count in enumerate(counts) for _ in range(count)]
        for number in numbers:
            free[number] -= 1
        if promotion["type"] == "threshold":
            units += [Unit(number, promotion["gift"]["price"], gift=True) for number in numbers]
        elif promotion["type"] == "price":  # "it is that unit's own and is not spread"
            units += [Unit(number, choice_price(promotion, lines[number]), consumed=True) for number in numbers]
        else:
            taken = [Unit(number, lines[number].current, consumed=True) for number in numbers]
            (spreaded,) = spread(discount, taken, lines)  # units of a line cost the same here: one answer
            units += spreaded
    for number, count in enumerate(free):
        assert count >= 0
        units += [Unit(number, lines[number].current)] * count
    return tuple(sorted(units))


def base_of(promotion: Data, lines: Sequence[Line], state: State) -> list[int]:
    """Where in `state` the base units of a threshold are."""
    selector = promotion.get("items", {"all": True})
    return [
        index
        for index, unit in enumerate(state)
        if not unit.gift
        and takes_part(promotion, selector, lines[unit.line])
        and not (promotion.get("except_discounted") and unit.consumed)
    ]


def cost(state: State, places: list[int]) -> int:
    return sum(state[index].cost for index in places)


def possible_times(promotion: Data, base: int) -> range:
    """How often a threshold of `tiers` or `each` may be applied to such a base, apart from its limits; from 1."""
    if "each" in promotion:
        return range(1, base // promotion["each"]["amount"] + 1)
    return range(1, 2 if any(tier["amount"] <= base for tier in promotion["tiers"]) else 1)


def gift_reached(promotion: Data, base: int, gift_count: int) -> bool:
    """Whether the base is enough for so many gifts."""
    gift = promotion["gift"]
    times = base // gift["amount"] if gift.get("each") else min(1, base // gift["amount"])
    return bool(gift_count <= gift["count"] * times)


def threshold_discount(promotion: Data, base: int, still: int, times: int) -> int:
    """What is taken off, when the base units still cost `still`; 0 where that is not legal."""
    if "each" in promotion:
        off = promotion["each"]["off"]
        # "Every application takes more than 0 off": the last one too.
        return min(off * times, still) if off * (times - 1) < still else 0
    tier = max([tier for tier in promotion["tiers"] if tier["amount"] <= base], key=lambda tier: tier["amount"])
    # "Thresholds do not see each other's discounts": the percent is of the base, not of what is left of it.
    off = tier["off"] if "off" in tier else round_half_up(base * hundredths(tier["percent"]), PARTS)
    return int(min(off, still))  # "each is cut to what its base units still cost"


def take_off(state: State, places: list[int], discount: int, lines: Sequence[Line]) -> set[State]:
    """The states after `discount` is spread over the units at `places`.

    AMBIGUOUS: "each is cut to what its base units still cost, and spread over them": each chosen threshold is spread
    once, also when it is applied several times; equal remainders go as in step 2.
    """
    others = [unit for index, unit in enumerate(state) if index not in places]
    answers = spread(discount, [state[index] for index in places], lines)
    return {tuple(sorted([*others, *answer])) for answer in answers}


def tender_choice(
    promotions: list[Data], basket: Data, base: int, coupons_used: dict[str, int], groups_used: set[str]
) -> tuple[str | None, int]:
    """The tender promotion that applies and what it gives; `base`: the total without `no_discount` items."""
    best: tuple[str | None, int] = (None, 0)
    for promotion in sorted(promotions, key=lambda one: str(one["id"])):
        if promotion["type"] != "tender" or not holds(promotion, basket) or times_left(promotion, basket) == 0:
            continue
        if basket.get("tender") not in promotion["tenders"] or base < promotion.get("amount", 0):
            continue
        coupon = promotion.get("coupon")
        if coupon is not None and coupons_used.get(coupon, 0) >= coupon_count(basket, coupon):
            continue
        if promotion.get("group") in groups_used:
            continue
        if "off" in promotion:
            gives = int(promotion["off"])
        else:
            gives = round_half_up(base * hundredths(promotion["percent"]), PARTS)
        # AMBIGUOUS: that `off` is cut to the base, and that what gives 0 does not apply, is told of steps 2 and 3 only.
        gives = min(gives, int(promotion.get("max", gives)), base)
        if gives > best[1]:
            best = (promotion["id"], gives)
    return best
