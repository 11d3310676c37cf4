"""The engine against the brute-force reference of the contract: every number of a receipt, and the least total."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference.strategies import ALL_KINDS, book_files, worlds
from reference.verdict import check_receipt

from engine.basket import read_basket
from engine.compiler import compile_book
from engine.pricing import price
from engine.snapshot import Snapshot

Data = dict[str, Any]
World = tuple[list[Data], list[Data], Data]

quick = settings(max_examples=1_000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
long = settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))


def engine_receipt(items: list[Data], promotions: list[Data], basket: Data) -> Data:
    book = compile_book(book_files(items, promotions))
    return price(Snapshot(book.data), read_basket(basket)).to_json()


def compare(world: World) -> None:
    items, promotions, basket = world
    receipt = engine_receipt(items, promotions, basket)
    assert check_receipt(items, promotions, basket, receipt) == []
    assert receipt["optimal"], "a basket of a few units is searched to the end"


def _item(unit: str) -> Data:
    return {
        "sku": "a", "name": "a", "unit": unit, "price": 50, "category": "1", "brand": "", "tags": [], "barcodes": [],
    }  # fmt: skip


def _set(name: str, qty: int, reward: Data) -> Data:
    return {"id": name, "name": name, "type": "set", "buy": [{"items": {"all": True}, "qty": qty}], "reward": reward}


def test_equal_remainders_go_in_the_order_of_lines() -> None:
    # Both lines cost 50: 999 g rounded, 1000 g exactly. 99 off both is 49.5 each, and line 0 gets the odd one.
    for weights in [(999, 1000), (1000, 999)]:
        basket = {
            "id": "B",
            "at": "2026-11-22T18:30:00",
            "lines": [{"code": "a", "milli": milli} for milli in weights],
        }
        receipt = engine_receipt([_item("kg")], [_set("A", 2, {"price": 1})], basket)
        assert [line["net"] for line in receipt["lines"]] == [0, 1]


def test_of_equal_totals_the_one_with_fewer_applications() -> None:
    # A twice gives 25 + 25, B once gives 100 - 50.
    promotions = [_set("A", 1, {"percent": 50}), _set("B", 2, {"price": 50})]
    basket = {"id": "B", "at": "2026-11-22T18:30:00", "lines": [{"code": "a", "qty": 2}]}
    compare(([_item("each")], promotions, basket))


def test_two_thresholds_that_cut_each_other_a_hundred_times() -> None:
    each = {"amount": 3, "off": 2}
    promotions = [{"id": name, "name": name, "type": "threshold", "each": each} for name in ("A", "B")]
    basket = {"id": "B", "at": "2026-11-22T18:30:00", "lines": [{"code": "a", "qty": 6}]}
    compare(([_item("each")], promotions, basket))


@quick
@given(worlds(ALL_KINDS, max_units=7, max_promotions=4))
def test_small_baskets(world: World) -> None:
    compare(world)


@pytest.mark.long
@long
@given(worlds(ALL_KINDS, max_units=7, max_promotions=4))
def test_many_small_baskets(world: World) -> None:
    compare(world)


@settings(quick, max_examples=200)
@given(worlds(ALL_KINDS, max_units=10, max_promotions=6), st.data())
def test_the_order_of_lines_and_promotions_decides_nothing(world: World, data: st.DataObject) -> None:
    """No total and no sku's net depends on the order in which lines were scanned or promotions written."""
    items, promotions, basket = world
    other_basket = {**basket, "lines": data.draw(st.permutations(basket["lines"]))}
    one = engine_receipt(items, promotions, basket)
    other = engine_receipt(items, data.draw(st.permutations(promotions)), other_basket)
    assert one["total"] == other["total"]
    for item in items:
        nets = [sum(line["net"] for line in receipt["lines"] if line["sku"] == item["sku"]) for receipt in (one, other)]
        assert nets[0] == nets[1], item["sku"]
