"""A receipt written from the reference's own choice: it tests `check_receipt` on kinds that no engine prices yet.

Part of the brute-force reference: see conditions.py.
"""

from __future__ import annotations

from reference.conditions import Data
from reference.giving import times_of
from reference.oracle import Choice, least
from reference.thresholds import State, after_step2, base_of, take_off, tender_choice
from reference.units import Line, read_lines


def _pairs(lines: list[Line], state: State, places: list[int]) -> list[list[int]]:
    counts = [sum(state[place].line == line.number for place in places) for line in lines]
    return [[number, count] for number, count in enumerate(counts) if count]


def _application(promotion: Data, times: int, units: list[list[int]], gifts: list[list[int]], discount: int) -> Data:
    return {"promotion": promotion["id"], "times": times, "units": units, "gifts": gifts, "discount": discount}


def best_receipt(items: list[Data], promotions: list[Data], basket: Data) -> Data:
    """A good receipt: the least total with the fewest applications."""
    lines = read_lines(items, promotions, basket)
    _, ties = least(lines, promotions, basket)
    choice: Choice = min(ties, key=lambda tie: tie.uses.times)
    state = after_step2(lines, choice.chosen)
    applications = []
    for promotion, counts, discount in choice.chosen:
        taken = [[number, count] for number, count in enumerate(counts) if count]
        times = times_of(promotion, counts)
        if promotion["type"] == "threshold":
            base = _pairs(lines, state, base_of(promotion, lines, state))
            applications.append(_application(promotion, times, base, taken, discount))
        else:
            applications.append(_application(promotion, times, taken, [], discount))
    for promotion, times, discount in choice.thresholds:
        places = base_of(promotion, lines, state)
        applications.append(_application(promotion, times, _pairs(lines, state, places), [], discount))
        state = min(take_off(state, places, discount, lines))
    places = [place for place, unit in enumerate(state) if not lines[unit.line].no_discount]
    cost = sum(state[place].cost for place in places)
    coupons = dict(choice.uses.coupons)
    name, gives = tender_choice(promotions, basket, cost, coupons, set(choice.uses.groups))
    for promotion in promotions:
        if promotion["id"] == name:
            applications.append(_application(promotion, 1, _pairs(lines, state, places), [], gives))
            state = min(take_off(state, places, gives, lines))
            if "coupon" in promotion:
                coupons[promotion["coupon"]] = coupons.get(promotion["coupon"], 0) + 1
    nets = [sum(unit.cost for unit in state if unit.line == line.number) for line in lines]
    gross = sum(line.regular * line.count for line in lines)
    return {
        "id": basket["id"],
        "engine": 1,
        "gross": gross,
        "discount": gross - sum(nets),
        "total": sum(nets),
        "optimal": True,
        "bound": 0,
        "coupons": coupons,
        "lines": [
            {
                "sku": line.item["sku"],
                **({"milli": line.milli} if line.milli else {"qty": line.count}),
                "regular": line.item["price"],
                "gross": line.regular * line.count,
                "current": line.current * line.count,
                "discount": line.regular * line.count - net,
                "net": net,
                "price_promotion": min(line.price_promotions, default=None),
            }
            for line, net in zip(lines, nets, strict=True)
        ],
        "applications": sorted(applications, key=lambda one: str(one["promotion"])),
    }
