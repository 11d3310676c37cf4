"""The kinds of promotions of the dense book: what a Chinese supermarket runs, each made from the goods on a shelf."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

LEVELS = ("silver", "gold", "black")
TENDERS = ("cash", "wechat", "alipay", "unionpay", "card")
COUPONS = tuple(f"C{number:03}" for number in range(1, 41))

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


# Each gives what is a kind's own; what all promotions have is added by make_promotions.


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
