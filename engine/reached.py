"""The layered search where thresholds must be reached: what step 2 gains at most while the bases it lowers stay above
their amounts.

A **keep** is a base and what may be taken off it: its units' cost untouched, less the amount to be reached. The search
is that of engine.search, over labels: beside what it has gained a state carries what it takes off each base. An
offer that rewards the cheapest of its units may have several runs open: putting its units together so that they gain
less can keep a base. Of two states with the same open runs one is dropped only where it gains no more and takes no less off any base, whatever
follows.

**What is taken off a base.** An offer's discount is spread over all units that it consumes, in proportion to their
cost. Where all units that an offer may take are in the base, that is its whole gain; where each unit brings its own
discount, that of its units there; else gain times cost in the base by cost in all, three numbers that are carried:
less gain, less cost in the base and more cost elsewhere never take more. Of a base that consumed units leave it is
their cost.

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
from engine.states import Machine, machine_of
from engine.units import Component, Lot

FREE_WIDTH: Final = 16
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


def machines_of(component: Component, keeps: list[Keep]) -> dict[int, Machine] | None:
    """Of the offers whose units can be put together in several ways that gain unalike, where that matters to a base;
    None where it cannot be searched."""
    out: dict[int, Machine] = {}
    kept = {line for keep in keeps if not keep.exclusive for line in keep.lines}
    for offer, plan in zip(component.offers, component.plans, strict=True):
        if offer.mixed:
            return None
        if offer.cheapest in (0, offer.qty):
            continue
        units = 0
        touched = False
        for unit in offer.classes:
            if unit.weights[offer.number] <= 0:
                return None
            units += unit.count
            touched = touched or any(lot.line in kept for lot in component.lots[unit.number])
        if touched:
            machine = machine_of(offer, units) if plan.mode == PERCENT else None
            if machine is None:
                return None
            out[offer.number] = machine
    return out


class Reached(Duals):
    """One joined component, to be searched. No offer may be mixed."""

    def __init__(
        self, component: Component, keeps: list[Keep], coupons: dict[str, int], machines: dict[int, Machine]
    ) -> None:
        left = [unit.count for unit in component.classes]
        super().__init__(component.classes, component.offers, left, coupons, machines)
        self.keeps = keeps
        self.nodes = 0
        self.inside = [  # of each class in order: the bases it is in
            [b for b, keep in enumerate(keeps) if component.lots[unit.number][0].line in keep.lines]
            for unit in self.order
        ]
        self._set_carried(component.plans)
        self.fines = [0] * len(keeps)
        self.ratios = [0] * len(component.offers)
        self.set_tables()

    # fines

    def allowance(self) -> int:
        total = 0
        for b, fine in enumerate(self.fines):
            total += -(-self._rate(b, fine) * self.allowed[b] // SCALE)
        return total

    def _rate(self, b: int, fine: int) -> int:
        """A base's fine as a share of what is taken off it; fines themselves are in the scale of prices."""
        return min(fine * SCALE // self.mean, 4 * SCALE)

    def _move(self, at: list[int], count: int, number: int, value: int) -> None:
        self._fine(at[count:])
        super()._move(at, count, number, value)

    def _fine(self, fines: list[int]) -> None:
        """Every discount in a base pays a part of itself, and the base gives back as much of what may be taken off."""
        rates = [self._rate(b, fine) for b, fine in enumerate(fines)]
        for j in range(len(self.offers)):
            self.factors[j] = max(0, SCALE - sum([rates[b] for b in self.entirely[j]]))
            tolls: dict[int, int] = {}
            partly = self.cost_in[self.partly_of[j]] if self.place[j] >= 0 else {}
            for i in self.own[j]:
                unit = self.order[i]
                toll = 0
                for b in self.inside[i]:
                    if self.keeps[b].exclusive:
                        toll += unit.price * WHOLE * rates[b] // SCALE
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
            partly = self.cost_in[self.partly_of[j]] if self.place[j] >= 0 else {}
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
        """What a label has paid in fines so far."""
        total = 0
        for b, rate in enumerate(self.rates):
            if rate:
                off = carried[b]
                for j, pairs in self.partly:
                    for base, where in pairs:
                        if base == b:
                            off += carried[where] * self.ratios[j]
                total += off * rate // SCALE
        return total

    def set_ratios(self, gap: int) -> None:
        """Of offers partly in a base: the least share of its units' cost (in parts of a minor unit for a minor unit)
        that an offer gives off, in any choice that could come within `gap` parts of the root's bound.

        Let an offer gain at most M once it has paid. In such a choice it gains no less than M less the gap. Where the
        most of (1 - m) gain - prices + m r cost is below that for some m, no such choice has gain < r cost.
        """
        for j, _ in self.partly:
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
        there = self.cost_in[self.partly_of[j]]
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

    def _set_carried(self, plans: list[Plan]) -> None:
        """What labels carry: by base what is taken off, then of each offer partly in one: gain, less cost, costs."""
        keeps, offers = self.keeps, self.offers
        self.allowed = [keep.slack * WHOLE for keep in keeps]
        self.entirely: list[list[int]] = [[] for _ in offers]  # bases that all of an offer's units are in
        self.by_unit = [
            plan.kind == "price" or (plan.mode == PERCENT and plan.cheapest == plan.qty) for plan in plans
        ]
        self.place = [-1] * len(offers)  # where the carried numbers of an offer partly in a base begin
        self.partly: list[tuple[int, list[tuple[int, int]]]] = []  # offer, (base, where its cost there is carried)
        size = len(keeps)
        for j in range(len(offers)):
            bases: list[int] = []
            for b, keep in enumerate(keeps):
                here = sum(1 for i in self.own[j] if b in self.inside[i])
                if keep.exclusive or here == 0:
                    continue
                if offers[j].fractional:
                    self.allowed[b] += WHOLE // 2
                if self.by_unit[j]:
                    if plans[j].kind != "price" and here < len(self.own[j]):
                        self.allowed[b] += WHOLE * self._units_in(j, b)
                elif here == len(self.own[j]):
                    self.entirely[j].append(b)
                else:
                    bases.append(b)
                    self.allowed[b] += WHOLE * self._units_in(j, b) + WHOLE // 2
            if bases:
                self.place[j] = size
                self.partly.append((j, [(b, size + 2 + at) for at, b in enumerate(bases)]))
                size += 2 + len(bases)
        self.size = size
        cost = sum(unit.price * self.left[unit.number] for unit in self.order)
        self.mean = max(1, cost * WHOLE // max(1, self.units))  # what a unit costs, in parts
        self.cost_in = [dict(pairs) for _, pairs in self.partly]
        self.partly_of = {j: number for number, (j, _) in enumerate(self.partly)}
        self.left_cost: list[list[int]] = []  # of each class in order: what an offer's units from here on cost
        rows = [0] * len(offers)
        self.left_cost.append(list(rows))
        for i in range(len(self.order) - 1, -1, -1):
            unit = self.order[i]
            for j in unit.offers:
                rows[j] += unit.price * self.left[unit.number]
            self.left_cost.append(list(rows))
        self.left_cost.reverse()

    def _units_in(self, j: int, b: int) -> int:
        return sum(self.left[self.order[i].number] for i in self.own[j] if b in self.inside[i])

    def search(self, goal: int, nodes: int) -> tuple[Label | None, int]:
        """The best choice of more than `goal` parts (gain less fines), and the greatest parts that were let go of, or
        `goal` for nothing."""
        self.goal = goal
        best: Label | None = None
        dropped = self.root()
        if dropped <= goal or self.units > nodes:
            return None, max(goal, dropped)
        for number, width in enumerate(WIDTHS):
            if number == 1:
                for _ in range(TURNS):
                    dropped = min(dropped, self.improve(self.goal, ROUNDS))
                    if dropped <= self.goal:
                        break
                    self.set_ratios(self.root() - self.goal)
                    self._fine(self.fines)
                    self.set_tables()
            if self.nodes >= nodes or dropped <= self.goal:
                break
            found, dropped = self._pass(width, nodes)
            if found is not None:
                best = found
                self.goal = found[0] - found[1] * self.fine
            if dropped <= self.goal:
                break
        return best, max(self.goal, dropped)

    def _pass(self, width: int, nodes: int) -> tuple[Label | None, int]:
        self.rates = [self._rate(b, fine) for b, fine in enumerate(self.fines)]
        self.fined = any(self.rates)
        layer: dict[int, list[Label]] = {0: [(0, 0, (0,) * self.size, None)]}
        supply = list(self.supply)
        dropped = self.goal
        remaining = self.units
        for at, unit in enumerate(self.order):
            for taken in range(self.left[unit.number]):
                room = max(1, min(width, (nodes - self.nodes) // remaining))
                remaining -= 1
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
            if any(supply[j] == 0 for j in unit.offers):
                layer = self._settle(layer, supply)
        best: Label | None = None
        for labels in layer.values():
            for label in labels:
                mine = label[0] - label[1] * self.fine
                if mine > self.goal and (best is None or mine > best[0] - best[1] * self.fine):
                    best = label
        return best, dropped

    def _step(self, layer: dict[int, list[Label]], at: int, taken: int, supply: dict[int, int]) -> dict[int, list[Label]]:
        out: dict[int, list[Label]] = {}
        unit = self.order[at]
        tight = [j for j in unit.offers if supply[j] < self.offers[j].qty or j in self.machines]
        for digits, labels in layer.items():
            self.nodes += len(labels)
            if not tight or self._fits(digits, supply, tight):
                for label in labels:
                    self._keep(out, digits, label)
            for j in unit.offers:
                for after, gain, opens in self._moves(digits, unit, j, supply[j]):
                    if tight and not self._fits(after, supply, tight):
                        continue
                    for label in labels:
                        carried = self._carry(label[2], at, taken, j, gain)
                        if carried is not None:
                            trail = (label[3], unit.number, j, gain)
                            self._keep(out, after, (label[0] + gain, label[1] + opens, carried, trail))
        return out

    def _moves(self, digits: int, unit: UnitClass, j: int, supply: int) -> list[tuple[int, int, int]]:
        """What a unit given to offer `j` leads to: digits, gain, and 1 where it opens a run."""
        offer = self.offers[j]
        stride = self.stride[j]
        digit = digits // stride % self.radix[j]
        out: list[tuple[int, int, int]] = []
        machine = self.machines.get(j)
        if machine is None:
            if self.top[j] and digit == self.top[j]:
                return out
            place = digit % offer.qty
            back = not self.top[j] and place + 1 == offer.qty
            moves = [(0 if back else digit + 1, place >= offer.qty - offer.cheapest, place == 0)]
        else:
            moves = machine.moves[digit]
        for to, rewarded, opens in moves:
            after = digits + (to - digit) * stride
            gain = unit.weights[j] if rewarded else 0
            if opens:
                after = self.opened(digits, after, j)
                if after < 0 or supply < offer.qty:
                    continue
                gain += offer.const
            out.append((after, gain, 1 if opens else 0))
        return out

    def _fits(self, digits: int, supply: dict[int, int], tight: list[int]) -> bool:
        """Whether each offer's open run can still be filled from what comes after this unit."""
        for j in tight:
            digit = digits // self.stride[j] % self.radix[j]
            machine = self.machines.get(j)
            if machine is None:
                need = -digit % self.offers[j].qty
            else:
                need = machine.need[digit]
            if need and need >= supply[j]:
                return False
        return True

    def _carry(self, carried: tuple[int, ...], at: int, taken: int, j: int, gain: int) -> tuple[int, ...] | None:
        """What a label carries once offer `j` has this unit; None where a base is lost for good."""
        out = list(carried)
        unit = self.order[at]
        for b in self.inside[at]:
            if self.keeps[b].exclusive:
                out[b] += unit.price * WHOLE
            elif self.by_unit[j]:
                out[b] += unit.weights[j]
        for b in self.entirely[j]:
            out[b] += gain
        place = self.place[j]
        if place >= 0:
            out[place] += gain
            out[place + 1] -= unit.price
            there = self.cost_in[self.partly_of[j]]
            for b in self.inside[at]:
                if b in there:
                    out[there[b]] += unit.price
        for b, allowed in enumerate(self.allowed):
            if out[b] > allowed:
                return None
        if self.partly:
            taken_off = out[: len(self.keeps)]
            left = self.left_cost[at]
            for owner, pairs in self.partly:
                place = self.place[owner]
                gained = out[place]
                if gained > 0:
                    rest = left[owner]
                    if owner in unit.weights:
                        rest -= (taken + 1) * unit.price
                    whole = rest - out[place + 1]
                    for b, where in pairs:
                        if out[where]:
                            taken_off[b] += gained * out[where] // whole
                            if taken_off[b] > self.allowed[b]:
                                return None
        return tuple(out)

    def _settle(self, layer: dict[int, list[Label]], supply: list[int]) -> dict[int, list[Label]]:
        """Digits that nothing reads any more are cleared, and what offers without units to come take off is final."""
        clear: list[tuple[int, int]] = []
        for j in range(len(self.offers)):
            if supply[j] == 0 and self.radix[j] > 1:
                clear.append((self.stride[j], self.radix[j]))
        for stride, radix, users in (*self.shared, *self.groups):
            if all(supply[j] == 0 for j in users):
                clear.append((stride, radix))
        done = [(j, pairs) for j, pairs in self.partly if supply[j] == 0]
        out: dict[int, list[Label]] = {}
        for digits, labels in layer.items():
            for stride, radix in clear:
                digits -= digits // stride % radix * stride
            for label in labels:
                if done:
                    carried = list(label[2])
                    for j, pairs in done:
                        place = self.place[j]
                        if carried[place + 1]:
                            for b, where in pairs:
                                carried[b] += max(0, carried[place]) * carried[where] // -carried[place + 1]
                                carried[where] = 0
                            carried[place] = carried[place + 1] = 0
                    if any(carried[b] > allowed for b, allowed in enumerate(self.allowed)):
                        continue
                    label = (label[0], label[1], tuple(carried), label[3])
                self._keep(out, digits, label)
        return out

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

    def _trim(self, layer: dict[int, list[Label]], at: int, taken: int, room: int) -> tuple[dict[int, list[Label]], int]:
        """Only the states that could come to more than the goal, and of those the `room` with the highest bounds."""
        rated: list[tuple[int, int, int, Label]] = []
        self.ready(at, taken)
        back = self.allowance()
        for digits, labels in layer.items():
            more = self.potential((digits, ())) + back
            for label in labels:
                parts = label[0] - label[1] * self.fine + more
                if self.fined:
                    parts -= self._paid_off(label[2])
                if parts > self.goal:
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

    def choice(self, label: Label) -> Choice | None:
        """What an end decided; None where an application in it might give nothing."""
        out = Choice()
        trail = label[3]
        units: dict[int, dict[int, int]] = {}
        gains: dict[int, int] = {}
        runs: dict[int, list[int]] = {}  # what each unit gained, the last first
        while trail is not None:
            before, number, j, gain = trail
            trail = cast("Trail | None", before)
            there = units.setdefault(j, {})
            there[number] = there.get(number, 0) + 1
            gains[j] = gains.get(j, 0) + gain
            runs.setdefault(j, []).append(gain)
        for j, mine in runs.items():
            size = self.offers[j].qty
            if j not in self.machines and any(sum(mine[at : at + size]) <= 0 for at in range(0, len(mine), size)):
                return None
        for j in sorted(units):
            out.add(j, units[j], sum(units[j].values()) // self.offers[j].qty, gains[j])
        return out


def _covers(one: Label, other: Label) -> bool:
    """True where `one` ends with as much as `other`, and takes no more off any base, whatever follows."""
    if one[0] < other[0] or (one[0] == other[0] and one[1] > other[1]):
        return False
    for mine, theirs in zip(one[2], other[2], strict=True):
        if mine > theirs:
            return False
    return True
