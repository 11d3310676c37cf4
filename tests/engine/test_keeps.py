"""Small baskets where a base has to be kept, each for one rule of the search: broken, the least total is missed.

What the search by labels leaves open is searched step by step in so small a basket, which would hide it: that is off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from reference.oracle import reference_price
from reference.strategies import book_files

from engine import bymodes
from engine.basket import read_basket
from engine.bymodes import _Alone
from engine.compiler import compile_book
from engine.pricing import price
from engine.reached import Reached
from engine.regroup import Spread
from engine.snapshot import Snapshot

Data = dict[str, Any]
World = tuple[list[Data], list[Data], Data]


def _world(prices: dict[str, int], qty: dict[str, int], *promotions: Data) -> World:
    plain = {"unit": "each", "category": "1", "brand": "", "tags": [], "barcodes": []}
    items = [{**plain, "sku": sku, "name": sku, "price": cost} for sku, cost in prices.items()]
    lines = [{"code": sku, "qty": count} for sku, count in qty.items()]
    return items, list(promotions), {"id": "B", "at": "2026-11-22T18:30:00", "lines": lines}


def _set(name: str, skus: str, qty: int) -> Data:
    reward = {"percent": 100, "of": "cheapest", "count": 1}
    return {
        "id": name,
        "name": name,
        "type": "set",
        "buy": [{"items": {"skus": [*skus]}, "qty": qty}],
        "reward": reward,
    }


def _spend(name: str, skus: str, amount: int, off: int) -> Data:
    tiers = [{"amount": amount, "off": off}]
    return {"id": name, "name": name, "type": "threshold", "items": {"skus": [*skus]}, "tiers": tiers}


# Of a three go together once: twice would take too much off their base, so three are left over; R is best on b alone.
LEFT_ALONE = _world(
    {"a": 100, "b": 90}, {"a": 6, "b": 3}, _set("R", "ab", 3), _set("S", "a", 3), _spend("T", "a", 450, 150)
)
# The set is best on what is in no base, and all three bases are kept: 100 off and three times 60.
THREE_KEPT = _world(
    dict.fromkeys("abcefg", 100),
    dict.fromkeys("abcefg", 1),
    _set("S", "abcefg", 3),
    *[_spend(f"T{sku}", sku, 100, 60) for sku in "abc"],
)
# One of a may lose 58, and with two others it loses 58 or 59: whole shares decide.
BY_ONE = _world({"a": 135, "b": 110, "c": 79}, {"a": 1, "b": 2, "c": 2}, _set("S", "abc", 2), _spend("T", "a", 77, 28))


def _total(world: World) -> int:
    items, promotions, basket = world
    return price(Snapshot(compile_book(book_files(items, promotions)).data), read_basket(basket)).total


def _one_more(real: Callable[..., int]) -> Callable[..., int]:
    return lambda self, gain, base: real(self, gain, base) - 1


@pytest.mark.parametrize(
    ("world", "least", "where", "name", "broken"),
    [
        (LEFT_ALONE, 530, Reached, "_heir", lambda real: lambda self, at: self.order[at].offers[-1]),
        (THREE_KEPT, 320, _Alone, "rules_out", lambda real: lambda self, mode: True),
        (BY_ONE, 296, Spread, "off", _one_more),
    ],
)
def test_each_rule_is_needed(
    world: World, least: int, where: type, name: str, broken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bymodes, "FEW", 0)
    assert _total(world) == reference_price({}, *world)["least"] == least
    monkeypatch.setattr(where, name, broken(getattr(where, name)))
    assert _total(world) > least
