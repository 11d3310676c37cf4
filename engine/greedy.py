"""What a component's search starts from: a legal choice found quickly, and the bulk of large classes set aside."""

from __future__ import annotations

from math import gcd, lcm

from engine.closed import Taken, alone
from engine.offers import Choice, Offer, UnitClass, rounded
from engine.plans import WHOLE


def one_by_one(classes: list[UnitClass], offers: list[Offer], left: list[int], coupons: dict[str, int]) -> Choice:
    """A legal choice, found quickly: always the offer that gains most alone on what is left."""
    choice = Choice()
    left = list(left)
    coupons = dict(coupons)
    groups: set[str] = set()
    open_offers = list(offers)
    known: dict[int, Taken] = {}  # what an offer would take, while its units and coupons are as they were
    while open_offers:
        best = None
        best_offer = open_offers[0]
        hopeless: set[int] = set()
        for offer in open_offers:
            cap = offer.cap
            if offer.code:
                cap = min(cap, coupons[offer.code])
            taken = known.get(offer.number)
            if cap == 0 or (offer.group and offer.group in groups):
                taken = None
            elif taken is None:
                taken = known[offer.number] = alone(offer, left, cap)
            if taken is None or rounded(taken.gain) <= 0:
                hopeless.add(offer.number)
            elif best is None or taken.gain > best.gain:
                best, best_offer = taken, offer
        if best is None:
            break
        choice.add(best_offer.number, best.units, best.times, best.gain)
        for number, count in best.units.items():
            left[number] -= count
            for touched in classes[number].offers:
                known.pop(touched, None)
        if best_offer.code:
            coupons[best_offer.code] -= best.times
            known.clear()
        if best_offer.group:
            groups.add(best_offer.group)
        hopeless.add(best_offer.number)
        open_offers = [offer for offer in open_offers if offer.number not in hopeless]
    return choice


def is_least(classes: list[UnitClass], offers: list[Offer], choice: Choice) -> bool:
    """Whether no choice gains more, and none as much with fewer applications, by the best shares of units alone.

    With a fine of `fine` parts on each application, the shares bound what any choice gains less its fines; one that
    gains as much as `choice` with fewer applications would be above that bound.
    """
    half = 0  # what rounding may add
    for offer in offers:
        if offer.limited or offer.mixed:
            return False
        if offer.fractional:
            half += WHOLE // 2
    most = _shares(classes, offers, 0)
    value = choice.value()
    if (most + half) // WHOLE > value:
        return False
    fine = most + half - value * WHOLE + 1
    fined = _shares(classes, offers, fine)
    return value * WHOLE - half - fined > fine * (choice.applications() - 1)


def _shares(classes: list[UnitClass], offers: list[Offer], fine: int) -> int:
    """The best shares of all units, where each application pays a fine."""
    total = 0
    for unit in classes:
        best = 0
        for j in unit.offers:
            offer = offers[j]
            share = -(-(offer.cheapest * unit.weights[j] + offer.const - fine) // offer.qty)
            if share > best:
                best = share
        total += best * unit.count
    return total


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
