"""The pure machine of a checkout: a state and an event in, the next state and what the shell must do out.

The table says what is legal (runtime.sale.table); the handlers here say what it does. Clock, prices, weights and
answers come in as events. What is decided here and nowhere else:

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
from runtime.sale import events as e
from runtime.sale.effects import (
    AskPayment,
    AskWeight,
    CancelPayment,
    CloseRecord,
    Effect,
    OpenDrawer,
    Print,
    QueryPayment,
    Show,
)
from runtime.sale.refusals import (
    MAX_AMOUNT_MINOR,
    MAX_LINES,
    MAX_PRINTS,
    MAX_QTY,
    MAX_TEXT,
    MAX_WEIGHT_G,
    Refused,
)
from runtime.sale.state import Checkout, Payment, PrintJob, Sale, SaleLine, State, Tender, Weighing
from runtime.sale.table import PRINTING, TABLE, No

Step = tuple[Checkout, tuple[Effect, ...]]
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
    if sale.state is State.CLOSED and type(event) not in PRINTING:
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
        effects.append(Show("total", sale.total_minor))
    elif sale.state is State.CLOSED:
        effects.append(_closed_show(sale))
    else:
        effects.append(Show("off", 0))
    effects.extend(waiting_prints(checkout))
    return tuple(effects)


def waiting_prints(checkout: Checkout) -> tuple[Print, ...]:
    """The receipts that are not known to be on paper, oldest first, as they may be printed now."""
    return tuple(Print(job.sequence, job.begun) for job in checkout.prints)


# -- checks ----------------------------------------------------------------------------------------------------------


def _amount(value: int, code: str = "bad_amount", **args: str | int) -> None:
    if type(value) is not int or not 0 <= value <= MAX_AMOUNT_MINOR:
        raise Refused(code, **args)


def _quantity(qty: int) -> None:
    if type(qty) is not int or not 1 <= qty <= MAX_QTY:
        raise Refused("bad_quantity", limit=MAX_QTY)


def _weight(weight_g: int) -> None:
    if type(weight_g) is not int or not 1 <= weight_g <= MAX_WEIGHT_G:
        raise Refused("bad_weight", limit=MAX_WEIGHT_G)


def _item(event: e.ItemAdded | e.WeightWanted) -> None:
    texts = (event.code, event.sku, event.name, event.entry, event.at, event.snapshot)
    if not event.sku or not event.at or any(len(text) > MAX_TEXT for text in texts):
        raise Refused("bad_item")
    _amount(event.regular_minor, "bad_price", name=event.name)


def _trade(trade_no: str) -> None:
    if not 1 <= len(trade_no) <= MAX_TEXT:
        raise Refused("bad_trade")


def _line(sale: Sale, number: int) -> SaleLine:
    for line in sale.lines:
        if line.line == number:
            if line.voided:
                raise Refused("line_voided", line=number)
            return line
    raise Refused("line_unknown", line=number)


def _payment(sale: Sale, trade_no: str) -> Payment:
    if sale.payment is None or sale.payment.trade_no != trade_no:
        raise Refused("payment_foreign")
    return sale.payment


# -- ringing ---------------------------------------------------------------------------------------------------------


def _with(checkout: Checkout, *effects: Effect, **changes: Any) -> Step:
    return replace(checkout, sale=replace(checkout.sale, **changes)), effects


def _room(sale: Sale) -> None:
    if len(sale.lines) >= MAX_LINES:
        raise Refused("too_many_lines", limit=MAX_LINES)


def _began(sale: Sale, event: e.ItemAdded | e.WeightWanted) -> dict[str, str]:
    return {"began_at": sale.began_at or event.at, "snapshot": sale.snapshot or event.snapshot}


def add_item(checkout: Checkout, event: e.ItemAdded) -> Step:
    sale = checkout.sale
    _item(event)
    if event.unit == "each":
        _quantity(event.qty)
        if event.weight_g != 0:
            raise Refused("bad_item")
    elif event.unit == "kg":
        _weight(event.weight_g)
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
    )
    return _with(
        checkout,
        Show("price", event.regular_minor),
        state=State.RINGING,
        lines=(*sale.lines, line),
        pending_qty=None,
        **_began(sale, event),
    )


def want_weight(checkout: Checkout, event: e.WeightWanted) -> Step:
    sale = checkout.sale
    _item(event)
    if sale.pending_qty is not None:
        raise Refused("quantity_for_weighed", name=event.name)
    _room(sale)
    weighing = Weighing(
        code=event.code, sku=event.sku, name=event.name, regular_minor=event.regular_minor, entry=event.entry
    )
    return _with(
        checkout,
        Show("price", event.regular_minor),
        AskWeight(),
        state=State.WEIGHING,
        weighing=weighing,
        **_began(sale, event),
    )


def weigh(checkout: Checkout, event: e.Weighed) -> Step:
    sale = checkout.sale
    _weight(event.weight_g)
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
    )
    return _with(checkout, state=State.RINGING, lines=(*sale.lines, line), weighing=None)


def drop_weighing(checkout: Checkout, event: e.WeighingDropped) -> Step:
    """The member stays: the customer who cannot have this item is still here."""
    if checkout.sale.lines:
        return _with(checkout, Show("off", 0), state=State.RINGING, weighing=None)
    return _with(checkout, Show("off", 0), state=State.IDLE, weighing=None, began_at="", snapshot="")


def set_quantity(checkout: Checkout, event: e.QuantitySet) -> Step:
    if event.qty is not None:
        _quantity(event.qty)
    elif checkout.sale.pending_qty is None:
        raise Refused("no_quantity")
    return _with(checkout, pending_qty=event.qty)


def change_quantity(checkout: Checkout, event: e.LineQuantityChanged) -> Step:
    line = _line(checkout.sale, event.line)
    if line.unit != "each":
        raise Refused("line_weighed", line=event.line)
    _quantity(event.qty)
    return _with(checkout, lines=_replaced(checkout.sale, replace(line, qty=event.qty)))


def void_line(checkout: Checkout, event: e.LineVoided) -> Step:
    line = _line(checkout.sale, event.line)
    lines = _replaced(checkout.sale, replace(line, voided=True))
    if all(each.voided for each in lines):
        return replace(checkout, sale=Sale()), (Show("off", 0),)
    return _with(checkout, lines=lines)


def _replaced(sale: Sale, line: SaleLine) -> tuple[SaleLine, ...]:
    return tuple(line if each.line == line.line else each for each in sale.lines)


def identify_member(checkout: Checkout, event: e.MemberIdentified) -> Step:
    """An empty number takes the member off the sale."""
    if len(event.member) > MAX_TEXT or (not event.member and not checkout.sale.member):
        raise Refused("bad_member")
    return _with(checkout, member=event.member)


# -- paying ----------------------------------------------------------------------------------------------------------


def subtotal(checkout: Checkout, event: e.Subtotalled) -> Step:
    _amount(event.receipt.get("total", -1), "bad_total")
    total = int(event.receipt["total"])
    return _with(
        checkout,
        Show("total", total),
        state=State.TENDERING,
        basket=event.basket,
        receipt=event.receipt,
        snapshot=event.snapshot or checkout.sale.snapshot,
        pending_qty=None,
    )


def leave_tendering(checkout: Checkout, event: e.TenderingLeft) -> Step:
    return _with(checkout, Show("off", 0), state=State.RINGING, basket={}, receipt={})


def take_cash(checkout: Checkout, event: e.CashTendered) -> Step:
    _amount(event.amount_minor)
    due = checkout.sale.due_minor
    if event.amount_minor < due:
        raise Refused("cash_short", short=due - event.amount_minor)
    tender = Tender(kind="cash", amount_minor=due, given_minor=event.amount_minor)
    return _close(checkout, tender, drawer=event.amount_minor > 0, paper=event.paper)


def ask_payment(checkout: Checkout, event: e.PaymentAsked) -> Step:
    _trade(event.trade_no)
    if checkout.desk.training:  # no provider hears of it
        raise Refused("training_cash")
    due = checkout.sale.due_minor
    if due == 0:
        raise Refused("nothing_due")
    if type(event.amount_minor) is not int or event.amount_minor != due:
        raise Refused("payment_amount", due=due)
    if len(event.code_tail) > 4:  # a whole code must never reach the disk
        raise Refused("bad_trade")
    payment = Payment(trade_no=event.trade_no, code_tail=event.code_tail, amount_minor=event.amount_minor)
    return _with(checkout, AskPayment(event.trade_no, event.amount_minor), state=State.PAYING, payment=payment)


def approve_payment(checkout: Checkout, event: e.PaymentApproved) -> Step:
    """Also while cancelling: an approval is then the provider's last word, that the paid trade cannot be cancelled."""
    payment = _payment(checkout.sale, event.trade_no)
    amount = payment.amount_minor
    tender = Tender(kind="code", amount_minor=amount, given_minor=amount, trade_no=payment.trade_no)
    return _close(checkout, tender, drawer=False, paper=event.paper)


