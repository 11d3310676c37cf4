"""A coupled part mode by mode: each by the search of engine.reached, what that leaves open step by step.

Of three bases or more each is first looked at alone, the tightest before others: what step 2 gains at most while one is
kept bounds every mode that keeps it, and mostly rules them out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.carried import Keep, joined, searchable
from engine.components import Component
from engine.coupled import Coupled, Found
from engine.modes import MAX_MODES, Base, Mode, Shut, bases_of, modes_of
from engine.offers import Choice
from engine.parts import Part, Parts
from engine.plans import Plan
from engine.reached import Reached
from engine.step2 import Layered, Step2, taken_of
from engine.takers import MAX_STEPS, Goods, Shape, Taker, shapes_of, takers_of

FEW: Final = 24  # units for which what the layered search leaves open is searched step by step
FEW_NODES: Final = 32  # for a base alone
NOT_SEARCHED: Final = 1 << 60


class Known:
    """What may consume units, step by step: found where a search asks for it."""

    def __init__(self, search: Coupled, plans: dict[int, Plan], parts: Parts, goods: list[Goods]) -> None:
        self._search = search
        self._plans = plans
        self._parts = parts
        self._goods = goods
        self._all = -1

    def all(self) -> bool:
        """Whether it can be told; the search has it then."""
        if self._all < 0:
            self._all = 1 if self._set_takers() else 0
        return self._all == 1

    def shut(self) -> Shut:
        shapes: list[Shape] = []
        for index in sorted(self._plans):
            shapes += shapes_of(self._plans[index], self._parts.caps[index], self._goods)
        return Shut(shapes, self._goods)

    def _set_takers(self) -> bool:
        takers: list[Taker] = []
        for index in sorted(self._plans):
            found = takers_of(self._plans[index], self._parts.caps[index], self._goods)
            if found is None:
                return False
            takers += found
            if sum(len(taker.steps) for taker in takers) > MAX_STEPS:
                return False
        for number, taker in enumerate(takers):
            taker.number = number
        self._search.takers = takers
        return True


def best_of(search: Coupled) -> Found:
    best = search.best
    assert best is not None  # nothing at all was offered first
    return best


def by_modes(part: Part, step2: Step2, search: Coupled, layered: Layered, place: dict[int, int], known: Known) -> int:
    """Every mode by the layered search, those that it leaves open by the coupled one. Gives the greatest value that
    is not ruled out, -1 for none. `layered` is step 2 without thresholds."""
    bases = bases_of(search.goods, search.plain)
    shut = known.shut()
    bound = -1
    alone = _Alone(part, step2, search, shut, bases, place)
    for number, mode in enumerate(modes_of(bases)):
        best = best_of(search)
        if layered.value + layered.bound + mode.most < best.value:
            break
        most = layered.value + layered.bound + mode.gives
        if most < best.value or (most == best.value and mode.applications >= best.applications):
            continue
        if alone.rules_out(mode):
            continue
        if number >= MAX_MODES:
            bound = max(bound, layered.value + layered.bound + mode.most)
            room = step2.nodes - step2.spent - search.nodes
            if room > 0 and known.all():  # too many to be told apart: all of them at once
                search.tail, search.open = None, -1
                search.search(room, search.threshold_most(), {}, {})
                if search.open < 0:
                    return -1
            break
        without, caps = shut.out(bases, mode)
        lines = _lines(part, without, place)
        found = _mode(part, step2, search, bases, mode, lines, caps, place)
        most = min(most, found)
        best = best_of(search)
        if most < best.value or (most == best.value and layered.bound == 0):
            continue
        room = step2.nodes - step2.spent - search.nodes
        many = found < NOT_SEARCHED and sum(one.count for one in search.goods) > FEW
        if room <= 0 or many or not known.all():
            bound = max(bound, most)
            continue
        search.open = -1
        search.tail = _tail(part, step2, search, lines, caps, place)
        search.search(room, mode.gives, without, caps)
        if search.open >= 0:
            bound = max(bound, min(most, search.open))
    return bound


class _Alone:
    """Of three bases or more: what step 2 gains at most where one is kept, whatever the others. It is found where a
    mode asks for it, the tightest base first."""

    def __init__(
        self, part: Part, step2: Step2, search: Coupled, shut: Shut, bases: list[Base], place: dict[int, int]
    ) -> None:
        self._part = part
        self._step2 = step2
        self._search = search
        self._shut = shut
        self._bases = bases
        self._place = place
        self._free = [next(level for level in base.levels if not level.low) for base in bases]
        self._known: dict[tuple[int, int], int] = {}

    def rules_out(self, mode: Mode) -> bool:
        """Whether a mode comes to less than the best, as one of its bases alone shows."""
        if len(self._bases) < 3:
            return False
        kept: list[tuple[int, int]] = []
        for number, (base, level) in enumerate(zip(self._bases, mode.levels, strict=True)):
            if level.low:
                kept.append((base.high - level.low, number))
        if len(kept) < 2:
            kept = [pair for pair in kept if (pair[1], mode.levels[pair[1]].low) in self._known]
        kept.sort()
        return any(self._of(number, mode) + mode.gives < best_of(self._search).value for _, number in kept)

    def _of(self, number: int, mode: Mode) -> int:
        level = mode.levels[number]
        key = (number, level.low)
        found = self._known.get(key, -1)
        if found < 0:
            levels = list(self._free)
            levels[number] = level
            one = Mode(self._bases, levels)
            without, caps = self._shut.out(self._bases, one)
            lines = _lines(self._part, without, self._place)
            found = self._known[key] = _mode(
                self._part, self._step2, self._search, self._bases, one, lines, caps, self._place, mode.gives
            )
        return found


def _lines(part: Part, without: dict[int, set[int]], place: dict[int, int]) -> dict[int, set[int]]:
    return {index: {lot.line for lot in part.lots if place[lot.line] in out} for index, out in without.items()}


def _mode(
    part: Part,
    step2: Step2,
    search: Coupled,
    bases: list[Base],
    mode: Mode,
    without: dict[int, set[int]],
    caps: dict[int, int],
    place: dict[int, int],
    beside: int = -1,
) -> int:
    """The most that choices of a mode come to; the best of them is offered. With `beside`, what thresholds give at
    most: the most that step 2 gains in it, as far as that counts."""
    keeps: list[Keep] = []
    for base, level in zip(bases, mode.levels, strict=True):
        if level.low:
            kept = {lot.line for lot in part.lots if place[lot.line] in base.members}
            keeps.append(Keep(kept, base.high - level.low, base.exclusive))
    kept = {line for keep in keeps for line in keep.lines}
    others = Layered()
    components: list[Component] = []
    for number, group in enumerate(step2.groups):
        if any(step2.offers.lines(index) & kept for index in group):
            components += step2.offers.restricted(group, without, caps, every=True)
        else:
            others.add(step2.one(number, {}, {}))
    applications = mode.applications + sum(use.times for use, _ in others.uses)
    gives = mode.gives + others.value
    most = gives + others.bound
    joint = joined(components, keeps)
    if not searchable(joint):
        return NOT_SEARCHED
    best = best_of(search)
    need = best.value - gives
    reached = Reached(joint, keeps, step2.coupons)
    if beside >= 0:
        goal = reached.goal_of(best.value - others.value - others.bound - beside - 1, 0)
        choice, top = reached.search(goal, FEW_NODES)
        search.nodes += reached.nodes
        if choice is not None:
            _offer(search, joint, choice, others, place)
        return others.value + others.bound + reached.whole(top)
    fewer = reached.units + 1 if others.bound else best.applications - applications
    goal = reached.goal_of(need - others.bound, max(0, min(fewer, reached.units + 1)))
    choice, top = reached.search(goal, max(1, step2.nodes - step2.spent - search.nodes))
    search.nodes += reached.nodes
    if choice is not None:
        _offer(search, joint, choice, others, place)
    return most + reached.whole(top) if top > goal else 0


def _offer(search: Coupled, joint: Component, choice: Choice, others: Layered, place: dict[int, int]) -> None:
    made = Layered()
    made.hold(joint, choice)
    made.add(others)
    search.offer(search.evaluate(taken_of(made, place)))


def _tail(
    part: Part,
    step2: Step2,
    search: Coupled,
    without: dict[int, set[int]],
    caps: dict[int, int],
    place: dict[int, int],
) -> Callable[[int], int]:
    """The most that step 2 gains on goods from a number on; the choice that does is offered too."""

    def tail(number: int) -> int:
        gone = {lot.line for lot in part.lots if place[lot.line] < number}
        fewer = {index: without.get(index, set()) | (gone & step2.offers.lines(index)) for index in part.offers}
        layered = step2.solve({index: lines for index, lines in fewer.items() if lines}, caps)
        search.offer(search.evaluate(taken_of(layered, place)))
        return layered.value + layered.bound

    return tail
