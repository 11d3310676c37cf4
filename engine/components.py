"""Step 2 as the layered search sees it: offers, the lots they may take, and components of both.

Lots that the same offers may take at the same price and gain are one class; which lot's units an offer gets is decided
afterwards, in the fixed order of units.
"""

from __future__ import annotations

from engine.offers import Offer, UnitClass
from engine.plans import OFF, PERCENT, PRICE, WHOLE, Plan
from engine.units import Counter, Lot, by_place, by_rank

Eligible = list[tuple[Lot, int]]  # lots in the order of classes, and what a rewarded unit of each gains


class Component:
    """Promotions that share units, coupons or groups, and the classes of units that they may take."""

    __slots__ = ("classes", "lots", "offers", "plans")

    def __init__(self) -> None:
        self.plans: list[Plan] = []  # of each offer
        self.offers: list[Offer] = []
        self.classes: list[UnitClass] = []
        self.lots: list[list[Lot]] = []  # of each class, in the fixed order of units


class Offers:
    """The promotions that the layered search of step 2 does: `price`, and `set` with one `buy` entry."""

    __slots__ = ("eligible", "offers", "plans")

    def __init__(self) -> None:
        self.plans: dict[int, Plan] = {}
        self.eligible: dict[int, Eligible] = {}
        self.offers: dict[int, Offer] = {}

    def add(self, plan: Plan, lots: list[Lot], counter: Counter) -> bool:
        """A promotion and the lots that it selects, in the order of classes; left out where it can gain nothing."""
        if plan.qty > 1:
            units = 0
            for lot in lots:
                units += lot.count
            if units < plan.qty:
                return False
        eligible: Eligible = []
        for lot in lots:
            weight = _weight(plan, lot)
            if weight >= 0:
                eligible.append((lot, weight))
        offer = _offer(plan, eligible, counter.cap(plan)) if eligible else None
        if offer is None:
            return False
        self.plans[plan.index] = plan
        self.eligible[plan.index] = eligible
        self.offers[plan.index] = offer
        return True

    def components(self, indexes: list[int]) -> list[Component]:
        """The parts of step 2 that these promotions make, which can be decided on their own where no threshold asks
        what their units cost."""
        offers = {index: self.offers[index] for index in indexes}
        return self._made(offers, self.eligible)

    def lines(self, index: int) -> set[int]:
        """The lines that a promotion may take."""
        return {lot.line for lot, _ in self.eligible[index]}

    def groups(self, indexes: list[int]) -> list[list[int]]:
        """The promotions that share units, coupons or groups, together."""
        return _parts({index: self.offers[index] for index in indexes}, self.eligible)

    def restricted(
        self, indexes: list[int], without: dict[int, set[int]], caps: dict[int, int], every: bool = False
    ) -> list[Component]:
        """The same, without some lines of a promotion, and with fewer applications; with `every` also those
        promotions that never gain more than another one."""
        offers: dict[int, Offer] = {}
        eligible: dict[int, Eligible] = {}
        for index in indexes:
            out = without.get(index)
            offer: Offer | None = self.offers[index]
            mine = self.eligible[index]
            most = caps.get(index, -1)
            if out or most >= 0:
                if out:
                    mine = [pair for pair in mine if pair[0].line not in out]
                cap = self.offers[index].cap
                if most >= 0 and (cap < 0 or most < cap):
                    cap = most
                offer = _offer(self.plans[index], mine, cap) if mine and cap else None
            if offer is not None:
                offers[index] = offer
                eligible[index] = mine
        if every:
            return [_component(part, self.plans, offers, eligible) for part in _parts(offers, eligible)]
        return self._made(offers, eligible)

    def _made(self, offers: dict[int, Offer], eligible: dict[int, Eligible]) -> list[Component]:
        if len(offers) > 1:
            _drop_doubles(self.plans, offers, eligible)
            offers, eligible = _drop_lesser(offers, eligible)
        return [_component(part, self.plans, offers, eligible) for part in _parts(offers, eligible)]


