"""Paying: from the total that stands to the closed sale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runtime.sale import checks
from runtime.sale import events as e
from runtime.sale.checks import Step
from runtime.sale.effects import AskPayment, CancelPayment, CloseRecord, Effect, OpenDrawer, Print, Show
from runtime.sale.refusals import MAX_PRINTS, MAX_ROUNDING_MINOR, Refused
from runtime.sale.state import Adjustment, Checkout, Payment, PrintJob, Sale, State, Tender

UNPRICED: dict[str, Any] = {
    "basket": {},
    "receipt": {},
    "apart": (),
    "adjustments": (),
    "sum_minor": None,
    "part_minor": None,
}  # what a sale is without its total


def subtotal(checkout: Checkout, event: e.Subtotalled) -> Step:
    priced = event.receipt.get("total", -1)
    checks.amount(priced, "bad_total")
    total = priced + sum(one.gross_minor for one in event.apart) + sum(one.amount_minor for one in event.adjustments)
    checks.amount(abs(total), "bad_total")
    if total != (priced if event.sum_minor is None else event.sum_minor):
        raise Refused("bad_total")
    return checks.with_sale(
        checkout,
        Show("total", total),
        state=State.TENDERING,
        basket=event.basket,
        receipt=event.receipt,
        snapshot=event.snapshot or checkout.sale.snapshot,
        pending_qty=None,
        apart=event.apart,
        adjustments=event.adjustments,
        sum_minor=event.sum_minor,
    )


def leave_tendering(checkout: Checkout, event: e.TenderingLeft) -> Step:
    checks.unpaid(checkout.sale)
    return checks.with_sale(checkout, Show("off", 0), state=State.RINGING, **UNPRICED)


def set_part(checkout: Checkout, event: e.PartSet) -> Step:
    _owes(checkout.sale)
    due = checkout.sale.due_minor
    if event.amount_minor is None:
        if checkout.sale.part_minor is None:
            raise Refused("no_part")
    elif type(event.amount_minor) is not int or not 0 < event.amount_minor < due:
        raise Refused("bad_part", due=due)
    return checks.with_sale(checkout, part_minor=event.amount_minor)


def take_cash(checkout: Checkout, event: e.CashTendered) -> Step:
    """Of a part, or of all that is due; all that is due may be rounded."""
    checks.amount(event.amount_minor)
    sale = checkout.sale
    checks.age(sale)
    _owes(sale)
    part = sale.part_minor
    sale = replace(sale, rounding=rounding_of(sale, event.rounding if part is None else ()))
    due = sale.due_minor if part is None else part
    if event.amount_minor < due:
        raise Refused("cash_short", short=due - event.amount_minor)
    tender = Tender(kind="cash", amount_minor=due, given_minor=event.amount_minor)
    return paid(replace(checkout, sale=sale), tender, drawer=event.amount_minor > 0, paper=event.paper)


def _owes(sale: Sale) -> None:
    """The customer, and not the shop."""
    if sale.due_minor < 0:
        raise Refused("refund_due", due=-sale.due_minor)


def rounding_of(sale: Sale, rows: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
    for row in rows:
        checks.live_line(sale, row.line)
        if row.kind != "rounding" or type(row.amount_minor) is not int:
            raise Refused("bad_rounding")
    if abs(sum(row.amount_minor for row in rows)) > MAX_ROUNDING_MINOR:
        raise Refused("bad_rounding")
    return rows


def paid(checkout: Checkout, tender: Tender, drawer: bool, paper: bool) -> Step:
    """A tender more: the sale is closed by the last of them."""
    sale = replace(checkout.sale, tenders=(*checkout.sale.tenders, tender), part_minor=None, payment=None)
    sale = replace(sale, change_minor=sum(one.given_minor - one.amount_minor for one in sale.tenders))
    if sale.due_minor == 0:
        return close(replace(checkout, sale=sale), drawer, paper)
    effects: list[Effect] = [OpenDrawer()] if drawer and not checkout.desk.training else []
    effects.append(Show("total", sale.due_minor))
    return replace(checkout, sale=replace(sale, state=State.TENDERING)), tuple(effects)


def take_back(checkout: Checkout, event: e.TenderTakenBack) -> Step:
    """One step back while a part is paid. A payment is cancelled as one that is under way: until the provider says."""
    sale = checkout.sale
    if not sale.tenders:
        raise Refused("nothing_paid")
    last, rest = sale.tenders[-1], sale.tenders[:-1]
    change = sum(one.given_minor - one.amount_minor for one in rest)
    sale = replace(sale, tenders=rest, change_minor=change, part_minor=None)
    if last.kind == "cash":
        effects: tuple[Effect, ...] = () if checkout.desk.training else (OpenDrawer(),)
        return replace(checkout, sale=sale), (*effects, Show("total", sale.due_minor))
    payment = Payment(trade_no=last.trade_no, code_tail="", amount_minor=last.amount_minor, cancelling=True)
    return replace(checkout, sale=replace(sale, state=State.PAYING, payment=payment)), (CancelPayment(last.trade_no),)


def ask_payment(checkout: Checkout, event: e.PaymentAsked) -> Step:
    checks.trade(event.trade_no)
    if checkout.desk.training:  # no provider hears of it
        raise Refused("training_cash")
    checks.age(checkout.sale)
    _owes(checkout.sale)
    part = checkout.sale.part_minor
    due = checkout.sale.due_minor if part is None else part
    if due == 0:
        raise Refused("nothing_due")
    if type(event.amount_minor) is not int or event.amount_minor != due:
        raise Refused("payment_amount", due=due)
    if len(event.code_tail) > 4:  # a whole code must never reach the disk
        raise Refused("bad_trade")
    payment = Payment(trade_no=event.trade_no, code_tail=event.code_tail, amount_minor=event.amount_minor)
    return checks.with_sale(
        checkout, AskPayment(event.trade_no, event.amount_minor), state=State.PAYING, payment=payment
    )


def approve_payment(checkout: Checkout, event: e.PaymentApproved) -> Step:
    """Also while cancelling: an approval is then the provider's last word, that the paid trade cannot be cancelled."""
    payment = checks.open_payment(checkout.sale, event.trade_no)
    amount = payment.amount_minor
    tender = Tender(kind="code", amount_minor=amount, given_minor=amount, trade_no=payment.trade_no)
    return paid(checkout, tender, drawer=False, paper=event.paper)


