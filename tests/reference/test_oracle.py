"""The reference against worked examples, and against receipts that were tampered with."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from reference.conditions import holds, selects
from reference.oracle import reference_price
from reference.receipts import best_receipt
from reference.strategies import ALL_KINDS, worlds
from reference.units import Line, Unit, spread
from reference.verdict import check_receipt

Data = dict[str, Any]
AT = "2026-11-22T18:30:00"  # a Sunday


def item(sku: str, price: int, **more: Any) -> Data:
    return {
        "sku": sku, "name": sku, "unit": "each", "price": price,
        "category": "1", "brand": "", "tags": [], "barcodes": [], **more,
    }  # fmt: skip


def basket(*lines: tuple[str, int], **more: Any) -> Data:
    return {"id": "b", "at": AT, "lines": [{"code": sku, "qty": qty} for sku, qty in lines], **more}


def priced(items: list[Data], promotions: list[Data], wanted: Data) -> int:
    return int(reference_price({}, items, promotions, wanted)["total"])


def test_all_worked_examples(shared_data: Path) -> None:
    examples = json.loads((shared_data / "examples.json").read_text("utf-8"))
    for case in examples["cases"]:
        answer = reference_price({}, examples["items"], case["promotions"], case["basket"])
        assert (answer["gross"], answer["totals"]) == (case["gross"], [case["total"]]), case["name"]


def test_percent_is_rounded_half_up_and_then_taken_off() -> None:
    # 12.5 % of 100 = 12.5, rounded 13; 100 - 13 = 87. 33.33 % of 150 = 49.995, rounded 50.
    promotion = {"id": "A", "type": "price", "items": {"all": True}, "percent": 12.5}
    assert priced([item("a", 100)], [promotion], basket(("a", 2))) == 174
    assert priced([item("a", 150)], [{**promotion, "percent": 33.33}], basket(("a", 1))) == 100


def test_a_set_is_rounded_once_over_its_applications() -> None:
    # Half of 5 is 2.5 each time. Two applications: 5, not 3 + 3. Total 10 - 5.
    promotion = {"id": "A", "type": "set", "buy": [{"items": {"all": True}, "qty": 1}], "reward": {"percent": 50}}
    assert priced([item("a", 5)], [promotion], basket(("a", 2))) == 5


def test_two_like_promotions_may_round_better_than_one() -> None:
    # As above, but A takes one unit and B the other: 2.5 -> 3 twice. Total 10 - 6.
    one = {"id": "A", "type": "set", "buy": [{"items": {"all": True}, "qty": 1}], "reward": {"percent": 50}}
    assert priced([item("a", 5)], [one, {**one, "id": "B"}], basket(("a", 2))) == 4


def test_the_way_that_gives_most_into_the_entries() -> None:
    # Buy any of (a, b), get one of (a, b) free: the dear one can be the free one. 9 + 4 - 9.
    both = {"skus": ["a", "b"]}
    promotion = {
        "id": "A", "type": "set", "buy": [{"items": both, "qty": 1}, {"items": both, "qty": 1}],
        "reward": {"percent": 100, "group": 1},
    }  # fmt: skip
    assert priced([item("a", 9), item("b", 4)], [promotion], basket(("a", 1), ("b", 1))) == 4


def test_one_coupon_pays_for_one_application_of_either() -> None:
    # Two promotions name C, the basket has one: the better (a for 1: 9 off) is taken, not both. 10 + 10 - 9.
    a = {"id": "A", "type": "price", "items": {"skus": ["a"]}, "price": 1, "coupon": "C"}
    b = {"id": "B", "type": "price", "items": {"skus": ["b"]}, "off": 5, "coupon": "C"}
    assert priced([item("a", 10), item("b", 10)], [a, b], basket(("a", 1), ("b", 1), coupons=["C"])) == 11
    assert priced([item("a", 10), item("b", 10)], [a, b], basket(("a", 1), ("b", 1), coupons=["C", "C"])) == 6


def test_an_each_threshold_counts_every_time_against_coupons() -> None:
    # Base 30 holds 10 three times, coupons pay for two: 30 - 2 * 3.
    promotion = {"id": "A", "type": "threshold", "each": {"amount": 10, "off": 3}, "coupon": "C"}
    assert priced([item("a", 10)], [promotion], basket(("a", 3), coupons=["C", "C"])) == 24


def test_gifts_for_every_amount() -> None:
    # Every 10 of a gives one b for 1. Base: two a = 20, so two b at 1: 20 + 2 + one b at 5.
    gift = {"amount": 10, "items": {"skus": ["b"]}, "count": 1, "price": 1, "each": True}
    promotion = {"id": "A", "type": "threshold", "items": {"skus": ["a"]}, "gift": gift}
    assert priced([item("a", 10), item("b", 5)], [promotion], basket(("a", 2), ("b", 3))) == 27


def test_a_second_threshold_is_cut_to_what_is_left() -> None:
    # Both see base 10. A takes 7, B would take 5 and is cut to 3.
    a = {"id": "A", "type": "threshold", "tiers": [{"amount": 10, "off": 7}]}
    b = {"id": "B", "type": "threshold", "tiers": [{"amount": 10, "off": 5}]}
    assert priced([item("a", 10)], [a, b], basket(("a", 1))) == 0


def test_a_tender_asks_for_a_coupon_that_is_left() -> None:
    # The threshold takes the only coupon (4 off), so of the two tenders the one without a coupon applies. 20 - 4 - 1.
    a = {"id": "A", "type": "threshold", "tiers": [{"amount": 10, "off": 4}], "coupon": "C"}
    b = {"id": "B", "type": "tender", "tenders": ["w"], "off": 3, "coupon": "C"}
    c = {"id": "C", "type": "tender", "tenders": ["w"], "percent": 5}  # 5 % of 16 = 0.8, rounded 1
    assert priced([item("a", 10)], [a, b, c], basket(("a", 2), coupons=["C"], tender="w")) == 15


def test_hours_that_pass_midnight_belong_to_the_day_they_began_on() -> None:
    promotion = {"id": "A", "when": {"weekdays": [7], "hours": [["22:00", "02:00"]]}}
    for at, right in [
        ("2026-11-22T21:59:59", False),
        ("2026-11-22T22:00:00", True),
        ("2026-11-23T01:59:59", True),  # Monday, begun on Sunday
        ("2026-11-23T02:00:00", False),
        ("2026-11-22T01:00:00", False),  # Sunday, begun on Saturday
    ]:
        assert holds(promotion, {"at": at}) is right, at


def test_a_leap_day_birthday() -> None:
    promotion = {"id": "A", "who": {"birthday": "day"}}
    member = {"id": "M", "birthday": "02-29"}
    for at, right in [("2027-02-28", True), ("2028-02-28", False), ("2028-02-29", True), ("2027-03-01", False)]:
        assert holds(promotion, {"at": at + "T10:00:00", "member": member}) is right, at


def test_a_category_selects_what_is_below_it_and_nothing_beside_it() -> None:
    assert selects({"categories": ["1/2"]}, item("a", 1, category="1/2/3"))
    assert not selects({"categories": ["1/2"]}, item("a", 1, category="1/23"))
    assert not selects({"categories": ["1/2"], "except": {"skus": ["a"]}}, item("a", 1, category="1/2/3"))
    assert not selects({"brands": [""]}, item("a", 1))


def test_spread_by_largest_remainder() -> None:
    # 2 over 1, 1, 1: shares 0 remainder 2/3 each: the first two in order get one. Order: sku b on line 1 is before c.
    lines = [Line(number, item(sku, 1), 1, 1, 1, ()) for number, sku in enumerate("cba")]
    assert spread(2, [Unit(number, 1) for number in range(3)], lines) == {(Unit(0, 1), Unit(1, 0), Unit(2, 0))}


ITEMS = [item("a", 100), item("b", 200)]
PROMOTIONS: list[Data] = [
    {"id": "A", "type": "set", "buy": [{"items": {"all": True}, "qty": 2}], "reward": {"off": 31}, "max_times": 1},
    {"id": "B", "type": "set", "buy": [{"items": {"skus": ["b"]}, "qty": 1}], "reward": {"off": 10}},
]
BASKET = basket(("a", 2), ("b", 1))
# A on both a: 31 over 100, 100 on line 0. B on b: 10. Total 400 - 41.
GOOD: Data = {
    "id": "b", "engine": 1, "gross": 400, "discount": 41, "total": 359, "optimal": True, "bound": 0, "coupons": {},
    "lines": [
        {"sku": "a", "qty": 2, "regular": 100, "gross": 200, "current": 200, "discount": 31, "net": 169,
         "price_promotion": None},
        {"sku": "b", "qty": 1, "regular": 200, "gross": 200, "current": 200, "discount": 10, "net": 190,
         "price_promotion": None},
    ],
    "applications": [
        {"promotion": "A", "times": 1, "units": [[0, 2]], "gifts": [], "discount": 31},
        {"promotion": "B", "times": 1, "units": [[1, 1]], "gifts": [], "discount": 10},
    ],
}  # fmt: skip


def test_a_good_receipt_has_no_fault() -> None:
    assert check_receipt(ITEMS, PROMOTIONS, BASKET, GOOD) == []


def _cent_moved(receipt: Data) -> None:
    for line, off in zip(receipt["lines"], (1, -1), strict=True):
        line["net"] += off
        line["discount"] -= off


def _twice(receipt: Data) -> None:
    receipt["applications"][0].update(times=2, discount=62)
    receipt["lines"][0].update(net=138, discount=62)
    receipt.update(total=328, discount=72)


def _worse(receipt: Data) -> None:
    del receipt["applications"][1]
    receipt["lines"][1].update(net=200, discount=0)
    receipt.update(total=369, discount=31)


def _unit_used_twice(receipt: Data) -> None:
    receipt["applications"][0]["units"] = [[0, 1], [1, 1]]


def _total_off(receipt: Data) -> None:
    receipt["total"] -= 1


def _wrong_bound(receipt: Data) -> None:
    _worse(receipt)
    receipt.update(optimal=False, bound=9)


def _coupon(receipt: Data) -> None:
    receipt["coupons"] = {"C": 1}


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (_cent_moved, "nets are"),
        (_twice, "more than limit"),
        (_worse, "total after step 3"),
        (_unit_used_twice, "units that are taken"),
        (_total_off, "total is"),
        (_wrong_bound, "10 less is possible"),
        (_coupon, "coupons is"),
    ],
)
def test_a_tampered_receipt_is_caught(tamper: Any, fault: str) -> None:
    receipt = copy.deepcopy(GOOD)
    tamper(receipt)
    faults = check_receipt(ITEMS, PROMOTIONS, BASKET, receipt)
    assert any(fault in one for one in faults), faults


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(worlds(ALL_KINDS, max_units=6, max_promotions=4))
def test_the_best_choice_of_the_reference_makes_a_good_receipt(world: tuple[list[Data], list[Data], Data]) -> None:
    receipt = best_receipt(*world)
    assert check_receipt(*world, receipt) == []
    assert receipt["total"] in reference_price({}, *world)["totals"]