def _weight(plan: Plan, lot: Lot) -> int:
    """What a rewarded unit of this lot gains, in parts of a minor unit; -1 where it takes no part."""
    if plan.kind == "price":
        gain = lot.current - lot.of(plan.price_of(lot.regular_unit))
        return gain * WHOLE if gain > 0 else -1
    if plan.except_discounted and lot.current < lot.regular:
        return -1
    if plan.mode == PERCENT:
        return lot.current * plan.amount
    return lot.current * WHOLE


def _offer(plan: Plan, eligible: Eligible, cap: int) -> Offer | None:
    """The promotion as an offer, None where it can gain nothing."""
    qty = plan.qty
    if qty > 1:
        units = 0
        for lot, _ in eligible:
            units += lot.count
        if units < qty:
            return None
    if plan.kind == "price":
        return Offer(0, 1, 1, 0, cap, plan.coupon, "")
    if plan.mode == PERCENT:
        offer = Offer(0, qty, plan.cheapest, 0, cap, plan.coupon, plan.group)
        some = False
        for _, weight in eligible:
            if weight:
                some = True
            if weight % WHOLE:
                offer.fractional = True
        return offer if some else None
    amount = plan.amount * WHOLE
    offer = Offer(0, qty, plan.cheapest, -amount if plan.mode == PRICE else 0, cap, plan.coupon, plan.group)
    if plan.mode == OFF:
        by_price = sorted(eligible, key=lambda pair: pair[1])
        if _ends(by_price, plan.cheapest) < amount:
            offer.mixed, offer.off = True, amount
        else:  # every application gives all of it, whatever its units
            offer.const = amount
            offer.cheapest = 0
    most = sorted(eligible, key=lambda pair: -pair[1])
    best = _ends(most, qty) - _ends(most, qty - plan.cheapest)
    if plan.mode == PRICE:
        best -= amount
    return offer if best > 0 else None


def _ends(pairs: Eligible, count: int) -> int:
    """The sum of the first `count` units' weights."""
    total = 0
    for lot, weight in pairs:
        take = min(lot.count, count)
        total += take * weight
        count -= take
    return total


def _drop_doubles(plans: dict[int, Plan], offers: dict[int, Offer], eligible: dict[int, Eligible]) -> None:
    """Drop an offer where another one, free of limits, takes all of its units, as many at a time, and gains no less."""
    members: dict[int, set[int]] = {}
    for index in list(offers):
        mine, plan = offers[index], plans[index]
        if mine.fractional or mine.mixed or plan.kind == "price":
            continue
        for other, theirs in offers.items():
            rival = plans[other]
            if (
                other == index
                or theirs.qty != mine.qty
                or theirs.cheapest != mine.cheapest
                or theirs.limited
                or theirs.fractional
                or theirs.mixed
                or rival.kind == "price"
                or rival.mode != plan.mode
            ):
                continue
            better = rival.amount <= plan.amount if plan.mode == PRICE else rival.amount >= plan.amount
            if not better or len(eligible[index]) > len(eligible[other]):
                continue
            for number in (index, other):
                if number not in members:
                    members[number] = {lot.line for lot, _ in eligible[number]}
            equal = rival.amount == plan.amount and members[index] == members[other] and not mine.limited
            if members[index] <= members[other] and not (equal and index < other):
                del offers[index]
                break


def _drop_lesser(
    offers: dict[int, Offer], eligible: dict[int, Eligible]
) -> tuple[dict[int, Offer], dict[int, Eligible]]:
    """Without the units of one-unit offers that another one, free of limits, takes for 2 minor units more: however
    both offers' sums are rounded, giving it the unit is better."""
    single = [index for index, offer in offers.items() if offer.qty == 1 and not offer.mixed]
    if len(single) < 2:
        return offers, eligible
    best: dict[int, int] = {}
    for index in single:
        offer = offers[index]
        if not offer.limited:
            for lot, weight in eligible[index]:
                gain = weight * offer.cheapest + offer.const
                if gain > best.get(lot.line, 0):
                    best[lot.line] = gain
    kept = dict(offers)
    units = dict(eligible)
    for index in single:
        offer = offers[index]
        mine = [
            pair
            for pair in eligible[index]
            if pair[1] * offer.cheapest + offer.const + 2 * WHOLE > best.get(pair[0].line, 0)
        ]
        if not mine:
            del kept[index]
        elif len(mine) < len(eligible[index]):
            units[index] = mine
    return kept, units


