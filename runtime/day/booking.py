"""Books a closed sale into the shift and the day. Pure; the only place where totals of sales are made.

Money is booked as it moved: what was given less the change. What that is more than the sale came to (cash is rounded to
what there are coins for) is `rounding_minor`, so that for every shift and day, to the minor unit:

    sum of tenders = sales + returns + rounding
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.day.state import TenderSum, Totals

if TYPE_CHECKING:
    from runtime.sale.state import Checkout, Sale


def booked(checkout: Checkout) -> Checkout:
    """The checkout with its closed sale in the totals of shift and day."""
    shift, day, sale = checkout.shift, checkout.day, checkout.sale
    return replace(
        checkout,
        shift=replace(shift, totals=with_sale(shift.totals, sale)),
        day=replace(day, totals=with_sale(day.totals, sale)),
    )


def with_sale(totals: Totals, sale: Sale) -> Totals:
    """A sale without any tender was given up. In an exchange what came back is a return and what was bought a sale."""
    if not sale.tenders:
        return replace(totals, voided=totals.voided + 1)
    total_minor = sale.total_minor
    returned = {line.line for line in sale.live_lines if line.returned is not None}
    back_minor = sum(one.gross_minor for one in sale.apart if one.line in returned)
    sold = len(returned) < len(sale.live_lines)
    moved: dict[str, int] = {}
    for tender in sale.tenders:
        moved[tender.kind] = moved.get(tender.kind, 0) + tender.given_minor
    if sale.change_minor:
        moved["cash"] = moved.get("cash", 0) - sale.change_minor
    tenders = totals.tenders
    for kind, amount_minor in moved.items():
        tenders = _added(tenders, kind, amount_minor)
    return replace(
        totals,
        sales=totals.sales + sold,
        sales_minor=totals.sales_minor + total_minor - back_minor,
        returns=totals.returns + bool(returned),
        returns_minor=totals.returns_minor + back_minor,
        discount_minor=totals.discount_minor + _discount_minor(sale),
        rounding_minor=totals.rounding_minor + sum(moved.values()) - total_minor,
        tenders=tenders,
    )


def _discount_minor(sale: Sale) -> int:
    discount = sale.receipt.get("discount", 0)
    by_hand = sum(row.amount_minor for row in sale.adjustments)
    return (discount if type(discount) is int else 0) - by_hand


def _added(tenders: tuple[TenderSum, ...], kind: str, amount_minor: int) -> tuple[TenderSum, ...]:
    for at, each in enumerate(tenders):
        if each.kind == kind:
            more = TenderSum(kind, each.count + 1, each.amount_minor + amount_minor)
            return (*tenders[:at], more, *tenders[at + 1 :])
    return (*tenders, TenderSum(kind, 1, amount_minor))
