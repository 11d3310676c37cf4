"""What a label of the search for thresholds carries: what step 2 has taken off each base so far.

An offer's discount is spread over all units that it consumes, in proportion to their cost. Where each unit brings its
own discount, that of its units in the base is taken off; else gain times cost in the base by cost in all: these three
are carried. Of a base that consumed units leave it is their cost. See engine.reached.
"""

from __future__ import annotations

from engine.components import Component
from engine.duals import SCALE, Duals
from engine.offers import Offer, UnitClass
from engine.plans import PERCENT, WHOLE, Plan
from engine.units import Lot


class Keep:
    """`lines` of a base, the minor units that may be taken off it, and whether consumed units leave it."""

    __slots__ = ("exclusive", "lines", "slack")

    def __init__(self, lines: set[int], slack: int, exclusive: bool) -> None:
        self.lines = lines
        self.slack = slack
        self.exclusive = exclusive


def joined(components: list[Component], keeps: list[Keep]) -> Component:
    """Several components as one, its classes told apart by the bases they are in too."""
    out = Component()
    for component in components:
        masks: list[dict[int, list[Lot]]] = []
        for lots in component.lots:
            alike: dict[int, list[Lot]] = {}
            for lot in lots:
                mask = 0
                for b, keep in enumerate(keeps):
                    if lot.line in keep.lines:
                        mask |= 1 << b
                alike.setdefault(mask, []).append(lot)
            masks.append(alike)
        numbers: dict[int, int] = {}
        doubles = _doubles(component, masks)
        for offer, plan in zip(component.offers, component.plans, strict=True):
            if offer.number in doubles:
                continue
            number = numbers[offer.number] = len(out.offers)
            copy = Offer(number, offer.qty, offer.cheapest, offer.const, offer.cap, offer.code, offer.group)
            copy.off, copy.mixed, copy.fractional = offer.off, offer.mixed, offer.fractional
            out.offers.append(copy)
            out.plans.append(plan)
        for unit, alike in zip(component.classes, masks, strict=True):
            weights = {numbers[j]: weight for j, weight in unit.weights.items() if j in numbers}
            for some in alike.values():
                count = 0
                for lot in some:
                    count += lot.count
                out.classes.append(UnitClass(len(out.classes), unit.price, count, weights))
                out.lots.append(some)
    for unit in out.classes:
        for j in unit.offers:
            out.offers[j].classes.append(unit)
    for offer in out.offers:
        offer.classes.sort(key=lambda unit: (-unit.price, unit.number))
    return out


def alone_gain(offer: Offer) -> int:
    """What an application of an offer on one class alone gains."""
    return offer.cheapest * offer.classes[0].weights[offer.number] + offer.const


def _doubles(component: Component, masks: list[dict[int, list[Lot]]]) -> set[int]:
    """Offers of which another one takes the same class alone, as many units at a time, for no less, where no base is
    touched: whatever such an offer takes, the other one can."""
    best: dict[tuple[int, int], Offer] = {}
    out: set[int] = set()
    for offer in component.offers:
        if len(offer.classes) != 1 or offer.limited or offer.mixed or offer.fractional:
            continue
        number = offer.classes[0].number
        if len(masks[number]) > 1 or 0 not in masks[number]:
            continue
        there = best.get((number, offer.qty))
        if there is None:
            best[number, offer.qty] = offer
        elif alone_gain(offer) > alone_gain(there):
            out.add(there.number)
            best[number, offer.qty] = offer
        else:
            out.add(offer.number)
    return out


def searchable(component: Component) -> bool:
    """Whether the search knows all ways in which these offers put units together."""
    for offer, plan in zip(component.offers, component.plans, strict=True):
        if offer.mixed:
            return False
        if 0 < offer.cheapest < offer.qty and plan.mode != PERCENT:
            return False
        if plan.mode == PERCENT and any(unit.weights[offer.number] <= 0 for unit in offer.classes):
            return False
    return True


