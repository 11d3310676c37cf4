"""A price for every unit, and what each offer gains at most where it pays them: the bound of the layered search.

Let every unit have a price, none below 0. A choice gives each unit to one offer at most, so it gains no more than all
units' prices together plus, of every offer, the most that its own applications gain once they have paid for their
units (nothing, where it is not applied). That most is found for each offer alone, exactly, in the order of layers, for
each place that its open run can be at; so it bounds what follows any state too. Of a group only the best offer counts.
Prices begin as the best shares of units and are moved towards where the offers' wishes meet (subgradient, integers
alone); any prices are admissible, better ones only cut more.

A `mixed` offer is bounded by its shares: a run gains at most `off`, which its units bring in equal parts.

**Fines.** Where all gains are whole minor units each application pays one part of a minor unit, so that one number
says both: more gained, then fewer applications.
"""

from __future__ import annotations

from typing import Final

from engine.offers import Offer, UnitClass
from engine.plans import WHOLE
from engine.states import States

NEVER: Final = -(1 << 60)
MAX_TABLE: Final = 4_000  # entries of an offer's table; past it its limit is left out of the bound
SCALE: Final = 1_024
MAX_ENTRIES: Final = 4_000_000  # entries of tables that moving the prices may cost
STEP: Final = 64
PATIENCE: Final = 8
ROUNDS: Final = 80
LARGE: Final = 300  # units times offers, from which prices are moved before the first pass

# A state's key: digits of mixed radix, and for mixed offers their open runs (offer, units, rewarded so far).
Key = tuple[int, tuple[tuple[int, int, int], ...]]


class Row:
    """Of an offer without a group: the most that it can still gain by its digit."""

    __slots__ = ("most", "radix", "stride")

    def __init__(self, stride: int, radix: int, most: list[int]) -> None:
        self.stride = stride
        self.radix = radix
        self.most = most


class View:
    """What the bounds of the states of one layer share."""

    __slots__ = ("ahead", "common", "locked", "open_ended", "rows")

    def __init__(self, common: int) -> None:
        self.common = common
        self.rows: list[Row] = []  # of offers without a group
        self.locked: list[tuple[int, list[int]]] = []  # of offers of groups
        self.open_ended: list[tuple[int, list[int]]] = []  # of mixed offers
        self.ahead: dict[int, int] = {}  # of a mixed offer: the dearest weight that it will still see


