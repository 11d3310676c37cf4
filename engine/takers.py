"""What may consume units in a coupled part, as steps of a search: one **step** is one more application, or one more
unit, of one promotion.

Where every unit gains for itself (price promotions, tiers, gifts, sets that reward all their units alike), a step is
one unit, and how many there are together must fit: a multiple of `size`, between `low` and `high`. A tier is one such
taker for each of its tiers, of which one is used. Of other sets a step is one application: which units it consumes,
put into the entries in the way that gives most.
"""

from __future__ import annotations

from engine.plans import OFF, PERCENT, PRICE, WHOLE, Plan

MAX_STEPS = 3_000  # steps of one promotion that a search is made for
MAX_GOODS = 200  # goods of all entries of a set, told apart, that it is made for
NO_END = 1_000_000_000


class Goods:
    """Units that nothing tells apart: those of one sku (a weighed line is its own). `rank` is the order of units."""

    __slots__ = ("count", "current", "discounted", "gains", "number", "rank", "slots")

    def __init__(self, number: int, current: int, discounted: bool, slots: list[tuple[int, int]]) -> None:
        self.number = number
        self.rank = number
        self.count = 0
        self.current = current
        self.discounted = discounted  # its current price is below regular
        self.slots = slots  # (promotion, entry) that select it
        self.gains: dict[int, int] = {}  # promotion -> what a price promotion of step 2 takes off a unit


class Step:
    """One more application (or unit) of a taker: what it consumes, and what that gains in parts of a minor unit."""

    __slots__ = ("first", "gain", "needs", "taker", "units")

    def __init__(self, taker: Taker, needs: tuple[tuple[int, int], ...], gain: int) -> None:
        self.taker = taker
        self.needs = needs  # (goods, units), rising
        self.first = needs[0][0]
        self.gain = gain
        self.units = sum(count for _, count in needs)


