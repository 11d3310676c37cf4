"""Pricing scan by scan gives the receipt from scratch, byte for byte; and what no price may do, over all kinds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference.strategies import ALL_KINDS, book_files, worlds

from engine import pricing
from engine.basket import read_basket
from engine.compiler import compile_book
from engine.errors import BasketError
from engine.pricing import Pricer, price
from engine.snapshot import Snapshot

Data = dict[str, Any]
World = tuple[list[Data], list[Data], Data]
quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def text(receipt: Any) -> str:
    return json.dumps(receipt.to_json(), ensure_ascii=False)


@pytest.mark.parametrize("nodes", [20_000, 50])
def test_every_scan_gives_the_receipt_from_scratch(nodes: int) -> None:
    @quick
    @given(worlds(ALL_KINDS, max_units=12, max_promotions=8))
    def check(world: World) -> None:
        items, promotions, basket = world
        book = Snapshot(compile_book(book_files(items, promotions)).data)
        pricer = Pricer(book)
        for count in [*range(len(basket["lines"]) + 1), len(basket["lines"]) - 1, 1]:
            some = read_basket({**basket, "lines": basket["lines"][: max(0, count)]})
            assert text(pricer.price(some, nodes)) == text(price(book, some, nodes))

    check()


@st.composite
def edited(draw: st.DrawFn, basket: Data) -> Data:
    """The basket after something that happens at a till."""
    lines = [dict(line) for line in basket["lines"]]
    kind = draw(st.sampled_from(["less", "amount", "again", "moved", "other", "other", "other"]))
    at = draw(st.integers(0, max(0, len(lines) - 1)))
    if kind == "other" or not lines:
        key = draw(st.sampled_from(["coupons", "coupons", "member", "member", "tender", "used", "at", "store"]))
        others: Data = {
            "coupons": [[], ["C1"], ["C1", "C2", "C2"]],
            "member": [None, {"id": "m1"}, {"id": "m2", "level": "gold", "tags": ["vip"], "birthday": "11-22"}],
            "tender": ["", "w", "v"],
            "used": [{}, {"P1": {"total": 1}, "P2": {"member_day": 1}}],
            "at": ["2026-11-22T18:30:00", "2026-11-22T23:59", "2026-11-23T09:00"],
            "store": ["", "s1"],
        }
        return {**basket, key: draw(st.sampled_from(others[key]))}
    if kind == "less":
        del lines[at]
    elif kind == "amount":
        key = "qty" if "qty" in lines[at] else "milli"
        lines[at][key] = draw(st.integers(1, 4))
    elif kind == "moved":
        lines.append(lines.pop(at))
    else:
        lines.append(dict(lines[at]))
    return {**basket, "lines": lines}


@pytest.mark.parametrize("nodes", [20_000, 50])
def test_whatever_changes_the_receipt_is_the_one_from_scratch(nodes: int) -> None:
    @quick
    @given(worlds(ALL_KINDS, max_units=9, max_promotions=8), st.data())
    def check(world: World, data: st.DataObject) -> None:
        items, promotions, basket = world
        book = Snapshot(compile_book(book_files(items, promotions)).data)
        pricer = Pricer(book)
        for _ in range(6):
            some = read_basket(basket)
            assert text(pricer.price(some, nodes)) == text(price(book, some, nodes))
            basket = data.draw(edited(basket))

    check()


def test_a_line_that_cannot_be_priced_leaves_nothing_behind() -> None:
    rows = "sku,name,unit,price,category,brand,tags,barcodes\na,x,each,100,,,,\nb,x,each,70,,,,\n"
    book = [{"id": "P", "type": "set", "buy": [{"items": {"all": True}, "qty": 2}], "reward": {"percent": 10}}]
    files = {
        "book.json": b'{"format": 1, "currency": "CNY", "exponent": 2}',
        "items.csv": rows.encode(),
        "promotions.json": json.dumps(book).encode(),
    }
    snapshot = Snapshot(compile_book(files).data)
    pricer = Pricer(snapshot)
    for codes in (["a"], ["b", "gone"], ["b"], ["a", "b"], ["gone"], ["b", "a"]):
        basket = read_basket({"at": "2026-11-22T18:30", "lines": [{"code": code, "qty": 1} for code in codes]})
        if "gone" in codes:
            with pytest.raises(BasketError):
                pricer.price(basket)
        else:
            assert text(pricer.price(basket)) == text(price(snapshot, basket))


def who_pays_changes() -> None:
    """The same lines for a member, for nobody, with a coupon, at another hour: no random basket is needed to tell."""
    rows = "sku,name,unit,price,category,brand,tags,barcodes\na,x,each,100,,,,\n"
    all_goods = [{"items": {"all": True}, "qty": 2}]
    book = [
        {"id": "M", "type": "set", "who": {"member": True}, "buy": all_goods, "reward": {"percent": 10}},
        {"id": "K", "type": "set", "coupon": "C1", "buy": all_goods, "reward": {"percent": 20}},
        {
            "id": "H",
            "type": "set",
            "when": {"hours": [["20:00", "21:00"]]},
            "buy": all_goods,
            "reward": {"percent": 30},
        },
    ]
    files = {
        "book.json": b'{"format": 1, "currency": "CNY", "exponent": 2}',
        "items.csv": rows.encode(),
        "promotions.json": json.dumps(book).encode(),
    }
    snapshot = Snapshot(compile_book(files).data)
    pricer = Pricer(snapshot)
    basket: Data = {"at": "2026-11-22T18:30", "lines": [{"code": "a", "qty": 2}]}
    totals = []
    for more in ({}, {"member": {"id": "m1"}}, {"coupons": ["C1"]}, {"at": "2026-11-22T20:30"}, {}):
        some = read_basket({**basket, **more})
        receipt = pricer.price(some)
        assert text(receipt) == text(price(snapshot, some))
        totals.append(receipt.total)
    assert totals == [200, 180, 160, 140, 200]


def test_who_pays_is_asked_again() -> None:
    who_pays_changes()


def test_a_pricer_that_forgets_to_ask_who_pays_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pricing, "_is_same_but_lines", lambda one, other: True)
    with pytest.raises(AssertionError):
        who_pays_changes()


def test_a_part_that_is_unchanged_is_not_searched_again() -> None:
    rows = "".join(f"i{n},x,each,{100 + n},,,,\n" for n in range(9))
    header = "sku,name,unit,price,category,brand,tags,barcodes\n"
    book = [
        {
            "id": f"P{n}",
            "type": "set",
            "buy": [{"items": {"skus": [f"i{n}"]}, "qty": 2}],
            "reward": {"percent": 10},
        }
        for n in range(9)
    ]
    files = {
        "book.json": b'{"format": 1, "currency": "CNY", "exponent": 2}',
        "items.csv": (header + rows).encode(),
        "promotions.json": json.dumps(book).encode(),
    }
    pricer = Pricer(Snapshot(compile_book(files).data))
    for count in range(1, 9):
        lines = [{"code": f"i{n}", "qty": 2} for n in range(count)]
        pricer.price(read_basket({"at": "2026-11-22T18:30", "lines": lines}))
        assert pricer.searched == 1


@quick
@given(worlds(ALL_KINDS, max_units=9, max_promotions=5), st.data())
def test_a_promotion_more_never_makes_it_dearer(world: World, data: st.DataObject) -> None:
    """Of sets, tiers and thresholds, before step 4."""
    items, promotions, basket = world
    kinds = ("set", "tier", "threshold")
    before_tender = [promotion for promotion in promotions if promotion["type"] != "tender"]
    able = [promotion for promotion in before_tender if promotion["type"] in kinds]
    if not able:
        return
    one = data.draw(st.sampled_from(able))
    fewer = [promotion for promotion in before_tender if promotion is not one]
    more, less = (
        price(Snapshot(compile_book(book_files(items, some)).data), read_basket(basket))
        for some in (before_tender, fewer)
    )
    assert more.total <= less.total


@quick
@given(worlds(ALL_KINDS, max_units=9, max_promotions=5), st.sampled_from([0, 1, 7, 50]))
def test_past_the_limit_the_bound_holds(world: World, nodes: int) -> None:
    items, promotions, basket = world
    promotions = [promotion for promotion in promotions if promotion["type"] != "tender"]
    book = Snapshot(compile_book(book_files(items, promotions)).data)
    best = price(book, read_basket(basket))
    found = price(book, read_basket(basket), nodes)
    assert best.optimal
    assert found.total - found.bound <= best.total <= found.total
    assert found.optimal == (found.bound == 0)
