"""Returns are read strictly, and no value raises anything but ReturnError or BasketError."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import SENTENCES, BasketError, ReturnError
from engine.return_request import BY_CODE, MAX_RETURNS, Earlier, ReturnLine, read_return_request

BASKET: dict[str, Any] = {"id": "b", "at": "2026-11-22T18:30:00", "lines": [{"code": "milk", "qty": 3}]}
PLAIN: dict[str, Any] = {"basket": BASKET, "return": [{"line": 0, "qty": 1}]}


def test_a_whole_return() -> None:
    asked = read_return_request(
        {
            "basket": BASKET,
            "receipt": {"total": 1},
            "returned": [
                [{"line": 0, "qty": 1}],
                {"refund": 7, "lines": [{"line": 0, "sku": "milk", "qty": 1, "refund": 7}], "id": "b", "kept": {}},
            ],
            "return": [{"line": 0}, {"code": "apple", "milli": 500}],
        }
    )
    assert asked.basket.id == "b" and asked.receipt == {"total": 1}
    assert asked.earlier == (Earlier((ReturnLine(0, qty=1),)), Earlier((ReturnLine(0, qty=1),), 7))
    assert asked.back == (ReturnLine(0), ReturnLine(BY_CODE, "apple", milli=500))


def test_what_is_not_given() -> None:
    for more in ({}, {"receipt": None, "returned": None}, {"returned": []}):
        asked = read_return_request({**PLAIN, **more})
        assert (asked.receipt, asked.earlier) == (None, ())


BAD: list[tuple[object, str]] = [
    (None, "must be an object"),
    ([], "must be an object"),
    ({}, "basket is missing"),
    ({**PLAIN, "retrun": []}, "no key"),
    ({**PLAIN, "receipt": []}, "receipt must be"),
    ({**PLAIN, "returned": {}}, "list of at most 100"),
    ({**PLAIN, "returned": [[]] * (MAX_RETURNS + 1)}, "list of at most 100"),
    ({**PLAIN, "returned": [7]}, "must be an object"),
    ({**PLAIN, "returned": [{"refund": 1}]}, "list of at most"),
    ({**PLAIN, "returned": [{"refund": -1, "lines": []}]}, "refund must be"),
    ({**PLAIN, "returned": [{"refund": True, "lines": []}]}, "refund must be"),
    ({**PLAIN, "returned": [{"refund": "1", "lines": []}]}, "refund must be"),
    ({**PLAIN, "returned": [{"refunds": 1, "lines": []}]}, "no key"),
    ({**PLAIN, "returned": [{"id": "c", "lines": []}]}, "another sale"),
    ({**PLAIN, "returned": [[{"line": 0, "sku": "milk"}]]}, "no key"),
    ({"basket": BASKET}, "list of at most"),
    ({**PLAIN, "return": {}}, "list of at most"),
    ({**PLAIN, "return": [0]}, "must be an object"),
    ({**PLAIN, "return": [{}]}, "either line or code"),
    ({**PLAIN, "return": [{"line": 0, "code": "milk"}]}, "either line or code"),
    ({**PLAIN, "return": [{"line": 0, "qty": 1, "milli": 1}]}, "not both"),
    ({**PLAIN, "return": [{"line": -1}]}, "line must be"),
    ({**PLAIN, "return": [{"line": 1_001}]}, "line must be"),
    ({**PLAIN, "return": [{"line": "0"}]}, "line must be"),
    ({**PLAIN, "return": [{"line": False}]}, "line must be"),
    ({**PLAIN, "return": [{"line": 0, "qty": 0}]}, "qty must be"),
    ({**PLAIN, "return": [{"line": 0, "qty": 1.0}]}, "qty must be"),
    ({**PLAIN, "return": [{"line": 0, "qty": 10_000}]}, "qty must be"),
    ({**PLAIN, "return": [{"line": 0, "milli": -5}]}, "milli must be"),
    ({**PLAIN, "return": [{"code": ""}]}, "code must be"),
    ({**PLAIN, "return": [{"code": "\ud800", "qty": 1}]}, "code must be"),
    ({**PLAIN, "return": [{"code": 7, "qty": 1}]}, "code must be"),
    ({**PLAIN, "return": [{"code": "milk"}]}, "qty or milli"),
    ({**PLAIN, "return": [{"line": 0, "reason": "broken"}]}, "no key"),
]


@pytest.mark.parametrize(("plain", "said"), BAD)
def test_what_is_refused(plain: object, said: str) -> None:
    with pytest.raises(ReturnError, match=said) as caught:
        read_return_request(plain)
    assert caught.value.code == "bad_return" and caught.value.remedy


def test_the_basket_is_refused_in_its_own_words() -> None:
    with pytest.raises(BasketError) as caught:
        read_return_request({**PLAIN, "basket": {**BASKET, "lines": [{"code": "milk", "qty": 0}]}})
    assert (caught.value.code, caught.value.line) == ("bad_quantity", 0)


KEYS = st.sampled_from(
    ["basket", "receipt", "returned", "return", "line", "code", "qty", "milli", "refund", "lines", "id", "sku", "x"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["milk", 0, 1])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.sampled_from(["basket", "receipt", "returned", "return", ""]))
def test_any_value(value: Any, key: str) -> None:
    for plain in (value, {**PLAIN, key: value} if key else {**PLAIN, "return": [value]}):
        try:
            read_return_request(plain)
        except BasketError as refused:
            assert refused.code in SENTENCES
