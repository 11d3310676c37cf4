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

Trail = tuple[object, int, int, int]  # the way here: the trail before or None, class, offer, gain
# Gain, applications, what is carried, the way here; last the offer (by place) that took the last unit of this class,
# NOBODY for none.
Label = tuple[int, int, tuple[int, ...], Trail | None, int]
NOBODY: Final = -1
Layer = dict[int, dict[int, list[Label]]]  # by digits, and by the units of loose offers


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
        rows: list[tuple[int, int, int, int, int, int, Offer]] = []
        for last, j in enumerate(unit.offers):
            rows.append((last, j, self.stride[j], self.radix[j], self.top[j], unit.weights[j], self.offers[j]))
        for digits, alike in layer.items():
            labels = flat(alike)
            if not tight or self._fits(digits, supply, tight):
                target = out.get(digits)
                for sign, label in labels:
                    if label[4] < 0:
                        if target is None:
                            target = out[digits] = {}
                        self._keep(target, sign, label)
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
                    change = [*change, (self.place[j], gain)]
                target = out.get(after)
                for sign, label in labels:
                    if label[4] > last:
                        continue
                    carried = self.carry(label[2], change) if change else label[2]
                    if carried is None:
                        continue
                    trail = (label[3], unit.number, j, gain)
                    new = (label[0] + gain, label[1] + opens, carried, trail, last)
                    if target is None:
                        target = out[after] = {}
                    if sign + more in target:
                        self._keep(target, sign + more, new)
                    else:
                        target[sign + more] = [new]
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
            for sign, label in flat(alike):
                carried = label[2]
                for j, pairs in done:
                    place = self.place[j]
                    if carried[place + 1] and not any(carried[where] for _, where in pairs):
                        changed = list(carried)
                        changed[place] = changed[place + 1] = 0
                        carried = tuple(changed)
                        if self.loose[j]:
                            sign = self.unsigned(j, sign)
                self._keep(target, sign, (label[0], label[1], carried, label[3], NOBODY))
        return out

    def _keep(self, out: dict[int, list[Label]], sign: int, label: Label) -> None:
        """Add a label unless one is there that does as well whatever follows; drop those that it beats."""
        there = out.get(sign)
        if there is None:
            out[sign] = [label]
            return
        self.nodes += len(there) >> 6
        beaten = False
        for old in there:
            if old[4] <= label[4] and _covers(old, label):
                return
            beaten = beaten or (label[4] <= old[4] and _covers(label, old))
        if beaten:
            there = [old for old in there if not (label[4] <= old[4] and _covers(label, old))]
            out[sign] = there
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
        rated: list[tuple[int, int, int, int, Label]] = []
        out: Layer = {}
        for digits, alike in layer.items():
            more = unfined.potential((digits, ()))
            fined_more = self.potential((digits, ())) + back if fined else 0
            target: dict[int, list[Label]] = {}
            for sign, labels in alike.items():
                kept: list[Label] = []
                for label in labels:
                    mine = label[0] - label[1] * fine
                    parts = mine + more
                    if parts <= goal:
                        continue
                    if fined:
                        other = mine + fined_more - self.paid_off(label[2])
                        if other <= goal:
                            continue
                    else:
                        other = parts
                    lost = self.lost(label[2])
                    if lost < 0:
                        continue
                    parts = min(parts - lost, other)
                    if parts <= goal:
                        continue
                    kept.append(label)
                    rated.append((-parts, len(rated), digits, sign, label))
                if kept:
                    target[sign] = kept
            if target:
                out[digits] = target
        if len(rated) <= room:
            return out, goal
        rated.sort()
        dropped = -rated[room][0]
        out = {}
        for _, _, digits, sign, label in rated[:room]:
            out.setdefault(digits, {}).setdefault(sign, []).append(label)
        return out, dropped


def count(layer: Layer) -> int:
    return sum([len(labels) for alike in layer.values() for labels in alike.values()])


def flat(alike: dict[int, list[Label]]) -> list[tuple[int, Label]]:
    """The labels of the same digits, with the units of their loose offers."""
    return [(sign, label) for sign, labels in alike.items() for label in labels]


def _covers(one: Label, other: Label) -> bool:
    """True where `one` ends with as much as `other`, and takes no more off any base, whatever follows."""
    if one[0] < other[0] or (one[0] == other[0] and one[1] > other[1]):
        return False
    mine, theirs = one[2], other[2]
    at = len(mine)
    while at > 0 and mine[at - 1] <= theirs[at - 1]:
        at -= 1
    return at == 0
