"""A small book of the promotions and goods of one part of a basket, so that `price` can be asked what the part would
cost if it were a little different: some units gone, some promotions off, an amount more in a threshold's base.

The book is written from compiled promotions and compiled again, with its own names (ids, skus, codes and groups become
numbers that keep their order). Conditions are left out: every promotion asks for a group of the basket that is named
after it, so that leaving the group out leaves the promotion out. What several limits leave is its one limit.
Amounts are goods by weight that cost 1 for a gram: a line of so many grams is one unit of that price.
"""

from __future__ import annotations

import json
import re

from engine.compiler import compile_book
from engine.concerns import Ware
from engine.plans import PERCENT, Plan
from engine.pricing import price
from engine.snapshot import Snapshot
from engine.values import Basket, BasketLine, Receipt

AT = "2000-01-01T00:00:00"
BOOK = b'{"format": 1, "currency": "XXX", "exponent": 2}'
LAST = "~"  # the id of a threshold that asks for a base: after all numbers
SUM = "~"  # the sku of what is put into its base
_PERCENT = re.compile(r'"@(\d+\.\d\d)@"')

Value = int | str | list["Value"] | dict[str, "Value"]


class Floor:
    """A threshold that gives `bonus` where the base of `plan` is at least each of `amounts`: taken last, off goods that
    are in no other base, it changes nothing but what step 2 may do."""

    __slots__ = ("amounts", "bonus", "plan")

    def __init__(self, plan: Plan, amounts: list[int], bonus: int) -> None:
        self.plan = plan
        self.amounts = amounts
        self.bonus = bonus


