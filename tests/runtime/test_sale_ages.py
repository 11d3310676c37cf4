"""The customer's age, and what a sale takes from stock, in the pure machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.sale import events as e
from runtime.sale.machine import fold, step
from runtime.sale.record import Identity, build_record, read_record
from runtime.sale.refusals import Refused
from runtime.sale.state import Checkout, Facts, Sale, State
from runtime.sale.stock import movements
from tests.runtime.sale_events import AT, BEER, item, kilo, subtotal

WHO = Identity(store="S1", workstation="T1", operator="7", epoch=99)


def refused(checkout: Checkout, event: e.Event) -> str:
    with pytest.raises(Refused) as caught:
        step(checkout, event)
    assert "{" not in str(caught.value)
    return caught.value.code


def test_nothing_is_paid_before_somebody_has_looked() -> None:
    due = fold([item(), BEER, item(), subtotal(1690)])
    assert due.sale.age_open == 18
    for event in (e.CashTendered(2000, AT), e.PaymentAsked("T1", "1234", 1690)):
        assert refused(due, event) == "age_open"
    assert refused(due, e.AgeConfirmed(16)) == "age_open"
    closed = fold([e.AgeConfirmed(18), e.CashTendered(2000, AT)], due)
    record = read_record(build_record(WHO, closed, 1, AT, AT, AT[:10], b"h" * 32, 1, 5, "set"))
    assert record["age_checked"] == 18
    assert fold([BEER], closed).sale.age_open == 18  # the next customer is another one


def test_it_is_asked_again_for_more_years_only() -> None:
    knife = replace(BEER, facts=Facts(min_age=21))
    rung = fold([BEER, e.AgeConfirmed(18), BEER])
    assert rung.sale.age_open == 0 and refused(rung, e.AgeConfirmed(18)) == "age_not_asked"
    more = fold([knife], rung)
    assert more.sale.age_open == 21
    assert [line.voided for line in fold([e.AgeRefused(21)], more).sale.lines] == [False, False, True]


def test_who_is_too_young_keeps_the_rest() -> None:
    due = fold([item(), BEER, subtotal(1340)])
    rest = fold([e.AgeRefused(18)], due)
    assert rest.sale.state is State.RINGING and [line.voided for line in rest.sale.lines] == [False, True]
    assert rest.sale.receipt == {} and rest.sale.age_open == 0
    assert fold([e.AgeRefused(18)], fold([BEER])).sale == Sale()
    assert refused(fold([item()]), e.AgeRefused(18)) == "age_not_asked"


def test_a_weighing_is_not_in_the_way() -> None:
    weighing = fold([BEER, e.WeightWanted("2", "2", "x", 100, "scanned", AT, "s")])
    assert fold([e.AgeConfirmed(18)], weighing).sale.state is State.WEIGHING


def test_oden_takes_grams_by_its_spec() -> None:
    six = replace(item(500, qty=2), sku="70001", facts=Facts(stock_sku="70000", stock_g=100))
    thirteen = replace(item(1000), sku="70002", facts=Facts(stock_sku="70000", stock_g=220))
    rung = fold([six, thirteen, item(350, qty=3), item(350), kilo(1280, 500), thirteen, e.LineVoided(6)])
    assert movements(rung.sale) == [("70000", "g", 420), ("1001", "each", 4), ("2000001", "g", 500)]
    closed = fold([subtotal(4040), e.CashTendered(4040, AT)], rung)
    record = read_record(build_record(WHO, closed, 1, AT, AT, AT[:10], b"h" * 32, 1, 5, "set"))
    assert record["stock"][0] == {"ItemID": "70000", "unit": "g", "Quantity": 420}
