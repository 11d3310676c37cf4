"""Layers of labels, for engine.reached: one unit more, what can be forgotten, and what is let go.

Labels of a layer are kept by the digits of their state and by the units of loose offers: only those of the same digits
and units are compared. Units of a class go to nobody first, then to its offers in order, so that no way comes twice;
and a label beats only those that may go on no further than it.
"""

from __future__ import annotations

from typing import Final

from engine.carried import Keep, alone_gain
from engine.components import Component
from engine.duals import NEVER
from engine.fines import Fined
from engine.plans import WHOLE
from engine.trails import Trail

# Of a label `last` says which offer (by place) took the last unit, `ROOM` numbers for each class: what is below the
# class's own took none of it.
ROOM: Final = 1 << 20
MAX_SIZE: Final = 8  # units of a class that are looked at together
Layer = dict[int, dict[int, list[Trail]]]  # by digits, and by the units of loose offers


class Look:
    """What bounds the states that have come to a unit: of class `at`, `taken` of them gone. `supply` is what is left
    for the offers of `tight`."""

    __slots__ = ("_fined", "_known", "_known_fined", "_search", "_supply", "_tight", "_view", "is_fined", "scales")

    def __init__(self, search: Labelled, at: int, taken: int, supply: list[int], tight: list[int]) -> None:
        self._search = search
        self._supply = supply
        self._tight = tight
        self._view = (search.unfined or search).viewed(at, taken)
        self._known: dict[int, int] = {}
        self.is_fined = any(search.rates)
        self._fined = search.viewed(at, taken) if self.is_fined else self._view
        self._known_fined: dict[int, int] = {}
        self.scales = search.weigh(at, taken)

    def more(self, digits: int) -> int:
        """The most that a state can still gain, as if no base had to be kept; NEVER where an open run has no end."""
        found = self._known.get(digits)
        if found is not None:
            return found
        search = self._search
        for number, j in enumerate(self._tight):
            if -(digits // search.stride[j] % search.radix[j]) % search.offers[j].qty > self._supply[number]:
                self._known[digits] = NEVER
                return NEVER
        duals = search.unfined or search
        duals.view = self._view
        found = self._known[digits] = duals.potential((digits, ()))
        return found

    def fined(self, digits: int) -> int:
        """The same with fines, and what they give back."""
        found = self._known_fined.get(digits)
        if found is None:
            search = self._search
            search.view = self._fined
            found = self._known_fined[digits] = search.potential((digits, ())) + search.allowance()
        return found


class Move:
    """What an offer's taking some units of a class comes to."""

    __slots__ = ("digits", "fined", "gain", "gained", "look", "more", "opens", "stage")

    def __init__(self, digits: int, gain: int, gained: int, opens: int) -> None:
        self.digits = digits
        self.gain = gain  # by the last of them
        self.gained = gained
        self.opens = opens
        self.more = self.fined = 0  # the most that follows
        self.look: Look
        self.stage: Layer


class Labelled(Fined):
    """The layers of one joined component."""

    def __init__(self, component: Component, keeps: list[Keep], coupons: dict[str, int]) -> None:
        super().__init__(component, keeps, coupons)
        self.nodes = 0
        self.goal = 0  # in parts: only what comes to more counts
        # Of each class: the offer that takes what nobody else does, -1 for none. It takes nothing of another class,
        # as often as it likes, and no base sees it: so what is left over is always its.
        self.leftover = [self._heir(at) for at in range(len(self.order))]

    def _heir(self, at: int) -> int:
        unit = self.order[at]
        if self.left[unit.number] > MAX_SIZE or self.inside[at]:
            return -1
        for j in unit.offers:
            offer = self.offers[j]
            if len(self.own[j]) == 1 and not offer.limited and not offer.mixed and alone_gain(offer) >= WHOLE:
                return j
        return -1

    def _step(self, layer: Layer, at: int, done: int, size: int, supply: list[int]) -> Layer:
        """`size` units more of class `at`, of which `done` are gone; `supply` counts what is left before them.

        First nobody takes some of them, then one offer after another, and all of them are taken in the end.
        """
        unit = self.order[at]
        first = at * ROOM
        fine = self.fine
        heir = self.leftover[at]
        tight = [j for j in unit.offers if j != heir and supply[j] < self.offers[j].qty + size]
        if any(self.rates):
            self.set_payers()
        looks = [Look(self, at, done + gone, [supply[j] - gone for j in tight], tight) for gone in range(size + 1)]
        stages: list[Layer] = [{} for _ in range(size + 1)]  # by how many of the units are taken
        for digits, alike in layer.items():
            for gone in range(size + 1):
                more = looks[gone].more(digits)
                gain = runs = 0
                if heir >= 0:
                    runs = gone // self.offers[heir].qty
                    gain = runs * alone_gain(self.offers[heir])
                least = self.goal - more - gain + runs * fine
                target: dict[int, list[Trail]] = {}
                for sign, labels in alike.items():
                    kept: list[Trail] = []
                    for label in labels:
                        if (gone == 0 or label.last < first) and label.gain - label.times * fine > least:
                            kept.append(self._inherited(label, at, runs, gain) if runs else label)
                    if kept:
                        target[sign] = kept
                if target:
                    stages[gone][digits] = target
        for place, j in enumerate(unit.offers):
            if j == heir:
                continue
            for gone in range(size - 1, -1, -1):
                for digits, alike in stages[gone].items():
                    path = self._path(at, j, digits, size - gone, supply[j] - gone)
                    if path:
                        self._give(stages, gone, looks, path, alike, at, place)
        return stages[size]

    def _inherited(self, label: Trail, at: int, runs: int, gain: int) -> Trail:
        """The same, and what nobody took goes to the class's heir."""
        heir = self.leftover[at]
        count = runs * self.offers[heir].qty
        number = self.order[at].number
        return Trail(label, number, heir, count, gain, label.gain + gain, label.times + runs, label.carried, label.last)

    def _path(self, at: int, j: int, digits: int, units: int, supply: int) -> list[Move]:
        """What happens where an offer takes one unit after another of class `at`, at most so many."""
        offer = self.offers[j]
        stride, radix, top, qty = self.stride[j], self.radix[j], self.top[j], offer.qty
        weight = self.order[at].weights[j]
        path: list[Move] = []
        gained = opens = 0
        for _ in range(units):
            digit = digits // stride % radix
            if top and digit == top:
                break
            place = digit % qty
            after = digits + stride if top or place + 1 < qty else digits - place * stride
            gain = weight if place >= qty - offer.cheapest else 0
            if place == 0:
                if supply < qty:
                    break
                after = self.opened(digits, after, j)
                if after < 0:
                    break
                gain += offer.const
                opens += 1
            supply -= 1
            gained += gain
            digits = after
            path.append(Move(digits, gain, gained, opens))
        return path

    def _give(
        self,
        stages: list[Layer],
        gone: int,
        looks: list[Look],
        path: list[Move],
        alike: dict[int, list[Trail]],
        at: int,
        place: int,
    ) -> None:
        """An offer takes one, two... units, each as far as it could still come to more than the goal."""
        unit = self.order[at]
        first = at * ROOM
        j = unit.offers[place]
        change = self.changes[at][j]
        where = self.place[j]
        step = self.signs[at][j] if self.loose[j] else 0
        goal, fine, number = self.goal, self.fine, unit.number
        for move_at, move in enumerate(path):
            look = move.look = looks[gone + 1 + move_at]
            move.stage = stages[gone + 1 + move_at]
            move.more = look.more(move.digits)
            move.fined = look.fined(move.digits) if look.is_fined else 0
        for sign, labels in alike.items():
            for label in labels:
                if label.last > first + place:
                    continue
                carried = label.carried
                signed = sign
                mine = label.gain - label.times * fine - goal
                for move_at, move in enumerate(path):
                    if change or where >= 0:
                        held = self.carry(carried, change, where, move.gain)
                        if held is None:
                            break
                        carried = held
                    signed += step
                    here = mine + move.gained - move.opens * fine
                    parts = here + move.more
                    if parts <= 0 or self.lost(carried, move.look.scales, parts) < 0:
                        continue
                    if move.look.is_fined and here + move.fined <= self.paid_off(carried):
                        continue
                    new = Trail(
                        label,
                        number,
                        j,
                        move_at + 1,
                        move.gained,
                        label.gain + move.gained,
                        label.times + move.opens,
                        carried,
                        first + place,
                    )
                    target = move.stage.get(move.digits)
                    if target is None:
                        target = move.stage[move.digits] = {}
                    self._keep(target, signed, new, first)

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
        first = at * ROOM
        out: Layer = {}
        for digits, alike in layer.items():
            for stride, radix in clear:
                digits -= digits // stride % radix * stride
            target = out.get(digits)
            if target is None:
                target = out[digits] = {}
            for sign, labels in alike.items():
                for label in labels:
                    settled = label
                    signed = sign
                    for j, pairs in done:
                        place = self.place[j]
                        carried = settled.carried
                        if carried[place + 1]:
                            free = True
                            for _, where in pairs:
                                if carried[where]:
                                    free = False
                            if free:
                                changed = list(carried)
                                changed[place] = changed[place + 1] = 0
                                settled = Trail(
                                    settled.before,
                                    settled.unit,
                                    settled.offer,
                                    settled.count,
                                    settled.more,
                                    settled.gain,
                                    settled.times,
                                    tuple(changed),
                                    settled.last,
                                )
                                if self.loose[j]:
                                    signed = self.unsigned(j, signed)
                    self._keep(target, signed, settled, first)
        return out

    def _keep(self, out: dict[int, list[Trail]], sign: int, label: Trail, first: int) -> None:
        """Add a label unless one is there that does as well whatever follows; drop those that it beats. Who took the
        last unit counts from `first` on."""
        there = out.get(sign)
        if there is None:
            out[sign] = [label]
            return
        self.nodes += len(there) >> 6
        beaten = False
        gain, times, last, carried = label.gain, label.times, label.last, label.carried
        for old in there:
            if (old.gain > gain or (old.gain == gain and old.times <= times)) and (
                (old.last <= last or old.last < first) and below(old.carried, carried)
            ):
                return
            if (gain > old.gain or (gain == old.gain and times <= old.times)) and (
                not beaten and (last <= old.last or last < first) and below(carried, old.carried)
            ):
                beaten = True
        if beaten:
            kept: list[Trail] = []
            for old in there:
                if not (
                    (gain > old.gain or (gain == old.gain and times <= old.times))
                    and (last <= old.last or last < first)
                    and below(carried, old.carried)
                ):
                    kept.append(old)
            there = out[sign] = kept
        there.append(label)

    def _trim(self, layer: Layer, at: int, taken: int, room: int) -> tuple[Layer, int]:
        """Only the states that could come to more than the goal, and of those the `room` with the highest bounds."""
        if any(self.rates):
            self.set_payers()
        look = Look(self, at, taken, [], [])
        goal, fine = self.goal, self.fine
        bounds: list[int] = []  # of the labels kept, in order
        out: Layer = {}
        for digits, alike in layer.items():
            more = look.more(digits)
            fined = look.fined(digits) if look.is_fined else 0
            target: dict[int, list[Trail]] = {}
            for sign, labels in alike.items():
                kept: list[Trail] = []
                for label in labels:
                    mine = label.gain - label.times * fine
                    parts = mine + more
                    if parts <= goal:
                        continue
                    carried = label.carried
                    lost = self.lost(carried, look.scales, parts - goal)
                    if lost < 0:
                        continue
                    parts -= lost
                    if look.is_fined:
                        other = mine + fined - self.paid_off(carried)
                        if other <= goal:
                            continue
                        parts = min(parts, other)
                    kept.append(label)
                    bounds.append(parts)
                if kept:
                    target[sign] = kept
            if target:
                out[digits] = target
        if len(bounds) <= room:
            return out, goal
        ranked = [(-parts, number) for number, parts in enumerate(bounds)]
        ranked.sort()
        dropped = -ranked[room][0]
        flat: list[tuple[int, int, Trail]] = []
        for digits, alike in out.items():
            for sign, labels in alike.items():
                for label in labels:
                    flat.append((digits, sign, label))
        out = {}
        for place in range(room):
            digits, sign, label = flat[ranked[place][1]]
            there = out.get(digits)
            if there is None:
                there = out[digits] = {}
            same = there.get(sign)
            if same is None:
                there[sign] = [label]
            else:
                same.append(label)
        return out, dropped


def count(layer: Layer) -> int:
    total = 0
    for alike in layer.values():
        for labels in alike.values():
            total += len(labels)
    return total


def below(mine: tuple[int, ...], theirs: tuple[int, ...]) -> bool:
    """Whether no number of `mine` is above its fellow in `theirs`."""
    at = len(mine)
    while at > 0 and mine[at - 1] <= theirs[at - 1]:
        at -= 1
    return at == 0
