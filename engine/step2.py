"""Step 2 of a coupled part by the layered search, as the modes of its thresholds restrict it."""

from __future__ import annotations

from engine.components import Component
from engine.coupled import Taken
from engine.offers import Choice, rounded
from engine.parts import Part, Parts
from engine.plans import Plan
from engine.search import solve
from engine.units import Lot

Units = list[tuple[int, int]]  # (line, units), in the fixed order of units


class Use:
    """One promotion of step 2, or the gifts of a threshold: how often, what it consumes and takes off."""

    __slots__ = ("discount", "plan", "times", "units")

    def __init__(self, plan: Plan, times: int, discount: int, units: Units) -> None:
        self.plan = plan
        self.times = times
        self.discount = discount
        self.units = units


class Layered:
    """What the layered search makes of some promotions."""

    __slots__ = ("bound", "nodes", "uses", "value")

    def __init__(self) -> None:
        self.uses: list[tuple[Use, int]] = []  # with the gain in parts, in order of id
        self.bound = self.nodes = self.value = 0

    def solve(self, components: list[Component], coupons: dict[str, int], nodes: int) -> None:
        for component in components:
            outcome = solve(component.classes, component.offers, coupons, max(0, nodes - self.nodes))
            self.bound += outcome.bound
            self.nodes += outcome.nodes
            self.hold(component, outcome.choice)
        self.uses.sort(key=lambda pair: pair[0].plan.index)

    def hold(self, component: Component, choice: Choice) -> None:
        """Add what was chosen of a component."""
        self.value += choice.value()
        handed = _hand_out(component, choice.units)
        for number in sorted(choice.units):
            gain = choice.gains[number]
            use = Use(component.plans[number], choice.times[number], rounded(gain), handed[number])
            self.uses.append((use, gain))

    def add(self, other: Layered) -> None:
        self.uses += other.uses
        self.bound += other.bound
        self.value += other.value


class Step2:
    """Step 2 of a coupled part by the layered search, as a mode restricts it; what a mode leaves alone is kept."""

    def __init__(self, part: Part, parts: Parts, coupons: dict[str, int], nodes: int) -> None:
        self.offers = parts.offers
        self.coupons = coupons
        self.nodes = nodes
        self.spent = 0
        self.groups = parts.offers.groups(part.offers)
        self.known: list[dict[object, Layered]] = [{} for _ in self.groups]

    def solve(self, without: dict[int, set[int]], caps: dict[int, int]) -> Layered:
        """`without` are lines by promotion."""
        out = Layered()
        for number in range(len(self.groups)):
            out.add(self.one(number, without, caps))
        out.uses.sort(key=lambda pair: pair[0].plan.index)
        return out

    def one(self, number: int, without: dict[int, set[int]], caps: dict[int, int]) -> Layered:
        """The same of one of `groups`."""
        group, known = self.groups[number], self.known[number]
        key = tuple([(i, tuple(sorted(without.get(i, ()))), caps.get(i, -1)) for i in group])
        layered = known.get(key)
        if layered is None:
            layered = known[key] = Layered()
            layered.solve(self.offers.restricted(group, without, caps), self.coupons, self.nodes - self.spent)
            self.spent += layered.nodes
        return layered


def taken_of(layered: Layered, place: dict[int, int]) -> Taken:
    """What the layered search chose, by goods."""
    taken: Taken = {}
    for use, gain in layered.uses:
        units: dict[int, int] = {}
        for line, count in use.units:
            units[place[line]] = units.get(place[line], 0) + count
        taken[use.plan.index] = (use.times, gain, units)
    return taken


def _hand_out(component: Component, units: dict[int, dict[int, int]]) -> dict[int, Units]:
    """Which lots' units each offer gets: offers in order of id, units in the fixed order."""
    left = {lot.line: lot.count for lots in component.lots for lot in lots}
    out: dict[int, Units] = {}
    for number in sorted(units):
        got: list[tuple[Lot, int]] = []
        for place, count in units[number].items():
            for lot in component.lots[place]:
                take = min(count, left[lot.line])
                if take:
                    left[lot.line] -= take
                    count -= take
                    got.append((lot, take))
        got.sort(key=lambda pair: pair[0].rank)
        out[number] = [(lot.line, count) for lot, count in got]
    return out
