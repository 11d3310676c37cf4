"""Ringing: what goods, weights, quantities and members do to a sale."""

from __future__ import annotations

from dataclasses import replace

from runtime.sale import checks
from runtime.sale import events as e
from runtime.sale.checks import Step
from runtime.sale.effects import AskWeight, Show
from runtime.sale.refusals import MAX_LINES, MAX_TEXT, Refused
from runtime.sale.state import Checkout, Sale, SaleLine, State, Weighing


def _room(sale: Sale) -> None:
    if len(sale.lines) >= MAX_LINES:
        raise Refused("too_many_lines", limit=MAX_LINES)


def _began(sale: Sale, event: e.ItemAdded | e.WeightWanted) -> dict[str, str]:
    return {"began_at": sale.began_at or event.at, "snapshot": sale.snapshot or event.snapshot}


def add_item(checkout: Checkout, event: e.ItemAdded) -> Step:
    sale = checkout.sale
    checks.item(event)
    if event.unit == "each":
        checks.quantity(event.qty)
        if event.weight_g != 0:
            raise Refused("bad_item")
    elif event.unit == "kg":
        checks.weight(event.weight_g)
        if event.qty != 0:
            raise Refused("bad_item")
        if sale.pending_qty is not None:
            raise Refused("quantity_for_weighed", name=event.name)
    else:
        raise Refused("bad_item")
    _room(sale)
    line = SaleLine(
        line=len(sale.lines) + 1,
        code=event.code,
        sku=event.sku,
        name=event.name,
        unit=event.unit,
        regular_minor=event.regular_minor,
        qty=event.qty,
        weight_g=event.weight_g,
        entry=event.entry,
        facts=event.facts,
    )
    return checks.with_sale(
        checkout,
        Show("price", event.regular_minor),
        state=State.RINGING,
        lines=(*sale.lines, line),
        pending_qty=None,
        **_began(sale, event),
    )


def want_weight(checkout: Checkout, event: e.WeightWanted) -> Step:
    sale = checkout.sale
    checks.item(event)
    if sale.pending_qty is not None:
        raise Refused("quantity_for_weighed", name=event.name)
    _room(sale)
    weighing = Weighing(
        code=event.code,
        sku=event.sku,
        name=event.name,
        regular_minor=event.regular_minor,
        entry=event.entry,
        facts=event.facts,
    )
    return checks.with_sale(
        checkout,
        Show("price", event.regular_minor),
        AskWeight(),
        state=State.WEIGHING,
        weighing=weighing,
        **_began(sale, event),
    )


def weigh(checkout: Checkout, event: e.Weighed) -> Step:
    sale = checkout.sale
    checks.weight(event.weight_g)
    waiting = sale.weighing
    if waiting is None:
        raise Refused("not_weighing")
    line = SaleLine(
        line=len(sale.lines) + 1,
        code=waiting.code,
        sku=waiting.sku,
        name=waiting.name,
        unit="kg",
        regular_minor=waiting.regular_minor,
        qty=0,
        weight_g=event.weight_g,
        entry="scale",
        facts=waiting.facts,
    )
    return checks.with_sale(checkout, state=State.RINGING, lines=(*sale.lines, line), weighing=None)


def drop_weighing(checkout: Checkout, event: e.WeighingDropped) -> Step:
    """The member stays: the customer who cannot have this item is still here."""
    if checkout.sale.lines:
        return checks.with_sale(checkout, Show("off", 0), state=State.RINGING, weighing=None)
    return checks.with_sale(checkout, Show("off", 0), state=State.IDLE, weighing=None, began_at="", snapshot="")


def set_quantity(checkout: Checkout, event: e.QuantitySet) -> Step:
    if event.qty is not None:
        checks.quantity(event.qty)
    elif checkout.sale.pending_qty is None:
        raise Refused("no_quantity")
    return checks.with_sale(checkout, pending_qty=event.qty)


def change_quantity(checkout: Checkout, event: e.LineQuantityChanged) -> Step:
    line = checks.live_line(checkout.sale, event.line)
    if line.returned is not None:
        raise Refused("line_returned", line=event.line)
    if line.unit != "each":
        raise Refused("line_weighed", line=event.line)
    if line.hand is not None:  # who approved it approved it for so many
        raise Refused("line_by_hand", line=event.line)
    checks.quantity(event.qty)
    return checks.with_sale(checkout, lines=replaced(checkout.sale, replace(line, qty=event.qty)))


def void_line(checkout: Checkout, event: e.LineVoided) -> Step:
    line = checks.live_line(checkout.sale, event.line)
    lines = replaced(checkout.sale, replace(line, voided=True))
    if all(each.voided for each in lines):
        return replace(checkout, sale=Sale()), (Show("off", 0),)
    return checks.with_sale(checkout, lines=lines)


def replaced(sale: Sale, line: SaleLine) -> tuple[SaleLine, ...]:
    return tuple(line if each.line == line.line else each for each in sale.lines)


def identify_member(checkout: Checkout, event: e.MemberIdentified) -> Step:
    """An empty number takes the member off the sale."""
    if len(event.member) > MAX_TEXT or (not event.member and not checkout.sale.member):
        raise Refused("bad_member")
    return checks.with_sale(checkout, member=event.member)
