"""The keys for whole tickets, and those that ring without a scan: repeat, look up, bag, void, suspend, recall."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.sale import events as ev
from runtime.sale.state import State
from runtime.terminal.clock import local_text
from runtime.terminal.refusal import NotTaken
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Sentence

if TYPE_CHECKING:
    from runtime.terminal.till import Till


def repeat(till: Till) -> Sentence:
    """The code of the last line is read again, with all that is looked at when goods are scanned."""
    sale = till.checkout.sale
    last = sale.live_lines[-1] if sale.live_lines and sale.state is not State.CLOSED else None
    if last is None:
        raise NotTaken("nothing_rung")
    if last.unit == "kg":
        raise NotTaken("repeat_weighed", name=last.name)
    return till.ring(last.code, "keyed")


def price_lookup(till: Till, code: str = "") -> Sentence:
    if not code:
        return till.lookup.arm()
    return till.lookup.of(code)


def bag(till: Till, number: int = 1) -> Sentence:
    bags = till.settings.bags
    if not 1 <= number <= len(bags):
        raise NotTaken("bag_unknown", number=number)
    return till.ring(bags[number - 1], "keyed")


def void_ticket(till: Till, reason: str = "", approver: str = "", pin: str = "") -> Sentence:
    event = ev.TicketVoided(reason.strip(), local_text(till.clock.now()))
    till.accept_approved(lambda _: event, "void_ticket", till.shown_minor, approver, pin, reason.strip())
    return sentence("ticket_voided", sequence=till.checkout.last_sequence)


def suspend(till: Till, approver: str = "", pin: str = "") -> Sentence:
    event = ev.SaleSuspended(till.shown_minor, local_text(till.clock.now()))
    till.accept_approved(lambda _: event, "suspend", till.shown_minor, approver, pin)
    if till.settings.suspend_slip:
        till.print_slip(till.checkout.suspended[-1])
    return sentence("ticket_suspended", number=till.checkout.last_suspended)


def recall(till: Till, number: int, approver: str = "", pin: str = "") -> Sentence:
    till.accept_approved(lambda _: ev.SaleRecalled(number), "recall", 0, approver, pin)
    if till.pricing.is_of_another_book(till.checkout.sale):
        return sentence("book_changed")
    return sentence("ticket_recalled", number=number)


COMMANDS: dict[str, Callable[..., Sentence | None]] = {
    "repeat": repeat,
    "price_lookup": price_lookup,
    "bag": bag,
    "void_ticket": void_ticket,
    "suspend": suspend,
    "recall": recall,
}
