"""The examples of docs/promotions.md: what head office writes, a basket, and what it costs.

`total` is worked out by hand from the contract; the tests hold it against the reference and against the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

AT = "2026-11-22T18:30:00"  # a Sunday

ITEMS = """\
sku,name,unit,price,category,brand,tags,barcodes
milk,纯牛奶,each,650,10/1001,云山,,
yogurt,酸奶,each,1290,10/1001,云山,,
bread,吐司,each,880,10/1002,,,
cola,可乐,each,350,20/2001,黑焰,,
soda,汽水,each,300,20/2001,橙光,,
water,饮用水,each,200,20/2002,,,
shampoo,洗发水,each,3990,30/3001,,,
soap,沐浴露,each,1490,30/3001,,,
tissue,抽纸,each,1990,30/3004,,,
mug,马克杯,each,2500,30/3005,,,
apple,苹果,kg,1298,40/4001,,,
cigs,香烟,each,2500,50,,no_discount,
"""


@dataclass(frozen=True)
class Example:
    title: str
    text: str
    promotions: list[dict[str, Any]]
    lines: list[tuple[str, int]]  # sku, and pieces or grams
    total: int
    more: dict[str, Any] = field(default_factory=dict)  # what else the basket has


def _sku(*names: str) -> dict[str, Any]:
    return {"skus": list(names)}


EXAMPLES: tuple[Example, ...] = (
    Example(
        "特价 A new price",
        "The shelf's own price. Where several hold for a piece, the lowest counts, each worked out from the regular "
        "price; they are never added up. `percent` and `off` are written in place of `price`: `12.5` is 12.5 % off.",
        [
            {"id": "special-milk", "name": "牛奶特价", "type": "price", "items": _sku("milk"), "price": 590},
            {
                "id": "dairy-10",
                "name": "乳品九折",
                "type": "price",
                "items": {"categories": ["10"]},
                "percent": 10,
            },
        ],
        [("milk", 2), ("bread", 1)],
        1962,
    ),
    Example(
        "称重 Goods by weight",
        "The price per kilogram is reduced and rounded first, then the line is rounded once.",
        [{"id": "fruit-15", "name": "水果八五折", "type": "price", "items": {"categories": ["40"]}, "percent": 15}],
        [("apple", 1237)],
        1364,
    ),
    Example(
        "会员价 Members only",
        "`who` asks for a member, for one of some `levels` or `tags`, or for a `birthday` (`day` or `month`).",
        [
            {
                "id": "member-yogurt",
                "name": "酸奶会员价",
                "type": "price",
                "items": _sku("yogurt"),
                "price": 1090,
                "who": {"member": True},
            }
        ],
        [("yogurt", 2)],
        2180,
        {"member": {"id": "M1"}},
    ),
    Example(
        "限时 At some hours",
        "`when` has `from`, `until`, `weekdays` (Monday is 1) and `hours`. The end of an hour no longer counts; "
        "hours that pass midnight belong to the day that they began on. `where` has `stores`, `groups` and `channels`.",
        [
            {
                "id": "evening-bread",
                "name": "晚间面包七折",
                "type": "price",
                "items": _sku("bread"),
                "percent": 30,
                "when": {"weekdays": [6, 7], "hours": [["18:00", "21:00"]]},
            }
        ],
        [("bread", 1)],
        616,
    ),
    Example(
        "限量 Limited",
        "`max_times` is for one basket, `limit` over time: for a member in a day, for a member in all, for all "
        "together. Here one of this member's three for the day is used already, so two of the four packs are cheap.",
        [
            {
                "id": "tissue-990",
                "name": "抽纸限量9.90元",
                "type": "price",
                "items": _sku("tissue"),
                "price": 990,
                "limit": {"member_day": 3},
            }
        ],
        [("tissue", 4)],
        5960,
        {"member": {"id": "M1"}, "used": {"tissue-990": {"member_day": 1}}},
    ),
    Example(
        "第二件半价 The second at half price",
        "Two pieces of the list, and of every two the cheaper at half price. The customer gets the best pairs: the "
        "dear ones are put together.",
        [
            {
                "id": "wash-half",
                "name": "洗护第二件半价",
                "type": "set",
                "buy": [{"items": _sku("shampoo", "soap"), "qty": 2}],
                "reward": {"percent": 50, "of": "cheapest", "count": 1},
            }
        ],
        [("shampoo", 2), ("soap", 1)],
        7475,
    ),
    Example(
        "买二送一 Three for two",
        "Any three drinks, the cheapest of the three is free.",
        [
            {
                "id": "drinks-3for2",
                "name": "饮料买二送一",
                "type": "set",
                "buy": [{"items": {"categories": ["20"]}, "qty": 3}],
                "reward": {"percent": 100, "of": "cheapest", "count": 1},
            }
        ],
        [("cola", 2), ("soda", 2), ("water", 2)],
        1200,
    ),
    Example(
        "任选 Any so many for so much",
        "5 yuan for any two. It takes the dear ones, and leaves what it would make dearer.",
        [
            {
                "id": "any-two-5",
                "name": "5元任选2件",
                "type": "set",
                "buy": [{"items": _sku("cola", "soda", "water"), "qty": 2}],
                "reward": {"price": 500},
            }
        ],
        [("cola", 3), ("soda", 1), ("water", 1)],
        1200,
    ),
    Example(
        "组合价 A combination",
        "Different goods together at one price: an entry in `buy` for each.",
        [
            {
                "id": "breakfast",
                "name": "早餐组合",
                "type": "set",
                "buy": [{"items": _sku("milk"), "qty": 1}, {"items": _sku("bread"), "qty": 1}],
                "reward": {"price": 1200},
            }
        ],
        [("milk", 2), ("bread", 1)],
        1850,
    ),
    Example(
        "加价购 An add-on for a yuan",
        "With two pots of yogurt one mug costs 1 yuan. `group` says which entry of `buy` the reward is for; "
        "entries count from 0.",
        [
            {
                "id": "mug-1",
                "name": "买2酸奶加1元换购马克杯",
                "type": "set",
                "buy": [{"items": _sku("yogurt"), "qty": 2}, {"items": _sku("mug"), "qty": 1}],
                "reward": {"price": 100, "group": 1},
                "max_times": 1,
            }
        ],
        [("yogurt", 4), ("mug", 2)],
        7760,
    ),
    Example(
        "买赠 Buy one thing, get another",
        "The same with 100 % off for the second entry. The gift must be in the basket: the cashier scans it.",
        [
            {
                "id": "shampoo-soap",
                "name": "买洗发水送沐浴露",
                "type": "set",
                "buy": [{"items": _sku("shampoo"), "qty": 1}, {"items": _sku("soap"), "qty": 1}],
                "reward": {"percent": 100, "group": 1},
            }
        ],
        [("shampoo", 1), ("soap", 1)],
        3990,
    ),
    Example(
        "N件M折 More pieces, more off",
        "Two pieces 10 % off, three and more 20 % off all of them.",
        [
            {
                "id": "home-tier",
                "name": "2件9折3件8折",
                "type": "tier",
                "items": {"categories": ["30"]},
                "tiers": [{"qty": 2, "percent": 10}, {"qty": 3, "percent": 20}],
            }
        ],
        [("shampoo", 1), ("soap", 1), ("tissue", 1)],
        5976,
    ),
    Example(
        "满减 Spend so much, get so much off",
        "The largest step that is reached counts, once. Goods tagged `no_discount` (here the cigarettes) count in "
        "no base and get nothing.",
        [
            {
                "id": "spend-100",
                "name": "满100减20满200减50",
                "type": "threshold",
                "tiers": [{"amount": 10000, "off": 2000}, {"amount": 20000, "off": 5000}],
            }
        ],
        [("shampoo", 4), ("tissue", 2), ("cigs", 2)],
        22940,
    ),
    Example(
        "每满减 For every so much",
        "5 yuan off for every 30 yuan, at most twice.",
        [
            {
                "id": "every-30",
                "name": "每满30减5",
                "type": "threshold",
                "items": {"categories": ["30"]},
                "each": {"amount": 3000, "off": 500},
                "max_times": 2,
            }
        ],
        [("shampoo", 3)],
        10970,
    ),
    Example(
        "不与特价同享 Not together with reduced goods",
        "`except_discounted` keeps goods that are reduced already out of the base.",
        [
            {"id": "shampoo-2990", "name": "洗发水特价", "type": "price", "items": _sku("shampoo"), "price": 2990},
            {
                "id": "spend-50",
                "name": "满50减10",
                "type": "threshold",
                "tiers": [{"amount": 5000, "off": 1000}],
                "except_discounted": True,
            },
        ],
        [("shampoo", 2), ("tissue", 2)],
        9960,
    ),
    Example(
        "满赠 A gift from so much",
        "From 50 yuan one soap is free. The gift itself does not count towards the 50, and it must be in the basket.",
        [
            {
                "id": "gift-50",
                "name": "满50赠沐浴露",
                "type": "threshold",
                "gift": {"amount": 5000, "items": _sku("soap"), "count": 1, "price": 0},
            }
        ],
        [("shampoo", 1), ("soap", 2)],
        5480,
    ),
    Example(
        "满额换购 Cheap from so much",
        "The same with a price: from 35 yuan a mug costs 9.90.",
        [
            {
                "id": "mug-990",
                "name": "满35换购马克杯",
                "type": "threshold",
                "gift": {"amount": 3500, "items": _sku("mug"), "count": 1, "price": 990},
            }
        ],
        [("shampoo", 1), ("mug", 1)],
        4980,
    ),
    Example(
        "单品券 A coupon for a piece",
        "One coupon of the basket pays for one application, of whichever promotion names its code. It goes where "
        "it gives most.",
        [
            {
                "id": "coupon-5",
                "name": "5元券",
                "type": "set",
                "coupon": "C5",
                "buy": [{"items": {"all": True}, "qty": 1}],
                "reward": {"off": 500},
            }
        ],
        [("water", 1), ("bread", 1)],
        580,
        {"coupons": ["C5"]},
    ),
    Example(
        "满减券 A coupon for a whole purchase",
        "A threshold with a code. It is taken only where it is in the basket.",
        [
            {
                "id": "coupon-50-8",
                "name": "满50减8券",
                "type": "threshold",
                "coupon": "C8",
                "tiers": [{"amount": 5000, "off": 800}],
            }
        ],
        [("shampoo", 1), ("tissue", 1)],
        5180,
        {"coupons": ["C8"]},
    ),
    Example(
        "任选其一 One of a group",
        "Of promotions with the same `group` at most one is applied: the one that is best for the customer.",
        [
            {
                "id": "A",
                "name": "满30减3",
                "type": "threshold",
                "group": "g",
                "tiers": [{"amount": 3000, "off": 300}],
            },
            {
                "id": "B",
                "name": "乳品满20打8折",
                "type": "threshold",
                "group": "g",
                "items": {"categories": ["10"]},
                "tiers": [{"amount": 2000, "percent": 20}],
            },
        ],
        [("yogurt", 2), ("milk", 1)],
        2584,
    ),
    Example(
        "支付立减 Less for a way of paying",
        "Worked out last, when it is known how the customer pays. The other promotions do not see it.",
        [
            {
                "id": "wechat-3",
                "name": "微信满50减3",
                "type": "tender",
                "tenders": ["wechat"],
                "amount": 5000,
                "off": 300,
            },
            {
                "id": "wallets-4",
                "name": "扫码96折最多减2.50",
                "type": "tender",
                "tenders": ["wechat", "alipay"],
                "percent": 4,
                "max": 250,
            },
        ],
        [("shampoo", 2)],
        7680,
        {"tender": "wechat"},
    ),
    Example(
        "谁更优惠 When two want the same piece",
        "A piece is in one set only. What is chosen is what costs the customer least in all, whichever was written "
        "first: any two for 11 yuan could take all four pieces, but the milk is cheaper under its own offer.",
        [
            {
                "id": "any-two-11",
                "name": "牛奶吐司11元任选2件",
                "type": "set",
                "buy": [{"items": _sku("milk", "bread"), "qty": 2}],
                "reward": {"price": 1100},
            },
            {
                "id": "milk-half",
                "name": "牛奶第二件半价",
                "type": "set",
                "buy": [{"items": _sku("milk"), "qty": 2}],
                "reward": {"percent": 50, "of": "cheapest", "count": 1},
            },
        ],
        [("milk", 2), ("bread", 2)],
        2075,
    ),
)

WHY = Example(
    "Why was it not applied?",
    "`lane price --explain` adds two keys to a receipt. `explain` has one reason for each promotion that selects "
    "anything in the basket and is not applied: the first that holds, asked in the order of the list below. `hints` "
    "has the smallest additions that bring a discount, with what they bring beyond their own price; the screen of a "
    "till shows the first when nobody scans. Where two want the same piece, the difference is between the receipt and "
    "the least that the basket could cost with the other one applied, before what the way of paying takes off; "
    "`at_most` says that it was not searched to the end.",
    [
        {
            "id": "any-two-11",
            "name": "牛奶吐司11元任选2件",
            "type": "set",
            "buy": [{"items": _sku("milk", "bread"), "qty": 2}],
            "reward": {"price": 1100},
        },
        {
            "id": "milk-half",
            "name": "牛奶第二件半价",
            "type": "set",
            "buy": [{"items": _sku("milk"), "qty": 2}],
            "reward": {"percent": 50, "of": "cheapest", "count": 1},
        },
        {
            "id": "cola-3",
            "name": "可乐3件9元",
            "type": "set",
            "buy": [{"items": _sku("cola"), "qty": 3}],
            "reward": {"price": 900},
        },
        {"id": "over-45", "name": "满45减5", "type": "threshold", "tiers": [{"amount": 4500, "off": 500}]},
        {
            "id": "night",
            "name": "夜市九折",
            "type": "tier",
            "items": {"categories": ["10"]},
            "tiers": [{"qty": 1, "percent": 10}],
            "when": {"hours": [["20:00", "23:00"]]},
        },
        {
            "id": "member-milk",
            "name": "牛奶会员价",
            "type": "price",
            "items": _sku("milk"),
            "price": 600,
            "who": {"member": True},
        },
    ],
    [("milk", 2), ("bread", 1), ("cola", 2)],
    2450,
)
# What `--explain` says of it, worked out by hand: id -> (reason, its number). 15.30 for 11 saves 4.30, the half of
# 6.50 saves 3.25; 45.00 - 24.50 = 20.50; three cola at 3.50 cost 10.50, 9.00 saves 1.50 of them. One more bread: two
# bread for 11 save 6.60, half a milk 3.25, together 5.55 more than 4.30.
WHY_REASONS: dict[str, tuple[str, int]] = {
    "cola-3": ("short_by_units", 1),
    "member-milk": ("members_only", 0),
    "milk-half": ("lost_to", 105),
    "night": ("not_now", 0),
    "over-45": ("short_by_amount", 2050),
}
WHY_HINTS: list[tuple[str, int]] = [("any-two-11", 555), ("over-45", 500), ("milk-half", 325), ("cola-3", 150)]
