"""Goods that come back: in the machine, and what is given back for them in all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.sale import events as e
from runtime.sale.effects import CloseRecord, OpenDrawer, Print, Show
from runtime.sale.machine import fold, step
from runtime.sale.record import Identity, build_record, read_record
from runtime.sale.refusals import Refused
from runtime.sale.sold import Back, SoldLine, SoldReceipt, allocated_due, due_minor, refunds, sold_receipt
from runtime.sale.state import Adjustment, Apart, Checkout, Facts, Hand, Origin, State
from runtime.sale.stock import movements
from runtime.sale.sums import cash_rounding_rows
from tests.runtime.sale_events import AT, BROUGHT_BACK, item

WHO = Identity(store="S1", workstation="T1", operator="7", epoch=99)


def refused(checkout: Checkout, event: e.Event) -> str:
    with pytest.raises(Refused) as caught:
        step(checkout, event)
    assert "{" not in str(caught.value)
    return caught.value.code


def line_of(net: int) -> dict[str, Any]:
    return {"regular": net, "gross": net, "current": net, "net": net, "price_promotion": None}


def total_of(refund: int, *nets: int, line: int = 1) -> e.Subtotalled:
    receipt = {"gross": sum(nets), "discount": 0, "total": sum(nets), "lines": [line_of(net) for net in nets]}
    return e.Subtotalled({}, {**receipt, "applications": []}, "s", (Apart(line, -refund),), (), sum(nets) - refund)


def test_a_return_gives_money_back_and_opens_the_drawer() -> None:
    due = fold([BROUGHT_BACK, total_of(350)])
    assert due.sale.due_minor == -350
    for event in (e.CashTendered(0, AT), e.PaymentAsked("T1", "1", 350), e.PartSet(1)):
        assert refused(due, event) == "refund_due"
    assert refused(due, e.RefundGiven("code", AT)) == "refund_kind"
    closed, effects = step(due, e.RefundGiven("cash", AT))
    assert effects == (CloseRecord(1), OpenDrawer(), Show("change", 350), Print(1, False))
    record = read_record(build_record(WHO, closed, 1, AT, AT, AT[:10], b"h" * 32, 1, 5, "set"))
    assert (record["total"], record["ReturnFlag"], record["tenders"][0]["Amount"]) == (-350, True, -350)
    assert record["lines"][0]["returned"]["SequenceNumber"] == 1
    assert movements(closed.sale) == [("1001", "each", -1)]
    assert closed.day.totals.returns_minor == -350 and closed.shift.totals.tender("cash").amount_minor == -350


def test_an_exchange_comes_to_the_difference() -> None:
    paid = fold([BROUGHT_BACK, item(500), total_of(350, 500), e.CashTendered(200, AT)])
    assert (paid.sale.state, paid.sale.total_minor, paid.sale.change_minor) == (State.CLOSED, 150, 50)
    back = fold([item(100), BROUGHT_BACK, total_of(350, 100, line=2), e.RefundGiven("cash", AT)])
    assert back.sale.tenders[0].amount_minor == -250
    even = fold([BROUGHT_BACK, item(350), total_of(350, 350)])
    assert refused(even, e.RefundGiven("cash", AT)) == "nothing_to_refund"
    assert fold([e.CashTendered(0, AT)], even).sale.state is State.CLOSED


def test_never_more_than_is_left() -> None:
    twice = fold([BROUGHT_BACK, BROUGHT_BACK])
    assert refused(twice, BROUGHT_BACK) == "return_too_many"
    assert len(fold([e.LineVoided(1), BROUGHT_BACK], twice).sale.live_lines) == 2
    (goods,) = BROUGHT_BACK.goods
    both = replace(BROUGHT_BACK, goods=(goods, replace(goods, qty=2)))
    assert refused(Checkout(), both) == "return_too_many"
    assert refused(Checkout(), replace(BROUGHT_BACK, goods=())) == "bad_item"
    assert refused(Checkout(), replace(BROUGHT_BACK, goods=(replace(goods, qty=0),))) == "bad_quantity"
    assert refused(fold([e.QuantitySet(2)]), BROUGHT_BACK) == "quantity_for_return"


def test_a_returned_line_is_not_changed_by_hand() -> None:
    rung = fold([BROUGHT_BACK])
    assert refused(rung, e.LineQuantityChanged(1, 2)) == "line_returned"
    assert refused(rung, e.LineChangedByHand(1, Hand("price", 1, "x"))) == "line_returned"
    beer = replace(BROUGHT_BACK, goods=(replace(BROUGHT_BACK.goods[0], facts=Facts(min_age=18)),))
    assert fold([beer]).sale.age_open == 0


def test_money_that_is_given_back_is_rounded_for_the_customer() -> None:
    due = fold([BROUGHT_BACK, total_of(213)])
    assert cash_rounding_rows(due.sale, "down", 2) == (Adjustment(1, "rounding", -7),)
    assert cash_rounding_rows(due.sale, "half_up", 2) == (Adjustment(1, "rounding", 3),)
    assert cash_rounding_rows(due.sale, "none", 2) == ()
    closed = fold([e.RefundGiven("cash", AT, True, (Adjustment(1, "rounding", -7),))], due)
    assert closed.sale.tenders[0].amount_minor == -220
    assert refused(due, e.RefundGiven("cash", AT, True, (Adjustment(1, "rounding", 500),))) == "bad_rounding"


def sold(*lines: SoldLine) -> SoldReceipt:
    return SoldReceipt(7, 1, AT, "s", {}, {}, lines)


def each(number: int, qty: int, engine: int, put_on: int = 0, place: int | None = None) -> SoldLine:
    at = number - 1 if place is None else place
    return SoldLine(number, "c", "s", "n", "each", 0, qty, at, engine, put_on)


NOTHING = Back({}, 0)


def test_one_of_three_by_its_share() -> None:
    receipt = sold(each(1, 3, 639))
    by_share = allocated_due(receipt)
    assert refunds(receipt, NOTHING, [(1, 1)], by_share) == [213]
    assert refunds(receipt, Back({1: 1}, 213), [(1, 2)], by_share) == [426]
    with pytest.raises(ValueError, match="more than was sold"):
        refunds(receipt, Back({1: 1}, 213), [(1, 3)], by_share)


def test_what_was_put_on_comes_back_with_it() -> None:
    receipt = sold(each(1, 2, 1000, -100), each(2, 1, 0, 800, place=-1))  # 9.00 for two; 8.00 by hand
    by_share = allocated_due(receipt)
    assert refunds(receipt, NOTHING, [(1, 1)], by_share) == [450]
    assert refunds(receipt, NOTHING, [(2, 1)], by_share) == [800]
    assert refunds(receipt, Back({1: 1}, 450), [(1, 1), (2, 1)], by_share) == [450, 800]


def test_the_record_of_an_exchange_is_read_without_what_came_back() -> None:
    closed = fold([BROUGHT_BACK, item(500), item(100), e.LineVoided(2), total_of(50, 100), e.CashTendered(50, AT)])
    record = read_record(build_record(WHO, closed, 1, AT, AT, AT[:10], b"h" * 32, 1, 5, "set"))
    (line,) = sold_receipt(record).lines
    assert (line.line, line.place, line.net_minor) == (3, 0, 100)


_lines = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 900), st.integers(-300, 0)), min_size=1, max_size=5)


@given(_lines, st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), max_size=12), st.integers(0, 400))
def test_refunds_telescope_in_any_order(
    lines: list[tuple[int, int, int]], asked: list[tuple[int, int]], lost: int
) -> None:
    """Whatever the engine says is due (here: the shares, less what a lost threshold costs), the refunds of a receipt
    are never more than was paid, and all of it when all is back."""
    receipt = sold(*(each(n, qty, net, max(off, -net)) for n, (qty, net, off) in enumerate(lines, 1)))
    shares = allocated_due(receipt)
    back: dict[int, int] = {}
    given_minor = 0
    rest = [(n + 1, 9) for n in range(len(lines))]
    for number, amount in [*((n + 1, k) for n, k in asked if n < len(lines)), *rest]:
        left = receipt.lines[number - 1].amount - back.get(number, 0)
        if min(amount, left) == 0:
            continue
        parts = refunds(receipt, Back(back, given_minor), [(number, min(amount, left))], lambda x: shares(x) - lost)
        assert all(part >= 0 for part in parts)
        back[number] = back.get(number, 0) + min(amount, left)
        given_minor += sum(parts)
        assert given_minor <= receipt.paid_minor
        assert 0 <= due_minor(receipt, back, shares) <= receipt.paid_minor
    assert given_minor == receipt.paid_minor


def test_origin_without_a_receipt_is_not_counted() -> None:
    (goods,) = BROUGHT_BACK.goods
    loose = replace(BROUGHT_BACK, goods=(replace(goods, qty=50, origin=Origin(refund_minor=500)),))
    assert len(fold([loose, loose, loose]).sale.lines) == 3
