"""What a sale comes to, line by line: the engine's receipt, and what is put on it after it. Pure, integers only.

The receipt stays as the engine gave it, so that anybody with the snapshot gets it again. What a person or the rounding
of cash puts on a line is a row of its own (Adjustment), so that the lines still sum to what is paid, and a tax invoice
and a partial return foot. In this order:

1. A line with a price by hand is not in the engine's basket: it counts for no promotion and gets none. Its regular
   price is its gross, and a row takes it down to the price by hand.
2. Percent and amounts on a line are taken off what the engine left of it, percent rounded half up.
3. A discount on the ticket is taken off what is left then of all lines that may be discounted and have no price by
   hand, spread by largest remainder in proportion to it (of equal remainders the larger line, then the first).
4. Cash is rounded last, on the largest line (engine.rounding).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.rounding import CashRounding, cash_unit, rounded_total, rounding_rows
from engine.values import ReceiptLine
from runtime.sale.state import Adjustment, Apart, Sale, SaleLine

KINDS: dict[str, str] = {
    "price": "a price by hand",
    "percent": "percent taken off a line by hand",
    "amount": "an amount taken off a line by hand",
    "ticket_percent": "a line's part of percent taken off the ticket",
    "ticket_amount": "a line's part of an amount taken off the ticket",
    "rounding": "the rounding of cash (docs/adr/0011)",
}


@dataclass(frozen=True, slots=True)
class Sum:
    """What the live lines come to."""

    total_minor: int
    apart: tuple[Apart, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Nothing was added to the engine's receipt."""
        return not self.apart and not self.adjustments


def regular_price(line: SaleLine) -> int:
    """What a line costs without any promotion, minor units, half up."""
    return _times(line, line.regular_minor)


def _times(line: SaleLine, unit_minor: int) -> int:
    if line.unit == "kg":
        return (unit_minor * line.weight_g + 500) // 1000
    return unit_minor * line.qty


def summed(sale: Sale, receipt: dict[str, Any], refunds: Mapping[int, int]) -> Sum:
    """`receipt` is the engine's, of `sale.basket_lines`; `refunds` what is given back for each line that came back."""
    live = sale.live_lines
    if sale.hand is None and not any(line.hand or line.facts or line.returned for line in live):
        return Sum(receipt["total"])
    apart = tuple(
        Apart(line.line, regular_price(line) if line.returned is None else -refunds[line.line])
        for line in live
        if line.apart
    )
    nets = {line.line: priced["net"] for line, priced in zip(sale.basket_lines, receipt["lines"], strict=True)}
    nets.update({one.line: one.gross_minor for one in apart})
    adjustments: list[Adjustment] = []

    def put(line: int, kind: str, amount_minor: int, hand: Any) -> None:
        if amount_minor:
            adjustments.append(Adjustment(line, kind, amount_minor, hand.reason, hand.approver, hand.value))
            nets[line] += amount_minor

    for line in live:
        hand = line.hand
        if hand is None:
            continue
        net = nets[line.line]
        if hand.kind == "price":
            put(line.line, "price", _times(line, hand.value) - net, hand)
        else:
            put(line.line, hand.kind, -_off(net, hand.kind, hand.value), hand)
    if sale.hand is not None:
        lines = [line.line for line in live if _takes_ticket_discount(line)]
        weights = [nets[line] for line in lines]
        parts = spread(_off(sum(weights), sale.hand.kind, sale.hand.value), weights)
        for number, part in zip(lines, parts, strict=True):
            put(number, f"ticket_{sale.hand.kind}", -part, sale.hand)
    return Sum(sum(nets.values()), apart, tuple(adjustments))


def _takes_ticket_discount(line: SaleLine) -> bool:
    return not line.apart and not (line.facts is not None and line.facts.no_discount)


def _off(net: int, kind: str, value: int) -> int:
    return (net * value + 50) // 100 if kind == "percent" else min(value, net)


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` (at least 0, at most their sum) in parts by weight: none above its weight, all together the amount."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    parts = [amount * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % total), -weights[at], at))
    for at in order[: amount - sum(parts)]:
        parts[at] += 1
    return parts


def priced_lines(sale: Sale) -> list[tuple[int, ReceiptLine]]:
    """The number and price of every live line of a sale whose total stands, with what was put on it."""
    put_on: dict[int, int] = {}
    for row in (*sale.adjustments, *sale.rounding):
        put_on[row.line] = put_on.get(row.line, 0) + row.amount_minor
    gross = {one.line: one.gross_minor for one in sale.apart}
    priced = iter(sale.receipt["lines"])
    lines: list[tuple[int, ReceiptLine]] = []
    for line in sale.live_lines:
        whole = gross.get(line.line)
        said: dict[str, Any] = next(priced) if whole is None else {"gross": whole, "current": whole, "net": whole}
        net = said["net"] + put_on.get(line.line, 0)
        one = ReceiptLine(
            sku=line.sku,
            qty=line.qty,
            milli=line.weight_g,
            regular=line.regular_minor,
            gross=said["gross"],
            current=said["current"],
            discount=said["gross"] - net,
            net=net,
            price_promotion=said.get("price_promotion"),
        )
        lines.append((line.line, one))
    return lines


def cash_rounding_rows(sale: Sale, how: CashRounding, exponent: int) -> tuple[Adjustment, ...]:
    """The difference between what is due and what cash pays for it: rows on the largest lines, none below 0."""
    due = sale.due_minor
    if how == "none" or due == 0 or sale.part_minor is not None:
        return ()
    if due < 0:
        return _refund_rounding_rows(sale, how, exponent)
    rest = rounded_total(due, how, exponent) - due
    if rest == 0:
        return ()
    lines = priced_lines(sale)
    rows = rounding_rows(tuple(one for _, one in lines), rest)
    return tuple(Adjustment(lines[row.line][0], "rounding", row.amount_minor) for row in rows)


def _refund_rounding_rows(sale: Sale, how: CashRounding, exponent: int) -> tuple[Adjustment, ...]:
    """Money that is given back is rounded for the customer too: up where money that is taken is rounded down. The row
    is on the line that most is given back for; the next return of the same receipt counts it."""
    back = -sale.due_minor
    unit = cash_unit(exponent)
    given = (back + unit - 1) // unit * unit if how == "down" else rounded_total(back, how, exponent)
    if given in (back, 0):
        return ()
    nets = [(one.net, number) for number, one in priced_lines(sale)]
    return (Adjustment(min(nets)[1], "rounding", back - given),)