class Duals(States):
    """Prices by class in order, and every offer's table: units seen so far, digit -> the most it can still gain."""

    def __init__(self, classes: list[UnitClass], offers: list[Offer], left: list[int], coupons: dict[str, int]) -> None:
        super().__init__(classes, offers, left, coupons)
        self.is_large = self.units * len(offers) > LARGE
        self.fine = 0 if self.fractional or self.units >= WHOLE else 1
        self.slack = WHOLE // 2 * len(self.fractional)  # what rounding may add
        total = len(self.order)
        self.prices = [0] * total
        for i, unit in enumerate(self.order):
            for j in unit.offers:
                if not offers[j].limited:
                    self.prices[i] = max(self.prices[i], _share(offers[j], unit))
        self.before: list[list[int]] = [[0] * (total + 1) for _ in offers]  # units of an offer before each class
        self.own: list[list[int]] = [[] for _ in offers]  # its classes, by place in order
        for j in range(len(offers)):
            seen = 0
            for i, unit in enumerate(self.order):
                self.before[j][i] = seen
                if j in unit.weights:
                    self.own[j].append(i)
                    seen += left[unit.number]
            self.before[j][total] = seen
        self.ends = [0] * len(offers)  # of an offer whose table counts its units: after how many it is used up
        for offer in offers:
            j = offer.number
            if not offer.mixed and (self.top[j] + 1) * self.before[j][total] <= MAX_TABLE:
                self.ends[j] = self.top[j]
        self.tolls: list[dict[int, int]] = [{} for _ in offers]  # what a unit of a class pays besides its price
        self.factors = [SCALE] * len(offers)  # how much of a gain counts
        self.fines: list[int] = []  # by base: what its discounts pay, see engine.reached
        self.tables: list[list[list[int]]] = [[] for _ in offers]
        self.rest: list[int] = []
        self.view = View(0)  # of the layer that is looked at

    # the tables

    def set_tables(self) -> None:
        total = len(self.order)
        self.rest = [0] * (total + 1)
        for i in range(total - 1, -1, -1):
            self.rest[i] = self.rest[i + 1] + self.prices[i] * self.left[self.order[i].number]
        for offer in self.offers:
            j = offer.number
            self.tables[j] = self._mixed_table(offer) if offer.mixed else self._table(offer)

    def _paid(self, j: int, i: int) -> tuple[int, int]:
        """What a unit of class `i` costs an offer, and what it gains where it is rewarded."""
        weight = self.order[i].weights[j]
        factor = self.factors[j]
        if factor != SCALE:
            weight = -(-weight * factor // SCALE)
        return self.prices[i] + self.tolls[j].get(i, 0), weight

    def _const(self, offer: Offer) -> int:
        factor = self.factors[offer.number]
        return (offer.const if factor == SCALE else -(-offer.const * factor // SCALE)) - self.fine

    def _table(self, offer: Offer) -> list[list[int]]:
        j = offer.number
        qty = offer.qty
        first = qty - offer.cheapest
        const = self._const(offer)
        end = self.ends[j]
        size = end + 1 if end else qty
        row = [0 if digit % qty == 0 else NEVER for digit in range(size)]
        rows = [row]
        for i in reversed(self.own[j]):
            cost, weight = self._paid(j, i)
            steps = [(weight if place >= first else 0) - cost for place in range(qty)]
            steps[0] += const
            if end:
                steps = [steps[digit % qty] for digit in range(end)]
            for _ in range(self.left[self.order[i].number]):
                after = row
                row = list(after)
                to = 1
                for digit, gain in enumerate(steps):
                    gain += after[to] if to < size else after[0]
                    to += 1
                    if gain > row[digit]:
                        row[digit] = gain
                rows.append(row)
        rows.reverse()
        return rows

    def _mixed_table(self, offer: Offer) -> list[list[int]]:
        """Of a mixed offer: units seen so far -> the best sums of 0, 1, 2... surpluses of those to come."""
        j = offer.number
        found: list[int] = []
        rows = [[0]]
        for i in reversed(self.own[j]):
            surplus = max(0, _share(offer, self.order[i]) - self.prices[i])
            for _ in range(self.left[self.order[i].number]):
                found.append(surplus)
                found.sort(reverse=True)
                sums = [0]
                for one in found:
                    sums.append(sums[-1] + one)
                rows.append(sums)
        rows.reverse()
        return rows

    def _mixed_most(self, offer: Offer, row: list[int], units: int) -> int:
        """The best sum of at most so many units."""
        return row[min(units, len(row) - 1)] if self.top[offer.number] else row[-1]

    # the prices

    def root(self) -> int:
        """The most that any choice gains less its fines, in parts."""
        total = self.rest[0] + self.allowance()
        grouped: dict[int, int] = {}
        for offer in self.offers:
            j = offer.number
            most = self._alone(offer)
            if self.group_stride[j]:
                grouped[self.group_stride[j]] = max(most, grouped.get(self.group_stride[j], 0))
            else:
                total += most
        return total + sum(grouped.values())

    def _alone(self, offer: Offer) -> int:
        row = self.tables[offer.number][0]
        return self._mixed_most(offer, row, self.top[offer.number] * offer.qty) if offer.mixed else row[0]

    def allowance(self) -> int:
        """What the fines of bases give back for what may be taken off them."""
        return 0

    def improve(self, value: int, rounds: int) -> int:
        """Move the prices towards a root's bound of `value` parts. Gives the least bound found."""
        best = here = self.root()
        count = len(self.prices)
        entries = 1
        for table in self.tables:
            entries += len(table) * len(table[0])
        rounds = min(rounds, MAX_ENTRIES // entries)  # thousands of units: each round costs as much as many of few
        at = self.prices + self.fines
        kept = list(at)
        step, stale = STEP, 0  # of the way that would close the gap
        heading = [0] * len(at)
        for _ in range(rounds):
            if best <= value:
                break
            norm = 0
            for i, slope in enumerate(self._slopes()):
                one = 4 * slope + heading[i] * 3 // 4
                if one > 0 and at[i] == 0:
                    one = 0
                heading[i] = one
                norm += one * one
            if norm == 0:
                break
            way = 4 * (here - value) * step
            for i, one in enumerate(heading):
                if one:
                    at[i] = max(0, at[i] - way * one // (STEP * norm))
            self._move(at, count)
            here = self.root()
            if here < best:
                stale = 0
                best = here
                kept = list(at)
            else:
                stale += 1
                if stale >= PATIENCE:
                    stale = 0
                    step //= 2
                    if not step:
                        break
        self._move(kept, count)
        return best

    def _move(self, at: list[int], count: int) -> None:
        self.prices = at[:count]
        self.fines = at[count:]
        self.set_tables()

    def _slopes(self) -> list[int]:
        """By class: the units that there are, less those that the offers would take at these prices."""
        slopes = [self.left[unit.number] for unit in self.order]
        leader: dict[int, int] = {}
        for offer in self.offers:
            stride = self.group_stride[offer.number]
            if stride and (stride not in leader or self._alone(self.offers[leader[stride]]) < self._alone(offer)):
                leader[stride] = offer.number
        for offer in self.offers:
            j = offer.number
            if self.group_stride[j] and leader[self.group_stride[j]] != j:
                continue
            if offer.mixed:
                for i in self.own[j]:
                    if _share(offer, self.order[i]) > self.prices[i]:
                        slopes[i] -= self.left[self.order[i].number]
                continue
            rows = self.tables[j]
            size = len(rows[0])
            digit = seen = 0
            for i in self.own[j]:
                for _ in range(self.left[self.order[i].number]):
                    if rows[seen][digit] > rows[seen + 1][digit]:
                        slopes[i] -= 1
                        digit += 1
                        if digit == size and not self.ends[j]:
                            digit = 0
                    seen += 1
        return slopes

    def whole(self, parts: int) -> int:
        """The most whole minor units that choices of at most so many parts, less fines, come to."""
        return (parts + (self.units * self.fine if self.fine else self.slack)) // WHOLE

    def goal_of(self, value: int, applications: int) -> int:
        """The parts, less fines, that a choice has to come to more than: to gain more than `value` minor units, or as
        much in fewer than `applications`."""
        return value * WHOLE - applications if self.fine else value * WHOLE - self.slack - 1

    # a state's bound

    def ready(self, at: int, taken: int) -> None:
        """What the bounds of a layer share: class `at` is next, and `taken` of it are gone."""
        self.view = self.viewed(at, taken)

    def viewed(self, at: int, taken: int) -> View:
        view = View(self.rest[at] - (taken * self.prices[at] if taken else 0))
        here = self.order[at].offers if at < len(self.order) else ()
        for offer in self.offers:
            j = offer.number
            row = self.tables[j][self.before[j][at] + (taken if j in here else 0)]
            if offer.mixed:
                view.open_ended.append((j, row))
                continue
            if self.top[j] and not self.ends[j]:
                row = [row[digit % offer.qty] for digit in range(self.radix[j])]
            if self.group_stride[j]:
                view.locked.append((j, row))
            elif any(row):
                view.rows.append(Row(self.stride[j], self.radix[j], row))
        if view.open_ended:
            for unit in self.order[at:]:
                for j in unit.offers:
                    view.ahead[j] = max(unit.weights[j], view.ahead.get(j, 0))
        return view

    def potential(self, key: Key) -> int:
        """The most that a state of the layer can still gain less its fines, in parts."""
        digits = key[0]
        view = self.view
        total = view.common
        for row in view.rows:
            total += row.most[digits // row.stride % row.radix]
        if view.locked or view.open_ended:
            total += self._rare(key)
        return total

    def _rare(self, key: Key) -> int:
        """The same of groups and mixed offers."""
        digits, runs = key
        view = self.view
        total = 0
        most: dict[int, int] = {}
        for j, row in view.locked:
            total += self._of_group(j, digits, row[digits // self.stride[j] % self.radix[j]], most)
        for j, row in view.open_ended:
            offer = self.offers[j]
            units = (self.top[j] - digits // self.stride[j] % self.radix[j]) * offer.qty
            for owner, there, gained in runs:
                if owner == j:
                    need = offer.qty - there
                    units += need
                    best = min(offer.off, gained + need * view.ahead.get(j, 0))
                    total += max(0, best - need * offer.off // offer.qty)
            gain = self._mixed_most(offer, row, units)
            total += self._of_group(j, digits, gain, most) if self.group_stride[j] else gain
        return total + sum(most.values())

    def _of_group(self, j: int, digits: int, gain: int, most: dict[int, int]) -> int:
        """`gain` where the offer's group is its own; where it is still free, the best of the group is in `most`."""
        stride = self.group_stride[j]
        lock = digits // stride % self.group_size[j]
        if lock == self.group_place[j]:
            return gain
        if lock == 0:
            most[stride] = max(gain, most.get(stride, 0))
        return 0


def _share(offer: Offer, unit: UnitClass) -> int:
    """What a unit brings of a run's gain at most, whatever the others are."""
    if offer.mixed:
        return -(-offer.off // offer.qty)
    return -(-(offer.cheapest * unit.weights[offer.number] + offer.const) // offer.qty)
