"""Step 1: from a basket's lines to lots at their current prices.

A line is one **lot**: `count` units of one sku at one current price. The fixed order of units is: sku as text, dearer
first, line.
"""

from __future__ import annotations

from operator import attrgetter

from engine.errors import BasketError
from engine.plans import Moment, Plan, Posting, Touch, allowance, in_force
from engine.snapshot import KG, NO_DISCOUNT, Snapshot
from engine.values import Basket, BasketLine, ReceiptLine


class Lot:
    """A line as units: `regular` and `current` are a unit's prices (a kg line is one unit)."""

    __slots__ = (
        "count",
        "current",
        "line",
        "lower",
        "milli",
        "net",
        "no_discount",
        "place",
        "price_promotion",
        "rank",
        "regular",
        "regular_unit",
        "shown",
        "sku",
        "touch",
    )

    def __init__(self, line: int, sku: str, count: int, milli: int, regular_unit: int) -> None:
        self.line = line
        self.sku = sku
        self.count = count
        self.milli = milli
        self.regular_unit = regular_unit  # for one, or for a kg
        self.regular = (regular_unit * milli + 500) // 1_000 if milli else regular_unit
        self.current = self.regular
        self.price_promotion: str | None = None
        self.no_discount = False
        self.touch: tuple[Touch, ...] = ()  # the promotions of steps 2 and 3 that select it, and which slot
        self.rank = line  # in the fixed order of units: `in_order` sets it
        self.place = line  # the same in the order of classes
        self.lower = 0  # the most that step 2 takes off one of its units
        self.net = 0  # what the line costs in the end, where `shown` is
        self.shown: ReceiptLine | None = None

    def of(self, price: int) -> int:
        """What a unit costs at a price for one, or for a kg."""
        return (price * self.milli + 500) // 1_000 if self.milli else price


class Counter:
    """Which promotions are in force for one basket, asked once each, and how often they may be applied."""

    __slots__ = ("_known", "_moment", "_snapshot", "basket", "caps", "coupons")

    def __init__(self, snapshot: Snapshot, basket: Basket) -> None:
        self.basket = basket
        self.coupons: dict[str, int] = {}
        for code in basket.coupons:
            self.coupons[code] = self.coupons.get(code, 0) + 1
        self._snapshot = snapshot
        self._moment = Moment(basket)
        self._known: dict[int, bool] = {}
        self.caps: dict[int, int] = {}  # plan -> most applications, -1 for any number; not of those that are free

    def admits(self, plan: Plan) -> bool:
        """Whether a promotion is in force and not used up."""
        if plan.free:
            return True
        known = self._known.get(plan.index)
        if known is None:
            most = allowance(plan, self.basket, self.coupons)
            self.caps[plan.index] = -1 if most is None else most
            known = self._known[plan.index] = most != 0 and in_force(plan, self._moment)
        return known

    def cap(self, plan: Plan) -> int:
        """The most applications of a promotion that is admitted, -1 for any number."""
        return -1 if plan.free else self.caps[plan.index]

    def promotion(self, number: int) -> Plan | None:
        """The promotion with this number, None where it is not in force or used up."""
        plan = self._snapshot.plan(number)
        return plan if self.admits(plan) else None

    def touch(self, posting: Posting) -> tuple[Touch, ...]:
        """What of steps 2 and 3 is in force."""
        if posting.free:
            return posting.touch
        return tuple([touch for touch in posting.touch if self.admits(touch[0])])


class Facts:
    """What pricing asks of an item."""

    __slots__ = ("flags", "posting", "price", "sku")

    def __init__(self, sku: str, flags: int, price: int, posting: Posting) -> None:
        self.sku = sku
        self.flags = flags
        self.price = price  # regular
        self.posting = posting


def facts_of(snapshot: Snapshot, code: str, line: int) -> Facts:
    """What pricing asks of an item. Raises BasketError (`unknown_item`)."""
    found = snapshot.sold(code)
    if found is None:
        raise BasketError("unknown_item", {"code": code}, line)
    sku, flags, price, posting = found
    return Facts(sku, flags, price, snapshot.touching(posting))


def lots_of(snapshot: Snapshot, basket: Basket, counter: Counter, known: dict[str, Facts]) -> list[Lot]:
    """The basket's lines at their current prices. `known` keeps the facts of codes that were looked up.

    Raises BasketError (`unknown_item`, `bad_quantity`).
    """
    lots: list[Lot] = []
    for number, line in enumerate(basket.lines):
        code: str = line.code
        facts = known.get(code)
        if facts is None:
            facts = known[code] = facts_of(snapshot, code, number)
        lots.append(lot_of(facts, line, number, counter))
    return lots


def lot_of(facts: Facts, line: BasketLine, number: int, counter: Counter) -> Lot:
    """One line at its current price. Raises BasketError (`bad_quantity`)."""
    qty: int = line.qty
    milli: int = line.milli
    if qty <= 0 if milli == 0 else qty != 0 or milli < 0 or not facts.flags & KG:
        raise _bad_quantity(facts, qty, milli, number)
    if milli == 0 and facts.flags & KG:
        raise _bad_quantity(facts, qty, milli, number)
    price = facts.price
    lot = Lot(number, facts.sku, 1 if milli else qty, milli, price)
    if facts.flags & NO_DISCOUNT:
        lot.no_discount = True
        return lot
    posting = facts.posting
    lot.touch = counter.touch(posting)
    if posting.shelf:
        lowest = price
        for plan, _ in posting.shelf:
            if plan.free or counter.admits(plan):
                offered = plan.price_of(price)
                if offered < lowest:
                    lowest = offered
                    lot.price_promotion = plan.id
        lot.current = lot.of(lowest)
    return lot


def _bad_quantity(facts: Facts, qty: int, milli: int, number: int) -> BasketError:
    if (qty > 0) == (milli > 0) or qty < 0 or milli < 0:
        reason = "a line has either pieces or a weight, and more than none"
    elif facts.flags & KG:
        reason = "this item is sold by weight (milli)"
    else:
        reason = "this item is sold by the piece (qty)"
    return BasketError("bad_quantity", {"reason": reason}, number)


_sku = attrgetter("sku")


def unit_order(lot: Lot) -> tuple[str, int, int]:
    """The fixed order of units: sku as text, dearer first, line."""
    return lot.sku, -lot.current, lot.line


def _class_order(lot: Lot) -> tuple[str, int, int, int]:
    """The same, with weight before line: kg lines of one price may be two classes, whose order no line decides."""
    return lot.sku, -lot.current, -lot.milli, lot.line


def in_order(lots: list[Lot]) -> list[Lot]:
    """The lots in the order of classes; each is told its `place` in it and its `rank` in the order of units."""
    ordered = sorted(lots, key=_sku)
    before: str | None = None
    for number, lot in enumerate(ordered):
        if lot.sku == before:  # a sku on two lines: only then prices are looked at
            return _in_full_order(lots)
        before = lot.sku
        lot.rank = lot.place = number
    return ordered


def _in_full_order(lots: list[Lot]) -> list[Lot]:
    for rank, lot in enumerate(sorted(lots, key=unit_order)):
        lot.rank = rank
    ordered = sorted(lots, key=_class_order)
    for place, lot in enumerate(ordered):
        lot.place = place
    return ordered


by_rank = attrgetter("rank")  # the fixed order of units
by_place = attrgetter("place")  # the order of classes
