"""What a sale takes from stock: of each item the pieces, or the grams. Pure.

Goods that are made up from a bulk take grams of it by their spec, however many pieces that is (six pieces 100 g,
thirteen 220 g); weighed goods their weight; all others pieces. What comes back is below 0.
"""

from __future__ import annotations

from runtime.sale.state import Sale, SaleLine


def movements(sale: Sale) -> list[tuple[str, str, int]]:
    """(item, "each" or "g", how much is taken from stock), one for each item and unit, in the order of the lines."""
    taken: dict[tuple[str, str], int] = {}
    for line in sale.live_lines:
        sku, unit, amount = _of(line)
        amount = -amount if line.returned is not None else amount
        taken[sku, unit] = taken.get((sku, unit), 0) + amount
    return [(sku, unit, amount) for (sku, unit), amount in taken.items() if amount]


def _of(line: SaleLine) -> tuple[str, str, int]:
    facts = line.facts
    sku = facts.stock_sku if facts is not None and facts.stock_sku else line.sku
    if line.unit == "kg":
        return sku, "g", line.weight_g
    if facts is not None and facts.stock_g:
        return sku, "g", line.qty * facts.stock_g
    return sku, "each", line.qty
