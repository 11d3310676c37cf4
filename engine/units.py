"""Step 1: from a basket's lines to lots at their current prices; and classes of units with the offers for them.

A line is one **lot**: `count` units of one sku at one current price. Lots that the same offers may take at the same
price and gain are one class; which lot's units an offer gets is decided afterwards, in the fixed order of units: sku
as text, dearer first, line.
"""

from __future__ import annotations

from engine.errors import BasketError
from engine.offers import Offer, UnitClass
from engine.plans import OFF, PERCENT, PRICE, WHOLE, Moment, Plan, allowance, in_force
from engine.snapshot import KG, NO_DISCOUNT, Snapshot
from engine.values import Basket, BasketLine


class Lot:
    """A line as units: `regular` and `current` are a unit's prices (a kg line is one unit)."""

    __slots__ = (
        "count",
        "current",
        "line",
        "milli",
        "no_discount",
        "price_promotion",
        "regular",
        "regular_unit",
        "sku",
        "touch",
    )

    def __init__(self, line: int, sku: str, count: int, milli: int, regular_unit: int) -> None:
        self.line = line
        self.sku = sku
        self.count = count
        self.milli = milli
        self.regular_unit = regular_unit  # for one, or for a kg
        self.regular = self.of(regular_unit)
        self.current = self.regular
        self.price_promotion: str | None = None
        self.no_discount = False
        self.touch: list[tuple[Plan, int]] = []  # the promotions of steps 2 and 3 that select it, and which slot

    def of(self, price: int) -> int:
        """What a unit costs at a price for one, or for a kg."""
        return (price * self.milli + 500) // 1_000 if self.milli else price


class Counter:
    """Which promotions are in force for one basket, asked once each, and how often they may be applied."""

    def __init__(self, snapshot: Snapshot, basket: Basket) -> None:
        self.basket = basket
        self.coupons: dict[str, int] = {}
        for code in basket.coupons:
            self.coupons[code] = self.coupons.get(code, 0) + 1
        self._snapshot = snapshot
        self._moment = Moment(basket)
        self._known: dict[int, Plan | None] = {}
        self.slots: dict[int, tuple[Plan, int] | None] = {}
        self.caps: dict[int, int] = {}  # plan -> most applications, -1 for any number

    def slot(self, slot: int) -> tuple[Plan, int] | None:
        """The promotion of a slot and which of its slots this is; None where it is not in force or used up."""
        plan = self.promotion(self._snapshot.promotion_of(slot))
        found = None if plan is None else (plan, self._snapshot.entry_of(slot))
        self.slots[slot] = found
        return found

    def promotion(self, number: int) -> Plan | None:
        """The promotion with this number, None where it is not in force or used up."""
        if number in self._known:
            return self._known[number]
        plan: Plan | None = self._snapshot.plan(number)
        if plan is not None:
            most = allowance(plan, self.basket, self.coupons)
            self.caps[number] = -1 if most is None else most
            if most == 0 or not in_force(plan, self._moment):
                plan = None
        self._known[number] = plan
        return plan


Facts = tuple[str, int, int, tuple[int, ...]]  # sku, flags, regular price, slots


def facts_of(snapshot: Snapshot, code: str, line: int) -> Facts:
    """What pricing asks of an item. Raises BasketError (`unknown_item`)."""
    item = snapshot.find_number(code)
    if item < 0:
        raise BasketError("unknown_item", {"code": code}, line)
    sku, flags, price, posting = snapshot.price_facts(item)
    return sku, flags, price, snapshot.posting(posting)


def lots_of(snapshot: Snapshot, basket: Basket, counter: Counter, known: dict[str, Facts]) -> list[Lot]:
    """The basket's lines at their current prices. `known` keeps the facts of codes that were looked up.

    Raises BasketError (`unknown_item`, `bad_quantity`).
    """
    lots: list[Lot] = []
    slots = counter.slots
    for number, line in enumerate(basket.lines):
        facts = known.get(line.code)
        if facts is None:
            facts = known[line.code] = facts_of(snapshot, line.code, number)
        sku, flags, price, posting = facts
        _check_unit(line, bool(flags & KG), number)
        lot = Lot(number, sku, 1 if line.milli else line.qty, line.milli, price)
        lots.append(lot)
        if flags & NO_DISCOUNT:
            lot.no_discount = True
            continue
        lowest = price
        for slot in posting:
            there = slots[slot] if slot in slots else counter.slot(slot)
            if there is None:
                continue
            plan = there[0]
            if not plan.is_shelf:
                lot.touch.append(there)
                continue
            offered = plan.price_of(price)
            if offered < lowest:
                lowest = offered
                lot.price_promotion = plan.id
        lot.current = lot.of(lowest)
    return lots


