"""The Lagrangian bound where bases are to be kept: every discount in a base pays a part of itself as a fine, and the
base gives back as much of what may be taken off it.

A choice that keeps its bases pays no more than is given back, so what the fined gains come to at most bounds it. What
an offer takes off a unit in a base is at least a `ratio` of the unit's cost, see `set_ratios`; where all units that it
may take are in the base its gains themselves are fined. Fines move with the prices (engine.duals).
"""

from __future__ import annotations

from engine.carried import Carried, Keep
from engine.components import Component
from engine.duals import NEVER, SCALE, Duals
from engine.offers import Offer
from engine.plans import WHOLE


class Fined(Carried):
    """Fines by base, and ratios by offer."""

    def __init__(self, component: Component, keeps: list[Keep], coupons: dict[str, int]) -> None:
        super().__init__(component, keeps, coupons)
        self.unfined: Duals | None = None  # the same without fines, once prices differ
        self.fines = [0] * len(keeps)
        self.ratios = [0] * len(component.offers)  # in parts of a minor unit for each minor unit of cost
        self.rates = [0] * len(keeps)
        self.set_tables()

    def allowance(self) -> int:
        total = 0
        for b, fine in enumerate(self.fines):
            total += -(-self._rate(b, fine) * self.allowed[b] // SCALE)
        return total

    def _rate(self, b: int, fine: int) -> int:
        """A base's fine as a share of what is taken off it; fines themselves are in the scale of prices."""
        return min(fine * SCALE // self.mean, 4 * SCALE)

    def _move(self, at: list[int], count: int) -> None:
        self.fine_bases(at[count:])
        super()._move(at, count)

    def fine_bases(self, fines: list[int]) -> None:
        """Every discount in a base pays a part of itself, and the base gives back as much of what may be taken off."""
        rates = self.rates = [self._rate(b, fine) for b, fine in enumerate(fines)]
        for j in range(len(self.offers)):
            self.factors[j] = max(0, SCALE - sum([rates[b] for b in self.entirely[j]]))
            tolls: dict[int, int] = {}
            partly = self.there[j]
            for i in self.own[j]:
                unit = self.order[i]
                toll = 0
                for b in self.inside[i]:
                    if self.keeps[b].exclusive:
                        toll += unit.price * WHOLE * rates[b] // SCALE
                    elif b in self.entirely[j]:
                        continue
                    elif self.by_unit[j]:
                        toll += unit.weights[j] * rates[b] // SCALE
                    elif b in partly:
                        toll += unit.price * self.ratios[j] * rates[b] // SCALE
                if toll:
                    tolls[i] = toll
            self.tolls[j] = tolls

    def _slopes(self) -> list[int]:
        slopes = super()._slopes()
        used = [0] * len(self.keeps)
        for offer in self.offers:
            j = offer.number
            rows = self.tables[j]
            size = len(rows[0])
            digit = seen = 0
            partly = self.there[j]
            for i in self.own[j]:
                unit = self.order[i]
                for _ in range(self.left[unit.number]):
                    if rows[seen][digit] > rows[seen + 1][digit]:
                        place = digit % offer.qty
                        gain = unit.weights[j] if place >= offer.qty - offer.cheapest else 0
                        if place == 0:
                            gain += offer.const
                        for b in self.entirely[j]:
                            used[b] += gain
                        for b in self.inside[i]:
                            if self.keeps[b].exclusive:
                                used[b] += unit.price * WHOLE
                            elif b in self.entirely[j]:
                                continue
                            elif self.by_unit[j]:
                                used[b] += unit.weights[j]
                            elif b in partly:
                                used[b] += unit.price * self.ratios[j]
                        digit += 1
                        if digit == size and not self.ends[j]:
                            digit = 0
                    seen += 1
        return slopes + [(self.allowed[b] - used[b]) // self.mean for b in range(len(used))]

    def set_payers(self) -> None:
        """What of a label's numbers has paid fines, and at which rate in 1/1,024: for `paid_off`."""
        self.payers: list[tuple[int, int]] = []
        for b, rate in enumerate(self.rates):
            if rate:
                self.payers.append((b, rate))
                for j, _ in self.spread:
                    where = self.there[j].get(b, -1)
                    if where >= 0 and b not in self.entirely[j] and self.ratios[j]:
                        self.payers.append((where, self.ratios[j] * rate))
        for j, _ in self.spread:
            if self.factors[j] != SCALE:
                self.payers.append((self.place[j], SCALE - self.factors[j]))

    def paid_off(self, carried: tuple[int, ...]) -> int:
        """What a label has paid in fines so far, at least."""
        total = 0
        for where, rate in self.payers:
            total += carried[where] * rate // SCALE
        return total

    def set_ratios(self, gap: int) -> None:
        """Of offers partly in a base: the least share of its units' cost (in parts of a minor unit for a minor unit)
        that an offer gives off, in any choice that could come within `gap` parts of the root's bound.

        Let an offer gain at most M once it has paid. In such a choice it gains no less than M less the gap. Where the
        most of (1 - m) gain - prices + m r cost is below that for some m, no such choice has gain < r cost.
        """
        for j, _ in self.spread:
            if self.factors[j] != SCALE:
                continue
            offer = self.offers[j]
            floor = self.tables[j][0][0] - gap
            low, high = self.ratios[j], WHOLE
            for _ in range(7):
                middle = (low + high + 1) // 2
                if any(self._most_at(offer, middle, part) < floor for part in (8, 6, 4, 2)):
                    low = middle
                else:
                    high = middle - 1
                if low >= high:
                    break
            self.ratios[j] = low

    def _most_at(self, offer: Offer, ratio: int, part: int) -> int:
        """The most of (1 - m) gain - prices + m ratio cost over choices with a unit in a base; m is part / 8."""
        j = offer.number
        qty = offer.qty
        first = qty - offer.cheapest
        end = self.ends[j]
        size = end + 1 if end else qty
        const = -(-offer.const * (8 - part) // 8) - self.fine
        without = [0 if digit % qty == 0 else NEVER for digit in range(size)]
        within = [NEVER] * size  # with a unit in a base
        there = self.there[j]
        for i in reversed(self.own[j]):
            unit = self.order[i]
            cost = self.prices[i] + self.tolls[j].get(i, 0) - (-(-unit.price * ratio * part // 8))
            weight = -(-unit.weights[j] * (8 - part) // 8)
            counts = any(b in there for b in self.inside[i])
            for _ in range(self.left[unit.number]):
                old_without, old_within = without, within
                without, within = list(without), list(within)
                for digit in range(end or qty):
                    place = digit % qty
                    gain = (weight if place >= first else 0) - cost + (const if place == 0 else 0)
                    to = digit + 1
                    if to == size:
                        to = 0
                    if counts:
                        within[digit] = max(within[digit], gain + max(old_within[to], old_without[to]))
                    else:
                        without[digit] = max(without[digit], gain + old_without[to])
                        within[digit] = max(within[digit], gain + old_within[to])
        return within[0]
