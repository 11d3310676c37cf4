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
    """A sale without any tender was given up; one that comes to less than nothing is a return."""
    if not sale.tenders:
        return replace(totals, voided=totals.voided + 1)
    total_minor = sale.total_minor
    moved: dict[str, int] = {}
    for tender in sale.tenders:
        moved[tender.kind] = moved.get(tender.kind, 0) + tender.given_minor
    if sale.change_minor:
        moved["cash"] = moved.get("cash", 0) - sale.change_minor
    tenders = totals.tenders
    for kind, amount_minor in moved.items():
        tenders = _added(tenders, kind, amount_minor)
    back = total_minor < 0
    return replace(
        totals,
        sales=totals.sales + (not back),
        sales_minor=totals.sales_minor + (0 if back else total_minor),
        returns=totals.returns + back,
        returns_minor=totals.returns_minor + (total_minor if back else 0),
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
