"""A threshold that step 2 takes out of reach: not searched where it is not worth reaching, chosen where it is."""

from __future__ import annotations

from typing import Any

import pytest
from books import receipt, snapshot

from engine import decide
from engine.basket import read_basket
from engine.pricing import price

LINES = [{"code": "milk", "qty": 3}, {"code": "bread", "qty": 3}]  # 1950 and 2640, of which sets take 650 and 880


def third_free(code: str) -> dict[str, Any]:
    reward = {"percent": 100, "of": "cheapest", "count": 1}
    return {"id": f"S{code}", "type": "set", "buy": [{"items": {"skus": [code]}, "qty": 3}], "reward": reward}


def spend(amount: int, off: int) -> dict[str, Any]:
    return {
        "id": "T",
        "type": "threshold",
        "items": {"skus": ["milk", "bread"]},
        "tiers": [{"amount": amount, "off": off}],
    }


def refused(*_: object) -> int:
    raise AssertionError("searched")


def with_spend(off: int) -> dict[str, Any]:
    """3500 is reached where the milk is paid for."""
    return receipt([third_free("milk"), third_free("bread"), spend(3_500, off)], LINES)


@pytest.mark.parametrize("off", [100, 439])
def test_what_is_not_worth_reaching_is_not_searched(monkeypatch: pytest.MonkeyPatch, off: int) -> None:
    monkeypatch.setattr(decide, "by_modes", refused)
    found = with_spend(off)
    assert (found["discount"], found["optimal"]) == (1_530, True)
    assert [one["promotion"] for one in found["applications"]] == ["Sbread", "Smilk"]


def test_what_is_worth_reaching_is_chosen() -> None:
    found = with_spend(651)
    assert (found["discount"], found["optimal"]) == (1_531, True)
    assert [one["promotion"] for one in found["applications"]] == ["Sbread", "T"]


def test_a_proof_that_says_yes_to_all_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "none_is_worth", lambda *_: True)
    with pytest.raises(AssertionError):
        test_what_is_worth_reaching_is_chosen()


def test_a_tender_is_spread_in_the_order_of_units() -> None:
    """Two weights of one sku at one price: the first line is first, though classes put the heavier before."""
    tender = {"id": "W", "type": "tender", "tenders": ["w"], "off": 1}
    book = snapshot([tender], "pear,pear,kg,100,,,,\n")
    lines = [{"code": "pear", "milli": 999}, {"code": "pear", "milli": 1_000}]
    found = price(book, read_basket({"at": "2026-11-22T18:30", "tender": "w", "lines": lines}))
    assert [line.net for line in found.lines] == [99, 100]
