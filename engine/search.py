"""The search of one component: which units go to which offer, so that the total is the least, with a proof.

**Layers.** Units are taken one by one, dearest first (no offer sees a dearer unit after a cheaper one); each goes to
an offer or to none. What the rest can still gain depends only on how far each offer's open run is, how often the
limited ones were used, and what groups and coupons are spent: that is the state, so equal states are merged, the
better one kept. Where gains are not whole minor units each promotion's rest rides along, and a state is dropped only
when another is at least as good whatever follows.

**Bound.** See engine.duals.

**Passes.** A pass keeps at most so many states in a layer, those with the highest bound, and the greatest bound it
let go of is what the total could be less at most. Widths grow until nothing was let go that could be better, or the
nodes are spent: a node is a state that is followed through a class of units. The closed forms, one offer after another,
are what it starts from; where there is much to search, prices are moved before the first pass.

**Order.** More gained, then fewer applications, then what was found first: all orders come from ids, skus and prices,
none from lines or files.
"""

from __future__ import annotations

from typing import Final

from engine.closed import alone
from engine.duals import ROUNDS, Duals, Key
from engine.greedy import is_least, one_by_one, set_aside
from engine.offers import Choice, Offer, UnitClass, rounded
from engine.plans import WHOLE
from engine.trails import Trail, root

FREE_WIDTH: Final = 16  # states in a layer below which no bound is worked out
LARGE_FIRST: Final = 16
WIDTHS: Final = (48, 128, 1_024, 1_000_000)  # after the first, prices are improved

Layer = dict[Key, list[Trail]]  # what is carried are the rests of fractional offers


class Outcome:
    """A choice with its proof: no legal choice gains more than `choice.value() + bound` minor units."""

    __slots__ = ("bound", "choice", "nodes")

    def __init__(self, choice: Choice, bound: int, nodes: int) -> None:
        self.choice = choice
        self.bound = bound
        self.nodes = nodes


def solve(classes: list[UnitClass], offers: list[Offer], coupons: dict[str, int], nodes: int) -> Outcome:
    """The best choice for one component within `nodes` search nodes.

    Classes are numbered in the fixed order of units, offers in order of id. `coupons` says how many of each code
    there are.
    """
    left = [unit.count for unit in classes]
    if len(offers) == 1:
        taken = alone(offers[0], left, offers[0].cap)
        if taken.best:
            choice = Choice()
            if taken.times:
                choice.add(0, taken.units, taken.times, taken.gain)
            return Outcome(choice, 0, 0)
    greedy = one_by_one(classes, offers, left, coupons)
    if is_least(classes, offers, greedy):
        return Outcome(greedy, 0, 0)
    fixed = Choice()
    set_aside(classes, offers, left, fixed)
    search = _Search(classes, offers, left, coupons)
    aside = sum(rounded(gain) for gain in fixed.gains.values())  # whole minor units: see set_aside
    best, value, applications = greedy, greedy.value(), greedy.applications()
    most = search.whole(search.root()) + aside
    spent = 0
    moved = False
    for width in (LARGE_FIRST, *WIDTHS[1:]) if search.is_large else WIDTHS:
        if (spent or search.is_large) and not moved and most > value:
            moved = True
            goal = search.goal_of(value - aside, applications - fixed.applications())
            most = min(most, search.whole(search.improve(goal, ROUNDS)) + aside)
        # Where the value is proved already, the first pass still looks for fewer applications.
        if (most <= value and spent) or spent >= nodes or search.units > nodes:
            break
        search.start(value - aside, applications - fixed.applications(), nodes - spent)
        entry, dropped = search.run(width)
        spent += search.nodes
        if entry is not None:
            found = search.choice(entry)
            gained, times = found.value() + aside, found.applications() + fixed.applications()
            if gained > value or (gained == value and times < applications):
                for offer, units in fixed.units.items():
                    found.add(offer, units, fixed.times[offer], fixed.gains[offer])
                best, value, applications = found, gained, times
        most = min(most, max(value, dropped + aside))
        if dropped < 0:
            break
    return Outcome(best, max(0, most - value), spent)


