"""Broken on purpose, one line each: the tests of returns, tickets and discounts must catch it. And rows of before."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import test_sale_hands
import test_sale_returning
import test_sale_tickets
import test_till_returns

from runtime.journal.rows import read_row
from runtime.sale import events as e
from runtime.sale import returning, sold, sums, tickets
from runtime.sale.machine import HANDLERS
from runtime.sale.state import Checkout
from runtime.terminal.returned import Returned
from runtime.wire.pack import pack, plain

Breaks = Callable[[pytest.MonkeyPatch], None]


def forgets_what_came_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Returned, "_take", lambda self, epoch, packed: None)


def counts_nothing_in_this_sale(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(returning, "_is_of", lambda line, goods: False)


def gives_again_what_was_given(patch: pytest.MonkeyPatch) -> None:
    right = sold.refunds
    wrong = lambda one, before, now, due: right(one, dataclasses.replace(before, given_minor=0), now, due)  # noqa: E731
    patch.setattr(test_sale_returning, "refunds", wrong)


def keeps_what_was_recalled(patch: pytest.MonkeyPatch) -> None:
    def recall(checkout: Checkout, event: e.SaleRecalled) -> Any:
        after, effects = tickets.recall(checkout, event)
        return dataclasses.replace(after, suspended=checkout.suspended), effects

    patch.setitem(HANDLERS, "recall", recall)


def loses_the_last_cent(patch: pytest.MonkeyPatch) -> None:
    def spread(amount: int, weights: typing.Sequence[int]) -> list[int]:
        return [amount * weight // max(1, sum(weights)) for weight in weights]

    patch.setattr(sums, "spread", spread)


CASES: list[tuple[Breaks, Callable[..., Any], bool]] = [
    (forgets_what_came_back, test_till_returns.test_a_partial_return_by_the_engines_rule_then_the_rest, True),
    (forgets_what_came_back, test_till_returns.test_what_came_back_is_known_after_a_restart_and_never_twice, True),
    (counts_nothing_in_this_sale, test_sale_returning.test_never_more_than_is_left, False),
    (gives_again_what_was_given, test_sale_returning.test_refunds_telescope_in_any_order, False),
    (keeps_what_was_recalled, test_sale_tickets.test_what_is_put_aside_comes_back_as_it_was_and_once, False),
    (loses_the_last_cent, test_sale_hands.test_a_ticket_discount_is_spread_and_leaves_some_lines_alone, False),
]


@pytest.mark.parametrize(("breaks", "test", "on_a_till"), CASES)
def test_it_is_caught(
    breaks: Breaks, test: Callable[..., Any], on_a_till: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test(tmp_path) if on_a_till else test()


ADDED = {"facts", "rounding", "apart", "adjustments", "sum_minor"}


@pytest.mark.parametrize("kind", ["ItemAdded", "WeightWanted", "CashTendered", "Subtotalled"])
def test_a_row_of_before_is_still_an_event(kind: str) -> None:
    made: dict[str, e.Event] = {
        "ItemAdded": e.ItemAdded("1", "1", "x", "each", 1, 1, 0, "scanned", "t", "s"),
        "WeightWanted": e.WeightWanted("1", "1", "x", 1, "scanned", "t", "s"),
        "CashTendered": e.CashTendered(5, "t"),
        "Subtotalled": e.Subtotalled({}, {"total": 1}, "s"),
    }
    old = {key: value for key, value in plain(made[kind]).items() if key not in ADDED}
    assert len(old) < len(plain(made[kind]))
    row = pack({"seq": 1, "at": "t", "quality": "system", "type": kind, "event": old})
    assert read_row(row).read_event() == made[kind]