class Trial:
    """`plans` with their caps (-1 for none); `bare` has neither coupon nor group and may give `fewer` gifts."""

    def __init__(
        self,
        wares: list[Ware],
        plans: dict[int, tuple[Plan, int]],
        shelf: dict[str, Plan],
        bare: Plan | None = None,
        fewer: int = 0,
        floor: Floor | None = None,
        extra: Plan | None = None,
    ) -> None:
        """`shelf` are the price promotions that goods name; `extra` is one whose base an amount may be put into."""
        self.wares = wares
        self.plans = plans
        self._floor = floor
        skus = sorted({ware.sku for ware in wares})
        self._sku = {sku: f"s{number:05}" for number, sku in enumerate(skus)}
        self._codes: dict[str, str] = {}
        self._groups: dict[str, str] = {}
        members: dict[tuple[int, int], list[str]] = {}
        rests: dict[tuple[int, int], list[str]] = {}
        named: dict[str, list[str]] = {}
        rows = ["sku,name,unit,price,category,brand,tags,barcodes"]
        seen: set[str] = set()
        for ware in wares:
            if ware.price_promotion is not None and self._sku[ware.sku] not in named.get(ware.price_promotion, ()):
                named.setdefault(ware.price_promotion, []).append(self._sku[ware.sku])
            if ware.sku in seen:
                continue
            seen.add(ware.sku)
            name = self._sku[ware.sku]
            rows.append(f"{name},,{'kg' if ware.milli else 'each'},{ware.regular_unit},,,,")
            rows.append(f"{name}~,,kg,1000,,,,")
            for plan, slot in ware.slots:
                if plan.index not in plans:
                    continue
                members.setdefault((plan.index, slot), []).append(name)
                if plan.kind == "threshold" and slot == 0 and not plan.except_discounted:
                    rests.setdefault((plan.index, slot), []).append(f"{name}~")
        rows.append(f"{SUM},,kg,1000,,,,")
        book: list[Value] = []
        for number, (id, plan) in enumerate(sorted(shelf.items())):
            if id in named:
                book.append(
                    {"id": f"c{number:05}", "type": "price", "items": {"skus": _listed(named[id])}, **_gives(plan)}
                )
        for index, (plan, cap) in plans.items():
            goods = [[*members.get((index, slot), []), *rests.get((index, slot), [])] for slot in range(_slots(plan))]
            if plan is extra:
                goods[0].append(SUM)
            naked = plan is bare
            book.append(self._promotion(plan, goods, cap, naked, fewer if naked else 0))
        if floor is not None:
            goods = [[*members.get((floor.plan.index, 0), []), *rests.get((floor.plan.index, 0), []), SUM]]
            for number, amount in enumerate(floor.amounts):
                tier: Value = {"amount": amount + floor.bonus, "off": floor.bonus}
                one: dict[str, Value] = {"id": f"{LAST}{number}", "type": "threshold", "tiers": [tier]}
                one["items"] = {"skus": _listed(goods[0])}
                one["where"] = {"groups": [f"{LAST}{number}"]}
                if floor.plan.except_discounted:
                    one["except_discounted"] = 1
                book.append(one)
        text = _PERCENT.sub(r"\1", json.dumps(book)).replace('"except_discounted": 1', '"except_discounted": true')
        text = text.replace('"each": 1}', '"each": true}')
        files = {"book.json": BOOK, "items.csv": "\n".join(rows).encode(), "promotions.json": text.encode()}
        self._snapshot = Snapshot(compile_book(files).data, verify=False)

    def price(
        self,
        taken: dict[int, int],
        coupons: dict[str, int],
        off: set[int],
        used: dict[int, int],
        sums: list[tuple[str, int]],
        level: int,
        nodes: int,
        more: int = 0,
    ) -> Receipt:
        """What is left costs. `taken` are units of each line that are gone; `sums` (sku, amount) are in the thresholds'
        bases of that sku; of the floor's amounts the one at `level` counts (-1: none); `more` is in `extra`'s base."""
        lines: list[BasketLine] = []
        for ware in self.wares:
            left = ware.count - taken.get(ware.line, 0)
            if left > 0:
                lines.append(BasketLine(self._sku[ware.sku], 0 if ware.milli else left, ware.milli))
        lines += [BasketLine(f"{self._sku[sku]}~", 0, amount) for sku, amount in sums if amount > 0]
        groups = [_id(index) for index in self.plans if index not in off]
        if level >= 0 and self._floor is not None:
            groups.append(f"{LAST}{level}")
            more += self._floor.bonus
        if more:
            lines.append(BasketLine(SUM, 0, more))
        basket = Basket(
            id="",
            at=AT,
            lines=tuple(lines),
            groups=tuple(groups),
            coupons=tuple(self._code(code) for code, count in coupons.items() for _ in range(count)),
            used={_id(index): {"total": count} for index, count in used.items()},
        )
        return price(self._snapshot, basket, nodes)

    def discounts(self, receipt: Receipt) -> dict[int, int]:
        """Of each promotion that is applied: by its number."""
        return {int(one.promotion[1:]): one.discount for one in receipt.applications if one.promotion[0] == "p"}

    def _code(self, code: str) -> str:
        return self._codes.setdefault(code, f"k{len(self._codes)}")

    def _promotion(self, plan: Plan, goods: list[list[str]], cap: int, bare: bool, fewer: int) -> dict[str, Value]:
        one: dict[str, Value] = {"id": _id(plan.index), "type": plan.kind, "where": {"groups": [_id(plan.index)]}}
        if cap >= 0:
            one["limit"] = {"total": max(1, cap)}
        if plan.coupon and not bare:
            one["coupon"] = self._code(plan.coupon)
        if plan.group and not bare and plan.kind != "price":
            one["group"] = self._groups.setdefault(plan.group, f"g{len(self._groups)}")
        if plan.except_discounted:
            one["except_discounted"] = 1
        if plan.kind == "set":
            one["buy"] = [
                {"items": {"skus": _listed(names)}, "qty": qty} for names, qty in zip(goods, plan.buy, strict=True)
            ]
            reward = _gives(plan)
            units = plan.qty
            if plan.entry >= 0:
                reward["group"] = plan.entry
                units = plan.buy[plan.entry]
            if plan.cheapest < units:
                reward["of"], reward["count"] = "cheapest", plan.cheapest
            one["reward"] = reward
            return one
        one["items"] = {"skus": _listed(goods[0])}
        if plan.kind == "price":
            one.update(_gives(plan))
        elif plan.kind == "tier":
            one["tiers"] = [{"qty": at, mode: _amount(mode, amount)} for at, mode, amount in plan.tiers]
        elif plan.is_gift:
            amount, count, cost, each = plan.gift
            gift: dict[str, Value] = {"amount": amount, "items": {"skus": _listed(goods[1])}, "price": cost}
            gift["count"] = max(1, count - fewer)
            if each:
                gift["each"] = 1
            one["gift"] = gift
        elif plan.each[0]:
            one["each"] = {"amount": plan.each[0], "off": plan.each[1]}
        else:
            one["tiers"] = [{"amount": at, mode: _amount(mode, amount)} for at, mode, amount in plan.tiers]
        return one


def _id(index: int) -> str:
    return f"p{index:09}"


def _slots(plan: Plan) -> int:
    if plan.kind == "set":
        return len(plan.buy)
    return 2 if plan.is_gift else 1


def _gives(plan: Plan) -> dict[str, Value]:
    return {plan.mode: _amount(plan.mode, plan.amount)}


def _amount(mode: str, amount: int) -> Value:
    """A percent as text that becomes a number with two decimals."""
    return f"@{amount // 100}.{amount % 100:02}@" if mode == PERCENT else amount


def _listed(names: list[str]) -> Value:
    return [*names]
