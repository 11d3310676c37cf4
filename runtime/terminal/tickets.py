"""The keys for whole tickets: void, suspend, recall."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.sale import events as ev
from runtime.terminal.clock import local_text
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Sentence

if TYPE_CHECKING:
    from runtime.terminal.till import Till


def void_ticket(till: Till, reason: str = "", approver: str = "", pin: str = "") -> Sentence:
    event = ev.TicketVoided(reason.strip(), local_text(till.clock.now()))
    till.accept_approved(lambda _: event, "void_ticket", till.shown_minor, approver, pin, reason.strip())
    return sentence("ticket_voided", sequence=till.checkout.last_sequence)


def suspend(till: Till, approver: str = "", pin: str = "") -> Sentence:
    event = ev.SaleSuspended(till.shown_minor, local_text(till.clock.now()))
    till.accept_approved(lambda _: event, "suspend", till.shown_minor, approver, pin)
    if till.settings.suspend_slip:
        till.printing.slip(till.checkout.suspended[-1])
    return sentence("ticket_suspended", number=till.checkout.last_suspended)


def recall(till: Till, number: int, approver: str = "", pin: str = "") -> Sentence:
    till.accept_approved(lambda _: ev.SaleRecalled(number), "recall", 0, approver, pin)
    if till.pricing.is_of_another_book(till.checkout.sale):
        return sentence("book_changed")
    return sentence("ticket_recalled", number=number)


COMMANDS: dict[str, Callable[..., Sentence | None]] = {
    "void_ticket": void_ticket,
    "suspend": suspend,
    "recall": recall,
}
