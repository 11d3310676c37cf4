"""Receipts of the real chains' baskets, each checked number by number by the brute-force reference.

Baskets of up to eight units touched by up to five sets: what exhaustive search can do, about 1,500 a chain.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reference.verdict import check_receipt

from engine.basket import read_basket
from engine.compiler import compile_book
from engine.pricing import price
from engine.snapshot import Snapshot

MAX_UNITS, MAX_SETS, AT_LEAST = 8, 5, 1_000
DAY = "2026-08-21"


def read_items(folder: Path) -> dict[str, dict[str, Any]]:
    with (folder / "items.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["sku"]: dict[str, Any](row) for row in csv.DictReader(file)}
    for row in rows.values():
        row["price"] = int(row["price"])
        row["tags"] = [tag for tag in row["tags"].split(";") if tag]
        row["barcodes"] = [code for code in row["barcodes"].split(";") if code]
    return rows


def touching(promotions: list[dict[str, Any]], skus: set[str]) -> list[dict[str, Any]]:
    """Those that could concern the basket: a selector that names none of its skus, and nothing else, cannot."""
    selectors = [(one, one["items"] if "items" in one else one["buy"][0]["items"]) for one in promotions]
    return [one for one, chosen in selectors if skus & set(chosen.get("skus", ())) or set(chosen) - {"skus"}]


def small(folder: Path) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    promotions = json.loads((folder / "promotions.json").read_text(encoding="utf-8"))
    for line in (folder.parent / "baskets.ndjson").read_text(encoding="utf-8").splitlines():
        basket = json.loads(line)
        if sum(one.get("qty", 1) for one in basket["lines"]) > MAX_UNITS:
            continue
        chosen = touching(promotions, {one["code"] for one in basket["lines"]})
        if sum(one["type"] == "set" for one in chosen) <= MAX_SETS:
            yield basket, chosen


@pytest.mark.parametrize("chain", ["chain-a", "chain-b"])
def test_real_baskets_cost_the_least(chain: str, shared_data: Path) -> None:
    folder = shared_data / chain / DAY
    names = ("book.json", "items.csv", "promotions.json")
    snapshot = Snapshot(compile_book({name: (folder / name).read_bytes() for name in names}).data)
    items = read_items(folder)
    checked = discounted = 0
    for basket, promotions in small(folder):
        receipt = price(snapshot, read_basket(basket)).to_json()
        goods = [items[code] for code in sorted({line["code"] for line in basket["lines"]})]
        assert check_receipt(goods, promotions, basket, receipt) == [], basket["id"]
        checked += 1
        discounted += receipt["discount"] > 0
    assert checked >= AT_LEAST
    assert discounted > checked // 3
