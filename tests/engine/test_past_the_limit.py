"""Past the limit the customer still gets something good, and what no limit counts does not grow without end."""

from __future__ import annotations

from typing import Any

import pytest
from books import receipt, snapshot

from engine.basket import read_basket
from engine.plans import Plan
from engine.pricing import price
from engine.runs import Run
from engine.thresholds import Threshold, choose

TIER = {
    "id": "T",
    "type": "tier",
    "items": {"all": True},
    "tiers": [{"qty": 2, "percent": 10}, {"qty": 4, "percent": 20}],
}
ADD_ON = {
    "id": "S",
    "type": "set",
    "buy": [{"items": {"all": True}, "qty": 2}, {"items": {"skus": ["cola", "water"]}, "qty": 1}],
    "reward": {"percent": 100, "group": 1},
}
GIFT = {
    "id": "G",
    "type": "threshold",
    "gift": {"amount": 1000, "items": {"skus": ["cola", "water"]}, "count": 1, "price": 0, "each": True},
}
BASKET = [{"code": "milk", "qty": 2}, {"code": "cola", "qty": 2}, {"code": "water", "qty": 2}]


@pytest.mark.parametrize(
    ("promotion", "total"),
    [
        (TIER, 1920),  # 20 % of all
        (ADD_ON, 1700),  # two colas
        (GIFT, 2050),  # the dearest unit that is left
        ({**TIER, "tiers": [{"qty": 2, "price": 300}, {"qty": 5, "price": 250}]}, 1400),
        ({**ADD_ON, "max_times": 1}, 2050),
        ({**TIER, "group": "g"}, 1920),
    ],
)
def test_the_limit_leaves_nobody_with_nothing(promotion: dict[str, Any], total: int) -> None:
    least = receipt([promotion], BASKET)
    assert least["optimal"]
    quick = receipt([promotion], BASKET, nodes=1)
    assert quick["total"] == total
    assert quick["total"] - quick["bound"] <= least["total"] <= quick["total"]


def test_groups_and_coupons_hold_past_the_limit() -> None:
    both = [{**TIER, "group": "g", "coupon": "C"}, {**ADD_ON, "group": "g"}, {**ADD_ON, "id": "U", "coupon": "C"}]
    quick = receipt(both, BASKET, nodes=1, coupons=["C"])
    applied = [one["promotion"] for one in quick["applications"]]
    assert not {"T", "S"} <= set(applied) and not {"T", "U"} <= set(applied)
    assert quick["coupons"] in ({}, {"C": 1}) and quick["discount"] > 0


def test_more_ways_than_can_be_told_still_give() -> None:
    items = "".join(f"i{n:02},x,each,{500 + n},1,,,\n" for n in range(40))
    many = {**ADD_ON, "buy": [{"items": {"all": True}, "qty": 3}, {"items": {"all": True}, "qty": 1}]}
    lines = [{"code": f"i{n:02}", "qty": 1} for n in range(40)]
    got = price(snapshot([many], items), read_basket({"at": "2026-11-22T18:30", "lines": lines}))
    assert not got.optimal and got.applications[0].times == 10
    assert got.discount == sum(range(530, 540))  # the ten dearest


class Counted(Threshold):
    """Counts how often it is asked."""

    asked = 0

    def gives(self, base: int, times: int) -> int:
        Counted.asked += 1
        return super().gives(base, times)


def test_counts_that_lead_nowhere_are_counted() -> None:
    """Both take all that is there: every count of the first is tried, and none is better."""
    units = 1_000_000
    Counted.asked = 0
    thresholds: list[Threshold] = []
    for number, (amount, off) in enumerate([(1, 1), (100, 3)]):
        record = {"id": str(number), "name": "", "kind": "threshold", "each": [amount, off]}
        thresholds.append(Counted(Plan(number, record), -1, {0}))
    picks = choose(thresholds, [Run(0, 1, units, False, False)], set(), {})
    assert picks.value == units
    assert Counted.asked < 400_000
