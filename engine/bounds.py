"""What a state of the layered search can still gain at most.

A run's gain is shared out over its units so that no unit's share depends on the others (a rewarded unit's weight
times cheapest/qty, `const`/qty); what is left of a state's units gains at most the sum of their best shares, and
limited offers add at most their best surplus over these.
"""

from __future__ import annotations

from typing import Final

from engine.offers import Offer, UnitClass
from engine.plans import WHOLE
from engine.states import States

MAX_TABLE: Final = 128  # units of a limited offer for which best surpluses are kept one by one

# A state's key: digits of mixed radix, and for mixed offers their open runs (offer, units, rewarded so far).
Key = tuple[int, tuple[tuple[int, int, int], ...]]


class Bounds(States):
    """Best shares and surpluses from every class on, worked out once."""

    def __init__(self, classes: list[UnitClass], offers: list[Offer], left: list[int], coupons: dict[str, int]) -> None:
        super().__init__(classes, offers, left, coupons)
        self._set_bounds()

    def _set_bounds(self) -> None:
        """Best shares of the units from each class on, and the best surpluses of limited offers."""
        order, offers = self.order, self.offers
        total = len(order)
        self.base = [0] * (total + 1)
        self.base_unit = [0] * total
        share: list[dict[int, int]] = []
        for i, unit in enumerate(order):
            shares = {j: self._share(offers[j], unit) for j in unit.offers}
            share.append(shares)
            self.base_unit[i] = max([0, *(s for j, s in shares.items() if not offers[j].limited)])
        for i in range(total - 1, -1, -1):
            self.base[i] = self.base[i + 1] + self.base_unit[i] * self.left[order[i].number]
        self.surplus: dict[int, list[list[int]]] = {}  # limited offer -> class -> best surplus of 0, 1, 2... units
        for offer in offers:
            if not offer.limited:
                continue
            j = offer.number
            reach = self.supply[j]
            if offer.cap >= 0:
                reach = min(reach, offer.cap * offer.qty)
            found: list[tuple[int, int]] = []
            rows: list[list[int]] = [[0]] * (total + 1)
            for i in range(total - 1, -1, -1):
                if j in share[i]:
                    gain = share[i][j] - self.base_unit[i]
                    if gain > 0:
                        found = sorted([*found, (gain, self.left[order[i].number])], reverse=True)
                    rows[i] = _best_sums(found, min(reach, MAX_TABLE))
                else:
                    rows[i] = rows[i + 1]
            self.surplus[j] = rows
        self.next_price: list[
            dict[int, int]
        ] = []  # from each class on: the dearest weight that an offer will still see
        ahead: dict[int, int] = {}
        for i in range(total - 1, -1, -1):
            ahead = dict(ahead)
            for j in order[i].offers:
                ahead[j] = max(order[i].weights[j], ahead.get(j, 0))
            self.next_price.append(ahead)
        self.next_price.reverse()
        self.next_price.append({})

    @staticmethod
    def _share(offer: Offer, unit: UnitClass) -> int:
        if offer.mixed:
            return -(-offer.off // offer.qty)
        return -(-(offer.cheapest * unit.weights[offer.number] + offer.const) // offer.qty)

    def root_bound(self) -> int:
        """The most that any choice gains, in minor units."""
        return self.bound((0, ()), 0, 0, 0)

    def bound(self, key: Key, gained: int, at: int, taken: int) -> int:
        """The most that a state can end with, in minor units, with `gained` parts so far: class `at` is next, and
        `taken` of it are gone."""
        digits, runs = key
        extra = self.base[at] - (taken * self.base_unit[at] if taken else 0)
        ahead = self.next_price[at]
        limited: list[tuple[int, int]] = []  # group digit's stride or 0, best surplus
        for offer in self.offers:
            j = offer.number
            if offer.mixed:
                digit = digits // self.stride[j] % self.radix[j]
                open_units = 0
                for owner, units, run_gain in runs:
                    if owner == j:
                        need = offer.qty - units
                        open_units += need
                        most = min(offer.off, run_gain + need * ahead.get(j, 0))
                        extra += max(0, most - need * offer.off // offer.qty)
                room = open_units + (self.top[j] - digit) * offer.qty
            else:
                digit = digits // self.stride[j] % self.radix[j]
                place = digit % offer.qty
                if place:
                    need = offer.qty - place
                    extra += -(offer.const * need // offer.qty)
                    if offer.cheapest < offer.qty:
                        free = min(offer.cheapest, need)
                        extra += -(-ahead.get(j, 0) * free * (offer.qty - offer.cheapest) // offer.qty)
                room = self.top[j] - digit
            rows = self.surplus.get(j)
            if rows is None:
                continue
            best = rows[at]
            if not self.top[j]:
                room = self.supply[j] if offer.cap < 0 else offer.cap * offer.qty
            gain = (
                best[room]
                if room < len(best)
                else best[-1] + (room - len(best) + 1) * (best[-1] - best[-2] if len(best) > 1 else 0)
            )
            if self.group_stride[j]:
                lock = digits // self.group_stride[j] % self.group_size[j]
                if lock == self.group_place[j]:
                    extra += gain
                elif lock == 0:
                    limited.append((self.group_stride[j], gain))
            else:
                extra += gain
        if limited:
            most_of: dict[int, int] = {}
            for stride, gain in limited:
                most_of[stride] = max(gain, most_of.get(stride, 0))
            extra += sum(most_of.values())
        return (gained + extra + WHOLE // 2 * len(self.fractional)) // WHOLE


def _best_sums(found: list[tuple[int, int]], reach: int) -> list[int]:
    """Sums of the greatest 0, 1, ... `reach` of (gain, how many of it); level at the end where there are fewer."""
    sums = [0]
    for gain, count in found:
        for _ in range(count):
            if len(sums) > reach:
                return sums
            sums.append(sums[-1] + gain)
    sums.append(sums[-1])
    return sums
