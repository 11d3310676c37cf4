"""What a till says of its tickets to the others, and what it does with what it hears of them. Pure.

`shares_of` and `events_of` are all that the protocol is on this side; the daemon only carries them, one beat after the
other (runtime.terminal.beating), and tests/sharing walks through everything that may happen between two of these.
"""

from __future__ import annotations

from collections.abc import Iterator

from runtime.sale import events as ev
from runtime.sale.shared import may_leave
from runtime.sale.state import Checkout, Claimant, Suspended
from runtime.wire.beat import (
    MAX_TICKET_BYTES,
    BeatAnswer,
    HandedTicket,
    Shares,
    TicketClaim,
    TicketRelease,
    TicketSlip,
    TicketSummary,
    TicketTake,
)
from runtime.wire.pack import WireError, build, pack, unpack


def shares_of(checkout: Checkout) -> Shares:
    shares = checkout.shares
    return Shares(
        tickets=tuple(_summary(one) for one in checkout.suspended),
        claims=tuple(TicketClaim(one.claim, one.terminal, one.epoch, one.number) for one in shares.claims),
        releases=tuple(
            TicketRelease(one.release, one.ticket.number, one.to.terminal, one.to.epoch, one.to.claim)
            for one in shares.released
        ),
        takes=tuple(TicketTake(one.claim, one.terminal, one.epoch, one.release) for one in shares.taken),
        last_number=checkout.last_suspended,
        last_claim=shares.last_claim,
        last_release=shares.last_release,
    )


def _summary(ticket: Suspended) -> TicketSummary:
    slip = TicketSlip(ticket.slip.terminal, ticket.slip.epoch, ticket.slip.number) if ticket.slip else None
    head = (ticket.number, ticket.at, ticket.total_minor, ticket.items, ticket.name)
    return TicketSummary(*head, may_leave=may_leave(ticket), slip=slip)


def handed_of(checkout: Checkout, has: frozenset[int]) -> tuple[HandedTicket, ...]:
    """The oldest ticket that left this till and that the gateway does not have yet."""
    for one in checkout.shares.released:
        if one.release not in has:
            return (HandedTicket(one.release, pack(one.ticket)),)
    return ()


def read_ticket(body: bytes) -> Suspended:
    """Raises WireError. Whether it is such a ticket as a till puts aside, the machine says (runtime.sale.shared)."""
    return build(Suspended, unpack(body, MAX_TICKET_BYTES))


def events_of(checkout: Checkout, answer: BeatAnswer) -> Iterator[ev.Event]:
    """What follows from an answer, as events that the machine may still refuse: the till may have gone on meanwhile."""
    shares = checkout.shares
    released = {one.release for one in shares.released}
    for fate in answer.fates:
        if fate.release in released and fate.fate in ("taken", "gone"):
            yield ev.ReleaseEnded(fate.release)
        elif fate.release in released and fate.fate == "closed":
            yield ev.ReleaseUndone(fate.release)
    taken = {one.claim for one in shares.taken}
    for claim in answer.settled:
        if claim in taken:
            yield ev.TakenSettled(claim)
    claims = {one.claim for one in shares.claims}
    for ticket in answer.arrived:
        if ticket.claim in claims:
            try:
                body = read_ticket(ticket.body)
            except WireError:
                continue  # the claim is given up by its time, and the ticket goes back to its owner
            yield ev.TicketTaken(ticket.claim, ticket.terminal, ticket.epoch, ticket.release, body)
    arrived = {ticket.claim for ticket in answer.arrived}
    for news in answer.news:
        if news.claim in claims - arrived and news.state == "gone":
            yield ev.ClaimClosed(news.claim)
    here = {one.number for one in checkout.suspended if may_leave(one)}
    for wanted in answer.wanted:
        if wanted.number in here:
            here.discard(wanted.number)
            yield ev.TicketReleased(wanted.number, Claimant(wanted.terminal, wanted.epoch, wanted.claim))
