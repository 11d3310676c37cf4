"""Prices and discounts by hand: what is refused, and that every sum foots to the minor unit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.sale import events as e
from runtime.sale.machine import fold, step
from runtime.sale.record import Identity, build_record, read_record
from runtime.sale.refusals import Refused
from runtime.sale.state import Adjustment, Apart, Checkout, Facts, Hand, Sale, SaleLine, State
from runtime.sale.sums import KINDS, cash_rounding_rows, priced_lines, spread, summed
from runtime.wire.pack import WireError, pack
from tests.runtime.sale_events import AT, item, kilo

WHO = Identity(store="S1", workstation="T1", operator="7", epoch=99)


def refused(checkout: Checkout, event: e.Event) -> str:
    with pytest.raises(Refused) as caught:
        step(checkout, event)
    assert "{" not in str(caught.value)
    return caught.value.code


def receipt_of(sale: Sale, off: int = 0) -> dict[str, Any]:
    """As the engine gives it: regular prices, with so much off each line by a promotion."""
    lines = []
    for line in sale.basket_lines:
        gross = (
            (line.regular_minor * line.weight_g + 500) // 1000 if line.unit == "kg" else line.regular_minor * line.qty
        )
        net = max(0, gross - off)
        lines.append(
            {"regular": line.regular_minor, "gross": gross, "current": net, "net": net, "price_promotion": "P"}
        )
    gross, total = sum(x["gross"] for x in lines), sum(x["net"] for x in lines)
    return {"gross": gross, "discount": gross - total, "total": total, "lines": lines, "applications": []}


def total_stands(checkout: Checkout, off: int = 0) -> Checkout:
    receipt = receipt_of(checkout.sale, off)
    comes_to = summed(checkout.sale, receipt, {})
    event = e.Subtotalled(
        {"at": AT, "lines": []}, receipt, "s" * 64, comes_to.apart, comes_to.adjustments, comes_to.total_minor
    )
    return fold([event], checkout)


RUNG = fold([item(1000), item(500, qty=3), kilo(1280, 500)])


def test_a_price_by_hand_takes_the_line_out_of_the_engines_basket() -> None:
    by_hand = fold([e.LineChangedByHand(1, Hand("price", 800, "torn"))], RUNG)
    assert [line.line for line in by_hand.sale.basket_lines] == [2, 3]
    comes_to = summed(by_hand.sale, receipt_of(by_hand.sale), {})
    assert comes_to.apart == (Apart(1, 1000),)
    assert comes_to.adjustments == (Adjustment(1, "price", -200, "torn", "", 800),)
    assert comes_to.total_minor == 800 + 1500 + 640
    kilos = fold([e.LineChangedByHand(3, Hand("price", 999, "torn"))], RUNG)
    assert summed(kilos.sale, receipt_of(kilos.sale), {}).adjustments == (
        Adjustment(3, "price", 500 - 640, "torn", "", 999),
    )


def test_a_discount_is_taken_off_what_the_engine_left() -> None:
    by_hand = fold(
        [e.LineChangedByHand(1, Hand("percent", 15, "old")), e.LineChangedByHand(2, Hand("amount", 9999, "old"))], RUNG
    )
    comes_to = summed(by_hand.sale, receipt_of(by_hand.sale, off=90), {})
    assert [(x.line, x.kind, x.amount_minor) for x in comes_to.adjustments] == [
        (1, "percent", -137),
        (2, "amount", -1410),
    ]
    assert comes_to.total_minor == 910 - 137 + 0 + 550


def test_a_ticket_discount_is_spread_and_leaves_some_lines_alone() -> None:
    cigarettes = item(2000)
    cigarettes = replace(cigarettes, facts=Facts(no_discount=True))
    bag = replace(item(50), facts=Facts(no_discount=True, apart=True))
    rung = fold(
        [
            item(1000),
            item(1000),
            item(1000),
            cigarettes,
            bag,
            item(700),
            e.LineChangedByHand(6, Hand("price", 600, "x")),
        ]
    )
    by_hand = fold([e.TicketChangedByHand(Hand("amount", 100, "friend", "9"))], rung)
    comes_to = summed(by_hand.sale, receipt_of(by_hand.sale), {})
    ticket = [(x.line, x.amount_minor) for x in comes_to.adjustments if x.kind == "ticket_amount"]
    assert ticket == [(1, -34), (2, -33), (3, -33)]  # 0.34 / 0.33 / 0.33: of equal remainders the first
    assert comes_to.total_minor == 2900 + 2000 + 50 + 600
    assert {x.approver for x in comes_to.adjustments if x.kind == "ticket_amount"} == {"9"}
    tenth = fold([e.TicketChangedByHand(Hand("percent", 10, "friend"))], rung)
    assert summed(tenth.sale, receipt_of(tenth.sale), {}).total_minor == 2700 + 2000 + 50 + 600
    assert fold([e.TicketChangedByHand(None)], tenth) == rung


def test_what_may_not_be_done_by_hand() -> None:
    torn = Hand("price", 100, "torn")
    protected = fold([replace(item(), facts=Facts(no_discount=True))])
    assert refused(protected, e.LineChangedByHand(1, torn)) == "no_discount"
    assert refused(RUNG, e.LineChangedByHand(1, Hand("price", 1001, "up"))) == "price_above"
    assert refused(RUNG, e.LineChangedByHand(1, Hand("price", 100, ""))) == "reason_missing"
    assert refused(RUNG, e.LineChangedByHand(1, Hand("price", -1, "x"))) == "bad_amount"
    for percent in (0, 101, -5):
        assert refused(RUNG, e.LineChangedByHand(1, Hand("percent", percent, "x"))) == "bad_percent"
    assert refused(RUNG, e.TicketChangedByHand(torn)) == "bad_discount"
    assert refused(RUNG, e.LineChangedByHand(9, torn)) == "line_unknown"
    assert (
        refused(RUNG, e.LineChangedByHand(1, None)) == refused(RUNG, e.TicketChangedByHand(None)) == "nothing_by_hand"
    )
    changed = fold([e.LineChangedByHand(1, torn)], RUNG)
    assert refused(changed, e.LineQuantityChanged(1, 5)) == "line_by_hand"
    assert fold([e.LineChangedByHand(1, None)], changed) == RUNG


def test_it_is_in_the_record_and_its_sums_are_checked() -> None:
    by_hand = fold([e.LineChangedByHand(1, Hand("price", 800, "torn", "42"))], RUNG)
    closed = fold([e.CashTendered(3000, AT)], total_stands(by_hand))
    body = build_record(WHO, closed, 1, AT, AT, AT[:10], b"h" * 32, 1, 5, "set")
    record = read_record(body)
    assert (record["total"], record["receipt"]["total"], record["apart"]) == (
        2940,
        2140,
        [{"LineNumber": 1, "Amount": 1000}],
    )
    (row,) = record["adjustments"]
    assert (row["kind"], row["Amount"], row["Reason"], row["ApproverID"], row["Value"]) == (
        "price",
        -200,
        "torn",
        "42",
        800,
    )
    for lie in ({"apart": []}, {"adjustments": []}, {"total": 2939}, {"total": None}):
        with pytest.raises(WireError):
            read_record(pack({**record, **lie}))


def test_a_total_that_does_not_add_up_is_refused() -> None:
    receipt = receipt_of(RUNG.sale)
    wrong = e.Subtotalled({}, receipt, "s", (), (Adjustment(1, "price", -1),), receipt["total"])
    assert refused(RUNG, wrong) == "bad_total"
    assert refused(RUNG, replace(wrong, sum_minor=None)) == "bad_total"


def test_going_back_asks_for_the_total_anew() -> None:
    by_hand = fold([e.LineChangedByHand(1, Hand("price", 800, "torn"))], RUNG)
    assert fold([e.TenderingLeft()], total_stands(by_hand)) == by_hand
    aside = fold([e.SaleSuspended(1, AT), e.SaleRecalled(1)], total_stands(by_hand))
    assert aside.sale == by_hand.sale


@given(st.lists(st.integers(0, 100_000), max_size=12), st.integers(0, 1_000_000))
def test_spread_foots(weights: list[int], amount: int) -> None:
    amount = min(amount, sum(weights))
    parts = spread(amount, weights)
    assert sum(parts) == amount and all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


_hand = st.one_of(
    st.none(),
    st.builds(Hand, st.just("price"), st.integers(0, 900), st.just("r")),
    st.builds(Hand, st.just("percent"), st.integers(1, 100), st.just("r")),
    st.builds(Hand, st.just("amount"), st.integers(1, 5000), st.just("r")),
)
_line = st.builds(
    lambda price, qty, kg, facts, hand: SaleLine(
        1,
        "c",
        "s" * 64,
        "n",
        "kg" if kg else "each",
        price,
        0 if kg else qty,
        qty * 37 if kg else 0,
        "scanned",
        False,
        facts,
        hand,
    ),
    st.integers(0, 900),
    st.integers(1, 9),
    st.booleans(),
    st.sampled_from([None, Facts(no_discount=True), Facts(no_discount=True, apart=True), Facts(min_age=18)]),
    _hand,
)


@given(
    st.lists(_line, min_size=1, max_size=8), _hand, st.integers(0, 300), st.sampled_from(["none", "down", "half_up"])
)
def test_whatever_is_done_by_hand_the_lines_sum_to_what_is_paid(
    lines: list[SaleLine], ticket: Hand | None, off: int, how: Any
) -> None:
    numbered = tuple(replace(line, line=n) for n, line in enumerate(lines, 1))
    ticket = ticket if ticket is None or ticket.kind != "price" else None
    before = Checkout(Sale(state=State.RINGING, began_at=AT, lines=numbered, hand=ticket, age_checked=18))
    sale = total_stands(before, off).sale
    rows = cash_rounding_rows(sale, how, 2)
    paid = fold([e.CashTendered(10**9, AT, True, rows)], Checkout(sale)).sale
    nets = [line.net for _, line in priced_lines(paid)]
    assert sum(nets) == paid.total_minor + paid.rounding_minor == sum(x.amount_minor for x in paid.tenders)
    assert all(net >= 0 for net in nets)
    assert {row.kind for row in paid.adjustments} <= KINDS.keys()
