"""What every handler asks of an event, and how it gives back its step. Pure; raises Refused and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runtime.sale import events as e
from runtime.sale.effects import Effect
from runtime.sale.refusals import MAX_AGE, MAX_AMOUNT_MINOR, MAX_QTY, MAX_TEXT, MAX_WEIGHT_G, Refused
from runtime.sale.state import Checkout, Facts, Payment, Sale, SaleLine

Step = tuple[Checkout, tuple[Effect, ...]]


def amount(value: int, code: str = "bad_amount", **args: str | int) -> None:
    if type(value) is not int or not 0 <= value <= MAX_AMOUNT_MINOR:
        raise Refused(code, **args)


def quantity(qty: int) -> None:
    if type(qty) is not int or not 1 <= qty <= MAX_QTY:
        raise Refused("bad_quantity", limit=MAX_QTY)


def weight(weight_g: int) -> None:
    if type(weight_g) is not int or not 1 <= weight_g <= MAX_WEIGHT_G:
        raise Refused("bad_weight", limit=MAX_WEIGHT_G)


def item(event: e.ItemAdded | e.WeightWanted) -> None:
    texts = (event.code, event.sku, event.name, event.entry, event.at, event.snapshot)
    if not event.sku or not event.at or any(len(text) > MAX_TEXT for text in texts):
        raise Refused("bad_item")
    amount(event.regular_minor, "bad_price", name=event.name)
    facts(event.facts)


def texts(*values: str) -> None:
    if any(not 1 <= len(value) <= MAX_TEXT for value in values):
        raise Refused("bad_item")


def facts(value: Facts | None) -> None:
    if value is None:
        return
    if len(value.stock_sku) > MAX_TEXT or not 0 <= value.min_age <= MAX_AGE or not 0 <= value.stock_g <= MAX_WEIGHT_G:
        raise Refused("bad_item")


def trade(trade_no: str) -> None:
    if not 1 <= len(trade_no) <= MAX_TEXT:
        raise Refused("bad_trade")


def live_line(sale: Sale, number: int) -> SaleLine:
    for line in sale.lines:
        if line.line == number:
            if line.voided:
                raise Refused("line_voided", line=number)
            return line
    raise Refused("line_unknown", line=number)


def open_payment(sale: Sale, trade_no: str) -> Payment:
    if sale.payment is None or sale.payment.trade_no != trade_no:
        raise Refused("payment_foreign")
    return sale.payment


def with_sale(checkout: Checkout, *effects: Effect, **changes: Any) -> Step:
    return replace(checkout, sale=replace(checkout.sale, **changes)), effects


def unpaid(sale: Sale) -> None:
    if sale.tenders:
        raise Refused("part_paid")


def reason(text: str) -> None:
    """A reason is short text; none is a reason too."""
    if len(text) > MAX_TEXT:
        raise Refused("bad_reason", limit=MAX_TEXT)


def age(sale: Sale) -> None:
    """Before money is taken."""
    if sale.age_open:
        raise Refused("age_open", age=sale.age_open)
