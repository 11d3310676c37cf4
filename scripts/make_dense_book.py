#!/usr/bin/env python3
"""Writes a dense Chinese book: promotions of every kind, many on the same goods, and baskets that meet them.

    scripts/make_dense_book.py -o DIR                       3,000 items, 2,000 promotions, 300 baskets
    scripts/make_dense_book.py --items 140000 --promotions 2000 --seed 7 -o DIR
    scripts/make_dense_book.py --kinds special,member,second,pick -o DIR    only promotions of these kinds

The same options give the same bytes, on every machine. Goods, brands and prices are invented. Written are book.json,
items.csv, promotions.json and baskets.ndjson, in the form that `lane compile` and `lane price` read.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from pathlib import Path
from random import Random
from typing import Any

from dense_goods import FIRST, KINDS, PACKS, SECOND, TASTES
from dense_kinds import COUPONS, LEVELS, MAKERS, TENDERS, Goods, Promotion, Shelf

HEADER = ("sku", "name", "unit", "price", "category", "brand", "tags", "barcodes")
BOOK = {"format": 1, "currency": "CNY", "exponent": 2, "cash_rounding": "down"}
STORES = tuple(f"{number:03}" for number in range(1, 21))
GROUPS = ("north", "south", "community", "school")
CHANNELS = ("lane", "self", "mobile", "scale")
DAY = "2026-11-22"  # a Sunday
LEAST_ITEMS, MOST_ITEMS, MOST_PROMOTIONS = 200, 1_000_000, 100_000


def check_digit(digits: str) -> int:
    """EAN-13's, written here once more so that a fault in engine.gtin does not hide in this data."""
    odd, even = sum(map(int, digits[0::2])), sum(map(int, digits[1::2]))
    return (10 - (odd + 3 * even) % 10) % 10


