"""Goods that come back, beside goods that are sold: a return, or an exchange where both are in one sale.

A returned line is a line of the sale like any other, but what it comes to is below 0; so an exchange comes to the
difference, which is paid or given back. Of no line of a receipt comes more back than was sold: what came back before is
in the event, what comes back now is counted here.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.sale import checks
from runtime.sale import events as e
from runtime.sale.checks import Step
from runtime.sale.effects import Show
from runtime.sale.paying import close, rounding_of
from runtime.sale.refusals import MAX_LINES, MAX_TEXT, Refused
from runtime.sale.state import Checkout, Sale, SaleLine, State, Tender


def take_return(checkout: Checkout, event: e.GoodsReturned) -> Step:
    sale = checkout.sale
    if not event.goods or not event.at or len(event.at) > MAX_TEXT or len(event.snapshot) > MAX_TEXT:
        raise Refused("bad_item")
    if sale.pending_qty is not None:
        raise Refused("quantity_for_return")
    if len(sale.lines) + len(event.goods) > MAX_LINES:
        raise Refused("too_many_lines", limit=MAX_LINES)
    lines = list(sale.lines)
    for goods in event.goods:
        _check(goods, lines)
        line = SaleLine(
            line=len(lines) + 1,
            code=goods.code,
            sku=goods.sku,
            name=goods.name,
            unit=goods.unit,
            regular_minor=goods.regular_minor,
            qty=goods.qty,
            weight_g=goods.weight_g,
            entry=event.entry,
            facts=goods.facts,
            returned=goods.origin,
        )
        lines.append(line)
    return checks.with_sale(
        checkout,
        Show("off", 0),
        state=State.RINGING,
        lines=tuple(lines),
        began_at=sale.began_at or event.at,
        snapshot=sale.snapshot or event.snapshot,
    )


def _check(goods: e.ReturnedGoods, lines: list[SaleLine]) -> None:
    checks.texts(goods.code, goods.sku, goods.name)
    checks.amount(goods.regular_minor, "bad_price", name=goods.name)
    checks.facts(goods.facts)
    origin = goods.origin
    checks.reason(origin.reason)
    checks.reason(origin.approver)
    checks.reason(origin.terminal)
    checks.amount(origin.refund_minor)
    if goods.unit == "each" and goods.weight_g == 0:
        checks.quantity(goods.qty)
    elif goods.unit == "kg" and goods.qty == 0:
        checks.weight(goods.weight_g)
    else:
        raise Refused("bad_item")
    if not origin.sequence:
        return
    before = sum(line.qty or line.weight_g for line in lines if not line.voided and _is_of(line, goods))
    if before + (goods.qty or goods.weight_g) > origin.left:
        raise Refused("return_too_many", name=goods.name, left=max(0, origin.left - before))


def _is_of(line: SaleLine, goods: e.ReturnedGoods) -> bool:
    one, other = line.returned, goods.origin
    return one is not None and (one.epoch, one.sequence, one.line) == (other.epoch, other.sequence, other.line)


def give_refund(checkout: Checkout, event: e.RefundGiven) -> Step:
    sale = checkout.sale
    checks.age(sale)  # of what is sold in the exchange
    if sale.due_minor >= 0 or sale.tenders:
        raise Refused("nothing_to_refund")
    if event.kind != "cash":
        raise Refused("refund_kind")
    sale = _rounded(sale, event)
    due = sale.due_minor
    sale = replace(sale, tenders=(Tender("cash", due, due),))
    return close(replace(checkout, sale=sale), drawer=True, paper=event.paper)


def _rounded(sale: Sale, event: e.RefundGiven) -> Sale:
    rounded = replace(sale, rounding=rounding_of(sale, event.rounding))
    if rounded.due_minor >= 0:
        raise Refused("bad_rounding")
    return rounded