class Joined:
    """Numbers that belong together, by what they share. The least of each lot of them stands for it."""

    __slots__ = ("_codes", "_groups", "_lines", "owner")

    def __init__(self, numbers: list[int]) -> None:
        """`numbers` rising."""
        self.owner: dict[int, int] = {number: number for number in numbers}
        self._codes: dict[str, int] = {}
        self._groups: dict[str, int] = {}
        self._lines: dict[int, int] = {}

    def find(self, number: int) -> int:
        owner = self.owner
        up = owner[number]
        while up != number:
            owner[number] = owner[up]
            number = up
            up = owner[number]
        return number

    def join(self, one: int, two: int) -> None:
        one = self.find(one)
        two = self.find(two)
        if one < two:
            self.owner[two] = one
        elif two < one:
            self.owner[one] = two

    def share(self, number: int, coupon: str, group: str) -> None:
        """`number` needs a coupon or locks a group, where these are not empty."""
        if coupon:
            self.join(self._codes.setdefault(coupon, number), number)
        if group:
            self.join(self._groups.setdefault(group, number), number)

    def lot(self, number: int, line: int) -> None:
        self.join(self._lines.setdefault(line, number), number)

    def together(self) -> list[list[int]]:
        """Those that belong together, in order."""
        parts: dict[int, list[int]] = {}
        for number in self.owner:
            root = self.find(number)
            there = parts.get(root)
            if there is None:
                parts[root] = [number]
            else:
                there.append(number)
        return list(parts.values())


def _parts(offers: dict[int, Offer], eligible: dict[int, Eligible]) -> list[list[int]]:
    """Plans that share lots, coupons or groups, together; in order of id."""
    numbers = sorted(offers)
    if len(numbers) < 2:
        return [numbers] if numbers else []
    joined = Joined(numbers)
    for index in numbers:
        for lot, _ in eligible[index]:
            joined.lot(index, lot.line)
        joined.share(index, offers[index].code, offers[index].group)
    return joined.together()


def _component(
    part: list[int], plans: dict[int, Plan], offers: dict[int, Offer], eligible: dict[int, Eligible]
) -> Component:
    out = Component()
    weights: dict[int, dict[int, int]] = {}  # line -> offer number -> weight
    lots: list[Lot] = []
    for number, index in enumerate(part):
        offers[index].number = number
        out.plans.append(plans[index])
        out.offers.append(offers[index])
        for lot, weight in eligible[index]:
            mine = weights.get(lot.line)
            if mine is None:
                weights[lot.line] = {number: weight}
                lots.append(lot)
            else:
                mine[number] = weight
    if len(part) > 1:
        lots.sort(key=by_place)
    alike: dict[int, list[UnitClass]] = {}  # by price
    for lot in lots:
        mine = weights[lot.line]
        same = alike.setdefault(lot.current, [])
        unit: UnitClass | None = None
        for one in same:
            if one.weights == mine:
                unit = one
                break
        if unit is None:
            unit = UnitClass(len(out.classes), lot.current, 0, mine)
            same.append(unit)
            out.classes.append(unit)
            out.lots.append([])
        unit.count += lot.count
        out.lots[unit.number].append(lot)
    for alike_lots in out.lots:
        if len(alike_lots) > 1:
            alike_lots.sort(key=by_rank)
    for offer in out.offers:
        number = offer.number
        mine_classes = [unit for unit in out.classes if number in unit.weights]
        if offer.qty == 1:
            ranks = [(-unit.weights[number], unit.number) for unit in mine_classes]
        else:
            ranks = [(-unit.price, unit.number) for unit in mine_classes]
        ranks.sort()
        offer.classes = [out.classes[place] for _, place in ranks]
    return out