class Weight:
    """Of an offer that is spread over a base: where its gain (`place`) and its cost there (`where`) are carried, what
    its units to come cost at most, whether they can gain nothing less than 0, and, where it is loose, what they cost
    in the base at most, else -1."""

    __slots__ = ("more", "place", "rest", "sure", "where")

    def __init__(self, place: int, where: int, rest: int, sure: bool, more: int) -> None:
        self.place = place
        self.where = where
        self.rest = rest
        self.sure = sure
        self.more = more


class Scale:
    """A base, what may be taken off it, and the offers that are spread over it."""

    __slots__ = ("allowed", "base", "weights")

    def __init__(self, base: int, allowed: int) -> None:
        self.base = base
        self.allowed = allowed
        self.weights: list[Weight] = []


class Carried(Duals):
    """The numbers of a label, and the rules by which they change."""

    def __init__(self, component: Component, keeps: list[Keep], coupons: dict[str, int]) -> None:
        left = [unit.count for unit in component.classes]
        super().__init__(component.classes, component.offers, left, coupons)
        self.keeps = keeps
        self.inside = [  # of each class in order: the bases it is in
            [b for b, keep in enumerate(keeps) if component.lots[unit.number][0].line in keep.lines]
            for unit in self.order
        ]
        self._set_carried(component.plans)

    def _set_carried(self, plans: list[Plan]) -> None:
        """What labels carry: by base what is taken off for good; then of each offer that is spread over one its gain,
        its cost (below 0) and its cost in each. The units of loose offers are a number."""
        keeps, offers = self.keeps, self.offers
        self.allowed = [keep.slack * WHOLE for keep in keeps]
        self.entirely: list[list[int]] = [[] for _ in offers]  # bases that all of an offer's units are in
        self.by_unit = [plan.kind == "price" or (plan.mode == PERCENT and plan.cheapest == plan.qty) for plan in plans]
        self.place = [-1] * len(offers)  # where the carried numbers of an offer begin
        self.spread: list[tuple[int, list[tuple[int, int]]]] = []  # offer, (base, where its cost there is carried)
        self.there: list[dict[int, int]] = [{} for _ in offers]
        self.loose = [False] * len(offers)
        size = len(keeps)
        for j, offer in enumerate(offers):
            bases: list[int] = []
            for b, keep in enumerate(keeps):
                here = sum(1 for i in self.own[j] if b in self.inside[i])
                if keep.exclusive or here == 0:
                    continue
                if here == len(self.own[j]):
                    self.entirely[j].append(b)
                    self.allowed[b] += WHOLE // 2 if offer.fractional else 0
                else:
                    self.allowed[b] += WHOLE * self._units_in(j, b) + WHOLE // 2 if plans[j].kind != "price" else 0
                if not self.by_unit[j]:
                    bases.append(b)
            if bases:
                self.loose[j] = 0 < offer.cheapest < offer.qty
                self.place[j] = size
                self.there[j] = {b: size + 2 + at for at, b in enumerate(bases)}
                self.spread.append((j, list(self.there[j].items())))
                size += 2 + len(bases)
        self.signs: list[dict[int, int]] = []  # of each class in order: what a unit adds for a loose offer
        sign = 1
        for unit in self.order:
            mine: dict[int, int] = {}
            for j in unit.offers:
                if self.loose[j]:
                    mine[j] = sign
                    sign *= self.left[unit.number] + 1
            self.signs.append(mine)
        self.size = size
        self.changes = [{j: self._change(at, j) for j in unit.offers} for at, unit in enumerate(self.order)]
        cost = sum(unit.price * self.left[unit.number] for unit in self.order)
        self.mean = max(1, cost * WHOLE // max(1, self.units))  # what a unit costs, in parts
        # Of each class in order: what an offer's units from here on cost, and those in each base.
        rows = [0] * len(offers)
        based: list[dict[int, int]] = [dict.fromkeys(there, 0) for there in self.there]
        self.left_cost: list[list[int]] = [list(rows)]
        self.left_based: list[list[dict[int, int]]] = [[dict(one) for one in based]]
        for i in range(len(self.order) - 1, -1, -1):
            unit = self.order[i]
            for j in unit.offers:
                rows[j] += unit.price * self.left[unit.number]
                for b in self.inside[i]:
                    if b in based[j]:
                        based[j][b] += unit.price * self.left[unit.number]
            self.left_cost.append(list(rows))
            self.left_based.append([dict(one) for one in based])
        self.left_cost.reverse()
        self.left_based.reverse()

    def _units_in(self, j: int, b: int) -> int:
        return sum(self.left[self.order[i].number] for i in self.own[j] if b in self.inside[i])

    def _change(self, at: int, j: int) -> list[int]:
        """What a unit of class `at` adds to what is carried, its gain apart, where offer `j` takes it: place, amount,
        place, amount..."""
        out: list[int] = []
        unit = self.order[at]
        there = self.there[j]
        for b in self.inside[at]:
            if self.keeps[b].exclusive:
                out += [b, unit.price * WHOLE]
            elif self.by_unit[j]:
                out += [b, unit.weights[j]]
            elif b in there:
                out += [there[b], unit.price]
        if self.place[j] >= 0:
            out += [self.place[j] + 1, -unit.price]
        return out

    def carry(self, carried: tuple[int, ...], change: list[int], place: int, gain: int) -> tuple[int, ...] | None:
        """What a label carries with a change to it, and with `gain` more at `place` where that is not below 0; None
        where a base is lost for good."""
        out = list(carried)
        allowed = self.allowed
        bases = len(allowed)
        for at in range(0, len(change), 2):
            where = change[at]
            now = out[where] + change[at + 1]
            if where < bases and now > allowed[where]:
                return None
            out[where] = now
        if place >= 0:
            out[place] += gain
        return tuple(out)

    def weigh(self, at: int, taken: int) -> list[Scale]:
        """What `lost` asks of all labels of a layer: class `at` is next, and `taken` of it are gone."""
        costs = self.left_cost[at]
        based = self.left_based[at]
        here = self.order[at].weights if at < len(self.order) else {}
        scales: list[Scale] = []
        for b, allowed in enumerate(self.allowed):
            scale = Scale(b, allowed)
            for j, _ in self.spread:
                where = self.there[j].get(b, -1)
                if where >= 0:
                    rest = costs[j] - (taken * self.order[at].price if taken and j in here else 0)
                    sure = rest == 0 or self.offers[j].const >= 0
                    scale.weights.append(Weight(self.place[j], where, rest, sure, based[j][b] if self.loose[j] else -1))
            scales.append(scale)
        return scales

    def lost(self, carried: tuple[int, ...], scales: list[Scale], room: int) -> int:
        """What a label must lose at least so that every base is kept; below 0 where it cannot be, or for `room` at
        least."""
        lost = 0
        for scale in scales:
            over = carried[scale.base] - scale.allowed
            for one in scale.weights:
                # What runs at a price gain together can still fall: one of them may gain less than nothing.
                if one.sure:
                    inside = carried[one.where]
                    if inside:
                        gained = carried[one.place]
                        if gained > 0:
                            over += gained * inside // (one.rest - carried[one.place + 1])
            if over <= 0:
                continue
            least = -1  # the least loss for what is taken off less, in 1/1,024
            for one in scale.weights:
                if one.more >= 0:
                    inside = carried[one.where] + one.more
                    if inside:
                        rate = (one.more - carried[one.place + 1]) * SCALE // inside
                        if least < 0 or rate < least:
                            least = rate
            if least < 0:
                return -1
            lost = max(lost, over * least // SCALE)
            if lost >= room:
                return -1
        return lost

    def unsigned(self, j: int, number: int) -> int:
        """The number of loose offers' units without those of offer `j`."""
        for i in self.own[j]:
            sign = self.signs[i][j]
            number -= number // sign % (self.left[self.order[i].number] + 1) * sign
        return number
