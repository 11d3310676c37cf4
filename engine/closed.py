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
    number = offer.number
    counts: list[int] = []
    weights: list[int] = []
    units = 0
    for unit in offer.classes:
        count = left[unit.number]
        counts.append(count)
        weights.append(unit.weights[number])
        units += count
    most = units // offer.qty
    if 0 <= cap < most:
        most = cap
    if offer.mixed:
        return _mixed(offer, left, most)
    times, gain = runs_alone(offer, counts, weights, most)
    return Taken(_dearest(offer, left, times * offer.qty), times, gain, True)


def runs_alone(offer: Offer, counts: list[int], weights: list[int], most: int) -> tuple[int, int]:
    """How many of at most `most` runs, and what they gain in parts, where units come dearest first: `counts` of
    them at each of `weights`. Not for a mixed offer."""
    if most <= 0:
        return 0, 0
    need = most * offer.qty
    at = -1
    while need > 0:
        at += 1
        need -= counts[at]
    if weights[at] * offer.cheapest + offer.const >= WHOLE:  # no run gains less than its last unit's
        return most, _gain(offer, counts, weights, most)
    low, high = 0, most  # the last t whose run still gains
    while low < high:
        middle = (low + high + 1) // 2
        if _gain(offer, counts, weights, middle) > _gain(offer, counts, weights, middle - 1):
            low = middle
        else:
            high = middle - 1
    times = low
    best = rounded(_gain(offer, counts, weights, times))
    if best <= 0:
        return 0, 0
    low = 1
    while low < times:  # the first t that rounds to as much
        middle = (low + times) // 2
        if rounded(_gain(offer, counts, weights, middle)) >= best:
            times = middle
        else:
            low = middle + 1
    return times, _gain(offer, counts, weights, times)


def _gain(offer: Offer, counts: list[int], weights: list[int], times: int) -> int:
    qty = offer.qty
    need = times * qty
    gain = times * offer.const
    at = before = place = 0
    while at < need:
        at += counts[place]
        if at > need:
            at = need
        after = offer.rewarded(at)
        gain += (after - before) * weights[place]
        before = after
        place += 1
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
