"""What a sale comes to, line by line, once its total stands. Pure, integers only.

The engine's receipt stays as the engine gave it. What is put on a line's price after it is a row of its own
(Adjustment), so that the lines still sum to what is paid, and a tax invoice and a partial return foot.
"""

from __future__ import annotations

from engine.rounding import CashRounding, largest_first, rounded_total
from engine.values import ReceiptLine
from runtime.sale.state import Adjustment, Sale

KINDS: dict[str, str] = {"rounding": "the rounding of cash (docs/adr/0011)"}


def priced_lines(sale: Sale) -> list[tuple[int, ReceiptLine]]:
    """The number and price of every line that is sold, with what was put on it."""
    put_on: dict[int, int] = {}
    for row in sale.rounding:
        put_on[row.line] = put_on.get(row.line, 0) + row.amount_minor
    lines: list[tuple[int, ReceiptLine]] = []
    for line, priced in zip(sale.live_lines, sale.receipt["lines"], strict=True):
        net = priced["net"] + put_on.get(line.line, 0)
        one = ReceiptLine(
            sku=line.sku,
            qty=line.qty,
            milli=line.weight_g,
            regular=priced["regular"],
            gross=priced["gross"],
            current=priced["current"],
            discount=priced["gross"] - net,
            net=net,
            price_promotion=priced["price_promotion"],
        )
        lines.append((line.line, one))
    return lines


def cash_rounding_rows(sale: Sale, how: CashRounding, exponent: int) -> tuple[Adjustment, ...]:
    """The difference between what is due and what cash pays for it: rows on the largest lines, none below 0."""
    due = sale.due_minor
    if how == "none" or due <= 0 or sale.part_minor is not None:
        return ()
    rest = rounded_total(due, how, exponent) - due
    if rest == 0:
        return ()
    lines = priced_lines(sale)
    rows: list[Adjustment] = []
    for place in largest_first(tuple(one for _, one in lines)):
        if rest == 0:
            break
        part = max(rest, -lines[place][1].net)
        if part:
            rows.append(Adjustment(lines[place][0], "rounding", part))
            rest -= part
    return tuple(rows)
