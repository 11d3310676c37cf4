"""What a part comes to: by the layered search where only its promotions share units, by the coupled search where
thresholds, tiers or sets with several entries are in it.

A coupled part is first decided as if there were no thresholds. Where those then give all that they ever can, that is
the best; else it is what the coupled search has to beat.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.carried import Keep, joined, searchable
from engine.closed import runs_alone
from engine.components import Component, Offers
from engine.coupled import Coupled, Found, Taken
from engine.modes import MAX_MODES, Base, Mode, Shut, bases_of, modes_of
from engine.offers import Choice, rounded
from engine.parts import Part, Parts
from engine.plans import Plan
from engine.reached import Reached
from engine.runs import shares
from engine.search import solve
from engine.takers import MAX_STEPS, Goods, Shape, Taker, shapes_of, takers_of
from engine.thresholds import Pick, Threshold
from engine.units import Lot, by_rank
from engine.worth import Missed, missed, none_is_worth

FEW: Final = 24  # units for which what the layered search leaves open is searched step by step
FEW_NODES: Final = 100  # for the mode that shuts out most others
NOT_SEARCHED: Final = 1 << 60

Units = list[tuple[int, int]]  # (line, units), in the fixed order of units


class Use:
    """One promotion of step 2, or the gifts of a threshold: how often, what it consumes and takes off."""

    __slots__ = ("discount", "plan", "times", "units")

    def __init__(self, plan: Plan, times: int, discount: int, units: Units) -> None:
        self.plan = plan
        self.times = times
        self.discount = discount
        self.units = units


class Decision:
    """A part's choice: `bound` is how much less the total could be at most, proved."""

    __slots__ = ("bound", "nodes", "picks", "uses")

    def __init__(self, uses: list[Use], picks: list[Pick], bound: int, nodes: int) -> None:
        self.uses = uses  # in order of id
        self.picks = picks
        self.bound = bound
        self.nodes = nodes


class _Layered:
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

    def add(self, other: _Layered) -> None:
        self.uses += other.uses
        self.bound += other.bound
        self.value += other.value


class _Step2:
    """Step 2 of a coupled part by the layered search, as a mode restricts it; what a mode leaves alone is kept."""

    def __init__(self, part: Part, parts: Parts, coupons: dict[str, int], nodes: int) -> None:
        self.offers = parts.offers
        self.coupons = coupons
        self.nodes = nodes
        self.spent = 0
        self.groups = parts.offers.groups(part.offers)
        self.known: list[dict[object, _Layered]] = [{} for _ in self.groups]

    def solve(self, without: dict[int, set[int]], caps: dict[int, int]) -> _Layered:
        """`without` are lines by promotion."""
        out = _Layered()
        for number in range(len(self.groups)):
            out.add(self.one(number, without, caps))
        out.uses.sort(key=lambda pair: pair[0].plan.index)
        return out

    def one(self, number: int, without: dict[int, set[int]], caps: dict[int, int]) -> _Layered:
        """The same of one of `groups`."""
        group, known = self.groups[number], self.known[number]
        key = tuple([(i, tuple(sorted(without.get(i, ()))), caps.get(i, -1)) for i in group])
        layered = known.get(key)
        if layered is None:
            layered = known[key] = _Layered()
            layered.solve(self.offers.restricted(group, without, caps), self.coupons, self.nodes - self.spent)
            self.spent += layered.nodes
        return layered


