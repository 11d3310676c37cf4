"""Whole tickets: voided, put aside, taken up again.

* A voided ticket is a record with a SequenceNumber, every line voided and no money in it: what was rung and then not
  sold is what an auditor looks for first.
* A suspended ticket is in the state, so it is there after a restart. It is recalled once: recalling takes it out.
* A ticket of which a part is paid is neither voided nor put aside: the money would be nobody's.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.sale import checks
from runtime.sale import events as e
from runtime.sale.checks import Step
from runtime.sale.effects import CloseRecord, Show
from runtime.sale.paying import UNPRICED
from runtime.sale.refusals import MAX_AMOUNT_MINOR, MAX_SUSPENDED, MAX_SUSPENDED_LINES, Refused
from runtime.sale.state import Checkout, Sale, State, Suspended


def void_ticket(checkout: Checkout, event: e.TicketVoided) -> Step:
    sale = checkout.sale
    checks.unpaid(sale)
    checks.reason(event.reason)
    sequence = checkout.last_sequence + 1
    voided = replace(
        sale,
        state=State.CLOSED,
        lines=tuple(replace(line, voided=True) for line in sale.lines),
        pending_qty=None,
        voided=True,
        **UNPRICED,
    )
    return replace(checkout, sale=Sale(), last_sequence=sequence), (CloseRecord(sequence, sale=voided), Show("off", 0))


def suspend(checkout: Checkout, event: e.SaleSuspended) -> Step:
    """The total, where it stood, is asked for anew when the ticket is back."""
    sale = checkout.sale
    checks.unpaid(sale)
    if checkout.desk.training:  # it could come back as a sale
        raise Refused("training_suspend")
    if type(event.total_minor) is not int or abs(event.total_minor) > MAX_AMOUNT_MINOR:
        raise Refused("bad_amount")
    room(checkout, len(sale.lines))
    number = checkout.last_suspended + 1
    aside = replace(sale, state=State.RINGING, pending_qty=None, **UNPRICED)
    live = sale.live_lines
    ticket = Suspended(number, event.at, event.total_minor, len(live), live[0].name, aside)
    suspended = (*checkout.suspended, ticket)
    return replace(checkout, sale=Sale(), suspended=suspended, last_suspended=number), (Show("off", 0),)


def room(checkout: Checkout, lines: int) -> None:
    """Whether one more ticket of so many lines can wait here; those on their way to another till may come back."""
    waiting = (*checkout.suspended, *(one.ticket for one in checkout.shares.released))
    lines += sum(len(one.sale.lines) for one in waiting)
    if len(waiting) >= MAX_SUSPENDED or lines > MAX_SUSPENDED_LINES:
        raise Refused("too_many_suspended", limit=MAX_SUSPENDED)


def recall(checkout: Checkout, event: e.SaleRecalled) -> Step:
    if checkout.desk.training:
        raise Refused("training_suspend")
    for one in checkout.suspended:
        if one.number == event.number:
            rest = tuple(other for other in checkout.suspended if other is not one)
            return replace(checkout, sale=one.sale, suspended=rest), ()
    raise Refused("suspended_unknown", number=event.number)
