"""The layered search where thresholds must be reached: what step 2 gains at most while the bases it lowers stay above
their amounts.

A **keep** is a base and what may be taken off it: its units' cost untouched, less the amount to be reached. The search
is that of engine.search, over labels: beside what it has gained a state carries what it takes off each base. Of two
states with the same open runs one is dropped only where it gains no more and takes no less off any base, whatever
follows.

**What is taken off a base.** An offer's discount is spread over all units that it consumes, in proportion to their
cost. Where each unit brings its own discount, that of its units in the base is taken off; else gain times cost in the
base by cost in all, three numbers that are carried. Of a base that consumed units leave it is their cost.

**Loose offers** reward the cheapest of their units and are spread over a base: the same units in other runs gain less,
and that can keep the base. They are searched dearest first as ever; where that takes too much off a base the label
lives on with what it must lose at least: a minor unit less off the base costs as many as the offer's units cost for
each that they cost in the base. What is left in the end is put together anew (engine.regroup). Labels are compared
only where their loose offers have the same units.

**Bounds.** Two, the lesser counts: the duals' with what must be lost; and the duals' where every base fines the
discounts in it, and gives back as much of what may be taken off (a Lagrangian bound). What an offer takes off
a unit in a base is at least a `ratio` of its cost: see `set_ratios`.

**Admissible.** Shares are whole minor units, so what is taken off can be less than in proportion, by less than one
minor unit for each unit of the base and half a one for each offer: so much more is allowed. Every choice that
keeps the bases is among those that are searched, and what is found is what it gains at most; the caller works out
exactly what the choice that was found comes to.
"""

from __future__ import annotations

from typing import Final, cast

from engine.duals import NEVER, SCALE, Duals
from engine.offers import Choice, Offer, UnitClass
from engine.plans import PERCENT, WHOLE, Plan
from engine.regroup import Spread, regrouped
from engine.units import Component, Lot

FREE_WIDTH: Final = 16
MAX_ENDS: Final = 400  # ends whose units are put together anew
WIDTHS: Final = (64, 256, 1_000_000)
ROUNDS: Final = 40
TURNS: Final = 3  # how often ratios are worked out from the gap, and prices from them

Trail = tuple[object, int, int, int]  # the way here: the trail before or None, class, offer, gain
Label = tuple[int, int, tuple[int, ...], Trail | None]  # gain, applications, what is carried, the way here


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
        shift = len(out.offers)
        for offer, plan in zip(component.offers, component.plans, strict=True):
            copy = Offer(
                shift + offer.number, offer.qty, offer.cheapest, offer.const, offer.cap, offer.code, offer.group
            )
            copy.off, copy.mixed, copy.fractional = offer.off, offer.mixed, offer.fractional
            out.offers.append(copy)
            out.plans.append(plan)
        for unit, lots in zip(component.classes, component.lots, strict=True):
            weights = {shift + j: weight for j, weight in unit.weights.items()}
            alike: dict[int, list[Lot]] = {}
            for lot in lots:
                mask = sum(1 << b for b, keep in enumerate(keeps) if lot.line in keep.lines)
                alike.setdefault(mask, []).append(lot)
            for some in alike.values():
                count = sum(lot.count for lot in some)
                out.classes.append(UnitClass(len(out.classes), unit.price, count, weights))
                out.lots.append(some)
    for offer in out.offers:
        offer.classes = [unit for unit in out.classes if offer.number in unit.weights]
        offer.classes.sort(key=lambda unit: (-unit.price, unit.number))
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


