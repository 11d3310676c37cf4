"""The keys for goods that come back, with a receipt and without, and for giving their money back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.codes import CodeError, read_code
from engine.errors import EngineError
from runtime.sale import events as ev
from runtime.sale.machine import step
from runtime.sale.sold import SoldLine, SoldReceipt
from runtime.sale.state import Origin, Sale
from runtime.terminal.clock import local_text
from runtime.terminal.goods import facts_of
from runtime.terminal.names import goods_text
from runtime.terminal.refusal import NotTaken
from runtime.terminal.sentences import sentence
from runtime.terminal.tendering import rounding_rows
from runtime.wire.messages import Sentence

if TYPE_CHECKING:
    from runtime.terminal.till import Till


def return_receipt(till: Till, code: str) -> Sentence:
    return till.returns.look_at(code)


def return_close(till: Till) -> None:
    if not till.returns.close():
        raise NotTaken("receipt_none_open")


def return_line(till: Till, line: int, qty: int = 0, reason: str = "", approver: str = "", pin: str = "") -> Sentence:
    """`qty` pieces of a line of the receipt on the screen, or all that is left of it; weighed goods come back whole."""
    sold = _open(till)
    found = sold.line(line)
    if found is None:
        raise NotTaken("line_unknown", line=line)
    left = till.returns.left(sold, found) - till.returns.here(sold, found)
    if found.unit == "kg" and qty:
        raise NotTaken("return_weighed", name=found.name)
    if left <= 0 or qty > left or qty < 0:
        raise NotTaken("return_too_many", name=found.name, left=max(0, left))
    return _take(till, sold, [(found, qty or left)], reason, approver, pin)


def return_all(till: Till, reason: str = "", approver: str = "", pin: str = "") -> Sentence:
    """All that is left of the receipt on the screen."""
    sold = _open(till)
    rest = [(line, till.returns.left(sold, line) - till.returns.here(sold, line)) for line in sold.lines]
    rest = [(line, amount) for line, amount in rest if amount > 0]
    if not rest:
        raise NotTaken("receipt_nothing", number=sold.sequence)
    return _take(till, sold, rest, reason, approver, pin)


def return_item(
    till: Till,
    code: str,
    reason: str,
    qty: int = 1,
    weight_g: int = 0,
    price_minor: int = -1,
    approver: str = "",
    pin: str = "",
) -> Sentence:
    """Goods without a receipt: for what they cost now when sold alone, or for less. `price_minor` is of one or a kg."""
    book = till.snapshot
    try:
        reading = read_code(code, book.find, till.templates, exponent=book.exponent, currency=book.currency)
        item = reading.item
        alone = till.pricing.alone(Sale(), item, local_text(till.clock.now()))
    except CodeError as error:
        raise NotTaken(error.code, **error.args_by_name) from error
    except EngineError as error:
        raise NotTaken("price_book_changed", name=code[:40]) from error
    name = goods_text(item.name, item.sku)
    unit_minor = alone["total"] if price_minor < 0 else price_minor
    if unit_minor > alone["total"]:
        raise NotTaken("return_price", name=name, most=till.money(alone["total"]))
    if not reason.strip():
        raise NotTaken("reason_missing")
    grams = (weight_g or reading.weight_g or 0) if item.unit == "kg" else 0
    pieces = qty if item.unit == "each" else 0
    if item.unit == "kg" and not grams:
        raise NotTaken("return_weight", name=name)
    refund_minor = unit_minor * pieces if pieces else (unit_minor * grams + 500) // 1000
    facts = facts_of(item)
    facts = replace(facts, min_age=0) if facts is not None else None
    origin = Origin(refund_minor=refund_minor, reason=reason.strip())

    def make(who: str) -> ev.Event:
        goods = ev.ReturnedGoods(
            code, item.sku, name, item.unit, item.price, pieces, grams, facts, replace(origin, approver=who)
        )
        return ev.GoodsReturned((goods,), "keyed", local_text(till.clock.now()), till.pricing.hash)

    back = [one.returned.refund_minor for one in till.returns.coming_back() if one.returned]
    till.accept_approved(make, "return_without_receipt", sum(back) + refund_minor, approver, pin, origin.reason)
    return sentence("goods_returned", name=name, amount=till.money(refund_minor))


def refund(till: Till) -> Sentence:
    """What is due to the customer, in cash."""
    at, paper = local_text(till.clock.now()), till.has("POSPrinter")
    rows = rounding_rows(till)
    till.accept(ev.RefundGiven("cash", at, paper, rows))
    return sentence("refunded", amount=till.money(-till.checkout.sale.tenders[-1].amount_minor))


def refund_code(till: Till) -> Sentence:
    """No driver of a provider has refunds: that is said, and nothing is done."""
    if till.checkout.sale.due_minor >= 0:
        raise NotTaken("nothing_to_refund")
    raise NotTaken("refund_code_none")


def _open(till: Till) -> SoldReceipt:
    if till.returns.open is None:
        raise NotTaken("receipt_none_open")
    return till.returns.open


def _take(
    till: Till, sold: SoldReceipt, lines: list[tuple[SoldLine, int]], reason: str, approver: str, pin: str
) -> Sentence:
    def make(who: str) -> ev.Event:
        goods = tuple(_goods(till, sold, line, amount, reason.strip(), who) for line, amount in lines)
        return ev.GoodsReturned(goods, "receipt", local_text(till.clock.now()), till.pricing.hash)

    sale = step(till.checkout, make(approver))[0].sale
    back = till.returns.refunds_of(sale)
    with_receipt = [one.line for one in sale.live_lines if one.returned is not None and one.returned.sequence]
    total_minor = sum(back[number] for number in with_receipt)
    till.accept_approved(make, "return_with_receipt", total_minor, approver, pin, reason.strip())
    new_minor = sum(back[number] for number in with_receipt[-len(lines) :])
    return sentence("goods_returned", name=lines[0][0].name, amount=till.money(new_minor))


def _goods(till: Till, sold: SoldReceipt, line: SoldLine, amount: int, reason: str, who: str) -> ev.ReturnedGoods:
    item = till.snapshot.find(line.sku)
    facts = facts_of(item) if item is not None else None
    return ev.ReturnedGoods(
        code=line.code,
        sku=line.sku,
        name=line.name,
        unit=line.unit,
        regular_minor=line.regular_minor,
        qty=amount if line.unit == "each" else 0,
        weight_g=amount if line.unit == "kg" else 0,
        facts=replace(facts, min_age=0) if facts is not None else None,
        origin=Origin(
            epoch=sold.epoch,
            sequence=sold.sequence,
            line=line.line,
            left=till.returns.left(sold, line),
            reason=reason,
            approver=who,
            terminal="" if sold.terminal == till.identity.workstation else sold.terminal,
        ),
    )


COMMANDS: dict[str, Callable[..., Sentence | None]] = {
    "return_receipt": return_receipt,
    "return_close": return_close,
    "return_line": return_line,
    "return_all": return_all,
    "return_item": return_item,
    "refund": refund,
    "refund_code": refund_code,
}
