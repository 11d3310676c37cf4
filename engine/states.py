"""What a state of the layered search is: which units are to come, and the digits that say what they can still gain.

The digits of a state are of mixed radix: how far each offer's open run is (or how many units a limited one took), how
often shared coupons were used, and which offer of a group was.
"""

from __future__ import annotations

from engine.offers import Offer, UnitClass


class States:
    """The order of classes, and the place of every digit."""

    def __init__(self, classes: list[UnitClass], offers: list[Offer], left: list[int], coupons: dict[str, int]) -> None:
        self.offers = offers
        self.left = left
        self.order = _order(classes, offers, left)
        self.units = sum(left)
        self.fractional = [o.number for o in offers if o.fractional]
        self._set_digits(coupons)

    def _set_digits(self, coupons: dict[str, int]) -> None:
        offers = self.offers
        supply = [sum(self.left[c.number] for c in o.classes) for o in offers]
        self.supply = supply
        sharing: dict[str, int] = {}
        for offer in offers:
            if offer.code:
                sharing[offer.code] = sharing.get(offer.code, 0) + 1
        stride = 1
        self.stride: list[int] = []
        self.radix: list[int] = []
        self.top: list[int] = []  # units after which a limited offer is used up, 0 where it never is
        for offer in offers:
            cap = offer.cap
            if offer.code and sharing[offer.code] > 1 and cap >= coupons[offer.code]:
                cap = -1  # the shared digit of the code says it
            if cap >= 0 and cap * offer.qty + offer.qty > supply[offer.number]:
                cap = -1
            if offer.mixed:
                self.top.append(cap if cap >= 0 else 0)
                radix = cap + 1 if cap >= 0 else 1
            else:
                self.top.append(cap * offer.qty if cap >= 0 else 0)
                radix = cap * offer.qty + 1 if cap >= 0 else offer.qty
            self.stride.append(stride)
            self.radix.append(radix)
            stride *= radix
        self.code_stride = [0] * len(offers)
        self.code_count = [0] * len(offers)
        self.shared: list[tuple[int, int, list[int]]] = []  # stride, how many, offers
        for code in sorted(sharing):
            users = [o.number for o in offers if o.code == code]
            if len(users) > 1:
                for j in users:
                    self.code_stride[j], self.code_count[j] = stride, coupons[code]
                self.shared.append((stride, coupons[code] + 1, users))
                stride *= coupons[code] + 1
        self.group_stride = [0] * len(offers)
        self.group_place = [0] * len(offers)
        self.group_size = [0] * len(offers)
        self.groups: list[tuple[int, int, list[int]]] = []
        for group in sorted({o.group for o in offers if o.group}):
            users = [o.number for o in offers if o.group == group]
            if len(users) > 1:
                for i, j in enumerate(users, 1):
                    self.group_stride[j], self.group_place[j], self.group_size[j] = stride, i, len(users) + 1
                self.groups.append((stride, len(users) + 1, users))
                stride *= len(users) + 1

    def opened(self, before: int, digits: int, j: int) -> int:
        """`digits` with the coupon and the group of a new run paid for; -1 where that cannot be."""
        stride = self.code_stride[j]
        if stride:
            if before // stride % (self.code_count[j] + 1) >= self.code_count[j]:
                return -1
            digits += stride
        stride = self.group_stride[j]
        if stride:
            lock = before // stride % self.group_size[j]
            if lock == 0:
                digits += stride * self.group_place[j]
            elif lock != self.group_place[j]:
                return -1
        return digits


def _order(classes: list[UnitClass], offers: list[Offer], left: list[int]) -> list[UnitClass]:
    """Dearest first where an offer rewards its cheapest units; else so that few offers are open at once."""
    waiting = sorted((unit for unit in classes if left[unit.number]), key=lambda unit: (-unit.price, unit.number))
    ordered = [o.number for o in offers if o.cheapest < o.qty]
    to_come = [sum(1 for unit in waiting if o.number in unit.weights) for o in offers]
    begun = [False] * len(offers)
    out: list[UnitClass] = []
    while waiting:
        dearest: dict[int, int] = {}
        for unit in waiting:
            for j in ordered:
                if j in unit.weights:
                    dearest[j] = max(dearest.get(j, 0), unit.price)
        best: UnitClass | None = None
        best_cost = 0
        for unit in waiting:
            if any(j in unit.weights and unit.price < dearest[j] for j in ordered):
                continue
            cost = sum((0 if begun[j] else 1) - (1 if to_come[j] == 1 else 0) for j in unit.offers)
            if best is None or cost < best_cost:
                best, best_cost = unit, cost
        if best is None:
            break
        for j in best.offers:
            begun[j] = True
            to_come[j] -= 1
        out.append(best)
        waiting.remove(best)
    return out
