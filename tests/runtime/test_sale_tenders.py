"""Several tenders and the rounding of cash in the pure machine, and in the record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.sale import events as e
from runtime.sale.effects import CancelPayment, CloseRecord, OpenDrawer, Print, Show
from runtime.sale.machine import fold, resume, step
from runtime.sale.record import Identity, build_record, read_record
from runtime.sale.refusals import Refused
from runtime.sale.state import Adjustment, Checkout, State
from runtime.sale.sums import cash_rounding_rows
from runtime.wire.pack import WireError, pack
from tests.runtime.sale_events import AT, item

WHO = Identity(store="S1", workstation="T1", operator="7", epoch=99)


def priced(*nets: int) -> list[e.Event]:
    """A sale of one piece a line, each at its own price, with its total."""
    lines = [
        {"qty": 1, "regular": net, "gross": net, "current": net, "net": net, "discount": 0, "price_promotion": None}
        for net in nets
    ]
    receipt: dict[str, Any] = {"gross": sum(nets), "discount": 0, "total": sum(nets), "lines": lines}
    return [*(item(net) for net in nets), e.Subtotalled({"at": AT, "lines": []}, {**receipt, "applications": []})]


DUE = fold(priced(1126, 1220))


def refused(checkout: Checkout, event: e.Event) -> str:
    with pytest.raises(Refused) as caught:
        step(checkout, event)
    assert "{" not in str(caught.value)
    return caught.value.code


def record_of(checkout: Checkout) -> dict[str, Any]:
    return read_record(build_record(WHO, checkout, 1, AT, AT, AT[:10], b"h" * 32, 1, 5, "set"))


def test_part_in_cash_and_the_rest_by_code() -> None:
    part, effects = step(fold([e.PartSet(1000)], DUE), e.CashTendered(1200, AT))
    assert effects == (OpenDrawer(), Show("total", 1346))
    assert (part.sale.state, part.sale.due_minor, part.sale.change_minor) == (State.TENDERING, 1346, 200)
    assert resume(part) == (Show("total", 1346),)
    assert refused(part, e.PaymentAsked("T1", "1234", 2346)) == "payment_amount"
    closed, effects = step(fold([e.PaymentAsked("T1", "1234", 1346)], part), e.PaymentApproved("T1", AT))
    assert effects == (CloseRecord(1), Show("change", 200), Print(1, False))
    record = record_of(closed)
    assert [(x["TenderType"], x["Amount"], x["Given"]) for x in record["tenders"]] == [
        ("Cash", 1000, 1200), ("Code", 1346, 1346),
    ]  # fmt: skip
    assert (record["total"], record["change"], record["adjustments"]) == (2346, 200, [])


def test_part_by_code_and_the_rest_in_cash() -> None:
    asked = fold([e.PartSet(1000), e.PaymentAsked("T1", "1234", 1000)], DUE)
    assert fold([e.PaymentFailed("T1", "declined")], asked).sale.due_minor == 2346
    part, effects = step(asked, e.PaymentApproved("T1", AT))
    assert effects == (Show("total", 1346),) and part.sale.state is State.TENDERING
    assert refused(part, e.CashTendered(1345, AT)) == "cash_short"
    closed = fold([e.CashTendered(1400, AT)], part)
    assert (closed.sale.state, closed.sale.change_minor) == (State.CLOSED, 54)


def test_a_part_is_less_than_what_is_due() -> None:
    for amount in (0, -1, 2346, 1 << 70):
        assert refused(DUE, e.PartSet(amount)) == "bad_part"
    assert refused(DUE, e.PartSet(None)) == "no_part"
    assert fold([e.PartSet(5), e.PartSet(None)], DUE) == DUE
    assert fold([e.PartSet(5), e.TenderingLeft()], DUE).sale.part_minor is None


def test_what_is_paid_is_given_back_before_the_basket_is_changed() -> None:
    part = fold([e.PartSet(1000), e.CashTendered(1000, AT)], DUE)
    for event in (e.TenderingLeft(), e.TicketVoided("", AT), e.SaleSuspended(1, AT)):
        assert refused(part, event) == "part_paid"
    back, effects = step(part, e.TenderTakenBack())
    assert back == DUE and effects == (OpenDrawer(), Show("total", 2346))
    assert refused(DUE, e.TenderTakenBack()) == "nothing_paid"


def test_a_paid_code_is_cancelled_until_the_provider_says_so() -> None:
    part = fold([e.PartSet(1000), e.PaymentAsked("T1", "1234", 1000), e.PaymentApproved("T1", AT)], DUE)
    back, effects = step(part, e.TenderTakenBack())
    assert effects == (CancelPayment("T1"),) and back.sale.state is State.PAYING and back.sale.tenders == ()
    assert resume(back)[0] == CancelPayment("T1")
    assert fold([e.PaymentFailed("T1", "cancelled")], back) == DUE
    assert fold([e.PaymentApproved("T1", AT)], back) == part  # it cannot be cancelled: it is paid


def test_cash_is_rounded_on_the_largest_line() -> None:
    rows = cash_rounding_rows(DUE.sale, "down", 2)
    assert rows == (Adjustment(2, "rounding", -6),)
    assert cash_rounding_rows(DUE.sale, "half_up", 2) == (Adjustment(2, "rounding", 4),)
    assert cash_rounding_rows(DUE.sale, "none", 2) == cash_rounding_rows(DUE.sale, "down", 0) == ()
    assert refused(DUE, e.CashTendered(2339, AT, True, rows)) == "cash_short"
    closed = fold([e.CashTendered(2350, AT, True, rows)], DUE)
    assert (closed.sale.total_minor, closed.sale.rounding_minor, closed.sale.change_minor) == (2346, -6, 10)
    record = record_of(closed)
    assert (record["total"], record["receipt"]["total"], record["tenders"][0]["Amount"]) == (2346, 2346, 2340)
    assert record["adjustments"] == [
        {"LineNumber": 2, "kind": "rounding", "Amount": -6, "Reason": "", "ApproverID": "", "Value": 0}
    ]
    with pytest.raises(WireError):
        read_record(pack({**record, "adjustments": []}))


def test_only_the_cash_that_closes_it_is_rounded() -> None:
    set_part = fold([e.PartSet(1003)], DUE)
    assert cash_rounding_rows(set_part.sale, "down", 2) == ()
    part = fold([e.CashTendered(1003, AT, True, (Adjustment(2, "rounding", -6),))], set_part)
    assert part.sale.rounding == () and part.sale.due_minor == 1343
    assert cash_rounding_rows(part.sale, "down", 2) == (Adjustment(2, "rounding", -3),)


def test_what_is_no_rounding_is_refused() -> None:
    for row in (Adjustment(2, "price", -6), Adjustment(9, "rounding", -6), Adjustment(2, "rounding", -5_000)):
        assert refused(DUE, e.CashTendered(2340, AT, True, (row,))) in ("bad_rounding", "line_unknown")


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.sampled_from(["down", "half_up"]))
def test_rounded_lines_sum_to_what_is_paid_and_none_is_below_nothing(nets: list[int], how: Any) -> None:
    sale = fold(priced(*nets)).sale
    rows = cash_rounding_rows(sale, how, 2)
    put_on = {row.line: row.amount_minor for row in rows}
    assert len(put_on) == len(rows)
    paid = sale.due_minor + sum(put_on.values())
    assert paid % 10 == 0 and abs(paid - sale.due_minor) < 10
    assert all(net + put_on.get(number, 0) >= 0 for number, net in enumerate(nets, 1))


def test_a_record_of_before_is_still_read() -> None:
    record = record_of(fold([e.CashTendered(2346, AT)], DUE))
    for key in ("total", "adjustments", "TransactionStatus"):
        del record[key]
    assert read_record(pack(record)) == record
