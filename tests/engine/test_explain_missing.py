"""What is missing, told by `--explain` and `hints`, against pricing with exactly that: over all kinds of books."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from reference.conditions import holds
from reference.oracle import reference_price
from reference.strategies import ALL_KINDS, book_files, worlds

import engine.hints
from engine.basket import read_basket
from engine.compiler import compile_book
from engine.explain import Reason, explain
from engine.hints import Hint, hints
from engine.pricing import price
from engine.snapshot import Snapshot
from engine.values import Basket, Receipt

Data = dict[str, Any]
World = tuple[list[Data], list[Data], Data]

quick = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def book_of(items: list[Data], promotions: list[Data]) -> Snapshot:
    return Snapshot(compile_book(book_files(items, promotions)).data)


def extra(sku: str, price: int) -> Data:
    return {
        "sku": sku,
        "name": sku,
        "unit": "each",
        "price": price,
        "category": "",
        "brand": "",
        "tags": [],
        "barcodes": [],
    }


def with_sku(promotion: Data, slot: int, sku: str) -> Data:
    """The promotion selects one sku more in one of its slots."""
    if promotion["type"] == "set":
        buy = [dict(entry) for entry in promotion["buy"]]
        buy[slot]["items"] = {**buy[slot]["items"], "skus": [*buy[slot]["items"].get("skus", []), sku]}
        return {**promotion, "buy": buy}
    if slot == 1:
        gift = dict(promotion["gift"])
        gift["items"] = {**gift["items"], "skus": [*gift["items"].get("skus", []), sku]}
        return {**promotion, "gift": gift}
    items = promotion.get("items", {"all": True})
    return {**promotion, "items": {**items, "skus": [*items.get("skus", []), sku]}}


def for_base(promotion: Data, sku: str) -> Data:
    """A threshold whose base has one sku more, which is no gift of it."""
    changed = with_sku(promotion, 0, sku)
    return {**changed, "gift": without(promotion, sku)["gift"]} if "gift" in promotion else changed


def shelf_alone(promotions: list[Data], name: str) -> list[Data]:
    """The promotion with nothing that competes: shelf prices only."""
    limits = ("max_times", "coupon", "limit")
    return [
        one
        for one in promotions
        if one["id"] == name or (one["type"] == "price" and not any(key in one for key in limits))
    ]


def applies(items: list[Data], promotions: list[Data], plain: Data, name: str) -> bool:
    receipt = price(book_of(items, promotions), read_basket(plain))
    return any(one.promotion == name for one in receipt.applications)


def check_missing(items: list[Data], promotions: list[Data], plain: Data, reason: Reason) -> None:
    """With exactly what is missing the promotion applies, where nothing competes and it gives anything; with one unit
    or minor unit less it does not."""
    (promotion,) = [one for one in promotions if one["id"] == reason.promotion]
    alone = shelf_alone(promotions, reason.promotion)
    if reason.code == "short_by_units":
        lines, more, changed = list(plain["lines"]), list(items), promotion
        added = [f"more{slot}" for slot, _ in reason.numbers["entries"]]
        for slot, count in reason.numbers["entries"]:
            sku = f"more{slot}"
            more.append(extra(sku, 5_000))
            changed = with_sku(changed, slot, sku)
            lines.append({"code": sku, "qty": count})
        book = [changed if one is promotion else without(one, *added) for one in alone]
        one_entry = len(reason.numbers["entries"]) == 1 and promotion["type"] != "threshold"
        assert applies(more, book, {**plain, "lines": lines}, reason.promotion)
        if one_entry:
            short = [*lines[:-1], *([{**lines[-1], "qty": lines[-1]["qty"] - 1}] if lines[-1]["qty"] > 1 else [])]
            assert not applies(more, book, {**plain, "lines": short}, reason.promotion)
    elif reason.code == "short_by_amount" and promotion["type"] == "threshold":
        amount = reason.numbers["amount_minor"]
        free = explain_alone(items, alone, plain, reason.promotion)
        if free is None or free.code != "short_by_amount":
            return
        amount = free.numbers["amount_minor"]  # step 2 has nothing to take off: the amount may be less
        assert amount <= reason.numbers["amount_minor"]
        book = [for_base(one, "more") if one is promotion else without(one, "more") for one in alone]
        for added, right in ((amount, True), (amount - 1, False)):
            lines = [*plain["lines"], *([{"code": "more", "qty": 1}] if added else [])]
            found = applies([*items, extra("more", added)], book, {**plain, "lines": lines}, reason.promotion)
            gives = any("off" in tier for tier in promotion.get("tiers", [])) or "each" in promotion
            if "gift" in promotion:  # a gift is there, and something beside it
                little = {**promotion, "gift": {**promotion["gift"], "amount": 1}}
                gives = applies(items, [little if one is promotion else one for one in alone], plain, reason.promotion)
            assert found == right or (right and not gives)


def explain_alone(items: list[Data], promotions: list[Data], plain: Data, name: str) -> Reason | None:
    book, basket = book_of(items, promotions), read_basket(plain)
    return next((one for one in explain(book, basket, price(book, basket)) if one.promotion == name), None)


@quick
@given(worlds(("set1", "set", "tier", "threshold", "threshold", "price"), max_units=5, max_promotions=4))
def test_with_exactly_what_is_missing_it_applies(world: World) -> None:
    items, promotions, plain = world
    book, basket = book_of(items, promotions), read_basket(plain)
    for reason in explain(book, basket, price(book, basket)):
        check_missing(items, promotions, plain, reason)


def check_hint(items: list[Data], promotions: list[Data], plain: Data, receipt: Receipt, hint: Hint) -> None:
    """The gain, by the reference: the basket with the addition costs so much less than before and the addition."""
    untendered = {key: value for key, value in plain.items() if key != "tender"}
    before = reference_price({}, items, promotions, untendered)["total"]
    (promotion,) = [one for one in promotions if one["id"] == hint.promotion]
    assert holds(promotion, plain)
    if hint.code == "add_units":
        lines = [*plain["lines"], {"code": hint.sku, "qty": hint.units}]
        after = reference_price({}, items, promotions, {**untendered, "lines": lines})
        cost = after["lines"][-1]["current"]
        assert hint.cost_minor == cost
        total = after["total"]
    else:
        # The amount is in the base of this promotion alone.
        others = [for_base(one, "more") if one is promotion else without(one, "more") for one in promotions]
        lines = [*plain["lines"], {"code": "more", "qty": 1}]
        more = [*items, extra("more", hint.cost_minor)]
        total = reference_price({}, more, others, {**untendered, "lines": lines})["total"]
    assert hint.gain_minor == before + hint.cost_minor - total
    assert hint.gain_minor > 0


def without(promotion: Data, *skus: str) -> Data:
    """The promotion does not select these."""

    def but(selector: Data) -> Data:
        if "except" in selector:
            return {**selector, "except": {**selector["except"], "skus": [*selector["except"].get("skus", []), *skus]}}
        return {**selector, "except": {"skus": [*skus]}}

    if promotion["type"] == "tender":
        return promotion
    if promotion["type"] == "set":
        return {**promotion, "buy": [{**entry, "items": but(entry["items"])} for entry in promotion["buy"]]}
    out = {**promotion, "items": but(promotion.get("items", {"all": True}))}
    if "gift" in promotion:
        out["gift"] = {**promotion["gift"], "items": but(promotion["gift"]["items"])}
    return out


def check_hints(world: World) -> int:
    items, promotions, plain = world
    book, basket = book_of(items, promotions), read_basket(plain)
    receipt = price(book, basket)
    found = hints(book, basket, receipt)
    assert found == hints(book, basket, receipt)
    assert len({one.promotion for one in found}) == len(found) <= 5
    assert [one.gain_minor for one in found] == sorted([one.gain_minor for one in found], reverse=True)
    for hint in found:
        check_hint(items, promotions, plain, receipt, hint)
    return len(found)


@settings(quick, max_examples=150)
@given(worlds(("set1", "set", "tier", "threshold", "price"), max_units=4, max_promotions=3))
def test_what_a_hint_brings_is_what_the_reference_says(world: World) -> None:
    check_hints(world)


def test_the_amount_for_a_gift_counts_what_the_gift_takes_out_of_the_base() -> None:
    """One gift, one of each amount, and a dearer one in the place of one that is given."""
    items = [extra("a", 200), extra("b", 1_000)]
    for more, a_lines, b_lines, amount, gain in (
        ({"count": 1}, 1, 1, 500, 200),  # 10.00 are left beside the gift
        ({"count": 1, "each": True}, 1, 2, 300, 800),  # b in the place of a leaves 12.00
        ({"count": 2}, 2, 2, 300, 800),
    ):
        gift = {"amount": 1_500, "items": {"all": True}, "price": 0, **more}
        promotions = [{"id": "P", "name": "p", "type": "threshold", "gift": gift}]
        plain = {"at": "2026-11-22T18:30:00", "lines": [{"code": "a", "qty": a_lines}, {"code": "b", "qty": b_lines}]}
        snapshot, basket = book_of(items, promotions), read_basket(plain)
        receipt = price(snapshot, basket)
        (found,) = hints(snapshot, basket, receipt)
        assert (found.code, found.cost_minor, found.gain_minor) == ("add_amount", amount, gain)
        check_hint(items, promotions, plain, receipt, found)


@pytest.mark.long
@settings(quick, max_examples=5_000, derandomize=False)
@given(worlds(ALL_KINDS, max_units=5, max_promotions=4))
def test_what_many_hints_bring(world: World) -> None:
    check_hints(world)


PAIR = {"id": "P", "name": "pair", "type": "set", "buy": [{"items": {"skus": ["a"]}, "qty": 2}], "reward": {"off": 30}}
WORLD: World = (
    [extra("a", 100), extra("b", 100)],
    [PAIR],
    {"id": "B", "at": "2026-11-22T18:30:00", "lines": [{"code": "a", "qty": 1}, {"code": "b", "qty": 1}]},
)


def test_a_gain_that_counts_the_regular_price_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variant: what the shelf takes off the addition counted as its gain."""
    shelf = {"id": "A", "name": "shelf", "type": "price", "items": {"skus": ["a"]}, "price": 90}
    world: World = (WORLD[0], [shelf, PAIR], WORLD[2])
    assert check_hints(world) == 1
    real = engine.hints.price

    def at_regular(snapshot: Snapshot, basket: Basket, nodes: int) -> Receipt:
        receipt = real(snapshot, basket, nodes)
        last = receipt.lines[-1]
        return replace(receipt, lines=(*receipt.lines[:-1], replace(last, current=last.gross)))

    with monkeypatch.context() as broken:
        broken.setattr(engine.hints.Hinter.__init__, "__kwdefaults__", {**kwdefaults(), "pricer": at_regular})
        with pytest.raises(AssertionError):
            check_hints(world)


def kwdefaults() -> dict[str, Any]:
    return dict(engine.hints.Hinter.__init__.__kwdefaults__ or {})
