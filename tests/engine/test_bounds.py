"""Every bound of the search holds: whatever the nodes, `total - bound` is no more than brute force finds.

And each is needed: with one line of it broken, the same baskets show a bound that does not hold.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import permutations, product
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from reference.oracle import reference_price
from reference.strategies import ALL_KINDS, book_files, worlds

from engine import bymodes, duals, search
from engine.basket import read_basket
from engine.carried import Keep
from engine.compiler import compile_book
from engine.components import Component
from engine.duals import Duals
from engine.fines import Fined
from engine.offers import Offer, UnitClass
from engine.plans import WHOLE, Plan
from engine.pricing import price
from engine.reached import Reached
from engine.regroup import Spread, sums_of
from engine.snapshot import Snapshot
from engine.units import Lot

NODES = (0, 12, 60, 400, 20_000)
GLUED = ("set1", "threshold", "set1", "threshold", "price")

Data = dict[str, Any]
World = tuple[list[Data], list[Data], Data]


class _Enough(Exception):
    """As many wrong baskets are found as were asked for: no more have to be made."""


def wrong(kinds: tuple[str, ...], examples: int, enough: int = 1_000_000) -> list[str]:
    """The baskets, of so many, whose bound does not hold; no more are looked at once `enough` are found."""
    found: list[str] = []

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(worlds(kinds, max_units=8, max_promotions=4))
    def check(world: World) -> None:
        items, promotions, basket = world
        promotions = [one for one in promotions if one["type"] != "tender"]
        if len(found) >= enough:
            raise _Enough
        snapshot = Snapshot(compile_book(book_files(items, promotions)).data)
        least = reference_price({}, items, promotions, basket)["least"]
        for nodes in NODES:
            receipt = price(snapshot, read_basket(basket), nodes)
            if receipt.total - receipt.bound > least or receipt.total < least:
                found.append(f"{nodes} nodes: {receipt.total} less {receipt.bound}, but {least}: {world}")
                if len(found) >= enough:
                    raise _Enough

    with suppress(_Enough):
        check()
    return found


# Eager searches ask every bound of every basket: of the others, which ask few, fewer do.
@pytest.mark.parametrize("kinds", [ALL_KINDS, GLUED])
@pytest.mark.parametrize(("eager", "examples"), [(False, 40), (True, 80)])
def test_bounds_hold(kinds: tuple[str, ...], eager: bool, examples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if eager:
        _be_eager(monkeypatch)
    assert wrong(kinds, examples) == []


@pytest.mark.long
@pytest.mark.parametrize("kinds", [ALL_KINDS, GLUED])
@pytest.mark.parametrize("eager", [False, True])
def test_many_bounds_hold(kinds: tuple[str, ...], eager: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if eager:
        _be_eager(monkeypatch)
    assert wrong(kinds, 600) == []


def _be_eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every layer is cut by its bounds, and prices and fines are moved before the first pass, whatever the basket."""
    monkeypatch.setattr(duals, "LARGE", 0)
    monkeypatch.setattr(search, "FREE_WIDTH", 0)


def _potential(real: Callable[..., int]) -> Callable[..., int]:
    return lambda self, key: real(self, key) // 8


