"""Paying: from the total that stands to the closed sale."""

from __future__ import annotations

from dataclasses import replace

from runtime.sale import checks
from runtime.sale import events as e
from runtime.sale.checks import Step
from runtime.sale.effects import AskPayment, CancelPayment, CloseRecord, Effect, OpenDrawer, Print, Show
from runtime.sale.refusals import MAX_PRINTS, Refused
from runtime.sale.state import Checkout, Payment, PrintJob, Sale, State, Tender


def subtotal(checkout: Checkout, event: e.Subtotalled) -> Step:
    checks.amount(event.receipt.get("total", -1), "bad_total")
    total = int(event.receipt["total"])
    return checks.with_sale(
        checkout,
        Show("total", total),
        state=State.TENDERING,
        basket=event.basket,
        receipt=event.receipt,
        snapshot=event.snapshot or checkout.sale.snapshot,
        pending_qty=None,
    )


def leave_tendering(checkout: Checkout, event: e.TenderingLeft) -> Step:
    return checks.with_sale(checkout, Show("off", 0), state=State.RINGING, basket={}, receipt={})


def take_cash(checkout: Checkout, event: e.CashTendered) -> Step:
    checks.amount(event.amount_minor)
    due = checkout.sale.due_minor
    if event.amount_minor < due:
        raise Refused("cash_short", short=due - event.amount_minor)
    tender = Tender(kind="cash", amount_minor=due, given_minor=event.amount_minor)
    return close(checkout, tender, drawer=event.amount_minor > 0, paper=event.paper)


def ask_payment(checkout: Checkout, event: e.PaymentAsked) -> Step:
    checks.trade(event.trade_no)
    due = checkout.sale.due_minor
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
    return close(checkout, tender, drawer=False, paper=event.paper)


def cancel_payment(checkout: Checkout, event: e.PaymentCancelAsked) -> Step:
    """Again and again, if the cashier presses again: the provider takes a cancel as often as it comes."""
    payment = checks.open_payment(checkout.sale, event.trade_no)
    return checks.with_sale(checkout, CancelPayment(event.trade_no), payment=replace(payment, cancelling=True))


def fail_payment(checkout: Checkout, event: e.PaymentFailed) -> Step:
    checks.open_payment(checkout.sale, event.trade_no)
    return checks.with_sale(checkout, state=State.TENDERING, payment=None)


def close(checkout: Checkout, tender: Tender, drawer: bool, paper: bool = True) -> Step:
    sequence = checkout.last_sequence + 1
    sale = replace(
        checkout.sale,
        state=State.CLOSED,
        tenders=(*checkout.sale.tenders, tender),
        change_minor=tender.given_minor - tender.amount_minor,
        payment=None,
    )
    prints = (*checkout.prints, PrintJob(sequence))[-MAX_PRINTS:] if paper else checkout.prints
    effects: list[Effect] = [CloseRecord(sequence)]
    if drawer:
        effects.append(OpenDrawer())
    effects.append(closed_show(sale))
    if paper:
        effects.append(Print(sequence, copy=False))
    return replace(checkout, sale=sale, prints=prints, last_sequence=sequence), tuple(effects)


def closed_show(sale: Sale) -> Show:
    if any(tender.kind == "cash" for tender in sale.tenders):
        return Show("change", sale.change_minor)
    return Show("paid", sale.total_minor)


def put_away(checkout: Checkout, event: e.SalePutAway) -> Step:
    return checkout, (Show("off", 0),)  # step() has taken the closed sale off already
