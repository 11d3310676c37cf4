"""The examples of returns in docs/promotions.md: a sale, and what comes back of it, visit by visit.

`priced` and `allocated` are the refunds, worked out by hand from the contract; the tests hold the first against the
reference's prices of what is kept, and both against the engine. The goods are those of promotion_examples.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Back = list[dict[str, Any]]


@dataclass(frozen=True)
class ReturnExample:
    title: str
    text: str
    promotions: list[dict[str, Any]]
    lines: list[tuple[str, int]]  # sku, and pieces or grams
    visits: list[Back]  # what comes back each time
    priced: list[int]
    allocated: list[int]


RETURNS: tuple[ReturnExample, ...] = (
    ReturnExample(
        "One of three for two",
        "Three colas were 7.00. Two colas cost 7.00 as well, so by `priced` the first that comes back was the free "
        "one; by `allocated` each of the three was a third of 7.00.",
        [
            {
                "id": "cola-3for2",
                "name": "可乐买二送一",
                "type": "set",
                "buy": [{"items": {"skus": ["cola"]}, "qty": 3}],
                "reward": {"percent": 100, "of": "cheapest", "count": 1},
            }
        ],
        [("cola", 3)],
        [[{"line": 0, "qty": 1}], [{"line": 0, "qty": 1}], [{"line": 0, "qty": 1}]],
        [0, 350, 350],
        [233, 234, 233],
    ),
    ReturnExample(
        "满减 lost by a partial return",
        "Two shampoos and two packs of tissue were 119.60, less 20.00. Without one pack they are 99.70 and no longer "
        "reach 100: what is kept would cost 0.10 more than was paid. That is not asked for, and the next refund is "
        "smaller by it.",
        [
            {
                "id": "spend-100",
                "name": "满100减20",
                "type": "threshold",
                "tiers": [{"amount": 10000, "off": 2000}],
            }
        ],
        [("shampoo", 2), ("tissue", 2)],
        [[{"line": 1, "qty": 1}], [{"code": "tissue", "qty": 1}], [{"line": 0}]],
        [0, 1980, 7980],
        [1657, 1657, 6646],
    ),
    ReturnExample(
        "Goods by weight",
        "A weighed line comes back whole. Named by code it needs its weight, because two bags of apples are two "
        "things.",
        [
            {
                "id": "fruit-15",
                "name": "水果八五折",
                "type": "price",
                "items": {"categories": ["40"]},
                "percent": 15,
            }
        ],
        [("apple", 1237), ("milk", 1)],
        [[{"code": "apple", "milli": 1237}], [{"line": 1}]],
        [1364, 650],
        [1364, 650],
    ),
)