def _check_unit(line: BasketLine, is_kg: bool, number: int) -> None:
    if (line.qty > 0) == (line.milli > 0) or line.qty < 0 or line.milli < 0:
        raise BasketError(
            "bad_quantity", {"reason": "a line has either pieces or a weight, and more than none"}, number
        )
    if is_kg and line.qty:
        raise BasketError("bad_quantity", {"reason": "this item is sold by weight (milli)"}, number)
    if not is_kg and line.milli:
        raise BasketError("bad_quantity", {"reason": "this item is sold by the piece (qty)"}, number)


class Component:
    """Promotions that share units, coupons or groups, and the classes of units that they may take."""

    __slots__ = ("classes", "lots", "offers", "plans")

    def __init__(self) -> None:
        self.plans: list[Plan] = []  # of each offer
        self.offers: list[Offer] = []
        self.classes: list[UnitClass] = []
        self.lots: list[list[Lot]] = []  # of each class, in the fixed order of units


def unit_order(lot: Lot) -> tuple[str, int, int]:
    """The fixed order of units: sku as text, dearer first, line."""
    return lot.sku, -lot.current, lot.line


def class_order(lot: Lot) -> tuple[str, int, int, int]:
    """The same, with weight before line: kg lines of one price may be two classes, whose order no line decides."""
    return lot.sku, -lot.current, -lot.milli, lot.line


class Offers:
    """The promotions that the layered search of step 2 does: `price`, and `set` with one `buy` entry."""

    def __init__(self, lots: list[Lot], caps: dict[int, int]) -> None:
        """`lots` in the order of classes."""
        self.plans: dict[int, Plan] = {}
        self.eligible: dict[int, list[tuple[Lot, int]]] = {}  # plan -> lots and their weights
        for lot in lots:
            for plan, _ in lot.touch:
                if plan.kind == "price" or (plan.kind == "set" and len(plan.buy) == 1):
                    weight = _weight(plan, lot)
                    if weight is not None:
                        self.plans[plan.index] = plan
                        self.eligible.setdefault(plan.index, []).append((lot, weight))
        self.offers: dict[int, Offer] = {}
        for index in sorted(self.plans):
            offer = _offer(self.plans[index], self.eligible[index], caps[index])
            if offer is not None:
                self.offers[index] = offer

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
        eligible: dict[int, list[tuple[Lot, int]]] = {}
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

    def _made(self, offers: dict[int, Offer], eligible: dict[int, list[tuple[Lot, int]]]) -> list[Component]:
        _drop_doubles(self.plans, offers, eligible)
        offers, eligible = _drop_lesser(offers, eligible)
        return [_component(part, self.plans, offers, eligible) for part in _parts(offers, eligible)]


def _weight(plan: Plan, lot: Lot) -> int | None:
    """What a rewarded unit of this lot gains, in parts of a minor unit; None where it takes no part."""
    if plan.kind == "price":
        gain = lot.current - lot.of(plan.price_of(lot.regular_unit))
        return gain * WHOLE if gain > 0 else None
    if plan.except_discounted and lot.current < lot.regular:
        return None
    if plan.mode == PERCENT:
        return lot.current * plan.amount
    return lot.current * WHOLE


def _offer(plan: Plan, eligible: list[tuple[Lot, int]], cap: int) -> Offer | None:
    """The promotion as an offer, None where it can gain nothing."""
    if plan.qty > 1 and sum([lot.count for lot, _ in eligible]) < plan.qty:
        return None
    if plan.kind == "price":
        return Offer(0, 1, 1, 0, cap, plan.coupon, "")
    amount = plan.amount * WHOLE
    const = -amount if plan.mode == PRICE else 0
    offer = Offer(0, plan.qty, plan.cheapest, const, cap, plan.coupon, plan.group)
    offer.fractional = plan.mode == PERCENT and any(weight % WHOLE for _, weight in eligible)
    if plan.mode == PERCENT:
        return offer if any(weight for _, weight in eligible) else None
    if plan.mode == OFF:
        by_price = sorted(eligible, key=lambda pair: pair[1])
        if _ends(by_price, plan.cheapest) < amount:
            offer.mixed, offer.off = True, amount
        else:  # every application gives all of it, whatever its units
            offer.const = amount
            offer.cheapest = 0
    most = sorted(eligible, key=lambda pair: -pair[1])
    best = _ends(most, plan.qty) - _ends(most, plan.qty - plan.cheapest)
    if plan.mode == PRICE:
        best -= amount
    return offer if best > 0 else None


