"""The keys for whole tickets: void, suspend, recall; of this till, or of another one of the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.sale import events as ev
from runtime.terminal.clock import local_text
from runtime.terminal.paper_codes import SlipCode, tag_of
from runtime.terminal.refusal import NotTaken
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
    till.sharing.poke()
    return sentence("ticket_suspended", number=till.checkout.last_suspended)


def recall(till: Till, number: int, terminal: str = "", approver: str = "", pin: str = "") -> Sentence:
    if terminal not in ("", till.identity.workstation):
        return till.sharing.claim(terminal, number, approver, pin)
    till.accept_approved(lambda _: ev.SaleRecalled(number), "recall", 0, approver, pin)
    till.sharing.poke()
    return recalled(till, sentence("ticket_recalled", number=number))


def recalled(till: Till, said: Sentence) -> Sentence:
    """What the cashier is told once a ticket is back."""
    return sentence("book_changed") if till.pricing.is_of_another_book(till.checkout.sale) else said


def recall_slip(till: Till, slip: SlipCode) -> Sentence:
    """By the slip that was printed when it was put aside, wherever the ticket is now."""
    who = till.identity
    for ticket in till.checkout.suspended:
        first = ticket.slip
        named = (first.terminal, first.epoch, first.number) if first else (who.workstation, who.epoch, ticket.number)
        if _is_of(slip, *named):
            return recall(till, ticket.number)
    for other in till.sharing.others:
        came = other.ticket.slip
        at = (came.terminal, came.epoch, came.number) if came else (other.terminal, other.epoch, other.ticket.number)
        if _is_of(slip, *at):
            return recall(till, other.ticket.number, other.terminal)
    if _is_of(slip, who.workstation, who.epoch, slip.number):
        return recall(till, slip.number)  # refused, in the machine's words
    if slip.terminal != who.workstation and not till.sharing.online:
        raise NotTaken("recall_offline", terminal=slip.terminal)
    raise NotTaken("slip_unknown", number=slip.number, terminal=slip.terminal)


def _is_of(slip: SlipCode, terminal: str, epoch: int, number: int) -> bool:
    return (slip.terminal, slip.tag, slip.number) == (terminal, tag_of(epoch), number)


COMMANDS: dict[str, Callable[..., Sentence | None]] = {
    "void_ticket": void_ticket,
    "suspend": suspend,
    "recall": recall,
}