def cancel_payment(checkout: Checkout, event: e.PaymentCancelAsked) -> Step:
    """Again and again, if the cashier presses again: the provider takes a cancel as often as it comes."""
    payment = checks.open_payment(checkout.sale, event.trade_no)
    return checks.with_sale(checkout, CancelPayment(event.trade_no), payment=replace(payment, cancelling=True))


def fail_payment(checkout: Checkout, event: e.PaymentFailed) -> Step:
    checks.open_payment(checkout.sale, event.trade_no)
    return checks.with_sale(checkout, state=State.TENDERING, payment=None)


def close(checkout: Checkout, drawer: bool, paper: bool) -> Step:
    """Nothing is due any more."""
    sequence = checkout.last_sequence + 1
    sale = replace(checkout.sale, state=State.CLOSED)
    prints = (*checkout.prints, PrintJob(sequence))[-MAX_PRINTS:] if paper else checkout.prints
    effects: list[Effect] = [CloseRecord(sequence)]
    if drawer:
        effects.append(OpenDrawer())
    effects.append(closed_show(sale))
    if paper:
        effects.append(Print(sequence, copy=False))
    return replace(checkout, sale=sale, prints=prints, last_sequence=sequence), tuple(effects)


def closed_show(sale: Sale) -> Show:
    if sale.total_minor < 0:
        return Show("change", -sum(tender.amount_minor for tender in sale.tenders))
    if any(tender.kind == "cash" for tender in sale.tenders):
        return Show("change", sale.change_minor)
    return Show("paid", sale.total_minor)


def put_away(checkout: Checkout, event: e.SalePutAway) -> Step:
    return checkout, (Show("off", 0),)  # step() has taken the closed sale off already