def _ends(pairs: list[tuple[Lot, int]], count: int) -> int:
    """The sum of the first `count` units' weights."""
    total = 0
    for lot, weight in pairs:
        take = min(lot.count, count)
        total += take * weight
        count -= take
    return total


def _drop_doubles(plans: dict[int, Plan], offers: dict[int, Offer], eligible: dict[int, list[tuple[Lot, int]]]) -> None:
    """Drop an offer where another one, free of limits, takes all of its units, as many at a time, and gains no less."""
    members = {index: {lot.line for lot, _ in eligible[index]} for index in offers}
    for index in list(offers):
        mine, plan = offers[index], plans[index]
        if mine.fractional or mine.mixed:
            continue
        for other in offers:
            theirs, rival = offers[other], plans[other]
            if (
                other == index
                or theirs.limited
                or theirs.fractional
                or theirs.mixed
                or (theirs.qty, theirs.cheapest) != (mine.qty, mine.cheapest)
                or rival.kind == "price"
                or plan.kind == "price"
                or rival.mode != plan.mode
            ):
                continue
            better = rival.amount <= plan.amount if plan.mode == PRICE else rival.amount >= plan.amount
            equal = rival.amount == plan.amount and members[index] == members[other] and not mine.limited
            if better and members[index] <= members[other] and not (equal and index < other):
                del offers[index]
                break


def _drop_lesser(
    offers: dict[int, Offer], eligible: dict[int, list[tuple[Lot, int]]]
) -> tuple[dict[int, Offer], dict[int, list[tuple[Lot, int]]]]:
    """Without the units of one-unit offers that another one, free of limits, takes for 2 minor units more: however
    both offers' sums are rounded, giving it the unit is better."""
    best: dict[int, int] = {}
    single = [index for index, offer in offers.items() if offer.qty == 1 and not offer.mixed]
    if len(single) < 2:
        return offers, eligible
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


def _parts(offers: dict[int, Offer], eligible: dict[int, list[tuple[Lot, int]]]) -> list[list[int]]:
    """Plans that share lots, coupons or groups, together; in order of id."""
    owner: dict[int, int] = {index: index for index in offers}

    def find(index: int) -> int:
        while owner[index] != index:
            owner[index] = owner[owner[index]]
            index = owner[index]
        return index

    first: dict[tuple[str, str | int], int] = {}
    for index in offers:
        keys: list[tuple[str, str | int]] = [("lot", lot.line) for lot, _ in eligible[index]]
        if offers[index].code:
            keys.append(("coupon", offers[index].code))
        if offers[index].group:
            keys.append(("group", offers[index].group))
        for key in keys:
            one, two = find(first.setdefault(key, index)), find(index)
            owner[max(one, two)] = min(one, two)
    parts: dict[int, list[int]] = {}
    for index in sorted(offers):
        parts.setdefault(find(index), []).append(index)
    return list(parts.values())


def _component(
    part: list[int], plans: dict[int, Plan], offers: dict[int, Offer], eligible: dict[int, list[tuple[Lot, int]]]
) -> Component:
    out = Component()
    weights: dict[int, dict[int, int]] = {}  # line -> offer number -> weight
    lots: dict[int, Lot] = {}
    for number, index in enumerate(part):
        offers[index].number = number
        out.plans.append(plans[index])
        out.offers.append(offers[index])
        for lot, weight in eligible[index]:
            lots[lot.line] = lot
            weights.setdefault(lot.line, {})[number] = weight
    alike: dict[tuple[int, tuple[tuple[int, int], ...]], UnitClass] = {}
    for lot in sorted(lots.values(), key=class_order):
        mine = weights[lot.line]
        key = (lot.current, tuple(mine.items()))
        unit = alike.get(key)
        if unit is None:
            unit = alike[key] = UnitClass(len(out.classes), lot.current, 0, mine)
            out.classes.append(unit)
            out.lots.append([])
        unit.count += lot.count
        out.lots[unit.number].append(lot)
    for alike_lots in out.lots:
        alike_lots.sort(key=unit_order)
    for offer in out.offers:
        mine_classes = [unit for unit in out.classes if offer.number in unit.weights]
        if offer.qty == 1:
            mine_classes.sort(key=lambda unit: (-unit.weights[offer.number], unit.number))
        else:
            mine_classes.sort(key=lambda unit: (-unit.price, unit.number))
        offer.classes = mine_classes
    return out
