"""An offer alone on its units: the closed form, dearest first.

For t applications the best an offer can gain is its gain on its t * qty dearest units in runs of qty; the gain of one
more run never grows. So the best t is found by bisection, and the work does not grow with quantities. Where rounding
makes several t equal, the fewest applications win.
"""

from __future__ import annotations

from engine.offers import Offer, rounded
from engine.plans import WHOLE

MAX_RUNS = 20_000  # applications of a mixed offer that are tried one by one


class Taken:
    """What an offer takes: units by class, applications, gain before rounding; `best` where nothing better exists."""

    __slots__ = ("best", "gain", "times", "units")

    def __init__(self, units: dict[int, int], times: int, gain: int, best: bool) -> None:
        self.units = units
        self.times = times
        self.gain = gain
        self.best = best


def alone(offer: Offer, left: list[int], cap: int) -> Taken:
    """What the offer takes of `left` (free units by class); `cap` is the most applications, -1 for any number."""
    most = sum(left[c.number] for c in offer.classes) // offer.qty
    if cap >= 0:
        most = min(most, cap)
    if offer.qty == 1 and not offer.mixed:
        quick = _units_alone(offer, left, most)
        if quick is not None:
            return quick
    if offer.mixed:
        return _mixed(offer, left, most)
    low, high = 0, most  # the last t whose run still gains
    while low < high:
        middle = (low + high + 1) // 2
        if _gain(offer, left, middle) > _gain(offer, left, middle - 1):
            low = middle
        else:
            high = middle - 1
    times = low
    best = rounded(_gain(offer, left, times))
    if best <= 0:
        return Taken({}, 0, 0, True)
    low = 1
    while low < times:  # the first t that rounds to as much
        middle = (low + times) // 2
        if rounded(_gain(offer, left, middle)) >= best:
            times = middle
        else:
            low = middle + 1
    return Taken(_dearest(offer, left, times * offer.qty), times, _gain(offer, left, times), True)


def _units_alone(offer: Offer, left: list[int], most: int) -> Taken | None:
    """The same where every unit gains a whole minor unit: then none can be left out. None where that is not so."""
    units: dict[int, int] = {}
    times = gain = 0
    for unit in offer.classes:
        count = min(left[unit.number], most - times)
        if count <= 0:
            continue
        one = unit.weights[offer.number] * offer.cheapest + offer.const
        if one < WHOLE:
            return None
        units[unit.number] = count
        times += count
        gain += one * count
    return Taken(units, times, gain, True)


def _gain(offer: Offer, left: list[int], times: int) -> int:
    need = times * offer.qty
    gain = times * offer.const
    at = 0
    for unit in offer.classes:
        if at >= need:
            break
        count = min(left[unit.number], need - at)
        gain += (offer.rewarded(at + count) - offer.rewarded(at)) * unit.weights[offer.number]
        at += count
    return gain


def _dearest(offer: Offer, left: list[int], need: int) -> dict[int, int]:
    units: dict[int, int] = {}
    for unit in offer.classes:
        count = min(left[unit.number], need)
        if count:
            units[unit.number] = count
            need -= count
    return units


def _mixed(offer: Offer, left: list[int], most: int) -> Taken:
    """Dearest first is best here only where every application gives all of `off`."""
    tried = min(most, MAX_RUNS)
    gain = times = 0
    kinds = [(c, left[c.number]) for c in offer.classes if left[c.number]]
    at, used = 0, 0
    for _ in range(tried):
        run = 0
        for place in range(offer.qty):
            while used >= kinds[at][1]:
                at, used = at + 1, 0
            if place >= offer.qty - offer.cheapest:
                run += kinds[at][0].weights[offer.number]
            used += 1
        if run <= 0:
            break
        gain += min(offer.off, run)
        times += 1
    return Taken(_dearest(offer, left, times * offer.qty), times, gain, gain == most * offer.off)
