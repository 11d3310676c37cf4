"""A ticket that goes from one till to another, as each of the two sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.journal.rows import make_row, read_row
from runtime.sale import events as e
from runtime.sale.machine import fold, step
from runtime.sale.refusals import MAX_CLAIMS, MAX_SUSPENDED, Refused
from runtime.sale.state import Checkout, Claimant, Hand, Released, Sale, Slip, State, Suspended, Taken, Tender
from runtime.wire.pack import build, pack, unpack
from tests.runtime.sale_events import AT, BROUGHT_BACK, TICKET, item, subtotal

TO = Claimant("02", 22, 1)


def refused(checkout: Checkout, event: e.Event) -> str:
    with pytest.raises(Refused) as caught:
        step(checkout, event)
    assert "{" not in str(caught.value)
    return caught.value.code


def test_the_owner_gives_it_away_in_any_state_and_cannot_recall_it_then() -> None:
    aside = fold([item(), e.SaleSuspended(350, AT), item(990), subtotal(990)])
    (ticket,) = aside.suspended
    given = fold([e.TicketReleased(1, TO)], aside)
    assert given.sale == aside.sale and given.suspended == ()
    assert given.shares.released == (Released(1, TO, ticket),)
    assert refused(given, e.TicketReleased(1, Claimant("03", 33, 1))) == "suspended_unknown"
    idle = fold([e.TicketReleased(1, TO)], replace(aside, sale=Sale()))
    assert refused(idle, e.SaleRecalled(1)) == "suspended_unknown"
    back = fold([e.ReleaseUndone(1)], given)
    assert back.suspended == (ticket,) and back.shares.released == () and back.shares.last_release == 1
    over = fold([e.ReleaseEnded(1)], given)
    assert over.suspended == () and over.shares.released == ()
    assert refused(over, e.ReleaseUndone(1)) == refused(over, e.ReleaseEnded(1)) == "release_unknown"


def test_what_comes_back_keeps_its_place_in_the_list() -> None:
    three = fold([event for _ in range(3) for event in (item(), e.SaleSuspended(350, AT))])
    back = fold([e.TicketReleased(2, TO), e.ReleaseUndone(1)], three)
    assert [one.number for one in back.suspended] == [1, 2, 3]


def test_the_claimant_takes_it_once_and_under_its_claim_alone() -> None:
    waiting = fold([e.TicketClaimed("01", 11, 1)])
    assert refused(waiting, e.TicketClaimed("01", 11, 1)) == "claim_again"
    took = fold([item(), e.TicketTaken(1, "01", 11, 7, TICKET)], waiting)
    assert took.sale.state is State.RINGING  # the cashier went on: it waits in the list
    assert took.suspended == (replace(TICKET, slip=Slip("01", 11, 1)),) and took.last_suspended == 1
    assert took.shares.taken == (Taken(1, "01", 11, 7),) and took.shares.claims == ()
    assert refused(took, e.TicketTaken(1, "01", 11, 7, TICKET)) == "claim_unknown"
    assert refused(took, e.ClaimClosed(1)) == "claim_unknown"
    settled = fold([e.TakenSettled(1)], took)
    assert settled.shares.taken == () and settled.shares.last_claim == 1
    assert refused(settled, e.TicketTaken(1, "01", 11, 7, TICKET)) == "claim_unknown"
    assert refused(settled, e.TakenSettled(1)) == "claim_unknown"
    again = fold([e.TicketVoided("", AT), e.TicketClaimed("01", 11, 1)], settled)
    assert again.shares.claims[0].claim == 2  # a number is never used again
    closed = fold([e.ClaimClosed(1)], waiting)
    assert refused(closed, e.TicketTaken(1, "01", 11, 7, TICKET)) == "claim_unknown"


def test_the_claim_leaves_the_closed_sale_on_the_screen() -> None:
    closed = fold([item(), subtotal(350), e.CashTendered(1000, AT)])
    assert fold([e.TicketClaimed("01", 11, 1)], closed).sale == closed.sale


@pytest.mark.parametrize(
    "ticket",
    [
        replace(TICKET, number=2),
        replace(TICKET, items=2),
        replace(TICKET, slip=Slip("", 11, 1)),
        replace(TICKET, total_minor=1 << 60),
        replace(TICKET, sale=replace(TICKET.sale, state=State.CLOSED)),
        replace(TICKET, sale=replace(TICKET.sale, tenders=(Tender("cash", 1, 1),))),
        replace(TICKET, sale=replace(TICKET.sale, lines=())),
        replace(TICKET, sale=replace(TICKET.sale, receipt={"total": 0})),
        replace(TICKET, sale=replace(TICKET.sale, hand=Hand("percent", 101, "x"))),
        replace(TICKET, sale=replace(TICKET.sale, lines=(replace(TICKET.sale.lines[0], qty=0),))),
        replace(TICKET, sale=replace(TICKET.sale, lines=(replace(TICKET.sale.lines[0], line=2),))),
        replace(TICKET, sale=replace(TICKET.sale, lines=(replace(TICKET.sale.lines[0], hand=Hand("price", 1, "")),))),
    ],
)
def test_what_is_no_ticket_is_not_taken(ticket: Suspended) -> None:
    waiting = fold([e.TicketClaimed("01", 11, 1)])
    assert refused(waiting, e.TicketTaken(1, "01", 11, 1, ticket)) == "bad_ticket"
    assert refused(waiting, e.TicketTaken(1, "01", 12, 1, TICKET)) == "bad_ticket"


def test_goods_that_come_back_stay_where_their_receipt_was_looked_at() -> None:
    aside = fold([item(), BROUGHT_BACK, e.SaleSuspended(50, AT)])
    assert refused(aside, e.TicketReleased(1, TO)) == "release_returns"


def test_so_many_and_no_more() -> None:
    checkout = Checkout()
    for number in range(MAX_CLAIMS):
        checkout = fold([e.TicketClaimed("01", 11, number + 1)], checkout)
    assert refused(checkout, e.TicketClaimed("01", 11, 99)) == "claim_full"
    full = fold([event for _ in range(MAX_SUSPENDED) for event in (item(), e.SaleSuspended(350, AT))])
    assert refused(full, e.TicketClaimed("01", 11, 1)) == "too_many_suspended"
    given = fold([e.TicketReleased(1, TO), item()], full)  # it may come back
    assert refused(given, e.SaleSuspended(350, AT)) == "too_many_suspended"
    training = replace(Checkout(), desk=replace(Checkout().desk, training=True))
    assert refused(training, e.TicketClaimed("01", 11, 1)) == "training_suspend"


def test_rows_and_checkpoints_have_all_of_it() -> None:
    event = e.TicketTaken(1, "01", 11, 1, TICKET)
    assert read_row(make_row(3, AT, "set", event)).read_event() == event
    both = fold([item(), e.SaleSuspended(350, AT), e.TicketReleased(1, TO), e.TicketClaimed("01", 11, 1), event])
    assert build(Checkout, unpack(pack(both))) == both
    old = unpack(pack(fold([item()])))
    del old["shares"]  # of a journal that knew no other till
    assert build(Checkout, old) == fold([item()])
