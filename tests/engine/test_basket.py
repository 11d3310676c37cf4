"""Baskets are read strictly, and no value raises anything but BasketError."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basket import read_basket
from engine.errors import SENTENCES, BasketError

LINE = {"code": "milk", "qty": 1}
BASKET: dict[str, Any] = {"id": "b", "at": "2026-11-22T18:30:00", "lines": [LINE]}


def test_a_whole_basket() -> None:
    basket = read_basket(
        {
            **BASKET,
            "store": "s",
            "groups": ["g"],
            "channel": "till",
            "member": {"id": "M", "level": "gold", "tags": ["t"], "birthday": "02-29"},
            "coupons": ["C", "C"],
            "tender": "wechat",
            "used": {"P1": {"member_day": 1, "member_total": 1, "total": 99}},
            "lines": [LINE, {"code": "2000001", "milli": 1234}],
        }
    )
    assert basket.member is not None and basket.member.birthday == "02-29"
    assert (basket.coupons, basket.used["P1"]["total"], basket.lines[1].milli) == (("C", "C"), 99, 1234)


def test_only_time_and_lines_are_required() -> None:
    basket = read_basket({"at": "2026-11-22T18:30", "lines": [], "member": None})
    assert (basket.id, basket.lines, basket.member) == ("", (), None)


@pytest.mark.parametrize(
    "line",
    [
        {"code": "a"},
        {"code": "a", "qty": 1, "milli": 1},
        *({"code": "a", "qty": qty} for qty in (0, -1, 10_000, True, 1.0, "1", [], 10**30)),
        *({"code": "a", "milli": milli} for milli in (0, -1, 1_000_000, False, 0.5, "1")),
    ],
)
def test_a_bad_quantity(line: dict[str, Any]) -> None:
    with pytest.raises(BasketError) as caught:
        read_basket({**BASKET, "lines": [LINE, line]})
    assert (caught.value.code, caught.value.line) == ("bad_quantity", 1)


@pytest.mark.parametrize(
    "basket",
    [
        None,
        [],
        "x",
        5,
        {},
        {**BASKET, "at": None},
        {**BASKET, "at": "2026-11-22"},
        {**BASKET, "at": "2026-11-22 18:30"},
        {**BASKET, "at": "2026-11-22T18:30:00+08:00"},
        {**BASKET, "at": "2026-02-29T18:30"},
        {**BASKET, "at": "0000-01-01T00:00"},
        {**BASKET, "at": 5},
        {**BASKET, "lines": {}},
        {**BASKET, "lines": None},
        {**BASKET, "lines": [LINE] * 1_001},
        {**BASKET, "lines": [5]},
        {**BASKET, "lines": [{"qty": 1}]},
        {**BASKET, "lines": [{"code": "", "qty": 1}]},
        {**BASKET, "lines": [{"code": 5, "qty": 1}]},
        {**BASKET, "lines": [{"code": "\ud800", "qty": 1}]},
        {**BASKET, "lines": [{**LINE, "price": 1}]},
        {**BASKET, "coupon": "C"},
        {**BASKET, "coupons": "C"},
        {**BASKET, "coupons": [5]},
        {**BASKET, "coupons": ["C"] * 101},
        {**BASKET, "id": 5},
        {**BASKET, "id": "\udfff"},
        {**BASKET, "store": ["s"]},
        {**BASKET, "member": "M"},
        {**BASKET, "member": {"id": "M", "birthday": "02-30"}},
        {**BASKET, "member": {"id": "M", "birthday": "1990-02-03"}},
        {**BASKET, "member": {"name": "M"}},
        {**BASKET, "used": []},
        {**BASKET, "used": {"P": 1}},
        {**BASKET, "used": {"P": {"day": 1}}},
        {**BASKET, "used": {"P": {"total": -1}}},
        {**BASKET, "used": {"P": {"total": True}}},
    ],
)
def test_a_bad_basket(basket: object) -> None:
    with pytest.raises(BasketError) as caught:
        read_basket(basket)
    assert caught.value.code == "bad_basket"
    assert caught.value.message and caught.value.remedy


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.binary(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.binary(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(["id", "at", "store", "groups", "channel", "member", "coupons", "tender", "used", "lines", "x"])


@settings(max_examples=250, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=4) | VALUES, st.booleans())
def test_no_value_raises_anything_else(value: Any, whole: bool) -> None:
    try:
        read_basket({**BASKET, **value} if whole and isinstance(value, dict) else value)
    except BasketError as e:
        assert e.code in SENTENCES
