"""Layers of labels, for engine.reached: one unit more, what can be forgotten, and what is let go.

Labels of a layer are kept by the digits of their state and by the units of loose offers: only those of the same digits
and units are compared. Units of a class go to nobody first, then to its offers in order, so that no way comes twice;
and a label beats only those that may go on no further than it.
"""

from __future__ import annotations

from typing import Final

from engine.carried import Keep
from engine.components import Component
from engine.fines import Fined
from engine.offers import Offer
from engine.trails import Trail

# Of a label `last` says which offer (by place) took the last unit, `ROOM` numbers for each class: what is below the
# class's own took none of it.
ROOM: Final = 1 << 20
Layer = dict[int, dict[int, list[Trail]]]  # by digits, and by the units of loose offers


class Labelled(Fined):
    """The layers of one joined component."""

    def __init__(self, component: Component, keeps: list[Keep], coupons: dict[str, int]) -> None:
        super().__init__(component, keeps, coupons)
        self.nodes = 0
        self.goal = 0  # in parts: only what comes to more counts

    def _step(self, layer: Layer, at: int, taken: int, supply: dict[int, int]) -> Layer:
        """One unit more."""
        out: Layer = {}
        unit = self.order[at]
        tight = [j for j in unit.offers if supply[j] < self.offers[j].qty]
        if taken % 8 == 0:
            self.nodes += count(layer)
        first = at * ROOM
        number = unit.number
        rows: list[tuple[int, int, int, int, int, int, Offer]] = []
        for last, j in enumerate(unit.offers):
            rows.append((first + last, j, self.stride[j], self.radix[j], self.top[j], unit.weights[j], self.offers[j]))
        for digits, alike in layer.items():
            if not tight or self._fits(digits, supply, tight):
                target = out.get(digits)
                for sign, labels in alike.items():
                    for label in labels:
                        if label.last < first:
                            if target is None:
                                target = out[digits] = {}
                            self._keep(target, sign, label, first)
            for last, j, stride, radix, top, weight, offer in rows:
                digit = digits // stride % radix
                if top and digit == top:
                    continue
                qty = offer.qty
                place = digit % qty
                after = digits + stride if top or place + 1 < qty else digits - place * stride
                gain = weight if place >= qty - offer.cheapest else 0
                opens = 0
                if place == 0:
                    if supply[j] < qty:
                        continue
                    after = self.opened(digits, after, j)
                    if after < 0:
                        continue
                    gain += offer.const
                    opens = 1
                if tight and not self._fits(after, supply, tight):
                    continue
                more = self.signs[at][j] if self.loose[j] else 0
                change = self.changes[at][j]
                if gain and self.place[j] >= 0:
                    change = [*change, self.place[j], gain]
                target = out.get(after)
                for sign, labels in alike.items():
                    signed = sign + more
                    for label in labels:
                        if label.last > last:
                            continue
                        carried = label.carried
                        if change:
                            held = self.carry(carried, change)
                            if held is None:
                                continue
                            carried = held
                        new = Trail(label, number, j, gain, label.gain + gain, label.times + opens, carried, last)
                        if target is None:
                            target = out[after] = {}
                        self._keep(target, signed, new, first)
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
        fined = any(self.rates)
        unfined = self.unfined or self
        unfined.ready(at, taken)
        if fined:
            self.ready(at, taken)
            self.set_payers()
        back = self.allowance()
        self.weigh(at, taken)
        goal, fine = self.goal, self.fine
        bounds: list[int] = []  # of the labels kept, in order
        out: Layer = {}
        for digits, alike in layer.items():
            more = unfined.potential((digits, ()))
            fined_more = self.potential((digits, ())) + back if fined else 0
            target: dict[int, list[Trail]] = {}
            for sign, labels in alike.items():
                kept: list[Trail] = []
                for label in labels:
                    mine = label.gain - label.times * fine
                    parts = mine + more
                    if parts <= goal:
                        continue
                    carried = label.carried
                    lost = self.lost(carried, parts - goal)
                    if lost < 0:
                        continue
                    parts -= lost
                    if fined:
                        other = mine + fined_more - self.paid_off(carried)
                        if other <= goal:
                            continue
                        if other < parts:
                            parts = other
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