class Taker:
    """One promotion (of a tier: one of its tiers). `cap` is the most applications, -1 for any number."""

    __slots__ = ("cap", "const", "fractional", "high", "low", "number", "plan", "size", "steps", "unitwise")

    def __init__(self, plan: Plan, cap: int, size: int) -> None:
        self.plan = plan
        self.cap = cap
        self.size = size  # units of an application
        self.number = 0
        self.const = 0  # what each application gains beside its units, where units gain for themselves
        self.low = 1
        self.high = NO_END
        self.unitwise = True
        self.fractional = False
        self.steps: list[Step] = []

    def applications(self, units: int) -> int:
        if self.plan.kind == "tier":
            return 1
        return -(-units // self.size)


class Shape:
    """The least that a promotion's applications give: `least` parts each, and `low` parts by `whole` minor units of
    what their units cost; `numbers` are the goods that they take."""

    __slots__ = ("least", "low", "numbers", "plan", "whole")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.least = -1
        self.low = self.whole = 0
        self.numbers: list[int] = []

    def add(self, gain: int, each: int, cost: int) -> None:
        """An application that gains so much, or a unit that brings `each` of it and costs so much."""
        if self.least < 0 or gain < self.least:
            self.least = gain
        if cost > 0 and (self.whole == 0 or each * self.whole < self.low * cost):
            self.low, self.whole = each, cost


def shapes_of(plan: Plan, cap: int, goods: list[Goods]) -> list[Shape]:
    """What the applications of a promotion without gifts give at least, by taker; none where nothing is known."""
    if plan.kind == "set" and len(plan.buy) == 1 and plan.mode == PERCENT and plan.cheapest < plan.qty:
        entry = entries_of(plan, goods)[0]
        if all(one.current for one in entry):  # else some applications gain nothing
            if sum([one.count for one in entry]) < plan.qty:
                return []
            shape = Shape(plan)
            shape.numbers = [one.number for one in entry]
            rising = sorted([(one.current, one.count) for one in entry])
            low = _sum(rising, plan.cheapest)
            dear = _sum(rising[::-1], plan.qty - plan.cheapest)
            shape.add(low * plan.amount, low * plan.amount, low + dear)
            return [shape]
    out: list[Shape] = []
    for taker in takers_of(plan, cap, goods) or ():
        shape = Shape(plan)
        numbers: set[int] = set()
        for step in taker.steps:
            numbers.update([number for number, _ in step.needs])
            cost = sum([goods[number].current * count for number, count in step.needs])
            if taker.unitwise:
                shape.add(step.gain * taker.size + taker.const, step.gain + taker.const // taker.size, cost)
            else:
                shape.add(step.gain, step.gain, cost)
        shape.numbers = sorted(numbers)
        out.append(shape)
    return out


def _sum(pairs: list[tuple[int, int]], units: int) -> int:
    total = 0
    for amount, count in pairs:
        take = min(count, units)
        total += take * amount
        units -= take
    return total


def takers_of(plan: Plan, cap: int, goods: list[Goods]) -> list[Taker] | None:
    """The takers of a promotion of step 2 or of a gift; none where it can gain nothing, None where they are too many
    to be searched."""
    if plan.kind == "price":
        taker = Taker(plan, cap, 1)
        _unit_steps(taker, [(one, one.gains[plan.index] * WHOLE) for one in goods if one.gains.get(plan.index, 0) > 0])
        return [taker] if taker.steps else []
    entries = entries_of(plan, goods)
    if plan.kind == "tier":
        return _tier(plan, cap, entries[0])
    if plan.is_gift:
        return _gift(plan, cap, entries_of(plan, goods, gift=True)[1])
    if any(sum(one.count for one in entry) < qty for entry, qty in zip(entries, plan.buy, strict=True)):
        return []
    if len(plan.buy) == 1 and plan.cheapest == plan.qty and _unitwise(plan, entries[0]):
        taker = Taker(plan, cap, plan.qty)
        if plan.mode == OFF:
            taker.const = plan.amount * WHOLE
            _unit_steps(taker, [(one, 0) for one in entries[0]])
        else:
            _unit_steps(taker, [(one, one.current * plan.amount) for one in entries[0]])
        return [taker]
    return _set(plan, cap, entries, goods)


def entries_of(plan: Plan, goods: list[Goods], *, gift: bool = False) -> list[list[Goods]]:
    """The goods that each entry selects; with `gift` those of a threshold's base and of its gift."""
    count = 2 if gift else len(plan.buy)
    out: list[list[Goods]] = [[] for _ in range(count)]
    for one in goods:
        if plan.except_discounted and one.discounted and not gift:
            continue
        for index, entry in one.slots:
            if index == plan.index and entry < count:
                out[entry].append(one)
    return out


def _unit_steps(taker: Taker, pairs: list[tuple[Goods, int]]) -> None:
    for one, gain in pairs:
        taker.steps.append(Step(taker, ((one.number, 1),), gain))
    taker.fractional = any(step.gain % WHOLE for step in taker.steps)


def _unitwise(plan: Plan, entry: list[Goods]) -> bool:
    """Whether any units of it make an application, which gains the same however they are put together."""
    if plan.mode == PERCENT:
        return all(one.current for one in entry)
    least = 0
    need = plan.qty
    for price, count in sorted((one.current, one.count) for one in entry):
        take = min(count, need)
        least += take * price
        need -= take
    return plan.mode == OFF and least >= plan.amount


def _tier(plan: Plan, cap: int, goods: list[Goods]) -> list[Taker]:
    out: list[Taker] = []
    for number, (at, mode, amount) in enumerate(plan.tiers):
        taker = Taker(plan, cap, 1)
        taker.low = at
        if number + 1 < len(plan.tiers):
            taker.high = plan.tiers[number + 1][0] - 1
        if mode == PERCENT:
            _unit_steps(taker, [(one, one.current * amount) for one in goods])
        else:
            _unit_steps(taker, [(one, max(0, one.current - amount) * WHOLE) for one in goods])
        if sum(one.count for one in goods) >= at and any(step.gain for step in taker.steps):
            out.append(taker)
    return out


def _gift(plan: Plan, cap: int, goods: list[Goods]) -> list[Taker]:
    _, count, price, each = plan.gift
    taker = Taker(plan, cap, count)
    if not each:
        taker.high = count
    _unit_steps(taker, [(one, (one.current - price) * WHOLE) for one in goods if one.current > price])
    return [taker] if taker.steps else []


def _set(plan: Plan, cap: int, entries: list[list[Goods]], goods: list[Goods]) -> list[Taker] | None:
    if sum(len(entry) for entry in entries) > MAX_GOODS:
        return None
    ways: dict[tuple[tuple[int, int], ...], int] = {}
    tried = 0
    chosen: list[list[tuple[int, int]]] = []
    used = [0] * len(goods)
    prices = {one.number: one.current for one in goods}

    def put(entry: int) -> bool:
        nonlocal tried
        if entry == len(entries):
            tried += 1
            needs = tuple((number, count) for number, count in enumerate(used) if count)
            gain = gain_of(plan, chosen, needs, prices)
            if gain > 0 and gain > ways.get(needs, 0):
                ways[needs] = gain
            return tried <= MAX_STEPS
        return fill(entry, 0, plan.buy[entry], [])

    def fill(entry: int, at: int, need: int, taken: list[tuple[int, int]]) -> bool:
        if need == 0:
            chosen.append(list(taken))
            good = put(entry + 1)
            chosen.pop()
            return good
        if at == len(entries[entry]):
            return True
        one = entries[entry][at]
        for count in range(min(need, one.count - used[one.number]), -1, -1):
            used[one.number] += count
            if count:
                taken.append((one.number, count))
            good = fill(entry, at + 1, need - count, taken)
            if count:
                taken.pop()
            used[one.number] -= count
            if not good:
                return False
        return True

    if not put(0):
        return None
    taker = Taker(plan, cap, plan.qty)
    taker.unitwise = False
    for needs, gain in ways.items():
        taker.steps.append(Step(taker, needs, gain))
    taker.fractional = any(step.gain % WHOLE for step in taker.steps)
    return [taker] if taker.steps else []


def gain_of(
    plan: Plan, chosen: list[list[tuple[int, int]]], needs: tuple[tuple[int, int], ...], prices: dict[int, int]
) -> int:
    """What one application gains with its units (goods and count) in these entries. `prices` by goods."""
    rewarded = needs if plan.entry < 0 else tuple(chosen[plan.entry])
    left = plan.cheapest
    cost = 0
    for price, count in sorted((prices[number], count) for number, count in rewarded):
        take = min(count, left)
        cost += take * price
        left -= take
    if plan.mode == PERCENT:
        return cost * plan.amount
    if plan.mode == PRICE:
        return (cost - plan.amount) * WHOLE
    return min(plan.amount, cost) * WHOLE
