"""The pure machine of a checkout: a state and an event in, the next state and what the shell must do out.

The table says what is legal (runtime.sale.table), the handlers, a file for each theme, what it does. Clock, prices,
weights and answers come in as events. What is decided there and nowhere else:

* The sale that is left without a live line is no sale: it goes back to IDLE whole, without its member, time and
  numbers, so that nothing of one customer passes to the next. Its voided lines stay in the journal's rows.
* `pending_qty` is applied by the shell: ItemAdded carries the final quantity, and clears it here. A weighed item while
  a quantity waits is refused, for it would be lost silently.
* In CLOSED the next item, weighing, quantity or member begins the next sale at once; the printer is not waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, cast, get_args

from runtime.day import machine as day
from runtime.day.events import DayEvent
from runtime.sale import ages, hands, papers, paying, returning, ringing, shared, tickets
from runtime.sale import events as e
from runtime.sale.checks import Step
from runtime.sale.effects import AskWeight, CancelPayment, Effect, Print, QueryPayment, Show
from runtime.sale.refusals import Refused
from runtime.sale.state import Checkout, Sale, State
from runtime.sale.table import SISTERS, TABLE, No

Handler = Callable[[Checkout, Any], Step]
_BETWEEN = frozenset({State.IDLE, State.CLOSED})
DAY_EVENTS: frozenset[type[DayEvent]] = frozenset(get_args(DayEvent))


def step(checkout: Checkout, event: e.Event) -> Step:
    """The state after an event, and the effects in order. Raises Refused and nothing else; nothing has changed then."""
    if type(event) in DAY_EVENTS:
        return day.step(checkout, cast(DayEvent, event))
    event = cast(e.SaleEvent, event)
    sale = checkout.sale
    begins = sale.state in _BETWEEN and type(event) is not e.SalePutAway
    day.gate(checkout, type(event) not in e.BY_DEVICE, begins)
    cell = TABLE[sale.state, type(event)]
    if isinstance(cell, No):
        if cell.code == "weighing_open" and sale.weighing is not None:
            raise Refused(cell.code, name=sale.weighing.name)
        raise Refused(cell.code)
    if sale.state is State.CLOSED and type(event) not in SISTERS:
        checkout = replace(checkout, sale=Sale())
    after, effects = HANDLERS[cell.handler](checkout, event)
    if after.last_sequence != checkout.last_sequence:
        return day.closed(checkout, after, effects)
    return after, effects


def fold(events: Iterable[e.Event], checkout: Checkout | None = None) -> Checkout:
    """The state that accepted events lead to. Raises Refused if they were not accepted in this order."""
    checkout = checkout or Checkout()
    for event in events:
        checkout, _ = step(checkout, event)
    return checkout


def resume(checkout: Checkout) -> tuple[Effect, ...]:
    """What the shell must do after a restart. The drawer is not opened again: nobody knows who stands before it."""
    sale = checkout.sale
    effects: list[Effect] = []
    if sale.state is State.WEIGHING:
        effects.append(AskWeight())
    if sale.payment is not None:
        trade_no = sale.payment.trade_no
        effects.append(CancelPayment(trade_no) if sale.payment.cancelling else QueryPayment(trade_no))
    if sale.state in (State.TENDERING, State.PAYING):
        effects.append(Show("total", sale.due_minor))
    elif sale.state is State.CLOSED:
        effects.append(paying.closed_show(sale))
    else:
        effects.append(Show("off", 0))
    effects.extend(waiting_prints(checkout))
    return tuple(effects)


def waiting_prints(checkout: Checkout) -> tuple[Print, ...]:
    """The receipts that are not known to be on paper, oldest first, as they may be printed now."""
    return tuple(Print(job.sequence, job.begun) for job in checkout.prints)


HANDLERS: dict[str, Handler] = {
    handler.__name__: handler
    for handler in (
        ringing.add_item,
        ringing.want_weight,
        ringing.weigh,
        ringing.drop_weighing,
        ringing.set_quantity,
        ringing.change_quantity,
        ringing.void_line,
        ringing.identify_member,
        paying.subtotal,
        paying.leave_tendering,
        paying.take_cash,
        paying.ask_payment,
        paying.approve_payment,
        paying.cancel_payment,
        paying.fail_payment,
        paying.put_away,
        returning.take_return,
        returning.give_refund,
        ages.confirm_age,
        ages.refuse_age,
        hands.change_line,
        hands.change_ticket,
        paying.set_part,
        paying.take_back,
        tickets.void_ticket,
        tickets.suspend,
        tickets.recall,
        papers.print_begun,
        papers.print_ended,
        shared.claim,
        shared.close_claim,
        shared.release,
        shared.take,
        shared.end_release,
        shared.undo_release,
        shared.settle_taken,
    )
}
