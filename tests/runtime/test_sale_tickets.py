"""Whole tickets in the pure machine: voided, put aside, taken up again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.sale import events as e
from runtime.sale.effects import CloseRecord, Show
from runtime.sale.machine import fold, step
from runtime.sale.record import Identity, build_record, read_record
from runtime.sale.refusals import MAX_SUSPENDED, MAX_SUSPENDED_LINES, Refused
from runtime.sale.state import Checkout, Sale, SaleLine, State
from runtime.wire.pack import WireError, build, pack, unpack
from tests.runtime.sale_events import AT, item, sale, subtotal

WHO = Identity(store="S1", workstation="T1", operator="7", epoch=99)
TENDERING = [e.MemberIdentified("M1"), item(), item(990), subtotal(1340)]


def refused(checkout: Checkout, event: e.Event) -> str:
    with pytest.raises(Refused) as caught:
        step(checkout, event)
    return caught.value.code


def test_a_voided_ticket_is_a_record_of_no_money() -> None:
    for events in (TENDERING, TENDERING[:3]):
        checkout, effects = step(fold(events), e.TicketVoided("walked away", AT))
        closing = effects[0]
        assert isinstance(closing, CloseRecord) and closing.sale is not None
        assert effects == (CloseRecord(1, sale=closing.sale), Show("off", 0))
        assert (checkout.sale, checkout.last_sequence, checkout.prints) == (Sale(), 1, ())
        as_closed = replace(checkout, sale=closing.sale)
        record = read_record(build_record(WHO, as_closed, 1, AT, AT, AT[:10], b"h" * 32, 1, 5, "set"))
        assert (record["TransactionStatus"], record["tenders"], record["receipt"]["total"]) == ("Voided", [], 0)
        assert [line["VoidFlag"] for line in record["lines"]] == [True, True]
    assert refused(fold(TENDERING), e.TicketVoided("x" * 300, AT)) == "bad_reason"


def test_a_voided_record_that_sold_something_is_no_record() -> None:
    effect = step(fold(TENDERING), e.TicketVoided("", AT))[1][0]
    assert isinstance(effect, CloseRecord) and effect.sale is not None
    lying = replace(effect.sale, lines=tuple(replace(line, voided=False) for line in effect.sale.lines))
    body = build_record(WHO, Checkout(lying, last_sequence=1), 1, AT, AT, AT[:10], b"h" * 32, 1, 5, "set")
    with pytest.raises(WireError):
        read_record(body)


def test_what_is_put_aside_comes_back_as_it_was_and_once() -> None:
    ringing, tendering = fold(TENDERING[:3]), fold(TENDERING)
    for before in (ringing, tendering):
        aside = fold([e.SaleSuspended(1340, AT)], before)
        assert aside.sale == Sale() and aside.last_suspended == 1
        (ticket,) = aside.suspended
        assert (ticket.number, ticket.total_minor, ticket.items, ticket.name) == (1, 1340, 2, "关东煮")
        between = fold([*sale(), e.SaleRecalled(1)], aside)
        assert between.sale == ringing.sale and between.suspended == ()
        assert refused(fold([e.TicketVoided("", AT)], between), e.SaleRecalled(1)) == "suspended_unknown"


def test_a_number_is_never_used_again_and_a_closed_sale_is_not_in_the_way() -> None:
    checkout = fold([item(), e.SaleSuspended(350, AT), e.SaleRecalled(1), item(), e.SaleSuspended(700, AT)])
    assert [ticket.number for ticket in checkout.suspended] == [2]
    closed = fold(sale()[:-1], checkout)
    assert closed.sale.state is State.CLOSED
    back = fold([e.SaleRecalled(2)], closed)
    assert back.sale.state is State.RINGING and len(back.sale.lines) == 2
    assert refused(back, e.SaleRecalled(2)) == "sale_open"


def test_so_many_can_wait_and_no_more() -> None:
    checkout = Checkout()
    for _ in range(MAX_SUSPENDED):
        checkout = fold([item(), e.SaleSuspended(350, AT)], checkout)
    assert refused(fold([item()], checkout), e.SaleSuspended(350, AT)) == "too_many_suspended"
    line = SaleLine(1, "1", "1", "x", "each", 1, 1, 0, "scanned")
    many = tuple(replace(line, line=n + 1) for n in range(MAX_SUSPENDED_LINES + 1))
    full = Checkout(replace(fold([item()]).sale, lines=many))
    assert refused(full, e.SaleSuspended(350, AT)) == "too_many_suspended"
    assert refused(fold([item()]), e.SaleSuspended(1 << 62, AT)) == "bad_amount"


def test_the_checkpoint_has_them_and_an_old_one_is_still_read() -> None:
    checkout = fold([item(), e.SaleSuspended(350, AT), item(990)])
    assert build(Checkout, unpack(pack(checkout))) == checkout
    old = unpack(pack(fold([item()])))
    for key in ("suspended", "last_suspended"):
        del old[key]
    del old["sale"]["voided"]
    assert build(Checkout, old) == fold([item()])
