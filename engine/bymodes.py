"""A coupled part mode by mode: each by the search of engine.reached, what that leaves open step by step.

Of three bases or more the tightest is looked at alone first: what step 2 gains at most while it is kept bounds every
mode that keeps it, and mostly rules them out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.carried import Keep, joined, searchable
from engine.components import Component
from engine.coupled import Coupled, Found
from engine.modes import MAX_MODES, Base, Mode, Shut, bases_of, modes_of
from engine.parts import Part, Parts
from engine.plans import Plan
from engine.reached import Reached
from engine.step2 import Layered, Step2, taken_of
from engine.takers import MAX_STEPS, Goods, Shape, Taker, shapes_of, takers_of

FEW: Final = 24  # units for which what the layered search leaves open is searched step by step
FEW_NODES: Final = 100  # for the mode that shuts out most others
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
    tight, alone = _tightest(bases), 0
    for number, mode in enumerate(modes_of(bases)):
        best = best_of(search)
        if tight is not None and number == 0:  # what step 2 gains at most where that base is kept, whatever the others
            without, caps = shut.out(bases, tight)
            lines = _lines(part, without, place)
            alone = _mode(
                part, step2, search, bases, tight, lines, caps, place, sum(one.levels[0].most for one in bases)
            )
        if layered.value + layered.bound + mode.most < best.value:
            break
        most = layered.value + layered.bound + mode.gives
        if most < best.value or (most == best.value and mode.applications >= best.applications):
            continue
        if tight is not None and mode.keeps(tight) and alone + mode.gives < best.value:
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


def _tightest(bases: list[Base]) -> Mode | None:
    """Of three bases or more the one of which least may be taken off, kept alone."""
    least = first = -1
    for number, base in enumerate(bases):
        slack = base.high - base.levels[0].low
        if base.levels[0].low and (least < 0 or slack < least):
            least, first = slack, number
    if len(bases) < 3 or first < 0:
        return None
    free = [next(level for level in base.levels if not level.low) for base in bases]
    return Mode(bases, [base.levels[0] if number == first else free[number] for number, base in enumerate(bases)])


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
        _, top = reached.search(goal, FEW_NODES)
        search.nodes += reached.nodes
        return others.value + others.bound + reached.whole(top)
    fewer = reached.units + 1 if others.bound else best.applications - applications
    goal = reached.goal_of(need - others.bound, max(0, min(fewer, reached.units + 1)))
    choice, top = reached.search(goal, max(1, step2.nodes - step2.spent - search.nodes))
    search.nodes += reached.nodes
    if choice is not None:
        made = Layered()
        made.hold(joint, choice)
        made.add(others)
        search.offer(search.evaluate(taken_of(made, place)))
    return most + reached.whole(top) if top > goal else 0


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