def make_goods(count: int, seed: int) -> list[Goods]:
    rng = Random(f"goods/{seed}/{count}")
    brands = [f"{FIRST[i * 2 : i * 2 + 2]}{tail}" for i in range(len(FIRST) // 2) for tail in ("", *SECOND[:6])]
    goods: list[Goods] = []
    for number in range(count):
        category, unit, low, high, words = KINDS[number % len(KINDS)]
        brand = "" if unit == "kg" else rng.choice(brands)
        word = rng.choice(words.split())
        name = f"{word}{number}号" if unit == "kg" else f"{brand}{word} {rng.choice(TASTES)} {rng.choice(PACKS)}"
        price = rng.randrange(low, high + 1)
        price -= price % 10 if rng.random() < 0.8 else 0
        tags = "no_discount" if category.startswith("50") else rng.choice(("", "", "", "own", "new", "own;new"))
        body = f"69{rng.randrange(10)}{number:09}"
        sku = f"{200_000 + number}"
        goods.append(Goods(sku, name, unit, price, category, brand, tags, f"{body}{check_digit(body)}"))
    return goods


def make_promotions(
    goods: list[Goods], count: int, seed: int, kinds: tuple[str, ...] = tuple(MAKERS)
) -> list[Promotion]:
    """`count` promotions of the given kinds in the shares of MAKERS, at least one of each, in a mixed order."""
    rng = Random(f"promotions/{seed}/{len(goods)}/{count}/{','.join(kinds)}")
    shelf = Shelf(goods, count, rng)
    whole = sum(MAKERS[kind][0] for kind in kinds)
    rest = count - len(kinds)
    order = [kind for kind in kinds for _ in range(1 + rest * MAKERS[kind][0] // whole)]
    order += [kinds[number % len(kinds)] for number in range(count - len(order))]
    rng.shuffle(order)
    out: list[Promotion] = []
    for number, kind in enumerate(order, 1):
        own = MAKERS[kind][1](shelf)
        out.append({"id": f"{kind}-{number:05}", **own, **_conditions(rng)})
    return out


def _conditions(rng: Random) -> Promotion:
    """When and where: most hold all day in all stores, some in the evening, on some days or in few stores."""
    more: Promotion = {}
    when: Promotion = {"from": "2026-11-01T00:00", "until": rng.choice(("2026-11-30T23:59", "2026-12-31T23:59"))}
    chance = rng.random()
    if chance < 0.05:
        when["hours"] = [["18:00", "22:00"]]
    elif chance < 0.08:
        when["hours"] = [["22:00", "02:00"]]
    elif chance < 0.14:
        when["weekdays"] = sorted(rng.sample(range(1, 8), 3))
    elif chance < 0.17:
        when["until"] = "2026-11-20T00:00"  # already over
    more["when"] = when
    chance = rng.random()
    if chance < 0.05:
        more["where"] = {"stores": sorted(rng.sample(STORES, 8))}
    elif chance < 0.09:
        more["where"] = {"groups": [rng.choice(GROUPS)]}
    elif chance < 0.12:
        more["where"] = {"channels": sorted(rng.sample(CHANNELS, 2))}
    return more


def make_baskets(goods: list[Goods], promotions: list[Promotion], count: int, seed: int) -> list[dict[str, Any]]:
    """Baskets of 1 to 60 lines, half of them from the lists of a few promotions."""
    rng = Random(f"baskets/{seed}/{len(goods)}/{len(promotions)}/{count}")
    by_sku = {one.sku: one for one in goods}
    lists = [found for found in map(_skus_of, promotions) if found]
    out: list[dict[str, Any]] = []
    for number in range(count):
        size = rng.choice((1, 2, 3, 5, 8, 12, 15, 20, 30, 60))
        hot = [rng.choice(lists) for _ in range(1 + size // 5)] if lists else []
        lines: list[dict[str, Any]] = []
        for _ in range(size):
            wanted = rng.choice(rng.choice(hot)) if hot and rng.random() < 0.6 else rng.choice(goods).sku
            one = by_sku[wanted]
            code = one.barcode if rng.random() < 0.9 else one.sku
            if one.unit == "kg":
                lines.append({"code": code, "milli": rng.randrange(80, 3_000)})
            else:
                lines.append({"code": code, "qty": rng.choice((1, 1, 1, 1, 2, 2, 3, 6))})
        basket: dict[str, Any] = {
            "id": f"d{number}",
            "at": f"{DAY}T{rng.randrange(7, 24):02}:{rng.randrange(60):02}:00",
            "store": rng.choice(STORES),
            "groups": [rng.choice(GROUPS)],
            "channel": rng.choice(CHANNELS),
            "lines": lines,
        }
        if rng.random() < 0.6:
            basket["member"] = {
                "id": f"M{rng.randrange(100_000)}",
                "level": rng.choice(("", *LEVELS)),
                "birthday": "11-22",
            }
        if rng.random() < 0.3:
            basket["coupons"] = [rng.choice(COUPONS) for _ in range(rng.choice((1, 1, 2, 3)))]
        if rng.random() < 0.7:
            basket["tender"] = rng.choice(TENDERS)
        limited = [one["id"] for one in promotions if "limit" in one]
        if limited and rng.random() < 0.2:
            basket["used"] = {rng.choice(limited): {"member_day": 1, "member_total": 4, "total": 99}}
        out.append(basket)
    return out


def _skus_of(promotion: Promotion) -> list[str]:
    selectors = [entry["items"] for entry in promotion.get("buy", ())]
    selectors += [promotion["items"]] if "items" in promotion else []
    selectors += [promotion["gift"]["items"]] if "gift" in promotion else []
    return [sku for selector in selectors for sku in selector.get("skus", ())]


def items_csv(goods: list[Goods]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(goods)
    return out.getvalue()


def json_lines(values: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def dense_files(
    items: int, promotions: int, seed: int, kinds: tuple[str, ...] = tuple(MAKERS), baskets: int = 300
) -> dict[str, bytes]:
    """The files of a book and its baskets, by name."""
    goods = make_goods(items, seed)
    made = make_promotions(goods, promotions, seed, kinds)
    rows = ",\n".join(json.dumps(one, ensure_ascii=False) for one in made)
    texts = {
        "book.json": json.dumps(BOOK) + "\n",
        "items.csv": items_csv(goods),
        "promotions.json": f"[\n{rows}\n]\n",
        "baskets.ndjson": json_lines(make_baskets(goods, made, baskets, seed)),
    }
    return {name: text.encode("utf-8") for name, text in texts.items()}


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="the folder to write")
    parser.add_argument("--items", type=int, default=3_000, metavar="N", help="goods (3,000)")
    parser.add_argument("--promotions", type=int, default=2_000, metavar="N", help="promotions (2,000)")
    parser.add_argument("--baskets", type=int, default=300, metavar="N", help="baskets (300)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, another book (1)")
    parser.add_argument("--kinds", default=",".join(MAKERS), metavar="A,B", help=f"of {', '.join(MAKERS)}")
    arguments = parser.parse_args(words)
    kinds = tuple(dict.fromkeys(arguments.kinds.split(",")))
    strange = [kind for kind in kinds if kind not in MAKERS]
    if strange:
        parser.error(f"there is no kind {strange[0]!r}; there are {', '.join(MAKERS)}")
    if not LEAST_ITEMS <= arguments.items <= MOST_ITEMS:
        parser.error(f"--items is from {LEAST_ITEMS} to {MOST_ITEMS}")
    if not len(kinds) <= arguments.promotions <= MOST_PROMOTIONS:
        parser.error(f"--promotions is from {len(kinds)} (one of each kind) to {MOST_PROMOTIONS}")
    if not 0 <= arguments.baskets <= MOST_PROMOTIONS:
        parser.error(f"--baskets is from 0 to {MOST_PROMOTIONS}")
    made = dense_files(arguments.items, arguments.promotions, arguments.seed, kinds, arguments.baskets)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (arguments.output / name).write_bytes(data)
        print(f"{arguments.output / name}: {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
