"""When, where, who, coupons, limits, groups: whether a promotion is in force, and how often."""

from __future__ import annotations

from typing import Any

import pytest
from books import receipt

MILK = [{"code": "milk", "qty": 1}]
HALF = {"id": "P", "type": "price", "items": {"skus": ["milk"]}, "percent": 50}


def applies(condition: dict[str, Any], **basket: Any) -> bool:
    total = receipt([{**HALF, **condition}], MILK, **basket)["total"]
    assert total in (325, 650)
    return bool(total == 325)


@pytest.mark.parametrize(
    ("when", "at", "expected"),
    [
        ({}, "2026-11-22T18:30", True),
        ({"from": "2026-11-22T18:30"}, "2026-11-22T18:30:00", True),
        ({"from": "2026-11-22T18:30:01"}, "2026-11-22T18:30", False),
        ({"until": "2026-11-22T18:30"}, "2026-11-22T18:29:59", True),
        ({"until": "2026-11-22T18:30"}, "2026-11-22T18:30:00", False),
        ({"weekdays": [7]}, "2026-11-22T18:30", True),
        ({"weekdays": [1, 6]}, "2026-11-22T18:30", False),
        ({"weekdays": []}, "2026-11-22T18:30", False),
        ({"hours": []}, "2026-11-22T18:30", False),
        ({"hours": [["18:00", "21:00"]]}, "2026-11-22T18:00", True),
        ({"hours": [["18:00", "21:00"]]}, "2026-11-22T20:59:59", True),
        ({"hours": [["18:00", "21:00"]]}, "2026-11-22T21:00", False),
        ({"hours": [["18:00", "00:00"]]}, "2026-11-22T23:59:59", True),
        ({"hours": [["18:00", "00:00"]]}, "2026-11-22T00:00", False),
        ({"hours": [["22:00", "02:00"]], "weekdays": [7]}, "2026-11-22T22:00", True),
        ({"hours": [["22:00", "02:00"]], "weekdays": [7]}, "2026-11-23T01:59:59", True),  # Monday, begun on Sunday
        ({"hours": [["22:00", "02:00"]], "weekdays": [7]}, "2026-11-22T01:00", False),  # begun on Saturday
        ({"hours": [["22:00", "02:00"]], "weekdays": [7]}, "2026-11-23T02:00", False),
        ({"hours": [["22:00", "02:00"]], "weekdays": [7]}, "2026-11-23T22:00", False),
        ({"hours": [["22:00", "02:00"], ["10:00", "11:00"]]}, "2026-11-22T10:30", True),
    ],
)
def test_when(when: dict[str, Any], at: str, expected: bool) -> None:
    assert applies({"when": when}, at=at) is expected


@pytest.mark.parametrize(
    ("where", "basket", "expected"),
    [
        ({"stores": ["s1"]}, {"store": "s1"}, True),
        ({"stores": ["s1"]}, {"store": "s2"}, False),
        ({"stores": ["s1"]}, {}, False),
        ({"stores": [""]}, {}, False),
        ({"stores": []}, {"store": "s1"}, False),
        ({"groups": ["g1", "g2"]}, {"groups": ["g0", "g2"]}, True),
        ({"groups": ["g1"]}, {}, False),
        ({"channels": ["app"]}, {"channel": "app"}, True),
        ({"channels": ["app"], "stores": ["s1"]}, {"channel": "app", "store": "s2"}, False),
        ({"channels": ["app"], "stores": ["s1"]}, {"channel": "app", "store": "s1"}, True),
    ],
)
def test_where(where: dict[str, Any], basket: dict[str, Any], expected: bool) -> None:
    assert applies({"where": where}, **basket) is expected


