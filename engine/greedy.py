"""What a component's search starts from: a legal choice found quickly, and the bulk of large classes set aside."""

from __future__ import annotations

from math import gcd, lcm

from engine.closed import alone
from engine.offers import Choice, Offer, UnitClass, rounded
from engine.plans import WHOLE


def one_by_one(offers: list[Offer], left: list[int], coupons: dict[str, int]) -> Choice:
    """A legal choice, found quickly: always the offer that gains most alone on what is left."""
    choice = Choice()
    left = list(left)
    coupons = dict(coupons)
    groups: set[str] = set()
    open_offers = list(offers)
    while open_offers:
        best = None
        best_offer = open_offers[0]
        hopeless: set[int] = set()
        for offer in open_offers:
            cap = offer.cap
            if offer.code:
                cap = min(cap, coupons[offer.code])
            taken = alone(offer, left, cap) if cap and offer.group not in groups else None
            if taken is None or rounded(taken.gain) <= 0:
                hopeless.add(offer.number)
            elif best is None or taken.gain > best.gain:
                best, best_offer = taken, offer
        if best is None:
            break
        choice.add(best_offer.number, best.units, best.times, best.gain)
        for number, count in best.units.items():
            left[number] -= count
        if best_offer.code:
            coupons[best_offer.code] -= best.times
        if best_offer.group:
            groups.add(best_offer.group)
        hopeless.add(best_offer.number)
        open_offers = [offer for offer in open_offers if offer.number not in hopeless]
    return choice


def set_aside(classes: list[UnitClass], offers: list[Offer], left: list[int], fixed: Choice) -> None:
    """Take the bulk of large classes out of `left`: whole runs of the offer that gains most per unit there.

    In some best choice every other offer has few whole runs inside one class: `q` runs of each (q the best offer's
    qty, times what makes both gains whole) could be exchanged for runs of the best offer, which gain no less. So all
    but a bounded rest is the best offer's.
    """
    for unit in classes:
        count = left[unit.number]
        if count < 16 or any(offers[j].mixed for j in unit.offers):
            continue
        star = -1
        star_gain = 0
        for j in unit.offers:
            offer = offers[j]
            gain = offer.cheapest * unit.weights[j] + offer.const
            if offer.limited or gain <= 0:
                continue
            if star >= 0:
                here, there = gain * offers[star].qty, star_gain * offer.qty
                if here < there or (here == there and offer.qty <= offers[star].qty):
                    continue
            star, star_gain = j, gain
        if star < 0:
            left[unit.number] = min(count, _useful(unit, offers, left))
            continue
        size = offers[star].qty
        times = WHOLE // gcd(WHOLE, star_gain)
        rest = 2 * size
        for j in unit.offers:
            if j != star:
                offer = offers[j]
                gain = offer.cheapest * unit.weights[j] + offer.const
                times = lcm(times, WHOLE // gcd(WHOLE, size * gain), WHOLE // gcd(WHOLE, offer.qty * star_gain))
        for j in unit.offers:
            if j == star:
                continue
            offer = offers[j]
            gain = offer.cheapest * unit.weights[j] + offer.const
            most = count if offer.cap < 0 else offer.cap * offer.qty
            if gain * size <= star_gain * offer.qty:
                most = min(most, (size * times + 2) * offer.qty)
            rest += most
        rest += size * times
        runs = (count - rest) // size
        runs -= runs % times
        if runs > 0:
            left[unit.number] -= runs * size
            fixed.add(star, {unit.number: runs * size}, runs, runs * star_gain)


def _useful(unit: UnitClass, offers: list[Offer], left: list[int]) -> int:
    """How many units of a class can be of use where no offer gains on this class alone but limited ones."""
    most = 0
    for j in unit.offers:
        offer = offers[j]
        if offer.cap >= 0:
            most += offer.cap * offer.qty
        elif offer.cheapest * unit.weights[j] + offer.const > 0:
            return unit.count
        else:  # each run needs a unit of another class
            others = sum(left[c.number] for c in offer.classes if c.number != unit.number)
            most += (offer.qty - 1) * others
    return most