def _lost(real: Callable[..., int]) -> Callable[..., int]:
    return lambda self, carried, scales, room: real(self, carried, scales, room // 40)


def test_a_broken_bound_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    _be_eager(monkeypatch)
    monkeypatch.setattr(Duals, "potential", _potential(Duals.potential))
    assert wrong(("set1",), 300, enough=1)


def _too_high(seed: int) -> bool:
    """Whether three for the price of two, over some goods of which some are in a base, has a choice that comes within
    the gap but gives off less of its units' cost than the ratio says."""
    rng = Random(seed)
    component = Component()
    offer = Offer(0, 3, 1, 0, -1, "", "")
    component.offers.append(offer)
    record = {"id": "S", "name": "S", "kind": "set", "mode": "percent", "amount": WHOLE, "qty": 3, "cheapest": 1}
    component.plans.append(Plan(0, record))
    prices = sorted((rng.randrange(50, 900) for _ in range(4)), reverse=True)
    counts = [rng.randrange(1, 4) for _ in prices]
    based = rng.randrange(4)
    for number, (price_of_one, count) in enumerate(zip(prices, counts, strict=True)):
        component.classes.append(UnitClass(number, price_of_one, count, {0: price_of_one * WHOLE}))
        component.lots.append([Lot(number, str(number), count, 0, price_of_one)])
    offer.classes = component.classes
    fined = Fined(component, [Keep({based}, 50, False)], {})
    fined.improve(0, rng.randrange(20))
    gap = rng.randrange(1, 500) * WHOLE
    fined.set_ratios(gap)
    for taken in product(*(range(count + 1) for count in counts)):
        if sum(taken) % 3 or not taken[based]:
            continue
        dearest_first = [prices[at] for at, count in enumerate(taken) for _ in range(count)]
        gain = sum(dearest_first[2::3]) * WHOLE
        paid = sum(count * fined.prices[at] for at, count in enumerate(taken)) + sum(taken) // 3 * fined.fine
        within = gain - paid >= fined.tables[0][0][0] - gap
        if within and gain < fined.ratios[0] * sum(dearest_first):
            return True
    return False


def test_ratios_hold_for_every_choice_within_the_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any(_too_high(seed) for seed in range(300))
    monkeypatch.setattr(Fined, "_most_at", lambda self, offer, ratio, part: -WHOLE * 1_000_000)
    assert any(_too_high(seed) for seed in range(300))


# Two for one over goods at 100, 100, 40 and 40. Dearest first gives 140 and leaves a base of 140; each dear one with a
# cheap one gives 80 and keeps the base at 200, where 70 more are off.
DEAR = {"sku": "a", "name": "a", "unit": "each", "price": 100, "category": "1", "brand": "", "tags": [], "barcodes": []}
LESS_IS_MORE: World = (
    [DEAR, {**DEAR, "sku": "b", "name": "b", "price": 40}],
    [
        {
            "id": "S",
            "name": "S",
            "type": "set",
            "buy": [{"items": {"all": True}, "qty": 2}],
            "reward": {"percent": 100, "of": "cheapest", "count": 1},
        },
        {"id": "T", "name": "T", "type": "threshold", "tiers": [{"amount": 200, "off": 70}]},
    ],
    {"id": "B", "at": "2026-11-22T18:30:00", "lines": [{"code": "a", "qty": 2}, {"code": "b", "qty": 2}]},
)


def _less_is_more() -> int:
    items, promotions, basket = LESS_IS_MORE
    receipt = price(Snapshot(compile_book(book_files(items, promotions)).data), read_basket(basket))
    assert receipt.optimal
    return receipt.total


def test_units_that_gain_less_together_can_keep_a_base() -> None:
    assert _less_is_more() == reference_price({}, *LESS_IS_MORE)["least"] == 130


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("lost", _lost),
        ("_end", lambda real: lambda self, label: (None, self.goal)),
    ],
)
def test_without_it_the_least_is_missed(name: str, broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bymodes, "FEW", 0)  # and nobody searches behind it
    monkeypatch.setattr(Reached, name, broken(getattr(Reached, name)))
    assert _less_is_more() == 140


def test_sums_of_every_grouping() -> None:
    for weights, qty, cheapest in (([9, 7, 5, 4, 2, 1], 3, 1), ([9, 7, 5, 4, 2, 1], 2, 1), ([8, 8, 3, 3, 3, 1], 3, 2)):
        spread = Spread(0, 0, [])
        spread.weights, spread.qty, spread.cheapest = weights, qty, cheapest
        expected = set()
        for order in permutations(weights):
            runs = [sorted(order[at : at + qty])[:cheapest] for at in range(0, len(order), qty)]
            expected.add(sum(map(sum, runs)))
        assert sums_of(spread, 0) == sorted(expected, reverse=True)
        assert sums_of(spread, 10) == sorted((one for one in expected if one >= 10), reverse=True)
