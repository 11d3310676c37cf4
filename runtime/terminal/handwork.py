"""The keys for prices and discounts by hand. What they take off is known before anybody is asked to approve it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.sale import events as ev
from runtime.sale.machine import step
from runtime.sale.refusals import Refused
from runtime.sale.state import Hand, Sale
from runtime.sale.sums import Sum
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Sentence

if TYPE_CHECKING:
    from runtime.terminal.till import Till


def price_override(
    till: Till, line: int, price_minor: int, reason: str, approver: str = "", pin: str = ""
) -> Sentence | None:
    return _line(till, "price_override", line, Hand("price", price_minor, reason.strip()), approver, pin)


def discount_line(
    till: Till,
    line: int,
    reason: str,
    percent: int | None = None,
    amount_minor: int | None = None,
    approver: str = "",
    pin: str = "",
) -> Sentence | None:
    return _line(till, "discount_line", line, _hand(percent, amount_minor, reason), approver, pin)


def discount_ticket(
    till: Till,
    reason: str,
    percent: int | None = None,
    amount_minor: int | None = None,
    approver: str = "",
    pin: str = "",
) -> Sentence | None:
    hand = _hand(percent, amount_minor, reason)
    if hand is None:
        till.accept(ev.TicketChangedByHand(None))
        return None
    given = hand

    def make(who: str) -> ev.Event:
        return ev.TicketChangedByHand(replace(given, approver=who))

    off_minor = _off_ticket(_after(till, make(approver)))
    till.accept_approved(make, "discount_ticket", off_minor, approver, pin, hand.reason)
    return _said(till, off_minor)


def check_again(till: Till, approver: str, pin: str) -> None:
    """A discount grows with what is rung after it. What the operator gave alone is looked at once more when the total
    is asked for; what another person approved stands. Raises as Till.approved."""
    sale, comes_to = till.checkout.sale, till.pricing.sum
    if comes_to is None or not comes_to.adjustments:
        return
    operator = till.checkout.desk.user
    for line in sale.live_lines:
        if line.hand is not None and line.hand.approver == operator:
            operation = "price_override" if line.hand.kind == "price" else "discount_line"
            till.approved(operation, _off_line(comes_to, line.line), approver, pin, line.hand.reason)
    if sale.hand is not None and sale.hand.approver == operator:
        till.approved("discount_ticket", _off_ticket(comes_to), approver, pin, sale.hand.reason)


def _line(till: Till, operation: str, line: int, hand: Hand | None, approver: str, pin: str) -> Sentence | None:
    if hand is None:
        till.accept(ev.LineChangedByHand(line, None))
        return None
    given = hand

    def make(who: str) -> ev.Event:
        return ev.LineChangedByHand(line, replace(given, approver=who))

    off_minor = _off_line(_after(till, make(approver)), line)
    till.accept_approved(make, operation, off_minor, approver, pin, hand.reason)
    return _said(till, off_minor)


def _hand(percent: int | None, amount_minor: int | None, reason: str) -> Hand | None:
    if percent is not None and amount_minor is not None:
        raise Refused("bad_discount")
    if percent is not None:
        return Hand("percent", percent, reason.strip())
    return None if amount_minor is None else Hand("amount", amount_minor, reason.strip())


def _after(till: Till, event: ev.Event) -> Sum | None:
    sale: Sale = step(till.checkout, event)[0].sale
    return till.pricing.sum_of(sale)


def _off_line(comes_to: Sum | None, line: int) -> int:
    rows = comes_to.adjustments if comes_to is not None else ()
    return -sum(row.amount_minor for row in rows if row.line == line and not row.kind.startswith("ticket_"))


def _off_ticket(comes_to: Sum | None) -> int:
    rows = comes_to.adjustments if comes_to is not None else ()
    return -sum(row.amount_minor for row in rows if row.kind.startswith("ticket_"))


def _said(till: Till, off_minor: int) -> Sentence:
    return sentence("taken_off", amount=till.money(off_minor))


COMMANDS: dict[str, Callable[..., Sentence | None]] = {
    "price_override": price_override,
    "discount_line": discount_line,
    "discount_ticket": discount_ticket,
}
