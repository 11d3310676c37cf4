"""The workload of scripts/bench engine: a large shop's goods, promotions of three kinds, and baskets, from fixed seeds.

A third of the promotions each is `percent` off a list of 20 goods (a `price`), three for the price of two over a list
of 20 (`n_for_m`, a `set`), and an amount off from a spend in a list or, every second one, in a category (`threshold`).
A promoted good has about two and a half of them. Baskets have distinct goods, three in five lines from promoted lists.
"""

from __future__ import annotations

import csv
import io
import json
from random import Random
from typing import Any, NamedTuple

PERCENT, N_FOR_M, THRESHOLD = "percent", "n_for_m", "threshold"
KINDS = (PERCENT, N_FOR_M, THRESHOLD)
CATEGORIES = 400
LIST = 20  # goods in a promotion's list
SEED = 7
AT = "2026-11-22T18:30:00"


class Promo(NamedTuple):
    """`worth` is basis points, free units of three, or the amount off; `spend` is a threshold's."""

    id: str
    kind: str
    worth: int
    spend: int
    skus: list[str]
    category: int  # -1 where the list counts


class Work(NamedTuple):
    goods: list[tuple[str, int, int]]  # sku, category, price in minor units
    promos: list[Promo]  # in order of priority, and of id
    baskets: list[list[tuple[str, int]]]  # sku, qty


def make_work(items: int, promotions: int, lines: int, baskets: int = 200) -> Work:
    rng = Random(f"{SEED}/{items}")
    goods = [(f"69{number:011d}", rng.randrange(CATEGORIES), rng.randrange(100, 9_999)) for number in range(items)]
    rng = Random(f"{SEED}/{items}/{promotions}")
    pool = rng.sample(range(items), min(items, 8 * promotions + 200))
    made = [_promo(number, [goods[place][0] for place in rng.sample(pool, LIST)], rng) for number in range(promotions)]
    rng.shuffle(made)
    promos = [promo._replace(id=f"P{number:06}") for number, promo in enumerate(made)]
    lists = [promo.skus for promo in promos if promo.skus]
    rng = Random(f"{SEED}/{items}/{promotions}/{lines}")
    return Work(goods, promos, [_basket(goods, lists, lines, rng) for _ in range(baskets)])


def _promo(number: int, skus: list[str], rng: Random) -> Promo:
    kind = KINDS[number % 3]
    if kind == PERCENT:
        return Promo("", kind, rng.choice((500, 1_000, 1_500, 2_000, 3_000)), 0, skus, -1)
    if kind == N_FOR_M:
        return Promo("", kind, 1, 0, skus, -1)
    spend = rng.choice((5_000, 10_000, 20_000))
    if number % 2:
        return Promo("", kind, spend // 10, spend, skus, -1)
    return Promo("", kind, spend // 10, spend, [], rng.randrange(CATEGORIES))


def _basket(
    goods: list[tuple[str, int, int]], lists: list[list[str]], lines: int, rng: Random
) -> list[tuple[str, int]]:
    hot = [rng.choice(lists) for _ in range(max(1, lines // 4))]
    chosen: dict[str, int] = {}
    while len(chosen) < lines:
        sku = rng.choice(rng.choice(hot)) if rng.random() < 0.6 else goods[rng.randrange(len(goods))][0]
        chosen.setdefault(sku, rng.choice((1, 1, 1, 2, 3, 6)))
    return list(chosen.items())


def grown(work: Work, promotions: int) -> Work:
    """The same baskets and promotions, and so many more on other goods that there are `promotions` in all.

    Raises ValueError where the baskets leave no goods for a promotion.
    """
    asked = {sku for basket in work.baskets for sku, _ in basket}
    rng = Random(f"{SEED}/grown/{promotions}")
    more = promotions - len(work.promos)
    others = [sku for sku, _, _ in work.goods if sku not in asked]
    pool = rng.sample(others, min(len(others), 8 * max(0, more) + 200))
    extra: list[Promo] = []
    for number in range(more):  # of each kind as many; 5 is a threshold with a list of goods
        promo = _promo((0, 1, 5)[number % 3], rng.sample(pool, LIST), rng)
        extra.append(promo._replace(id=f"Q{number:06}"))
    return work._replace(promos=[*work.promos, *extra])


def touching(work: Work) -> float:
    """How many promotions have goods in a basket, on average."""
    by_sku: dict[str, set[str]] = {}
    by_category: dict[int, set[str]] = {}
    for promo in work.promos:
        for sku in promo.skus:
            by_sku.setdefault(sku, set()).add(promo.id)
        if promo.category >= 0:
            by_category.setdefault(promo.category, set()).add(promo.id)
    category = {sku: kind for sku, kind, _ in work.goods}
    found = 0
    for basket in work.baskets:
        ids: set[str] = set()
        for sku, _ in basket:
            ids |= by_sku.get(sku, set()) | by_category.get(category[sku], set())
        found += len(ids)
    return found / max(1, len(work.baskets))


def without_thresholds(work: Work) -> Work:
    return work._replace(promos=[promo for promo in work.promos if promo.kind != THRESHOLD])


def book_files(work: Work) -> dict[str, bytes]:
    """The workload as a book."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("sku", "name", "unit", "price", "category", "brand", "tags", "barcodes"))
    writer.writerows((sku, f"goods {sku}", "each", price, f"c{kind:03}", "", "", "") for sku, kind, price in work.goods)
    return {
        "book.json": b'{"format": 1, "currency": "CNY", "exponent": 2}',
        "items.csv": out.getvalue().encode(),
        "promotions.json": json.dumps([_promotion(promo) for promo in work.promos]).encode(),
    }


def _promotion(promo: Promo) -> dict[str, Any]:
    items = {"skus": promo.skus} if promo.skus else {"categories": [f"c{promo.category:03}"]}
    if promo.kind == PERCENT:
        return {"id": promo.id, "type": "price", "items": items, "percent": promo.worth / 100}
    if promo.kind == N_FOR_M:
        reward = {"percent": 100, "of": "cheapest", "count": promo.worth}
        return {"id": promo.id, "type": "set", "buy": [{"items": items, "qty": 3}], "reward": reward}
    tiers = [{"amount": promo.spend, "off": promo.worth}]
    return {"id": promo.id, "type": "threshold", "items": items, "tiers": tiers}


def basket_lines(work: Work) -> list[str]:
    """The baskets as `lane price` reads them."""
    return [
        json.dumps({"id": f"b{number}", "at": AT, "lines": [{"code": sku, "qty": qty} for sku, qty in basket]})
        for number, basket in enumerate(work.baskets)
    ]
