"""From codes to events: the sale's state decides how a code is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.values import Item
from runtime.sale.events import ItemAdded, WeightWanted
from runtime.sale.state import Sale, State
from runtime.terminal.intake import read_goods, read_payment_code
from runtime.terminal.refusal import NotTaken, why

WATER = Item("010001", "水", "each", 200, "20", "", (), {})
PUMPKIN = Item("117202", "南瓜", "kg", 456, "11", "", (), {})
BOOK = {"6901234567892": WATER, "010001": WATER, "117202": PUMPKIN}
AT = "2026-11-22T18:30:00"


def read(code: str, sale: Sale | None = None) -> ItemAdded | WeightWanted:
    return read_goods(code, "scanned", sale or Sale(), BOOK.get, (), AT, "aa")


def test_goods_carry_their_facts() -> None:
    event = read("6901234567892")
    assert event == ItemAdded("6901234567892", "010001", "水", "each", 200, 1, 0, "scanned", AT, "aa")


def test_a_pending_quantity_is_in_the_event() -> None:
    event = read("6901234567892", Sale(pending_qty=7))
    assert isinstance(event, ItemAdded) and event.qty == 7


def test_weighed_goods_want_the_scale() -> None:
    assert isinstance(read("117202"), WeightWanted)


def test_a_basket_keeps_the_time_and_snapshot_it_began_with() -> None:
    event = read("6901234567892", Sale(state=State.RINGING, began_at="2026-11-22T08:00:00", snapshot="bb"))
    assert (event.at, event.snapshot) == ("2026-11-22T08:00:00", "bb")
    closed = Sale(state=State.CLOSED, began_at="2026-11-22T08:00:00", snapshot="bb")
    event = read("6901234567892", closed)
    assert (event.at, event.snapshot) == (AT, "aa")


@given(st.text(max_size=80))
def test_any_text_is_goods_or_has_a_reason(code: str) -> None:
    try:
        read(code)
    except NotTaken as refusal:
        said = why(refusal, 2)
        assert said.text != "{code}", refusal.code
        said.text.format(**said.args)
        said.remedy.format(**said.args)


TENDERING = Sale(state=State.TENDERING, receipt={"total": 1234})


def test_a_payment_is_of_all_that_is_due_and_keeps_the_codes_tail_only() -> None:
    event = read_payment_code("  134567890123456789 ", TENDERING, "T1")
    assert (event.amount_minor, event.code_tail, event.trade_no) == (1234, "6789", "T1")


@pytest.mark.parametrize("code", ["", "6901234567892", "1" * 65, "1345678901234567é9", "13456 7890123456789"])
def test_what_is_no_payment_code_is_refused(code: str) -> None:
    with pytest.raises(NotTaken, match="not_a_payment_code"):
        read_payment_code(code, TENDERING, "T1")


def test_a_gs1_code_sells_by_its_gtin_and_by_the_date_the_sale_began() -> None:
    code = "010690123456789217261121"
    with pytest.raises(NotTaken) as caught:
        read(code)
    assert caught.value.code == "expired"
    event = read(code, Sale(state=State.RINGING, began_at="2026-11-21T23:59:00", snapshot="bb"))
    assert isinstance(event, ItemAdded) and (event.code, event.sku) == ("06901234567892", "010001")
