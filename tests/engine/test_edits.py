"""A till does not only add lines: after any change, the receipt of `Pricer` is the one from scratch, byte for byte.

Lines come, change and go, the member's card is scanned in the middle, coupons are added, a way to pay is chosen and
another one. With the default limit and with 50 nodes, where the search is cut.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from make_dense_book import dense_files
from reference.strategies import ALL_KINDS, TIMES, book_files, worlds

from engine.basket import read_basket
from engine.compiler import compile_book
from engine.pricing import Pricer, price
from engine.snapshot import Snapshot
from engine.values import DEFAULT_NODES, Basket, Receipt

Data = dict[str, Any]
World = tuple[list[Data], list[Data], Data]
quick = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
long = settings(max_examples=3_000, deadline=None, suppress_health_check=list(HealthCheck))
both = pytest.mark.parametrize("how", [quick, pytest.param(long, marks=pytest.mark.long)], ids=["quick", "long"])
MAX_UNITS = 14
MEMBERS = [None, {"id": "M"}, {"id": "M", "level": "gold", "tags": ["staff"], "birthday": "02-29"}]


def text(receipt: Receipt) -> str:
    return json.dumps(receipt.to_json(), ensure_ascii=False)


@st.composite
def edited(draw: st.DrawFn, items: list[Data], basket: Data) -> Data:
    """The basket after one change, as a cashier, a customer or the clock makes it."""
    lines: list[Data] = [dict(line) for line in basket["lines"]]
    now: Data = {**basket, "lines": lines}
    left = MAX_UNITS - sum(line.get("qty", 1) for line in lines)
    kind = draw(
        st.sampled_from(["append", "append", "append", "change", "remove", "member", "coupon", "tender", "used"])
    )
    if kind == "append" and left > 0:
        item = draw(st.sampled_from(items))
        code = draw(st.sampled_from([item["sku"], *item["barcodes"]]))
        if item["unit"] == "kg":
            lines.append({"code": code, "milli": draw(st.sampled_from([333, 500, 999, 1000, 1237]))})
        else:
            lines.append({"code": code, "qty": draw(st.integers(1, min(3, left)))})
    elif kind == "change" and lines:
        line = draw(st.sampled_from(lines))
        if "qty" in line:
            line["qty"] = draw(st.integers(1, min(4, line["qty"] + left)))
        else:
            line["milli"] = draw(st.integers(1, 2_000))
    elif kind == "remove" and lines:
        lines.pop(draw(st.integers(0, len(lines) - 1)))
    elif kind == "member":
        now["member"] = draw(st.sampled_from(MEMBERS))
    elif kind == "coupon":
        now["coupons"] = [*basket.get("coupons", ()), draw(st.sampled_from(["C1", "C2"]))]
    elif kind == "tender":
        now["tender"] = draw(st.sampled_from(["w", "v", ""]))
    elif kind == "used":
        now["used"] = {draw(st.sampled_from(["D", "b", "A", "C"])): {"total": draw(st.integers(0, 3))}}
        now["at"] = draw(st.sampled_from(TIMES))
    return now


def check_edits(world: World, nodes: int, data: st.DataObject, make: Callable[[Snapshot], Pricer]) -> None:
    items, promotions, basket = world
    snapshot = Snapshot(compile_book(book_files(items, promotions)).data)
    pricer = make(snapshot)
    for _ in range(data.draw(st.integers(2, 8))):
        read = read_basket(basket)
        assert text(pricer.price(read, nodes)) == text(price(snapshot, read, nodes))
        basket = data.draw(edited(items, basket))


@both
@pytest.mark.parametrize("nodes", [DEFAULT_NODES, 50])
def test_after_every_change_the_receipt_is_the_one_from_scratch(how: settings, nodes: int) -> None:
    @how
    @given(worlds(ALL_KINDS, max_units=8, max_promotions=8), st.data())
    def check(world: World, data: st.DataObject) -> None:
        check_edits(world, nodes, data, Pricer)

    check()


class OnlyLines(Pricer):
    """The broken variant: a receipt is kept as long as the lines are the same."""

    _kept: tuple[object, Receipt] | None = None

    def price(self, basket: Basket, nodes: int = DEFAULT_NODES) -> Receipt:
        if self._kept is None or self._kept[0] != basket.lines:
            self._kept = basket.lines, super().price(basket, nodes)
        return self._kept[1]


class OnlyCodes(Pricer):
    """The broken variant: what is kept does not ask how many."""

    _kept: tuple[object, Receipt] | None = None

    def price(self, basket: Basket, nodes: int = DEFAULT_NODES) -> Receipt:
        key = [line.code for line in basket.lines], basket.member, basket.coupons, basket.tender, basket.used, basket.at
        if self._kept is None or self._kept[0] != key:
            self._kept = key, super().price(basket, nodes)
        return self._kept[1]


@pytest.mark.parametrize("broken", [OnlyLines, OnlyCodes])
def test_a_pricer_that_keeps_too_much_is_found(broken: type[Pricer]) -> None:
    @settings(quick, max_examples=1_000, phases=[Phase.generate])
    @given(worlds(ALL_KINDS, max_units=8, max_promotions=8), st.data())
    def check(world: World, data: st.DataObject) -> None:
        check_edits(world, DEFAULT_NODES, data, broken)

    with pytest.raises(AssertionError):
        check()


@pytest.mark.parametrize("nodes", [400, 50])
@pytest.mark.parametrize("baskets", [12, pytest.param(200, marks=pytest.mark.long)])
def test_scan_by_scan_in_a_dense_book(nodes: int, baskets: int) -> None:
    """Parts of many promotions, most of them cut by the limit; line by line, then two lines back."""
    made = dense_files(600, 500, 5, baskets=baskets)
    snapshot = Snapshot(compile_book(made).data)
    pricer = Pricer(snapshot)
    cut = 0
    for raw in made["baskets.ndjson"].splitlines():
        whole = json.loads(raw)
        lines = whole["lines"][:20]
        for count in [*range(1, len(lines) + 1), max(0, len(lines) - 2)]:
            basket = read_basket({**whole, "lines": lines[:count]})
            scanned = pricer.price(basket, nodes)
            cut += not scanned.optimal
            assert text(scanned) == text(price(snapshot, basket, nodes))
    assert cut > baskets
