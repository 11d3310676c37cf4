"""Cash rounding: the vectors, which line bears it, and that receipts still foot."""

from __future__ import annotations

from typing import Any

import pytest
from books import BOOK, files
from hypothesis import given
from hypothesis import strategies as st

from engine.basket import read_basket
from engine.compiler import compile_book
from engine.errors import BookError
from engine.pricing import price
from engine.rounding import CASH_ROUNDINGS, RoundingRow, cash_rounding, cash_unit, round_cash, rounded_total
from engine.snapshot import Snapshot
from engine.strictjson import read_json
from engine.values import Receipt, ReceiptLine


def receipt(*nets: tuple[str, int]) -> Receipt:
    lines = tuple(ReceiptLine(sku, 1, 0, net, net, net, 0, net, None) for sku, net in nets)
    total = sum(net for _, net in nets)
    return Receipt("r", 1, total, 0, total, True, 0, {}, lines, ())


@pytest.mark.parametrize(
    ("total", "down", "half_up"),
    [(2344, 2340, 2340), (2345, 2340, 2350), (2349, 2340, 2350), (2346, 2340, 2350), (2340, 2340, 2340), (4, 0, 0)],
)
def test_to_a_tenth(total: int, down: int, half_up: int) -> None:
    assert rounded_total(total, "down", 2) == down
    assert rounded_total(total, "half_up", 2) == half_up
    assert rounded_total(total, "none", 2) == total


@pytest.mark.parametrize(("exponent", "unit"), [(0, 1), (1, 1), (2, 10), (3, 100), (4, 1000)])
def test_the_tenth_is_of_the_currencys_unit(exponent: int, unit: int) -> None:
    assert cash_unit(exponent) == unit
    assert rounded_total(98765, "down", exponent) == 98765 - 98765 % unit


def test_cash_is_rounded_and_a_wallet_pays_the_total() -> None:
    """23.46 in cash is 23.4, with -0.06 on the largest line; by phone it is 23.46."""
    sold = receipt(("milk", 650), ("oil", 1496), ("salt", 200))
    paid = round_cash(sold, "cash", "down", 2)
    assert paid.total == 2340 and paid.rows == (RoundingRow(1, -6),)
    for tender in ("wechat", "alipay", "card", ""):
        assert round_cash(sold, tender, "down", 2).total == 2346
        assert round_cash(sold, tender, "down", 2).rows == ()


def test_a_total_may_be_rounded_up() -> None:
    assert round_cash(receipt(("a", 2346)), "cash", "half_up", 2).rows == (RoundingRow(0, 4),)


def test_no_row_without_a_difference() -> None:
    assert round_cash(receipt(("a", 2340)), "cash", "down", 2).rows == ()
    assert round_cash(receipt(("a", 2346)), "cash", "none", 2).rows == ()
    assert round_cash(receipt(), "cash", "down", 2).total == 0


def test_of_equal_lines_the_first_by_the_order_of_units() -> None:
    assert round_cash(receipt(("b", 503), ("a", 503)), "cash", "down", 2).rows == (RoundingRow(1, -6),)
    assert round_cash(receipt(("a", 503), ("a", 503)), "cash", "down", 2).rows == (RoundingRow(0, -6),)
    two_at_half = ReceiptLine("a", 2, 0, 250, 503, 503, 0, 503, None)
    one_dear = ReceiptLine("a", 1, 0, 503, 503, 503, 0, 503, None)
    sold = Receipt("r", 1, 1006, 0, 1006, True, 0, {}, (two_at_half, one_dear), ())
    assert round_cash(sold, "cash", "down", 2).rows == (RoundingRow(1, -6),)


def test_a_line_gives_no_more_than_it_costs() -> None:
    assert round_cash(receipt(("a", 2), ("b", 3)), "cash", "down", 2).rows == (RoundingRow(1, -3), RoundingRow(0, -2))


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40) | st.integers(0, 99_999)), max_size=8),
    st.sampled_from(CASH_ROUNDINGS),
    st.integers(0, 4),
)
def test_the_rows_foot(nets: list[tuple[str, int]], how: Any, exponent: int) -> None:
    sold = receipt(*nets)
    paid = round_cash(sold, "cash", how, exponent)
    assert paid.total % cash_unit(exponent) == 0 or how == "none"
    assert abs(paid.total - sold.total) < cash_unit(exponent)
    assert sum(row.amount_minor for row in paid.rows) == paid.total - sold.total
    assert all(sold.lines[row.line].net + row.amount_minor >= 0 for row in paid.rows)
    assert how != "down" or paid.total <= sold.total
    if sold.total >= 8 * cash_unit(exponent) and how != "none":
        assert len(paid.rows) <= 1


def test_a_tie_does_not_depend_on_the_order_of_lines() -> None:
    lines = [("a", 503), ("b", 503), ("c", 503)]
    for order in (lines, lines[::-1]):
        (row,) = round_cash(receipt(*order), "cash", "down", 2).rows
        assert order[row.line][0] == "a"


def test_the_books_key() -> None:
    assert cash_rounding(BOOK) == "none"
    assert [cash_rounding({"cash_rounding": how}) for how in CASH_ROUNDINGS] == list(CASH_ROUNDINGS)
    made = files([]) | {"book.json": b'{"format": 1, "currency": "CNY", "exponent": 2, "cash_rounding": "down"}'}
    snapshot = Snapshot(compile_book(made).data)
    sold = price(snapshot, read_basket({"at": "2026-11-22T18:30:00", "lines": [{"code": "apple", "milli": 333}]}))
    assert (sold.total, round_cash(sold, "cash", cash_rounding(snapshot.book), snapshot.exponent).total) == (432, 430)


@pytest.mark.parametrize("said", [b'"up"', b"true", b"null", b"0.1", b'["down"]', b"{}"])
def test_another_value_is_refused(said: bytes) -> None:
    made = files([]) | {"book.json": b'{"format": 1, "currency": "CNY", "exponent": 2, "cash_rounding": ' + said + b"}"}
    assert read_json(made["book.json"], "book.json", []) is not None
    with pytest.raises(BookError) as caught:
        compile_book(made)
    assert any("cash_rounding" in str(fault) for fault in caught.value.faults)
