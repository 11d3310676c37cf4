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

from engine.carried import Keep
from engine.components import Component
from engine.duals import Duals
from engine.fines import Fined
from engine.offers import Choice
from engine.regroup import Spread, regrouped

FREE_WIDTH: Final = 16
MAX_ENDS: Final = 400  # ends whose units are put together anew
WIDTHS: Final = (256, 1_024, 1_000_000)
FIRST_WIDTHS: Final = (64, 256, 1_000_000)
ROUNDS: Final = 40
TURNS: Final = 3  # how often ratios are worked out from the gap, and prices from them

Trail = tuple[object, int, int, int]  # the way here: the trail before or None, class, offer, gain
# Gain, applications, what is carried, the way here; last where the proof is made the offer (by place) that took the
# last unit of this class, NOBODY for none, and where the first choice is looked for the label's number.
Label = tuple[int, int, tuple[int, ...], Trail | None, int]
NOBODY: Final = -1
Layer = dict[int, dict[int, list[Label]]]  # by digits, and by the units of loose offers


class Reached(Fined):
    """One joined component, to be searched, of offers that are `searchable`."""

    def __init__(self, component: Component, keeps: list[Keep], coupons: dict[str, int]) -> None:
        super().__init__(component, keeps, coupons)
        self.component = component
        self.in_turn = False  # whether the first of equal choices is looked for
        self.made = 0
        self.coupons = coupons
        self.nodes = 0

    def search(self, goal: int, nodes: int) -> tuple[Choice | None, int]:
        """The best choice of more than `goal` parts (gain less fines), and the most that is not ruled out, or
        `goal`."""
        self.goal = goal
        most = self.root()
        if most <= goal or self.units > nodes:
            return None, max(goal, most)
        best, most = self._passes(most, WIDTHS, nodes)
        if best is None or most > self.goal:
            return best, max(self.goal, most)
        other = self if self.is_large else Reached(self.component, self.keeps, self.coupons)
        other.in_turn, other.goal = True, goal
        first, _ = other._passes(most, FIRST_WIDTHS[1:] if self.is_large else FIRST_WIDTHS, nodes)
        if other is not self:
            self.nodes += other.nodes
        return first if first is not None and other.goal == most else best, most

    def _passes(self, most: int, widths: tuple[int, ...], nodes: int) -> tuple[Choice | None, int]:
        best: Choice | None = None
        for number, width in enumerate(widths):
            if (number == 1 or self.is_large) and self.unfined is None:
                most = min(most, self._tighten())
            if self.nodes >= nodes or most <= self.goal:
                break
            found, dropped = self._pass(width, nodes)
            if found is not None:
                best = found
            most = min(most, max(dropped, self.goal))
            if most <= self.goal:
                break
        return best, most

    def _tighten(self) -> int:
        classes = self.component.classes
        unfined = self.unfined = Duals(classes, self.offers, [unit.count for unit in classes], self.coupons)
        unfined.set_tables()
        most = unfined.improve(self.goal, ROUNDS)
        self.prices = list(unfined.prices)
        self.set_tables()
        for _ in range(TURNS):
            if most <= self.goal:
                break
            self.set_ratios(self.root() - self.goal)
            self.fine_bases(self.fines)
            self.set_tables()
            before = most
            most = min(most, self.improve(self.goal, ROUNDS))
            if before - most < most - self.goal >> 4:
                break
        return most

    def _pass(self, width: int, nodes: int) -> tuple[Choice | None, int]:
        self.made = 0
        layer: Layer = {0: {0: [(0, 0, (0,) * self.size, None, NOBODY)]}}
        supply = list(self.supply)
        dropped = self.goal
        for at, unit in enumerate(self.order):
            room = max(1, min(width, 3 * (nodes - self.nodes) // (len(self.order) - at + 2)))
            for taken in range(self.left[unit.number]):
                count = _count(layer)
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
        for alike in layer.values():
            for _, label in self._flat(alike):
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

    def _step(self, layer: Layer, at: int, taken: int, supply: dict[int, int]) -> Layer:
        """One unit more. For the proof, units of a class go to nobody first, then to its offers in order: no way comes
        twice."""
        out: Layer = {}
        unit = self.order[at]
        tight = [j for j in unit.offers if supply[j] < self.offers[j].qty]
        if taken % 8 == 0:
            self.nodes += _count(layer)
        in_turn = self.in_turn
        for digits, alike in layer.items():
            labels = self._flat(alike)
            if not tight or self._fits(digits, supply, tight):
                target = out.get(digits)
                for sign, label in labels:
                    if label[4] < 0 or in_turn:
                        if target is None:
                            target = out[digits] = {}
                        self._keep(target, sign, label)
            for last, j in enumerate(unit.offers):
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
                more = self.signs[at][j] if self.loose[j] else 0
                change = self.changes[at][j]
                if gain and self.place[j] >= 0:
                    change = [*change, (self.place[j], gain)]
                target = out.get(after)
                for sign, label in labels:
                    if label[4] > last and not in_turn:
                        continue
                    carried = self.carry(label[2], change) if change else label[2]
                    if carried is None:
                        continue
                    trail = (label[3], unit.number, j, gain)
                    new = (label[0] + gain, label[1] + opens, carried, trail, last)
                    if target is None:
                        target = out[after] = {}
                    if in_turn or sign + more in target:
                        self._keep(target, sign + more, new)
                    else:
                        target[sign + more] = [new]
        return out

    def _flat(self, alike: dict[int, list[Label]]) -> list[tuple[int, Label]]:
        """The labels of the same digits, in turn where that counts."""
        out = [(sign, label) for sign, labels in alike.items() for label in labels]
        if self.in_turn and len(out) > 1:
            out.sort(key=_number)
        return out

    def _fits(self, digits: int, supply: dict[int, int], tight: list[int]) -> bool:
        """Whether each offer's open run can still be filled from what comes after this unit."""
        for j in tight:
            need = -(digits // self.stride[j] % self.radix[j]) % self.offers[j].qty
            if need and need >= supply[j]:
                return False
        return True

    def _settle(self, layer: Layer, at: int, supply: list[int]) -> Layer:
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
        out: Layer = {}
        for digits, alike in layer.items():
            for stride, radix in clear:
                digits -= digits // stride % radix * stride
            target = out.setdefault(digits, {})
            for sign, label in self._flat(alike):
                carried = label[2]
                for j, pairs in done:
                    place = self.place[j]
                    if carried[place + 1] and not any([carried[where] for _, where in pairs]):
                        changed = list(carried)
                        changed[place] = changed[place + 1] = 0
                        carried = tuple(changed)
                        if self.loose[j]:
                            sign = self.unsigned(j, sign)
                self._keep(target, sign, (label[0], label[1], carried, label[3], NOBODY))
        return out

    def _keep(self, out: dict[int, list[Label]], sign: int, label: Label) -> None:
        """Add a label unless one is there that does as well whatever follows; drop those that it beats."""
        in_turn = self.in_turn
        if in_turn:
            self.made += 1
            label = (label[0], label[1], label[2], label[3], self.made)
        there = out.get(sign)
        if there is None:
            out[sign] = [label]
            return
        self.nodes += len(there) >> 6
        beaten = False
        for old in there:
            if (in_turn or old[4] <= label[4]) and _covers(old, label):
                return
            beaten = beaten or ((in_turn or label[4] <= old[4]) and _covers(label, old))
        if beaten:
            there = [old for old in there if not ((in_turn or label[4] <= old[4]) and _covers(label, old))]
            out[sign] = there
        there.append(label)

    def _trim(self, layer: Layer, at: int, taken: int, room: int) -> tuple[Layer, int]:
        """Only the states that could come to more than the goal, and of those the `room` with the highest bounds."""
        rated: list[tuple[int, int, int, int, Label]] = []
        fined = any(self.rates)
        unfined = self.unfined or self
        unfined.ready(at, taken)
        if fined:
            self.ready(at, taken)
        back = self.allowance()
        self.weigh(at, taken)
        for digits, alike in layer.items():
            more = unfined.potential((digits, ()))
            fined_more = self.potential((digits, ())) + back if fined else 0
            for sign, label in self._flat(alike):
                mine = label[0] - label[1] * self.fine
                parts = mine + more
                if parts <= self.goal:
                    continue
                lost = self.lost(label[2])
                if lost < 0 or parts - lost <= self.goal:
                    continue
                parts -= lost
                if fined:
                    parts = min(parts, mine + fined_more - self.paid_off(label[2]))
                    if parts <= self.goal:
                        continue
                rated.append((-parts, len(rated), digits, sign, label))
        dropped = self.goal
        cut = len(rated) > room
        if cut:
            rated.sort()
            dropped = -rated[room][0]
            rated = rated[:room]
        out: Layer = {}
        for _, _, digits, sign, label in rated:
            if cut and self.in_turn:
                self.made += 1
                label = (label[0], label[1], label[2], label[3], self.made)
            target = out.get(digits)
            if target is None:
                target = out[digits] = {}
            there = target.get(sign)
            if there is None:
                target[sign] = [label]
            else:
                there.append(label)
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


def _count(layer: Layer) -> int:
    return sum([len(labels) for alike in layer.values() for labels in alike.values()])


def _number(pair: tuple[int, Label]) -> int:
    return pair[1][4]


def _covers(one: Label, other: Label) -> bool:
    """True where `one` ends with as much as `other`, and takes no more off any base, whatever follows."""
    if one[0] < other[0] or (one[0] == other[0] and one[1] > other[1]):
        return False
    return not any([mine > theirs for mine, theirs in zip(one[2], other[2], strict=True)])