def cancel_payment(checkout: Checkout, event: e.PaymentCancelAsked) -> Step:
    """Again and again, if the cashier presses again: the provider takes a cancel as often as it comes."""
    payment = _payment(checkout.sale, event.trade_no)
    return _with(checkout, CancelPayment(event.trade_no), payment=replace(payment, cancelling=True))


def fail_payment(checkout: Checkout, event: e.PaymentFailed) -> Step:
    _payment(checkout.sale, event.trade_no)
    return _with(checkout, state=State.TENDERING, payment=None)


def _close(checkout: Checkout, tender: Tender, drawer: bool, paper: bool = True) -> Step:
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
    effects.append(_closed_show(sale))
    if paper:
        effects.append(Print(sequence, copy=False))
    return replace(checkout, sale=sale, prints=prints, last_sequence=sequence), tuple(effects)


def _closed_show(sale: Sale) -> Show:
    if any(tender.kind == "cash" for tender in sale.tenders):
        return Show("change", sale.change_minor)
    return Show("paid", sale.total_minor)


def put_away(checkout: Checkout, event: e.SalePutAway) -> Step:
    return checkout, (Show("off", 0),)  # step() has taken the closed sale off already


# -- printing --------------------------------------------------------------------------------------------------------


def _job(checkout: Checkout, sequence: int) -> PrintJob:
    for job in checkout.prints:
        if job.sequence == sequence:
            return job
    raise Refused("print_unknown", sequence=sequence)


