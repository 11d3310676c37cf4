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
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from dense_goods import FIRST, KINDS, PACKS, SECOND, TASTES

HEADER = ("sku", "name", "unit", "price", "category", "brand", "tags", "barcodes")
BOOK = {"format": 1, "currency": "CNY", "exponent": 2, "cash_rounding": "down"}
STORES = tuple(f"{number:03}" for number in range(1, 21))
GROUPS = ("north", "south", "community", "school")
CHANNELS = ("lane", "self", "mobile", "scale")
LEVELS = ("silver", "gold", "black")
TENDERS = ("cash", "wechat", "alipay", "unionpay", "card")
COUPONS = tuple(f"C{number:03}" for number in range(1, 41))
DAY = "2026-11-22"  # a Sunday
LEAST_ITEMS, MOST_ITEMS, MOST_PROMOTIONS = 200, 1_000_000, 100_000

Promotion = dict[str, Any]


class Goods(NamedTuple):
    sku: str
    name: str
    unit: str
    price: int
    category: str
    brand: str
    tags: str
    barcode: str


class Shelf:
    """The goods that promotions are about, and how one picks among them: neighbours in category and in price.

    Of each category the first goods are promoted, some two for each promotion of the book, so that promotions meet in
    a large shop as much as in a small one.
    """

    def __init__(self, goods: list[Goods], promotions: int, rng: Random) -> None:
        self.rng = rng
        self.by_category: dict[str, list[Goods]] = {}
        for one in goods:
            if one.unit == "each" and one.tags != "no_discount":
                self.by_category.setdefault(one.category, []).append(one)
        self.categories = sorted(self.by_category)
        self.brands = sorted({one.brand for one in goods})
        most = max(60, 2 * promotions // len(self.categories))
        for category, shelf in self.by_category.items():
            self.by_category[category] = sorted(shelf[:most], key=lambda one: (one.price, one.sku))

    def some(self, least: int, most: int) -> list[Goods]:
        rng = self.rng
        shelf = self.by_category[rng.choice(self.categories)]
        count = min(len(shelf), rng.randrange(least, most + 1))
        reach = min(len(shelf), count + count // 2 + 4)
        start = rng.randrange(len(shelf) - reach + 1)
        return sorted(rng.sample(shelf[start : start + reach], count))

    def skus(self, least: int, most: int) -> dict[str, Any]:
        return {"skus": [one.sku for one in self.some(least, most)]}

    def wide(self) -> dict[str, Any]:
        """A category at some depth, a brand, a tag, or a category without a brand."""
        category = self.rng.choice(self.categories)
        parts = category.split("/")
        path = "/".join(parts[: self.rng.choice((1, 2, 3, 3))])
        how = self.rng.randrange(8)
        if how == 0:
            return {"brands": [self.rng.choice(self.brands)]}
        if how == 1:
            return {"tags": ["own"]}
        if how == 2:
            return {"categories": [path], "except": {"brands": [self.rng.choice(self.brands)]}}
        return {"categories": [path]}


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


# --- the kinds of promotions: each gives what is its own; what all have is added by make_promotions --------------


def _special(shelf: Shelf) -> Promotion:
    goods = shelf.some(1, 12)
    if shelf.rng.random() < 0.85:
        return {"name": "特价", "type": "price", "items": {"skus": [goods[0].sku]}, "price": goods[0].price * 8 // 10}
    percent = shelf.rng.choice((5, 10, 12.5, 15, 20))
    return {"name": f"直降{percent}%", "type": "price", "items": shelf.wide(), "percent": percent}


def _member(shelf: Shelf) -> Promotion:
    goods = shelf.some(1, 1)[0]
    if shelf.rng.random() < 0.9:
        reward: Promotion = {"items": {"skus": [goods.sku]}, "price": goods.price * 9 // 10}
    else:
        reward = {"items": shelf.wide(), "percent": shelf.rng.choice((3, 5, 8))}
    who: Promotion = {"member": True}
    if shelf.rng.random() < 0.3:
        who = {"levels": sorted(shelf.rng.sample(LEVELS, 2))}
    elif shelf.rng.random() < 0.15:
        who = {"birthday": shelf.rng.choice(("day", "month"))}
    return {"name": "会员价", "type": "price", **reward, "who": who}


def _limited(shelf: Shelf) -> Promotion:
    goods = shelf.some(1, 3)
    more: Promotion = shelf.rng.choice(
        (
            {"max_times": 2},
            {"limit": {"total": 100}},
            {"limit": {"member_day": 2}, "who": {"member": True}},
            {"limit": {"member_total": 5, "total": 500}, "who": {"member": True}},
        )
    )
    price = min(one.price for one in goods) * 8 // 10
    return {"name": "限量抢购", "type": "price", "items": {"skus": [one.sku for one in goods]}, "price": price, **more}


def _second(shelf: Shelf) -> Promotion:
    percent, name = shelf.rng.choice(((50, "第二件半价"), (50, "第二件半价"), (60, "第二件4折"), (100, "买一送一")))
    return {
        "name": name,
        "type": "set",
        "buy": [{"items": shelf.skus(2, 12), "qty": 2}],
        "reward": {"percent": percent, "of": "cheapest", "count": 1},
    }


def _n_for_m(shelf: Shelf) -> Promotion:
    qty, free = shelf.rng.choice(((3, 1), (4, 1), (5, 2), (3, 1)))
    return {
        "name": f"买{qty - free}送{free}",
        "type": "set",
        "buy": [{"items": shelf.skus(3, 20), "qty": qty}],
        "reward": {"percent": 100, "of": "cheapest", "count": free},
    }


def _pick(shelf: Shelf) -> Promotion:
    goods = shelf.some(6, 25)
    qty = shelf.rng.choice((2, 3, 5, 10))
    usual = sorted(one.price for one in goods)[len(goods) // 2]
    price = max(10, usual * qty * 8 // 10 // 10 * 10)
    return {
        "name": f"{price // 100}元任选{qty}件",
        "type": "set",
        "buy": [{"items": {"skus": [one.sku for one in goods]}, "qty": qty}],
        "reward": {"price": price},
    }


def _bundle(shelf: Shelf) -> Promotion:
    one, two = shelf.some(1, 6), shelf.some(1, 6)
    price = max(10, (one[0].price + two[0].price) * 85 // 100)
    entries = [{"items": {"skus": [goods.sku for goods in part]}, "qty": 1} for part in (one, two)]
    return {"name": "组合价", "type": "set", "buy": entries, "reward": {"price": price}}


def _add_on(shelf: Shelf) -> Promotion:
    add = shelf.some(1, 3)
    yuan = shelf.rng.choice((1, 2, 5))
    return {
        "name": f"加{yuan}元换购",
        "type": "set",
        "buy": [
            {"items": shelf.skus(3, 12), "qty": shelf.rng.choice((1, 2))},
            {"items": {"skus": [one.sku for one in add]}, "qty": 1},
        ],
        "reward": {"price": yuan * 100, "group": 1},
        "max_times": shelf.rng.choice((1, 2, 3)),
    }


def _with_gift(shelf: Shelf) -> Promotion:
    return {
        "name": "买就送",
        "type": "set",
        "buy": [{"items": shelf.skus(2, 10), "qty": 2}, {"items": shelf.skus(1, 2), "qty": 1}],
        "reward": {"percent": 100, "group": 1},
    }


def _tier(shelf: Shelf) -> Promotion:
    tiers = shelf.rng.choice(
        (
            [{"qty": 2, "percent": 10}, {"qty": 3, "percent": 20}],
            [{"qty": 3, "percent": 12.5}],
            [{"qty": 2, "percent": 5}, {"qty": 4, "percent": 15}, {"qty": 6, "percent": 25}],
        )
    )
    last = tiers[-1]
    name = f"{last['qty']}件{(100 - last['percent']) / 10:g}折"
    more: Promotion = {"except_discounted": True} if shelf.rng.random() < 0.3 else {}
    return {"name": name, "type": "tier", "items": shelf.skus(4, 25), "tiers": tiers, **more}


def _spend(shelf: Shelf) -> Promotion:
    base = shelf.rng.choice((3_000, 5_000, 9_900, 19_900))
    off = base // shelf.rng.choice((5, 8, 10))
    how: Promotion = shelf.rng.choice(
        (
            {"tiers": [{"amount": base, "off": off}]},
            {"tiers": [{"amount": base, "off": off}, {"amount": 2 * base, "off": off * 5 // 2}]},
            {"tiers": [{"amount": base, "percent": 10}, {"amount": 2 * base, "percent": 15}]},
            {"each": {"amount": base, "off": off}, "max_times": 3},
        )
    )
    items: Promotion = {"items": shelf.wide()} if shelf.rng.random() < 0.9 else {}
    more: Promotion = {"except_discounted": True} if shelf.rng.random() < 0.3 else {}
    if shelf.rng.random() < 0.3:
        more["group"] = f"满减{shelf.rng.randrange(6)}"
    return {"name": f"满{base // 100}减{off // 100}", "type": "threshold", **items, **how, **more}


def _spend_gift(shelf: Shelf) -> Promotion:
    amount = shelf.rng.choice((5_000, 8_800, 16_800))
    price = shelf.rng.choice((0, 0, 100, 990))
    gift: Promotion = {"amount": amount, "items": shelf.skus(1, 3), "count": 1, "price": price}
    if shelf.rng.random() < 0.25:
        gift["each"] = True
    name = f"满{amount // 100}{'赠' if price == 0 else '换购'}"
    return {"name": name, "type": "threshold", "items": shelf.wide(), "gift": gift}


def _coupon(shelf: Shelf) -> Promotion:
    code = shelf.rng.choice(COUPONS)
    off = shelf.rng.choice((300, 500, 1_000))
    if shelf.rng.random() < 0.5:
        one: Promotion = {"buy": [{"items": shelf.skus(3, 20), "qty": 1}], "reward": {"off": off}}
        return {"name": f"单品券减{off // 100}", "type": "set", "coupon": code, **one}
    tiers = [{"amount": off * 10, "off": off}]
    return {"name": f"满{off // 10}减{off // 100}券", "type": "threshold", "coupon": code, "tiers": tiers}


def _pay(shelf: Shelf) -> Promotion:
    tender = shelf.rng.choice(TENDERS[1:])
    reward: Promotion = shelf.rng.choice(({"off": 300}, {"percent": 4, "max": 250}, {"off": 1_000, "max": 888}))
    amount = shelf.rng.choice((3_000, 5_000, 10_000))
    return {"name": "支付立减", "type": "tender", "tenders": [tender], "amount": amount, **reward}


# kind -> (how many in a thousand, how it is made)
MAKERS: dict[str, tuple[int, Callable[[Shelf], Promotion]]] = {
    "special": (180, _special),
    "member": (110, _member),
    "limited": (60, _limited),
    "second": (110, _second),
    "n_for_m": (80, _n_for_m),
    "pick": (110, _pick),
    "bundle": (60, _bundle),
    "add_on": (50, _add_on),
    "with_gift": (40, _with_gift),
    "tier": (80, _tier),
    "spend": (50, _spend),
    "spend_gift": (25, _spend_gift),
    "coupon": (30, _coupon),
    "pay": (15, _pay),
}


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
