"""A bound says how much less a basket could cost: never more than what it costs."""

from __future__ import annotations

from reference.strategies import book_files

from engine.basket import read_basket
from engine.compiler import compile_book
from engine.pricing import price
from engine.snapshot import Snapshot

ITEM = {"sku": "a", "name": "a", "unit": "each", "price": 100, "category": "1", "brand": "", "tags": [], "barcodes": []}


def test_a_basket_that_costs_nothing_cannot_cost_less() -> None:
    thresholds = [
        {"id": "A", "name": "A", "type": "threshold", "each": {"amount": 3, "off": 1}},
        {"id": "b", "name": "b", "type": "threshold", "each": {"amount": 3, "off": 3}},
    ]
    snapshot = Snapshot(compile_book(book_files([ITEM], thresholds)).data)
    basket = read_basket({"id": "B", "at": "2026-11-22T18:30:00", "lines": [{"code": "a", "qty": 7}]})
    for nodes in (0, 50, 20_000):
        receipt = price(snapshot, basket, nodes)
        assert receipt.bound <= receipt.total
        assert receipt.optimal == (receipt.bound == 0)
    assert receipt.total == 0 and receipt.optimal


def test_two_that_cut_each_other_are_applied_as_seldom_as_can_be() -> None:
    # 233 times 3 and once 1 take off all 700; A as often as it can be, and b for the rest, would be 389 applications.
    thresholds = [
        {"id": "A", "name": "A", "type": "threshold", "each": {"amount": 3, "off": 1}},
        {"id": "b", "name": "b", "type": "threshold", "each": {"amount": 3, "off": 3}},
        {"id": "D", "name": "D", "type": "tender", "tenders": ["w"], "percent": 10},
    ]
    snapshot = Snapshot(compile_book(book_files([ITEM], thresholds)).data)
    for qty, times in ((7, {"A": 1, "b": 233}), (70, {"A": 1, "b": 2_333})):
        lines = [{"code": "a", "qty": qty}]
        basket = read_basket({"id": "B", "at": "2026-11-22T18:30:00", "tender": "w", "lines": lines})
        receipt = price(snapshot, basket)
        assert receipt.total == 0 and receipt.optimal
        assert {one.promotion: one.times for one in receipt.applications} == times