def _prints(checkout: Checkout, old: PrintJob, *new: PrintJob) -> Step:
    prints: list[PrintJob] = []
    for job in checkout.prints:
        prints.extend(new if job == old else (job,))
    return replace(checkout, prints=tuple(prints)), ()


def print_begun(checkout: Checkout, event: e.PrintBegun) -> Step:
    """On disk before the first byte goes out; so after a crash the next try is a copy."""
    job = _job(checkout, event.sequence)
    if event.copy != job.begun:
        raise Refused("print_copy", sequence=event.sequence)
    return _prints(checkout, job, replace(job, begun=True, copy=event.copy))


def print_ended(checkout: Checkout, event: e.PrintEnded) -> Step:
    """OK takes the receipt off the list. Otherwise it waits on, as a copy if anything of this or an earlier try may be
    on paper."""
    job = _job(checkout, event.sequence)
    if not job.begun:
        raise Refused("print_not_begun", sequence=event.sequence)
    if event.code == "OK":
        return _prints(checkout, job)
    return _prints(checkout, job, replace(job, begun=event.started or job.copy, copy=False))


HANDLERS: dict[str, Handler] = {
    handler.__name__: handler
    for handler in (
        add_item,
        want_weight,
        weigh,
        drop_weighing,
        set_quantity,
        change_quantity,
        void_line,
        identify_member,
        subtotal,
        leave_tendering,
        take_cash,
        ask_payment,
        approve_payment,
        cancel_payment,
        fail_payment,
        put_away,
        print_begun,
        print_ended,
    )
}