def decide(part: Part, parts: Parts, coupons: dict[str, int], nodes: int) -> Decision:
    """The best choice for a part within `nodes` search nodes."""
    if not part.coupled:
        if len(part.offers) == 1:
            single = _single(part.offers[0], parts.offers)
            if single is not None:
                return single
        layered = _Layered()
        layered.solve(parts.offers.components(part.offers), coupons, nodes)
        return Decision([use for use, _ in layered.uses], [], layered.bound, layered.nodes)
    step2 = _Step2(part, parts, coupons, nodes)
    layered = step2.solve({}, {})
    goods, place = _goods(part)
    thresholds = [_over_goods(one, place) for one in part.thresholds]
    plans = {plan.index: plan for plan in part.others}
    for index in part.offers:
        plans[index] = parts.offers.plans[index]
    for threshold in part.thresholds:
        if threshold.plan.is_gift:
            plans[threshold.index] = threshold.plan
    search = Coupled(goods, plans, thresholds, coupons)
    start = search.evaluate(_taken(layered, place))
    search.offer(start)
    if start is None or layered.value + search.threshold_most() > start.value:
        search.offer(search.evaluate({}))
    plain = not part.others and not search.gifts
    most = layered.value + layered.bound + search.threshold_most()
    best = _best(search)
    bound = 0
    proved = plain and start is best and layered.bound == 0
    if not (proved and (best.value == most or _is_most(part, parts, search, step2, layered, best, place))):
        known = _Known(search, plans, parts, goods)
        if plain:
            bound = min(most, _by_modes(part, step2, search, layered, place, known))
        elif known.all():
            search.search(max(1, nodes - step2.spent), search.threshold_most(), {}, {})
            if search.open >= 0:
                bound = search.root
        else:
            bound = sum(one.count * one.current for one in goods)
    best = _best(search)
    if not best.whole:
        bound = max(bound, best.value + search.threshold_most())
    bound = max(0, bound - best.value)
    nodes_spent = step2.spent + search.nodes
    return _decision(best, plans, part, thresholds, goods, place, bound, nodes_spent)


def _single(index: int, offers: Offers) -> Decision | None:
    """A set that is alone on its units, by the closed form; None where that does not settle it."""
    plan, offer = offers.plans[index], offers.offers[index]
    if offer.mixed or plan.kind == "price":
        return None
    dearest = [(-lot.current, lot.rank, lot.line, lot.count, weight) for lot, weight in offers.eligible[index]]
    dearest.sort()
    counts = [one[3] for one in dearest]
    most = sum(counts) // offer.qty
    if 0 <= offer.cap < most:
        most = offer.cap
    times, gain = runs_alone(offer, counts, [one[4] for one in dearest], most)
    if not times:
        return Decision([], [], 0, 0)
    need = times * offer.qty
    taken: list[tuple[int, int, int]] = []
    for _, rank, line, count, _ in dearest:
        if count > need:
            count = need
        taken.append((rank, line, count))
        need -= count
        if not need:
            break
    taken.sort()
    return Decision([Use(plan, times, rounded(gain), [(line, count) for _, line, count in taken])], [], 0, 0)


def _is_most(
    part: Part, parts: Parts, search: Coupled, step2: _Step2, layered: _Layered, found: Found, place: dict[int, int]
) -> bool:
    """Whether no threshold that `found`, the best of step 2 alone, takes out of reach is worth reaching."""
    if not found.whole:
        return False
    off = _off(layered, parts, place, len(search.goods))
    misses: list[Missed] = []
    for over_lines, over_goods in zip(part.thresholds, search.plain, strict=True):
        high = kept = 0
        for number in over_goods.members:
            whole = search.goods[number].current * search.goods[number].count
            high += whole
            kept += whole - off[number]
        one = missed(over_lines, high, kept, found.picks)
        if one is None:
            return False
        misses.append(one)

    def bound(without: dict[int, set[int]], caps: dict[int, int]) -> int:
        less = step2.solve(without, caps)
        return less.value + less.bound

    return none_is_worth(misses, part.offers, parts.offers, layered.value, bound)


class _Known:
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


def _best(search: Coupled) -> Found:
    best = search.best
    assert best is not None  # nothing at all was offered first
    return best


def _taken(layered: _Layered, place: dict[int, int]) -> Taken:
    """What the layered search chose, by goods."""
    taken: Taken = {}
    for use, gain in layered.uses:
        units: dict[int, int] = {}
        for line, count in use.units:
            units[place[line]] = units.get(place[line], 0) + count
        taken[use.plan.index] = (use.times, gain, units)
    return taken


def _off(layered: _Layered, parts: Parts, place: dict[int, int], count: int) -> list[int]:
    """What the layered search takes off each goods."""
    off = [0] * count
    for use, _ in layered.uses:
        if use.plan.kind == "price":
            for line, units in use.units:
                lot = parts.lot(line)
                off[place[line]] += units * (lot.current - lot.of(use.plan.price_of(lot.regular_unit)))
        else:
            costs = [(parts.lot(line).current, units) for line, units in use.units]
            for (line, units), (share, more) in zip(use.units, shares(use.discount, costs), strict=True):
                off[place[line]] += share * units + more
    return off