@pytest.mark.parametrize(
    ("who", "member", "expected"),
    [
        ({"member": True}, {"id": "M"}, True),
        ({"member": True}, None, False),
        ({"levels": ["gold"]}, {"id": "M", "level": "gold"}, True),
        ({"levels": ["gold"]}, {"id": "M"}, False),
        ({"levels": []}, {"id": "M", "level": "gold"}, False),
        ({"tags": ["a", "b"]}, {"id": "M", "tags": ["c", "b"]}, True),
        ({"tags": ["a"]}, {"id": "M"}, False),
        ({"tags": ["a"], "levels": ["gold"]}, {"id": "M", "tags": ["a"], "level": "tin"}, False),
        ({"birthday": "day"}, {"id": "M", "birthday": "11-22"}, True),
        ({"birthday": "day"}, {"id": "M", "birthday": "11-21"}, False),
        ({"birthday": "month"}, {"id": "M", "birthday": "11-01"}, True),
        ({"birthday": "month"}, {"id": "M", "birthday": "12-22"}, False),
        ({"birthday": "month"}, {"id": "M"}, False),
    ],
)
def test_who(who: dict[str, Any], member: dict[str, Any] | None, expected: bool) -> None:
    assert applies({"who": who}, **({"member": member} if member else {})) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [("2027-02-28", True), ("2028-02-28", False), ("2028-02-29", True), ("2027-03-01", False), ("2100-02-28", True)],
)
def test_born_on_leap_day(at: str, expected: bool) -> None:
    who = {"who": {"birthday": "day"}}
    assert applies(who, at=f"{at}T12:00", member={"id": "M", "birthday": "02-29"}) is expected


def milks(condition: dict[str, Any], qty: int = 5, **basket: Any) -> int:
    """How many of five milks cost half."""
    found = receipt([{**HALF, **condition}], [{"code": "milk", "qty": qty}], **basket)
    assert not found["applications"] or found["applications"][0]["times"] == found["discount"] // 325
    return int(found["discount"] // 325)


def test_how_often() -> None:
    member = {"id": "M"}
    assert milks({"max_times": 3}) == 3
    assert milks({"coupon": "C"}) == 0
    assert milks({"coupon": "C"}, coupons=["C", "D", "C"]) == 2
    assert milks({"coupon": "C", "max_times": 1}, coupons=["C", "C"]) == 1
    assert milks({"limit": {"total": 4}}) == 4
    assert milks({"limit": {"total": 4}}, used={"P": {"total": 3}, "Q": {"total": 9}}) == 1
    assert milks({"limit": {"total": 4}}, used={"P": {"total": 9}}) == 0
    assert milks({"limit": {"member_day": 4}}) == 0
    assert milks({"limit": {"member_day": 4}}, member=member, used={"P": {"member_day": 2, "member_total": 9}}) == 2
    limits = {"limit": {"member_day": 4, "member_total": 3, "total": 2}}
    assert milks(limits, member=member) == 2


def test_one_coupon_pays_one_application_of_whichever_promotion_names_it() -> None:
    one = {"id": "A", "type": "set", "coupon": "C", "buy": [{"items": {"skus": ["milk"]}, "qty": 1}]}
    two = {"id": "B", "type": "price", "coupon": "C", "items": {"skus": ["bread"]}, "off": 150}
    book = [{**one, "reward": {"off": 100}}, two]
    lines = [{"code": "milk", "qty": 3}, {"code": "bread", "qty": 1}]
    for coupons, discount in ((0, 0), (1, 150), (2, 250), (3, 350), (9, 450)):
        found = receipt(book, lines, coupons=["C"] * coupons)
        assert found["discount"] == discount
        assert found["coupons"] == ({"C": min(coupons, 4)} if coupons else {})


def test_at_most_one_of_a_group() -> None:
    set_of = {"type": "set", "group": "g", "buy": [{"items": {"all": True}, "qty": 1}]}
    book = [{"id": "A", **set_of, "reward": {"percent": 10}}, {"id": "B", **set_of, "reward": {"off": 60}}]
    lines = [{"code": "milk", "qty": 2}, {"code": "cola", "qty": 1}]
    assert receipt(book, lines)["discount"] == 180
    assert [a["promotion"] for a in receipt(book, lines)["applications"]] == ["B"]


def test_except_discounted_and_no_discount() -> None:
    book = [
        {"id": "A", "type": "price", "items": {"skus": ["milk", "cigs"]}, "price": 600},
        {
            "id": "B",
            "type": "set",
            "except_discounted": True,
            "buy": [{"items": {"all": True}, "qty": 1}],
            "reward": {"percent": 50},
        },
    ]
    found = receipt(book, [{"code": code, "qty": 1} for code in ("milk", "bread", "cigs")])
    assert [line["net"] for line in found["lines"]] == [600, 440, 2500]
    assert [line["price_promotion"] for line in found["lines"]] == ["A", None, None]
    assert found["applications"] == [{"promotion": "B", "times": 1, "units": [[1, 1]], "gifts": [], "discount": 440}]
