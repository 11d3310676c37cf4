"""Cash rounding: what a receipt comes to where the smallest coins are no longer paid. Pure, integers only.

The book says how, with its key `cash_rounding`: `none` (also where the key is not there), `down` to a tenth of the
currency's unit (抹零, 23.46 becomes 23.4), or `half_up` to the nearest tenth. Only cash is rounded: any other tender
pays the total exactly. The difference is a row of its own on the largest line (the greatest net; of equal ones the
first by the engine's order of units: sku, then dearer price, then line), so that the lines still sum to what was paid.
A line that costs less than the difference gives all it has, and the next largest the rest: no net falls below 0.
Rounding is no promotion: it may lie on a `no_discount` item too.

`half_up` may ask more than the labels say, by up to half a tenth; whether that is allowed is the shop's to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from engine.values import Receipt, ReceiptLine

CashRounding = Literal["none", "down", "half_up"]
CASH_ROUNDINGS: Final[tuple[CashRounding, ...]] = ("none", "down", "half_up")
CASH = "cash"


@dataclass(frozen=True, slots=True)
class RoundingRow:
    """What rounding changes on one line of the receipt."""

    line: int  # from 0
    amount_minor: int  # added to the line's net: below 0 for a discount, above 0 where the total is rounded up


@dataclass(frozen=True, slots=True)
class Rounded:
    total: int  # to be paid, minor units
    rows: tuple[RoundingRow, ...]  # empty where there is no difference, else one; more only where lines are tiny


def cash_rounding(book: Mapping[str, Any]) -> CashRounding:
    """How the book rounds cash. Raises ValueError where its key says something else."""
    said = book.get("cash_rounding", "none")
    for known in CASH_ROUNDINGS:
        if said == known:
            return known
    raise ValueError(f"cash_rounding must be one of {', '.join(CASH_ROUNDINGS)}, not {said!r}")


def cash_unit(exponent: int) -> int:
    """A tenth of the currency's unit in minor units: 10 where it has two decimals; 1 where it has at most one."""
    if not 0 <= exponent <= 4:
        raise ValueError(f"exponent must be from 0 to 4, not {exponent}")
    unit: int = 10 ** max(0, exponent - 1)
    return unit


def rounded_total(total: int, how: CashRounding, exponent: int) -> int:
    """`total` (at least 0) as cash pays it."""
    if total < 0:
        raise ValueError(f"a total of {total}")
    unit = cash_unit(exponent)
    if how == "down":
        return total - total % unit
    if how == "half_up":
        return (2 * total + unit) // (2 * unit) * unit
    return total


def round_cash(receipt: Receipt, tender: str, how: CashRounding, exponent: int) -> Rounded:
    """What `receipt` comes to when `tender` pays it, and the row of the difference. The receipt stays as it is."""
    total = rounded_total(receipt.total, how, exponent) if tender == CASH else receipt.total
    return Rounded(total, rounding_rows(receipt.lines, total - receipt.total))


def rounding_rows(lines: tuple[ReceiptLine, ...], rest: int) -> tuple[RoundingRow, ...]:
    """`rest` minor units as rows on the largest lines, none below 0. What no line can give is left."""
    rows: list[RoundingRow] = []
    for line in _largest_first(lines):
        if rest == 0:
            break
        part = max(rest, -lines[line].net)
        if part:
            rows.append(RoundingRow(line, part))
            rest -= part
    return tuple(rows)


def _largest_first(lines: tuple[ReceiptLine, ...]) -> list[int]:
    """The places of the lines, the greatest net first; equal ones in the engine's order of units."""

    def rank(place: int) -> tuple[int, str, int, int]:
        line = lines[place]
        unit = line.current if line.milli else line.current // line.qty
        return (-line.net, line.sku, -unit, place)

    return sorted(range(len(lines)), key=rank)
