"""Small mixed books and baskets, dense with conflict, for hypothesis.

Few items, so that promotions meet on them; small prices, so that rounding and ties bite; lines that repeat an item,
weighed items, `no_discount` items; conditions that sometimes fail, limits, coupons and groups that are shared,
promotions that are there twice. Every book is legal, every basket can be priced.

`kinds` of promotions: "price", "set1" (one `buy` entry), "set" (several), "tier", "threshold", "tender".
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

Data = dict[str, Any]
ALL_KINDS = ("price", "set1", "set", "tier", "threshold", "tender")

REGULARS = st.sampled_from([100, 99, 101, 250, 10, 7, 5, 3, 1])
PRICES = st.sampled_from([50, 1, 2, 3, 5, 7, 10, 33, 90, 99, 100, 150, 240])
AMOUNTS = st.sampled_from([1, 2, 3, 5, 8, 10, 49, 66, 90, 100, 180])
PERCENTS = st.sampled_from([10, 12.5, 33.33, 50, 100, 0.01, 66.67, 99.99, 25])
SKUS = ["a", "b", "B", "10", "9"]
CATEGORIES = ["1/2", "1/2/3", "1", "1/23", "2"]
TIMES = [
    "2026-11-22T18:30:00",  # Sunday
    "2026-11-22T18:00",
    "2026-11-22T21:00:00",
    "2026-11-23T00:30:00",
    "2027-02-28T23:59:59",
    "2028-02-28T10:00:00",
    "2028-02-29T12:00:00",
]
# Conditions; each holds for a good part of TIMES and BASKETS, and fails for some.
CONDITIONS: list[Data] = [
    {"when": {"from": "2026-11-22T18:30:00"}},
    {"when": {"until": "2026-11-22T21:00"}},
    {"when": {"weekdays": [7]}},
    {"when": {"weekdays": []}},
    {"when": {"hours": [["18:00", "21:00"]]}},
    {"when": {"hours": [["22:00", "01:00"], ["10:00", "12:00"]], "weekdays": [1, 7]}},
    {"when": {"hours": [["18:30", "00:00"]], "weekdays": [7]}},
    {"where": {"stores": ["s1", "s2"]}},
    {"where": {"stores": []}},
    {"where": {"groups": ["north"], "channels": ["till", "app"]}},
    {"where": {"channels": ["till"]}},
    {"who": {"member": True}},
    {"who": {"levels": ["gold"]}},
    {"who": {"tags": ["staff", "new"]}},
    {"who": {"birthday": "day"}},
    {"who": {"birthday": "month", "member": True}},
]


def _check_digit(digits: str) -> str:
    return str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10)


def _barcode(place: int) -> str:
    digits = f"69012345678{place}"
    return digits + _check_digit(digits)


def _once_in(draw: st.DrawFn, many: int) -> bool:
    return draw(st.sampled_from([False] * (many - 1) + [True]))


@st.composite
def books_items(draw: st.DrawFn) -> list[Data]:
    count = draw(st.sampled_from([2, 1, 3, 3, 4]))
    items = []
    for place, sku in enumerate(draw(st.permutations(SKUS))[:count]):
        tags = draw(
            st.sampled_from([[], ["t"], ["t"], [], ["t"], ["t", "u"], ["t"], [], ["no_discount"], ["t", "no_discount"]])
        )
        items.append(
            {
                "sku": sku,
                "name": f"name {sku}",
                "unit": draw(st.sampled_from(["each", "each", "each", "kg"])),
                "price": draw(REGULARS),
                "category": draw(st.sampled_from(CATEGORIES)),
                "brand": draw(st.sampled_from(["x", "x", "y", ""])),
                "tags": tags,
                "barcodes": [_barcode(place)] if draw(st.booleans()) else [],
            }
        )
    return items


@st.composite
def selectors(draw: st.DrawFn, items: list[Data]) -> Data:
    skus = [item["sku"] for item in items]
    selector: Data = draw(
        st.one_of(
            st.just({"all": True}),
            st.just({"all": True}),
            st.just({"skus": skus}),
            st.just({"skus": skus[:2]}),
            st.lists(st.sampled_from(skus), min_size=1, max_size=3, unique=True).map(lambda some: {"skus": some}),
            st.sampled_from(["1", "1/2", "1", "1/2/3"]).map(lambda category: {"categories": [category]}),
            st.sampled_from([["x"], ["x", "y"], ["y"], ["x"], [""]]).map(lambda brands: {"brands": brands}),
            st.sampled_from(
                [
                    {"tags": ["t"]},
                    {"tags": ["t", "u"]},
                    {"tags": ["t"]},
                    {"tags": ["t"]},
                    {"tags": ["no"]},
                    {"skus": []},
                ]
            ),
            st.sampled_from(skus).map(lambda sku: {"skus": [sku], "categories": ["1/2"]}),
        )
    )
    selector = dict(selector)
    if _once_in(draw, 8):
        selector["except"] = {"skus": [draw(st.sampled_from(skus))]}
    return selector


@st.composite
def _all_have(draw: st.DrawFn, kind: str) -> Data:
    keys: Data = {}
    if _once_in(draw, 7):
        keys.update(draw(st.sampled_from(CONDITIONS)))
    if _once_in(draw, 2 if kind == "price" else 5):
        keys["max_times"] = draw(st.sampled_from([2, 1, 3]))
    if _once_in(draw, 7):
        keys["coupon"] = draw(st.sampled_from(["C1", "C2"]))
    if _once_in(draw, 7):
        names = draw(st.sampled_from([["member_day"], ["member_total"], ["total"], ["member_day", "total"]]))
        keys["limit"] = {name: draw(st.integers(1, 4)) for name in names}
    if kind != "price" and _once_in(draw, 5):
        keys["group"] = draw(st.sampled_from(["g", "h"]))
    if kind in ("set1", "set", "tier", "threshold") and _once_in(draw, 6):
        keys["except_discounted"] = True
    return keys


@st.composite
def _set(draw: st.DrawFn, items: list[Data], entries: int) -> Data:
    most = 3 if entries == 1 else 2
    buy: list[Data] = [
        {"items": draw(selectors(items)), "qty": draw(st.sampled_from([2, 1, most]))} for _ in range(entries)
    ]
    reward: Data = draw(
        st.one_of(
            PRICES.map(lambda price: {"price": price}),
            AMOUNTS.map(lambda off: {"off": off}),
            PERCENTS.map(lambda percent: {"percent": percent}),
        )
    )
    reward = dict(reward)
    size = sum(entry["qty"] for entry in buy)
    if _once_in(draw, 3):
        reward["group"] = draw(st.integers(0, entries - 1))
        size = buy[reward["group"]]["qty"]
    if _once_in(draw, 3):
        reward.update(of="cheapest", count=draw(st.integers(1, size)))
    return {"type": "set", "buy": buy, "reward": reward}


@st.composite
def _tier(draw: st.DrawFn, items: list[Data]) -> Data:
    quantities = sorted(draw(st.lists(st.integers(1, 4), min_size=1, max_size=2, unique=True)))
    kind = draw(st.sampled_from(["percent", "price"]))
    if kind == "percent":  # a dearer tier gives no less
        gives = sorted(draw(st.lists(PERCENTS, min_size=len(quantities), max_size=len(quantities))))
    else:
        gives = sorted(draw(st.lists(PRICES, min_size=len(quantities), max_size=len(quantities))), reverse=True)
    tiers = [{"qty": qty, kind: give} for qty, give in zip(quantities, gives, strict=True)]
    return {"type": "tier", "items": draw(selectors(items)), "tiers": tiers}


@st.composite
def _threshold(draw: st.DrawFn, items: list[Data]) -> Data:
    keys: Data = {"type": "threshold"}
    if draw(st.booleans()):
        keys["items"] = draw(selectors(items))
    kind = draw(st.sampled_from(["tiers", "each", "gift"]))
    if kind == "each":
        keys["each"] = {"amount": draw(AMOUNTS.filter(lambda amount: amount > 2)), "off": draw(AMOUNTS)}
    elif kind == "gift":
        gift: Data = {
            "amount": draw(AMOUNTS),
            "items": draw(selectors(items)),
            "count": draw(st.integers(1, 2)),
            "price": draw(st.sampled_from([0, 1, 5, 90])),
        }
        if draw(st.booleans()):
            gift["each"] = True
        keys["gift"] = gift
    else:
        amounts = sorted(draw(st.lists(AMOUNTS, min_size=1, max_size=2, unique=True)))
        how = draw(st.sampled_from(["off", "percent", "mixed"]))
        if how == "mixed":
            tiers = [
                {"amount": amount, **({"off": draw(AMOUNTS)} if place == 0 else {"percent": draw(PERCENTS)})}
                for place, amount in enumerate(amounts)
            ]
        else:
            values: st.SearchStrategy[Any] = AMOUNTS if how == "off" else PERCENTS
            gives = sorted(draw(st.lists(values, min_size=len(amounts), max_size=len(amounts))))
            tiers = [{"amount": amount, how: give} for amount, give in zip(amounts, gives, strict=True)]
        keys["tiers"] = tiers
    return keys


@st.composite
def _tender(draw: st.DrawFn) -> Data:
    keys: Data = {"type": "tender", "tenders": draw(st.sampled_from([["w"], ["w", "v"], ["v"], []]))}
    if draw(st.booleans()):
        keys["off"] = draw(AMOUNTS)
    else:
        keys["percent"] = draw(PERCENTS)
    if draw(st.booleans()):
        keys["amount"] = draw(AMOUNTS)
    if draw(st.booleans()):
        keys["max"] = draw(AMOUNTS)
    return keys


@st.composite
def promotions(draw: st.DrawFn, items: list[Data], kind: str) -> Data:
    """One promotion without `id` and `name`."""
    if kind == "price":
        how = draw(st.sampled_from(["price", "percent", "off"]))
        values = {"price": PRICES, "percent": PERCENTS, "off": AMOUNTS}
        keys: Data = {"type": "price", "items": draw(selectors(items)), how: draw(values[how])}
    elif kind in ("set1", "set"):
        keys = draw(_set(items, 1 if kind == "set1" else draw(st.sampled_from([2, 2, 3]))))
    elif kind == "tier":
        keys = draw(_tier(items))
    elif kind == "threshold":
        keys = draw(_threshold(items))
    else:
        keys = draw(_tender())
    return {**keys, **draw(_all_have(kind))}


@st.composite
def baskets(draw: st.DrawFn, items: list[Data], ids: list[str], max_units: int) -> Data:
    lines: list[Data] = []
    left = max_units
    for place in range(draw(st.sampled_from([3, 2, 4, 1, 5]))):
        item = draw(st.sampled_from([items[place % len(items)]] * 4 + items))
        code = draw(st.sampled_from([item["sku"], *item["barcodes"]]))
        if left == 0:
            break
        if item["unit"] == "kg":
            lines.append({"code": code, "milli": draw(st.sampled_from([1, 5, 333, 500, 999, 1000, 1237]))})
            left -= 1
        else:
            lines.append({"code": code, "qty": draw(st.sampled_from([qty for qty in (2, 1, 3, 4) if qty <= left]))})
            left -= lines[-1]["qty"]
    basket: Data = {"id": "B1", "at": draw(st.sampled_from([TIMES[0], TIMES[0], *TIMES])), "lines": lines}
    if not _once_in(draw, 3):
        basket.update(store="s1", groups=["north", "new"], channel="till", tender="w")
    if draw(st.booleans()):
        basket["member"] = draw(
            st.sampled_from(
                [
                    {"id": "M"},
                    {"id": "M", "level": "gold", "tags": ["staff"], "birthday": "02-29"},
                    {"id": "M", "level": "tin", "tags": ["old", "new"], "birthday": "11-22"},
                ]
            )
        )
    if not _once_in(draw, 4):
        basket["coupons"] = draw(st.lists(st.sampled_from(["C1", "C2"]), min_size=2, max_size=4))
    if ids and _once_in(draw, 5):
        names = ["member_day", "member_total", "total"]
        basket["used"] = {
            one: {name: draw(st.integers(0, 3)) for name in names[draw(st.integers(0, 2)) :]}
            for one in ids[: draw(st.integers(1, 2))]
        }
    return basket


@st.composite
def worlds(
    draw: st.DrawFn, kinds: Sequence[str] = ALL_KINDS, max_units: int = 7, max_promotions: int = 4
) -> tuple[list[Data], list[Data], Data]:
    """Items, promotions and a basket."""
    items = draw(books_items())
    book: list[Data] = []
    for place in range(draw(st.sampled_from([3, 2, *range(max_promotions + 1), max_promotions]))):
        if book and _once_in(draw, 5):
            keys = {key: value for key, value in book[-1].items() if key not in ("id", "name")}  # there twice
        else:
            keys = draw(promotions(items, draw(st.sampled_from([*reversed(kinds), *kinds]))))
        book.append({"id": "DbAC"[place % 4] + "1" * (place // 4), "name": f"promotion {place}", **keys})
    basket = draw(baskets(items, [one["id"] for one in book], max_units))
    return items, book, basket


def book_files(items: list[Data], book: list[Data]) -> dict[str, bytes]:
    """The book as the files that `lane compile` reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = ["sku", "name", "unit", "price", "category", "brand", "tags", "barcodes"]
    writer.writerow(columns)
    for item in items:
        row = {**item, "tags": ";".join(item["tags"]), "barcodes": ";".join(item["barcodes"])}
        writer.writerow([row[column] for column in columns])
    return {
        "book.json": json.dumps({"format": 1, "currency": "CNY", "exponent": 2}).encode(),
        "items.csv": out.getvalue().encode(),
        "promotions.json": json.dumps(book).encode(),
    }
