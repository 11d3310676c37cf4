"""Which promotions a priced basket concerns, and which of its goods each of them selects: what `engine.explain`,
`engine.forced` and `engine.hints` work on. Made from a snapshot, a basket and its receipt.

An item tagged `no_discount` is selected by no promotion (the compiler leaves it out), so it concerns none.
"""

from __future__ import annotations

from engine.plans import Moment, Plan, allowance, in_force
from engine.runs import shares
from engine.snapshot import NO_DISCOUNT, Snapshot
from engine.values import Application, Basket, Receipt, ReceiptLine


class Ware:
    """A line of the receipt as units: `regular` and `current` are a unit's prices (a kg line is one unit)."""

    __slots__ = (
        "count",
        "current",
        "free",
        "line",
        "milli",
        "net",
        "no_discount",
        "price_promotion",
        "regular",
        "regular_unit",
        "sku",
        "slots",
    )

    def __init__(self, number: int, line: ReceiptLine) -> None:
        self.line = number
        self.sku = line.sku
        self.milli = line.milli
        self.count = 1 if line.milli else line.qty
        self.regular_unit = line.regular  # for one, or for a kg
        self.regular = line.gross // self.count
        self.current = line.current // self.count
        self.net = line.net
        self.price_promotion = line.price_promotion
        self.no_discount = False
        self.free = self.count  # units that nothing of step 2 consumes, and no gift is
        self.slots: list[tuple[Plan, int]] = []  # the promotions that select it, and which slot

    def of(self, price: int) -> int:
        """What a unit costs at a price for one, or for a kg."""
        return (price * self.milli + 500) // 1_000 if self.milli else price


def unit_order(ware: Ware) -> tuple[str, int, int]:
    """The fixed order of units."""
    return ware.sku, -ware.current, ware.line


class Concerns:
    """`wares` are the receipt's lines; `members` leads from (promotion, slot) to those that it selects."""

    def __init__(self, snapshot: Snapshot, basket: Basket, receipt: Receipt) -> None:
        self.snapshot = snapshot
        self.basket = basket
        self.receipt = receipt
        self.moment = Moment(basket)
        self.coupons: dict[str, int] = {}
        for code in basket.coupons:
            self.coupons[code] = self.coupons.get(code, 0) + 1
        self.plans: dict[int, Plan] = {}  # those that select a unit, tender promotions beside them
        self.members: dict[tuple[int, int], list[Ware]] = {}
        self.wares = [Ware(number, line) for number, line in enumerate(receipt.lines)]
        known: dict[int, tuple[Plan, int]] = {}  # slot -> its promotion, which of its slots it is
        for ware in self.wares:
            _, flags, _, posting = snapshot.price_facts(snapshot.find_number(ware.sku))
            if flags & NO_DISCOUNT:
                ware.no_discount = True
                continue
            for slot in snapshot.posting(posting):
                there = known.get(slot)
                if there is None:
                    plan = snapshot.plan(snapshot.promotion_of(slot))
                    there = known[slot] = (plan, snapshot.entry_of(slot))
                    self.plans[plan.index] = plan
                ware.slots.append(there)
                self.members.setdefault((there[0].index, there[1]), []).append(ware)
        if any(not ware.no_discount for ware in self.wares):
            for tender in snapshot.tenders:
                for number in snapshot.tender_promotions(tender):
                    self.plans[number] = snapshot.plan(number)
        self.applied: dict[str, Application] = {one.promotion: one for one in receipt.applications}
        self.kind_of = {plan.id: plan.kind for plan in self.plans.values()}
        for one in receipt.applications:
            for line, count in one.gifts if self.kind_of[one.promotion] == "threshold" else one.units:
                if self.kind_of[one.promotion] != "tender":
                    self.wares[line].free -= count

        self._add_up()

    def eligible(self, plan: Plan, slot: int) -> list[Ware]:
        """The lines that a slot selects and `except_discounted` lets take part."""
        wares = self.members.get((plan.index, slot), [])
        if plan.except_discounted and not (plan.is_gift and slot == 1):
            return [ware for ware in wares if ware.current >= ware.regular]
        return wares

    def eligible_units(self, plan: Plan) -> list[Ware]:
        """The lines that any entry of a promotion of step 2 may take."""
        found = {ware.line: ware for slot in range(len(plan.buy)) for ware in self.eligible(plan, slot)}
        return list(found.values())

    def most(self, plan: Plan) -> int:
        """What the base of a threshold costs before step 2, minor units."""
        return sum(ware.current * ware.count for ware in self.eligible(plan, 0))

    def gift_in_base(self, plan: Plan, *, standing: bool = False) -> int:
        """What the unit that could be a gift for the least leaves missing in the base of its own threshold, minor
        units: a gift is in no base. `standing`: in the base as the receipt has it, of a unit that nothing has taken
        where there is one; else before step 2."""
        base = {ware.line for ware in self.eligible(plan, 0)}
        gifts = [ware for ware in self.members.get((plan.index, 1), ()) if ware.current > plan.gift[2]]
        if not standing:
            return min((ware.current if ware.line in base else 0 for ware in gifts), default=0)
        gifts = [ware for ware in gifts if ware.free] or gifts
        return min((self._still(plan, ware) if ware.line in base else 0 for ware in gifts), default=0)

    def _still(self, plan: Plan, ware: Ware) -> int:
        """What one unit adds to a base as the receipt has it, at most."""
        taken = self._consumed[ware.line] // ware.current
        if ware.free:
            return ware.current
        return 0 if plan.except_discounted or not taken else ware.current - self._off[ware.line] // taken

    def holds(self, plan: Plan) -> bool:
        return in_force(plan, self.moment)

    def cap(self, plan: Plan) -> int:
        """The most applications, -1 for any number."""
        most = allowance(plan, self.basket, self.coupons)
        return -1 if most is None else most

    def _add_up(self) -> None:
        """What step 2 takes off each line, what its consumed units cost before, and its gifts."""
        self._off = [0] * len(self.wares)
        self._consumed = [0] * len(self.wares)
        self._given = [0] * len(self.wares)
        for one in self.receipt.applications:
            kind = self.kind_of[one.promotion]
            if kind == "threshold":
                for line, count in one.gifts:
                    self._given[line] += self.wares[line].current * count
            elif kind != "tender":
                for line, count in one.units:
                    self._consumed[line] += self.wares[line].current * count
                for line, off in self._taken_off(one):
                    self._off[line] += off

    def base(self, plan: Plan) -> int:
        """What the base of a threshold costs after step 2 of the receipt, minor units."""
        gone = self._consumed if plan.except_discounted else self._off
        return sum(
            ware.current * ware.count - gone[ware.line] - self._given[ware.line] for ware in self.eligible(plan, 0)
        )

    def _taken_off(self, one: Application) -> list[tuple[int, int]]:
        """What an application of step 2 takes off, by line."""
        units = sorted(one.units, key=lambda pair: unit_order(self.wares[pair[0]]))
        if self.kind_of[one.promotion] == "price":
            plan = next(plan for plan in self.plans.values() if plan.id == one.promotion)
            out: list[tuple[int, int]] = []
            for line, count in units:
                ware = self.wares[line]
                out.append((line, count * (ware.current - ware.of(plan.price_of(ware.regular_unit)))))
            return out
        spread = shares(one.discount, [(self.wares[line].current, count) for line, count in units])
        return [(line, share * count + more) for (line, count), (share, more) in zip(units, spread, strict=True)]

    def before_tender(self) -> int:
        """The total after step 3."""
        off = sum(one.discount for one in self.receipt.applications if self.kind_of[one.promotion] == "tender")
        return self.receipt.total + off