class _Search(Duals):
    def __init__(self, classes: list[UnitClass], offers: list[Offer], left: list[int], coupons: dict[str, int]) -> None:
        super().__init__(classes, offers, left, coupons)
        self.set_tables()
        self.nodes = 0
        self._place = {number: i for i, number in enumerate(self.fractional)}

    # passes

    def start(self, value: int, applications: int, nodes: int) -> None:
        """What a pass has to beat, and how many nodes it has."""
        self.value = value
        self.applications = applications
        self.goal = self.goal_of(value, applications)
        self.limit = nodes
        self.nodes = 0

    def run(self, width: int) -> tuple[Trail | None, int]:
        """One pass: the best end found, and the greatest bound (minor units) of what was let go, -1 for nothing."""
        layer: Layer = {(0, ()): [root((0,) * len(self.fractional))]}
        supply = list(self.supply)
        dropped = -1
        for at, unit in enumerate(self.order):
            room = max(1, min(width, 3 * (self.limit - self.nodes) // (len(self.order) - at + 2)))
            for taken in range(self.left[unit.number]):
                if len(layer) > FREE_WIDTH or len(layer) > room:
                    layer, let_go = self._trim(layer, at, taken, room)
                    dropped = max(dropped, let_go)
                before = {j: supply[j] for j in unit.offers}
                for j in unit.offers:
                    supply[j] -= 1
                if taken % 8 == 0:
                    for entries in layer.values():
                        self.nodes += len(entries)
                layer = self._step(layer, unit, before)
                if not layer:
                    return None, dropped
            done = [j for j in unit.offers if supply[j] == 0]
            if done:
                layer = self._forget(layer, supply)
        best: Trail | None = None
        for entries in layer.values():
            for entry in entries:
                if best is None or self._end(entry) > self._end(best):
                    best = entry
        return best, dropped

    def _end(self, entry: Trail) -> tuple[int, int]:
        value = (entry.gain - sum(entry.carried)) // WHOLE
        for rest in entry.carried:
            value += rounded(rest)
        return value, -entry.times

    def _step(self, layer: Layer, unit: UnitClass, supply: dict[int, int]) -> Layer:
        """One unit more: left alone, or given to each offer that can take it. `supply` counts it still."""
        out: Layer = {}
        offers = self.offers
        tight = [j for j in unit.offers if supply[j] < offers[j].qty or offers[j].mixed]
        for key, entries in layer.items():
            if not tight or self._finishes(key, supply, tight):
                for entry in entries:
                    self._keep(out, key, entry)
            for j in unit.offers:
                if offers[j].mixed:
                    self._step_mixed(out, key, entries, unit, offers[j], supply, tight)
                    continue
                offer = offers[j]
                stride = self.stride[j]
                digit = key[0] // stride % self.radix[j]
                gain = 0
                digits = key[0]
                opens = 0
                if self.top[j]:
                    if digit == self.top[j]:
                        continue
                    place = digit % offer.qty
                    digits += stride
                else:
                    place = digit
                    digits += stride if place + 1 < offer.qty else -place * stride
                if place == 0:
                    opened = self.opened(key[0], digits, j)
                    if opened < 0 or supply[j] < offer.qty:
                        continue
                    digits = opened
                    gain = offer.const
                    opens = 1
                if place >= offer.qty - offer.cheapest:
                    gain += unit.weights[j]
                new_key = (digits, key[1])
                if tight and not self._finishes_after(new_key, supply, tight):
                    continue
                self._give(out, new_key, entries, unit, j, gain, opens)
        return out

    def _step_mixed(
        self,
        out: Layer,
        key: Key,
        entries: list[Trail],
        unit: UnitClass,
        offer: Offer,
        supply: dict[int, int],
        tight: list[int],
    ) -> None:
        """The unit joins one of the offer's open runs, or opens one."""
        j = offer.number
        digits, runs = key
        seen: set[tuple[int, int, int]] = set()
        for i, run in enumerate(runs):
            if run[0] != j or run in seen:
                continue
            seen.add(run)
            self._join(out, (digits, runs[:i] + runs[i + 1 :]), run[1], run[2], entries, unit, offer, supply, tight, 0)
        digit = digits // self.stride[j] % self.radix[j]
        if self.top[j]:
            if digit == self.top[j]:
                return
            digits += self.stride[j]
        opened = self.opened(key[0], digits, j)
        if opened >= 0:
            self._join(out, (opened, runs), 0, 0, entries, unit, offer, supply, tight, 1)

    def _join(
        self,
        out: Layer,
        rest: Key,
        units: int,
        gained: int,
        entries: list[Trail],
        unit: UnitClass,
        offer: Offer,
        supply: dict[int, int],
        tight: list[int],
        opens: int,
    ) -> None:
        if units >= offer.qty - offer.cheapest:
            gained = min(offer.off, gained + unit.weights[offer.number])
        gain = 0
        if units + 1 == offer.qty:
            if gained == 0:
                return
            gain = gained
            key = rest
        else:
            key = (rest[0], tuple(sorted((*rest[1], (offer.number, units + 1, gained)))))
        if self._finishes_after(key, supply, tight):
            self._give(out, key, entries, unit, offer.number, gain, opens)

    def _give(
        self,
        out: Layer,
        key: Key,
        entries: list[Trail],
        unit: UnitClass,
        j: int,
        gain: int,
        opens: int,
    ) -> None:
        place = self._place.get(j, -1)
        for entry in entries:
            rests = entry.carried
            if place >= 0:
                rests = (*rests[:place], (rests[place] + gain) % WHOLE, *rests[place + 1 :])
            self._keep(
                out, key, Trail(entry, unit.number, j, 1, gain, entry.gain + gain, entry.times + opens, rests, -1)
            )

    def _finishes(self, key: Key, supply: dict[int, int], tight: list[int]) -> bool:
        return self._finishes_after(key, supply, tight)

    def _finishes_after(self, key: Key, supply: dict[int, int], tight: list[int]) -> bool:
        """Whether each offer's open runs can still be filled from what comes after this unit."""
        for j in tight:
            offer = self.offers[j]
            if offer.mixed:
                need = sum(offer.qty - run[1] for run in key[1] if run[0] == j)
            else:
                place = key[0] // self.stride[j] % self.radix[j] % offer.qty
                need = offer.qty - place if place else 0
            if need >= supply[j]:
                return False
        return True

    def _keep(self, out: Layer, key: Key, entry: Trail) -> None:
        """Add a state unless one is there that is as good whatever follows; drop those that it beats."""
        there = out.get(key)
        if there is None:
            out[key] = [entry]
            return
        if not self.fractional:
            old = there[0]
            if entry.gain > old.gain or (entry.gain == old.gain and entry.times < old.times):
                there[0] = entry
            return
        kept: list[Trail] = []
        self.nodes += len(there) >> 3  # long lists cost as much as states
        for old in there:
            if _covers(old, entry):
                return
            if not _covers(entry, old):
                kept.append(old)
        kept.append(entry)
        out[key] = kept

    def _forget(self, layer: Layer, supply: list[int]) -> Layer:
        """Clear the digits that nothing can read any more, so that more states are equal."""
        clear: list[tuple[int, int]] = []
        for offer in self.offers:
            if supply[offer.number] == 0 and self.radix[offer.number] > 1:
                clear.append((self.stride[offer.number], self.radix[offer.number]))
        for stride, radix, users in (*self.shared, *self.groups):
            if all(supply[j] == 0 for j in users):
                clear.append((stride, radix))
        out: Layer = {}
        for key, entries in layer.items():
            digits = key[0]
            for stride, radix in clear:
                digits -= digits // stride % radix * stride
            for entry in entries:
                self._keep(out, (digits, key[1]), entry)
        return out

    def _trim(self, layer: Layer, at: int, taken: int, room: int) -> tuple[Layer, int]:
        """Only the states that could beat the best so far, and of those the `room` with the highest bounds."""
        rated: list[tuple[int, int, int, Key, Trail]] = []
        number = 0
        rest: tuple[Key, Trail] | None = None  # the best state without open runs: it can always be ended
        self.ready(at, taken)
        for key, entries in layer.items():
            idle = self._idle(key)
            more = self.potential(key)
            for entry in entries:
                if idle and (rest is None or entry.gain > rest[1].gain):
                    rest = (key, entry)
                parts = entry.gain + more
                number += 1
                if self.fine:
                    parts -= entry.times
                    if parts > self.goal:
                        rated.append((-parts, entry.times, number, key, entry))
                else:
                    bound = (parts + self.slack) // WHOLE
                    if bound > self.value or (bound == self.value and entry.times < self.applications):
                        rated.append((-parts, entry.times, number, key, entry))
        dropped = -1
        if len(rated) > room:
            rated.sort()
            dropped = self.whole(-rated[room][0])
            rated = rated[:room]
            if rest is not None:
                rated.append((0, 0, number + 1, rest[0], rest[1]))
        out: Layer = {}
        for _, _, _, key, entry in rated:
            self._keep(out, key, entry)
        return out, dropped

    def _idle(self, key: Key) -> bool:
        return not key[1] and all(
            o.mixed or key[0] // self.stride[o.number] % self.radix[o.number] % o.qty == 0 for o in self.offers
        )

    def choice(self, entry: Trail) -> Choice:
        """What an end decided."""
        out = Choice()
        units: dict[int, dict[int, int]] = {}
        gains: dict[int, int] = {}
        before = entry.before
        while before is not None:
            j = entry.offer
            mine = units.setdefault(j, {})
            mine[entry.unit] = mine.get(entry.unit, 0) + entry.count
            gains[j] = gains.get(j, 0) + entry.more
            entry, before = before, before.before
        for j in sorted(units):
            if rounded(gains[j]) > 0:
                out.add(j, units[j], sum(units[j].values()) // self.offers[j].qty, gains[j])
        return out


def _covers(one: Trail, other: Trail) -> bool:
    """True where `one` ends with as much as `other`, in no more applications where equal, whatever follows."""
    mine, theirs = one.carried, other.carried
    ahead = (one.gain - sum(mine) - other.gain + sum(theirs)) // WHOLE
    for at in range(len(mine)):
        if mine[at] < theirs[at]:
            ahead -= 1
    return ahead > 0 or (ahead == 0 and one.times <= other.times)