def _by_modes(
    part: Part, step2: _Step2, search: Coupled, layered: _Layered, place: dict[int, int], known: _Known
) -> int:
    """Every mode by the layered search, those that it leaves open by the coupled one. Gives the greatest value that
    is not ruled out, -1 for none. `layered` is step 2 without thresholds."""
    bases = bases_of(search.goods, search.plain)
    shut = known.shut()
    bound = -1
    tight, alone = _tightest(bases), 0
    for number, mode in enumerate(modes_of(bases)):
        best = _best(search)
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
        best = _best(search)
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
    step2: _Step2,
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
    others = _Layered()
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
    best = _best(search)
    need = best.value - gives
    reached = Reached(joint, keeps, step2.coupons)
    if beside >= 0:
        goal = reached.goal_of(best.value - others.value - others.bound - beside - 1, 0)
        _, top = reached.search(goal, FEW_NODES, bound_alone=True)
        search.nodes += reached.nodes
        return others.value + others.bound + reached.whole(top)
    fewer = reached.units + 1 if others.bound else best.applications - applications
    goal = reached.goal_of(need - others.bound, max(0, min(fewer, reached.units + 1)))
    choice, top = reached.search(goal, max(1, step2.nodes - step2.spent - search.nodes))
    search.nodes += reached.nodes
    if choice is not None:
        made = _Layered()
        made.hold(joint, choice)
        made.add(others)
        search.offer(search.evaluate(_taken(made, place)))
    return most + reached.whole(top) if top > goal else 0


def _tail(
    part: Part,
    step2: _Step2,
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
        search.offer(search.evaluate(_taken(layered, place)))
        return layered.value + layered.bound

    return tail


def _decision(
    best: Found,
    plans: dict[int, Plan],
    part: Part,
    thresholds: list[Threshold],
    goods: list[Goods],
    place: dict[int, int],
    bound: int,
    nodes: int,
) -> Decision:
    by_line = {threshold.index: threshold for threshold in part.thresholds}
    lots: list[list[Lot]] = [[] for _ in goods]
    for lot in sorted(part.lots, key=by_rank):
        lots[place[lot.line]].append(lot)
    left = {lot.line: lot.count for lot in part.lots}
    uses: list[Use] = []
    picks: list[Pick] = []
    rank = sorted(goods, key=lambda one: one.rank)
    for index in sorted(best.taken):
        times, gain, units = best.taken[index]
        got: Units = []
        for one in rank:
            count = units.get(one.number, 0)
            for lot in lots[one.number]:
                take = min(count, left[lot.line])
                if take:
                    left[lot.line] -= take
                    count -= take
                    got.append((lot.line, take))
        uses.append(Use(plans[index], times, rounded(gain), got))
        if plans[index].is_gift:
            picks.append(Pick(by_line[index], times, rounded(gain)))
    picks += [Pick(by_line[pick.threshold.index], pick.times, pick.discount) for pick in best.picks]
    return Decision(uses, picks, bound, nodes)


def _goods(part: Part) -> tuple[list[Goods], dict[int, int]]:
    """The part's units by sku (a weighed line is its own), and the goods of each line."""
    goods: list[Goods] = []
    place: dict[int, int] = {}
    by_sku: dict[str, Goods] = {}
    first: list[Lot] = []
    based = {line for threshold in part.thresholds for line in threshold.members}
    for lot in sorted(part.lots, key=lambda lot: lot.line not in based):  # what thresholds ask for is decided first
        one = None if lot.milli else by_sku.get(lot.sku)
        if one is None:
            slots = [(plan.index, entry) for plan, entry in lot.touch]
            one = Goods(len(goods), lot.current, lot.current < lot.regular, slots)
            for plan, _ in lot.touch:
                if plan.kind == "price":
                    one.gains[plan.index] = lot.current - lot.of(plan.price_of(lot.regular_unit))
            goods.append(one)
            first.append(lot)
            if not lot.milli:
                by_sku[lot.sku] = one
        one.count += lot.count
        place[lot.line] = one.number
    for rank, number in enumerate(sorted(range(len(goods)), key=lambda number: first[number].rank)):
        goods[number].rank = rank
    return goods, place


def _over_goods(threshold: Threshold, place: dict[int, int]) -> Threshold:
    members = {place[line] for line in threshold.members}
    return Threshold(threshold.plan, threshold.cap, members)


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