class Reached(Duals):
    """One joined component, to be searched, of offers that are `searchable`."""

    def __init__(self, component: Component, keeps: list[Keep], coupons: dict[str, int]) -> None:
        left = [unit.count for unit in component.classes]
        super().__init__(component.classes, component.offers, left, coupons)
        self.unfined = Duals(component.classes, component.offers, left, coupons)
        self.keeps = keeps
        self.nodes = 0
        self.inside = [  # of each class in order: the bases it is in
            [b for b, keep in enumerate(keeps) if component.lots[unit.number][0].line in keep.lines]
            for unit in self.order
        ]
        self._set_carried(component.plans)
        self.fines = [0] * len(keeps)
        self.ratios = [0] * len(component.offers)
        self.rates = [0] * len(keeps)
        self.unfined.set_tables()
        self.set_tables()

    def _set_carried(self, plans: list[Plan]) -> None:
        """What labels carry: by base what is taken off for good; then of each offer that is spread over one its gain,
        its cost (below 0) and its cost in each; last the units of loose offers, as a number."""
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
        for i, unit in enumerate(self.order):
            mine: dict[int, int] = {}
            for j in unit.offers:
                if self.loose[j]:
                    mine[j] = sign
                    sign *= self.left[unit.number] + 1
            self.signs.append(mine)
        self.size = size + 1
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

    # fines

    def allowance(self) -> int:
        total = 0
        for b, fine in enumerate(self.fines):
            total += -(-self._rate(b, fine) * self.allowed[b] // SCALE)
        return total

    def _rate(self, b: int, fine: int) -> int:
        """A base's fine as a share of what is taken off it; fines themselves are in the scale of prices."""
        return min(fine * SCALE // self.mean, 4 * SCALE)

    def _move(self, at: list[int], count: int) -> None:
        self._fine(at[count:])
        super()._move(at, count)

    def _fine(self, fines: list[int]) -> None:
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

    def _paid_off(self, carried: tuple[int, ...]) -> int:
        """What a label has paid in fines so far, at least."""
        total = 0
        for b, rate in enumerate(self.rates):
            if rate:
                total += carried[b] * rate // SCALE
                for j, _ in self.spread:
                    where = self.there[j].get(b, -1)
                    if where < 0:
                        continue
                    if b not in self.entirely[j]:
                        total += carried[where] * self.ratios[j] * rate // SCALE
        for j, _ in self.spread:
            factor = self.factors[j]
            if factor != SCALE:
                total += carried[self.place[j]] * (SCALE - factor) // SCALE
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

    def search(self, goal: int, nodes: int) -> tuple[Choice | None, int]:
        """The best choice of more than `goal` parts (gain less fines), and the most that is not ruled out, or
        `goal`."""
        self.goal = goal
        best: Choice | None = None
        most = self.root()
        if most <= goal or self.units > nodes:
            return None, max(goal, most)
        tightened = False
        for number, width in enumerate(WIDTHS):
            if (number == 1 or self.is_large) and not tightened:
                tightened = True
                most = min(most, self._tighten())
            if self.nodes >= nodes or most <= self.goal:
                break
            if number == 0 and tightened:
                continue
            found, dropped = self._pass(width, nodes)
            if found is not None:
                best = found
            most = min(most, max(dropped, self.goal))
            if most <= self.goal:
                break
        return best, max(self.goal, most)

    def _tighten(self) -> int:
        most = self.unfined.improve(self.goal, ROUNDS)
        self.prices = list(self.unfined.prices)
        self.set_tables()
        for _ in range(TURNS):
            if most <= self.goal:
                break
            self.set_ratios(self.root() - self.goal)
            self._fine(self.fines)
            self.set_tables()
            before = most
            most = min(most, self.improve(self.goal, ROUNDS))
            if before - most < most - self.goal >> 4:
                break
        return most

    def _pass(self, width: int, nodes: int) -> tuple[Choice | None, int]:
        layer: dict[int, list[Label]] = {0: [(0, 0, (0,) * self.size, None)]}
        supply = list(self.supply)
        dropped = self.goal
        for at, unit in enumerate(self.order):
            room = max(1, min(width, (nodes - self.nodes) // (len(self.order) - at)))
            for taken in range(self.left[unit.number]):
                count = sum([len(labels) for labels in layer.values()])
                if count > FREE_WIDTH or count > room:
                    layer, let_go = self._trim(layer, at, taken, room)
                    dropped = max(dropped, let_go)
                    if not layer:
                        return None, dropped
                before = {j: supply[j] for j in unit.offers}
                for j in unit.offers:
                    supply[j] -= 1
                layer = self._step(layer, at, taken, before)
            layer = self._settle(layer, at + 1, supply)
        best: Choice | None = None
        layer, let_go = self._trim(layer, len(self.order), 0, MAX_ENDS)
        dropped = max(dropped, let_go)
        for labels in layer.values():
            for label in labels:
                if label[0] - label[1] * self.fine > self.goal:
                    found, most = self._end(label)
                    if found is not None:
                        best = found
                    dropped = max(dropped, most)
        return best, dropped

    def _end(self, label: Label) -> tuple[Choice | None, int]:
        """What a label comes to once its loose offers' units are put together so that every base is kept; and the
        most that is not ruled out."""
        units, gains, runs = self._trail(label)
        spreads: list[Spread] = []
        for j, pairs in self.spread:
            place = self.place[j]
            if label[2][place + 1]:
                there = {b: label[2][where] for b, where in pairs if label[2][where]}
                one = Spread(j, gains[j], -label[2][place + 1], there)
                if self.loose[j]:
                    offer = self.offers[j]
                    one.qty, one.cheapest = offer.qty, offer.cheapest
                    for i in self.own[j]:
                        unit = self.order[i]
                        one.weights += [unit.weights[j]] * units[j].get(unit.number, 0)
                spreads.append(one)
        mine = label[0] - label[1] * self.fine
        room = mine - self.goal
        loss, found, proved = regrouped(spreads, list(label[2][: len(self.keeps)]), self.allowed, room)
        most = mine if not proved else self.goal
        for j, gained in runs.items():
            size = self.offers[j].qty
            if not self.loose[j] and any(sum(gained[at : at + size]) <= 0 for at in range(0, len(gained), size)):
                return None, mine - loss if loss < room else most
        if loss >= room:
            return None, most
        self.goal = mine - loss
        choice = Choice()
        for j in sorted(units):
            choice.add(j, units[j], sum(units[j].values()) // self.offers[j].qty, found.get(j, gains[j]))
        return choice, most

    def _step(
        self, layer: dict[int, list[Label]], at: int, taken: int, supply: dict[int, int]
    ) -> dict[int, list[Label]]:
        out: dict[int, list[Label]] = {}
        unit = self.order[at]
        tight = [j for j in unit.offers if supply[j] < self.offers[j].qty]
        for digits, labels in layer.items():
            if taken % 8 == 0:
                self.nodes += len(labels)
            if not tight or self._fits(digits, supply, tight):
                for label in labels:
                    self._keep(out, digits, label)
            for j in unit.offers:
                offer = self.offers[j]
                stride = self.stride[j]
                digit = digits // stride % self.radix[j]
                if self.top[j] and digit == self.top[j]:
                    continue
                place = digit % offer.qty
                after = digits + stride if self.top[j] or place + 1 < offer.qty else digits - place * stride
                gain = unit.weights[j] if place >= offer.qty - offer.cheapest else 0
                opens = 0
                if place == 0:
                    after = self.opened(digits, after, j)
                    if after < 0 or supply[j] < offer.qty:
                        continue
                    gain += offer.const
                    opens = 1
                if tight and not self._fits(after, supply, tight):
                    continue
                for label in labels:
                    carried = self._carry(label[2], at, j, gain)
                    if carried is not None:
                        trail = (label[3], unit.number, j, gain)
                        self._keep(out, after, (label[0] + gain, label[1] + opens, carried, trail))
        return out

    def _fits(self, digits: int, supply: dict[int, int], tight: list[int]) -> bool:
        """Whether each offer's open run can still be filled from what comes after this unit."""
        for j in tight:
            need = -(digits // self.stride[j] % self.radix[j]) % self.offers[j].qty
            if need and need >= supply[j]:
                return False
        return True

    def _carry(self, carried: tuple[int, ...], at: int, j: int, gain: int) -> tuple[int, ...] | None:
        """What a label carries once offer `j` has a unit of class `at`; None where a base is lost for good."""
        if not self.inside[at] and self.place[j] < 0:
            return carried
        out = list(carried)
        unit = self.order[at]
        there = self.there[j]
        for b in self.inside[at]:
            if self.keeps[b].exclusive:
                out[b] += unit.price * WHOLE
            elif self.by_unit[j]:
                out[b] += unit.weights[j]
            elif b in there:
                out[there[b]] += unit.price
            if out[b] > self.allowed[b]:
                return None
        place = self.place[j]
        if place >= 0:
            out[place] += gain
            out[place + 1] -= unit.price
            if self.loose[j]:
                out[-1] += self.signs[at][j]
        return tuple(out)

    def _lost(self, carried: tuple[int, ...], at: int, taken: int) -> int:
        """What a label must lose at least so that every base is kept; below 0 where it cannot be."""
        lost = 0
        costs = self.left_cost[at]
        based = self.left_based[at]
        here = self.order[at].weights if at < len(self.order) else {}
        for b, allowed in enumerate(self.allowed):
            off = carried[b]
            loose = False
            for j, _ in self.spread:
                where = self.there[j].get(b, -1)
                if where < 0:
                    continue
                loose = loose or self.loose[j]
                if carried[where] and carried[self.place[j]] > 0:
                    rest = costs[j] - (taken * self.order[at].price if taken and j in here else 0)
                    off += carried[self.place[j]] * carried[where] // (rest - carried[self.place[j] + 1])
            over = off - allowed
            if over <= 0:
                continue
            if not loose:
                return -1
            least = -1  # the least loss for what is taken off less, in 1/1,024
            for j, _ in self.spread:
                where = self.there[j].get(b, -1)
                if where < 0 or not self.loose[j]:
                    continue
                more = based[j][b]
                inside = carried[where] + more
                if inside:
                    rate = (more - carried[self.place[j] + 1]) * SCALE // inside
                    least = rate if least < 0 else min(least, rate)
            if least < 0:
                return -1
            lost = max(lost, over * least // SCALE)
        return lost

    def _settle(self, layer: dict[int, list[Label]], at: int, supply: list[int]) -> dict[int, list[Label]]:
        """Digits that nothing reads any more are cleared, and what is carried of offers that take nothing off a base
        and will not either."""
        clear: list[tuple[int, int]] = []
        for j in range(len(self.offers)):
            if supply[j] == 0 and self.radix[j] > 1:
                clear.append((self.stride[j], self.radix[j]))
        for stride, radix, users in (*self.shared, *self.groups):
            if all(supply[j] == 0 for j in users):
                clear.append((stride, radix))
        done = [(j, pairs) for j, pairs in self.spread if not any(self.left_based[at][j].values())]
        out: dict[int, list[Label]] = {}
        for digits, labels in layer.items():
            for stride, radix in clear:
                digits -= digits // stride % radix * stride
            for label in labels:
                for j, pairs in done:
                    place = self.place[j]
                    if label[2][place + 1] and not any([label[2][where] for _, where in pairs]):
                        carried = list(label[2])
                        carried[place] = carried[place + 1] = 0
                        if self.loose[j]:
                            carried[-1] = self._unsigned(j, carried[-1])
                        label = (label[0], label[1], tuple(carried), label[3])
                self._keep(out, digits, label)
        return out

    def _unsigned(self, j: int, number: int) -> int:
        """The number of loose offers' units without those of offer `j`."""
        for i in self.own[j]:
            sign = self.signs[i][j]
            number -= number // sign % (self.left[self.order[i].number] + 1) * sign
        return number

    def _keep(self, out: dict[int, list[Label]], digits: int, label: Label) -> None:
        there = out.get(digits)
        if there is None:
            out[digits] = [label]
            return
        kept: list[Label] = []
        self.nodes += len(there) >> 3
        for old in there:
            if _covers(old, label):
                return
            if not _covers(label, old):
                kept.append(old)
        kept.append(label)
        out[digits] = kept

    def _trim(
        self, layer: dict[int, list[Label]], at: int, taken: int, room: int
    ) -> tuple[dict[int, list[Label]], int]:
        """Only the states that could come to more than the goal, and of those the `room` with the highest bounds."""
        rated: list[tuple[int, int, int, Label]] = []
        fined = any(self.rates)
        if fined:
            self.ready(at, taken)
        self.unfined.ready(at, taken)
        back = self.allowance()
        for digits, labels in layer.items():
            more = self.unfined.potential((digits, ()))
            fined_more = self.potential((digits, ())) + back if fined else 0
            for label in labels:
                parts = label[0] - label[1] * self.fine + more
                if parts <= self.goal:
                    continue
                if fined:
                    parts = min(parts, label[0] - label[1] * self.fine + fined_more - self._paid_off(label[2]))
                lost = self._lost(label[2], at, taken)
                if lost > 0:
                    parts = min(parts, label[0] - label[1] * self.fine + more - lost)
                if lost >= 0 and parts > self.goal:
                    rated.append((-parts, len(rated), digits, label))
        dropped = self.goal
        if len(rated) > room:
            rated.sort()
            dropped = -rated[room][0]
            rated = rated[:room]
        out: dict[int, list[Label]] = {}
        for _, _, digits, label in rated:
            out.setdefault(digits, []).append(label)
        return out, dropped

    def _trail(self, label: Label) -> tuple[dict[int, dict[int, int]], dict[int, int], dict[int, list[int]]]:
        """What an end decided: units by offer and class, gains by offer, and what each unit gained, the last first."""
        trail = label[3]
        units: dict[int, dict[int, int]] = {}
        gains: dict[int, int] = {}
        runs: dict[int, list[int]] = {}
        while trail is not None:
            before, number, j, gain = trail
            trail = cast("Trail | None", before)
            there = units.setdefault(j, {})
            there[number] = there.get(number, 0) + 1
            gains[j] = gains.get(j, 0) + gain
            runs.setdefault(j, []).append(gain)
        return units, gains, runs


def _covers(one: Label, other: Label) -> bool:
    """True where `one` ends with as much as `other`, and takes no more off any base, whatever follows."""
    if one[2][-1] != other[2][-1]:
        return False
    if one[0] < other[0] or (one[0] == other[0] and one[1] > other[1]):
        return False
    for mine, theirs in zip(one[2], other[2], strict=True):
        if mine > theirs:
            return False
    return True
