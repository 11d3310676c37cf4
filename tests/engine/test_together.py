"""Thresholds that cut each other: no choice of them takes off more than all of them, but for whole minor units."""

from __future__ import annotations

from itertools import combinations as some_of
from random import Random

import pytest
from reference.strategies import book_files

from engine import thresholds, together
from engine.basket import read_basket
from engine.compiler import compile_book
from engine.pricing import price
from engine.runs import Run, lowered
from engine.snapshot import Snapshot
from engine.together import Taking, combinations, least_left


def _random(rng: Random) -> tuple[list[Run], list[Taking]]:
    runs = [Run(place, rng.randrange(1, 4), rng.randrange(1, 12), False, False) for place in range(rng.randrange(1, 5))]
    takings: list[Taking] = []
    for _ in range(rng.randrange(1, 6)):
        places = sorted(rng.sample(range(len(runs)), rng.randrange(1, len(runs) + 1)))
        units = sum(runs[place].count for place in places)
        takings.append(Taking(places, units, rng.randrange(1, 12), rng.choice(("", "", "", "g", "h"))))
    return runs, takings


def _left(runs: list[Run], chosen: tuple[Taking, ...]) -> int:
    """What the units cost once these were taken off in order, as receipts do it."""
    for one in chosen:
        flags = [run.place in one.places for run in runs]
        still = sum(run.cost * run.count for run, mine in zip(runs, flags, strict=True) if mine)
        runs = lowered(runs, min(one.off, still), flags)
    return sum(run.cost * run.count for run in runs)


def _holds(seed: int) -> bool:
    runs, takings = _random(Random(seed))
    legal = [
        chosen
        for count in range(len(takings) + 1)
        for chosen in some_of(takings, count)
        if all(sum(one.group == group for one in chosen) < 2 for group in "gh")
    ]
    least = min(_left(runs, chosen) for chosen in legal)
    costs, counts = [run.cost for run in runs], [run.count for run in runs]
    some = [[takings[number] for number in chosen] for chosen in combinations(takings)]
    return min(least_left(costs, counts, one) for one in some) <= least


def test_no_choice_leaves_less(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(_holds(seed) for seed in range(600))
    monkeypatch.setattr(together, "ASTRAY", 1 << 60)  # as if whole minor units did not matter
    assert not all(_holds(seed) for seed in range(600))


def test_every_member_of_a_group_has_its_turn() -> None:
    takings = [Taking([0], 1, off, group) for off, group in ((5, "g"), (7, "g"), (3, ""), (4, "h"))]
    assert combinations(takings) == [[1, 2, 3], [0, 2, 3]]


def _receipt(nodes: int) -> tuple[int, int]:
    """Total and bound of a basket in which eight thresholds take more than there is off most of it."""
    plain = {"unit": "each", "brand": "", "tags": [], "barcodes": []}
    items = [{**plain, "sku": f"i{n}", "name": "x", "price": 997 + 211 * n, "category": str(n % 3)} for n in range(9)]
    promotions = [
        {
            "id": f"T{n}",
            "name": "T",
            "type": "threshold",
            "tiers": [{"amount": 4_000 + n, "off": 2_777 + 700 * (n % 3)}],
        }
        | {"items": {"categories": [str(n % 3), str(n % 2)]}}
        for n in range(8)
    ]
    snapshot = Snapshot(compile_book(book_files(items, promotions)).data)
    lines = [{"code": f"i{n}", "qty": 1 + n % 2} for n in range(9)]
    found = price(snapshot, read_basket({"at": "2026-11-22T18:30:00", "lines": lines}), nodes)
    return found.total, found.bound


def test_stacked_thresholds_have_a_bound_worth_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    total, bound = _receipt(20_000)
    assert total > 0 and bound * 100 < total
    monkeypatch.setattr(thresholds, "MANY_STEPS", 1)  # nothing is tried, all are taken
    taken, rest = _receipt(20_000)
    assert taken - rest <= total <= taken <= total + rest
    assert rest * 100 < taken
    monkeypatch.setattr(thresholds, "MAX_TRIED", 0)
    assert _receipt(20_000)[0] > total


def _times() -> dict[str, int]:
    """How often each is applied where one of four thresholds takes all of 506 off by itself."""
    goods = {"unit": "each", "brand": "", "tags": [], "barcodes": []}
    items = [
        {"sku": "9", "name": "nine", "price": 3, "category": "1/2", **goods},
        {"sku": "10", "name": "ten", "price": 250, "category": "1/2/3", **goods},
    ]
    promotions = [
        {"id": "D", "name": "D", "items": {"categories": ["1/2/3"]}, "tiers": [{"amount": 10, "off": 2}]},
        {"id": "b", "name": "b", "tiers": [{"amount": 2, "off": 3}]},
        {"id": "A", "name": "A", "each": {"amount": 10, "off": 8}},
        {"id": "C", "name": "C", "tiers": [{"amount": 2, "percent": 100}]},
    ]
    files = book_files(items, [{"type": "threshold", **one} for one in promotions])
    basket = {"at": "2026-11-22T18:30:00", "lines": [{"code": "9", "qty": 2}, {"code": "10", "qty": 2}]}
    receipt = price(Snapshot(compile_book(files).data), read_basket(basket))
    assert receipt.total == 0
    return {one.promotion: one.times for one in receipt.applications}


def test_what_is_taken_off_anyhow_is_taken_by_the_fewest_applications(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _times() == {"C": 1}
    monkeypatch.setattr(thresholds._Chooser, "drop_needless", lambda self, runs: None)
    assert _times()["A"] > 1
