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
minor unit for each unit of the base and half a one for each offer: so much more is allowed on the way. In the end
shares are worked out to the minor unit; only among units at one price the order of skus may still give one more to the
base. Every choice that keeps the bases is among those that are searched; the caller works out what the one found comes
to.
"""

from __future__ import annotations

from typing import Final

from engine.carried import Keep
from engine.components import Component
from engine.duals import Duals
from engine.labelled import MAX_SIZE, Labelled, Layer, count
from engine.offers import Choice
from engine.plans import WHOLE
from engine.regroup import Spread, regrouped
from engine.trails import Trail, root

TOGETHER: Final = 256  # states times units of a class that are looked at together
MAX_ENDS: Final = 400  # ends whose units are put together anew
WIDTHS: Final = (256, 1_024, 1_000_000)
LARGE_WIDTHS: Final = (256, 1_000_000)
ROUNDS: Final = 120
TURNS: Final = 3  # how often ratios are worked out from the gap, and prices from them


class Reached(Labelled):
    """One joined component, to be searched, of offers that are `searchable`."""

    def __init__(self, component: Component, keeps: list[Keep], coupons: dict[str, int]) -> None:
        super().__init__(component, keeps, coupons)
        self.component = component
        self.coupons = coupons

    def search(self, goal: int, nodes: int) -> tuple[Choice | None, int]:
        """The best choice of more than `goal` parts (gain less fines), and the most that is not ruled out, or
        `goal`."""
        self.goal = goal
        most = self.root()
        if most <= goal or self.units > nodes:
            return None, max(goal, most)
        best: Choice | None = None
        for number, width in enumerate(LARGE_WIDTHS if self.is_large else WIDTHS):
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
        return best, max(self.goal, most)

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
        layer: Layer = {0: {0: [root((0,) * self.size)]}}
        supply = list(self.supply)
        dropped = self.goal
        for at, unit in enumerate(self.order):
            left = nodes - self.nodes
            room = max(1, min(width, max(3 * left // (len(self.order) - at + 2), left // 4)))
            taken, whole = 0, self.left[unit.number]
            while taken < whole:
                labels = count(layer)
                if labels > room:
                    layer, let_go = self._trim(layer, at, taken, room)
                    dropped = max(dropped, let_go)
                    labels = count(layer)
                if not labels:
                    return None, dropped
                # Few states are followed through many units at once, many through one after another.
                size = whole
                if self.leftover[at] < 0:
                    size = max(1, min(whole - taken, MAX_SIZE, TOGETHER // labels))
                if -taken % 8 < size:
                    self.nodes += labels
                layer = self._step(layer, at, taken, size, supply)
                taken += size
                for j in unit.offers:
                    supply[j] -= size
            layer = self._settle(layer, at + 1, supply)
        best: Choice | None = None
        layer, let_go = self._trim(layer, len(self.order), 0, MAX_ENDS)
        dropped = max(dropped, let_go)
        ends: list[tuple[int, int, Trail]] = []
        for alike in layer.values():
            for same in alike.values():
                for label in same:
                    ends.append((label.times * self.fine - label.gain, len(ends), label))
        ends.sort(key=_best_first)
        for less, _, label in ends:
            if -less <= self.goal:
                break
            found, most = self._end(label)
            if found is not None:
                best = found
            dropped = max(dropped, most)
        return best, dropped

    def _end(self, label: Trail) -> tuple[Choice | None, int]:
        """What a label comes to once its loose offers' units are put together so that every base is kept; and the
        most that is not ruled out."""
        units, gains, runs = self._trail(label)
        spreads: list[Spread] = []
        off: list[int] = []  # what is taken off each base besides, in minor units
        for b, keep in enumerate(self.keeps):
            off.append(label.carried[b] // WHOLE if keep.exclusive else 0)
        for j, taken in units.items():
            plan = self.component.plans[j]
            rows: list[tuple[int, int, int]] = []
            based = False
            for i in self.own[j]:
                unit = self.order[i]
                count = taken.get(unit.number, 0)
                mask = 0
                for b in self.inside[i]:
                    if count and not self.keeps[b].exclusive:
                        mask |= 1 << b
                        if plan.kind == "price":
                            off[b] += count * unit.weights[j] // WHOLE
                based = based or mask > 0
                if count:
                    rows.append((unit.price, count, mask))
            if based and plan.kind != "price":
                one = Spread(j, gains[j], rows)
                if self.loose[j]:
                    offer = self.offers[j]
                    one.qty, one.cheapest = offer.qty, offer.cheapest
                    for i in self.own[j]:
                        unit = self.order[i]
                        one.weights += [unit.weights[j]] * taken.get(unit.number, 0)
                spreads.append(one)
        mine = label.gain - label.times * self.fine
        room = mine - self.goal
        loss, found, proved = regrouped(spreads, off, [keep.slack for keep in self.keeps], room)
        most = mine if not proved else self.goal
        for j, gained in runs.items():
            if not self.loose[j] and min(gained) <= 0:
                return None, mine - loss if loss < room else most
        if loss >= room:
            return None, most
        self.goal = mine - loss
        choice = Choice()
        for j in sorted(units):
            choice.add(j, units[j], sum(units[j].values()) // self.offers[j].qty, found.get(j, gains[j]))
        return choice, most

    def _trail(self, label: Trail) -> tuple[dict[int, dict[int, int]], dict[int, int], dict[int, list[int]]]:
        """What an end decided: units by offer and class, gains by offer, and what each of its applications gained."""
        units: dict[int, dict[int, int]] = {}
        gains: dict[int, int] = {}
        taken: dict[int, list[int]] = {}  # weights, the last first
        before = label.before
        while before is not None:
            j = label.offer
            there = units.setdefault(j, {})
            there[label.unit] = there.get(label.unit, 0) + label.count
            gains[j] = gains.get(j, 0) + label.more
            taken.setdefault(j, []).extend([self.component.classes[label.unit].weights[j]] * label.count)
            label, before = before, before.before
        runs: dict[int, list[int]] = {}
        for j, weights in taken.items():
            offer = self.offers[j]
            runs[j] = [  # the cheapest are rewarded, which come last
                sum(weights[at : at + offer.cheapest]) + offer.const for at in range(0, len(weights), offer.qty)
            ]
        return units, gains, runs


def _best_first(end: tuple[int, int, Trail]) -> tuple[int, int]:
    return end[0], end[1]
