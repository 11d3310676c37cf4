"""What the search works on: classes of identical units, and the offers that may consume them.

Amounts are in `WHOLE` parts of a minor unit (10,000 make one), so that percents are exact. A **class** is units of
equal price that the same offers may take for the same gain. An **offer** is a promotion as it stands for this basket.
Given the units that an offer consumes, dearest first, its best applications are consecutive runs of `qty`: the j-th
unit of a run gains its `weight` if it is among the run's `cheapest` last ones, and each run gains `const`. (Of any v,
the number of rewarded units that cost at least v is largest so.) This holds for all rewards but `off` where it may be
cut to what the units cost; such an offer is `mixed`, and there the grouping is searched too.
"""

from __future__ import annotations

from engine.plans import WHOLE


class UnitClass:
    """`count` units at `price` minor units each; `weights` per offer number, in order of offers."""

    __slots__ = ("count", "number", "offers", "price", "weights")

    def __init__(self, number: int, price: int, count: int, weights: dict[int, int]) -> None:
        self.number = number
        self.price = price
        self.count = count
        self.weights = weights
        self.offers = tuple(weights)


class Offer:
    """One promotion, ready to be searched. `cap` is the most applications, -1 where nothing limits them."""

    __slots__ = ("cap", "cheapest", "classes", "code", "const", "fractional", "group", "mixed", "number", "off", "qty")

    def __init__(self, number: int, qty: int, cheapest: int, const: int, cap: int, code: str, group: str) -> None:
        self.number = number
        self.qty = qty
        self.cheapest = cheapest
        self.const = const
        self.cap = cap
        self.code = code
        self.group = group
        self.off = 0  # of a mixed offer: what an application gives, where its units cost that much
        self.mixed = False
        self.fractional = False  # True where its gain may not be whole minor units
        self.classes: list[UnitClass] = []  # dearest first; a one-unit offer: the greatest gain first

    @property
    def limited(self) -> bool:
        """True where it cannot be applied as often as its units allow."""
        return self.cap >= 0 or bool(self.group)

    def rewarded(self, units: int) -> int:
        """How many of the first `units` units of its runs are rewarded."""
        whole = units // self.qty
        rest = units - whole * self.qty - self.qty + self.cheapest
        return whole * self.cheapest + rest if rest > 0 else whole * self.cheapest


class Choice:
    """What a component decided: per offer its units by class, its applications, and its gain before rounding."""

    __slots__ = ("gains", "times", "units")

    def __init__(self) -> None:
        self.units: dict[int, dict[int, int]] = {}  # offer -> class -> units
        self.times: dict[int, int] = {}
        self.gains: dict[int, int] = {}

    def add(self, offer: int, units: dict[int, int], times: int, gain: int) -> None:
        mine = self.units.setdefault(offer, {})
        for number, count in units.items():
            mine[number] = mine.get(number, 0) + count
        self.times[offer] = self.times.get(offer, 0) + times
        self.gains[offer] = self.gains.get(offer, 0) + gain

    def value(self) -> int:
        """Minor units, each offer rounded once."""
        return sum(rounded(gain) for gain in self.gains.values())

    def applications(self) -> int:
        return sum(self.times.values())


def rounded(gain: int) -> int:
    """Half up, from parts to minor units."""
    return (gain + WHOLE // 2) // WHOLE
