"""Refunds: whatever comes back, in whatever order and parts, they sum to what was paid, and never go below 0."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from books import ITEMS, files
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from reference.strategies import ALL_KINDS, book_files, worlds

from engine.basket import read_basket
from engine.compiler import compile_book
from engine.errors import BasketError, BookError, ReturnError
from engine.pricing import price
from engine.return_request import Earlier, ReturnLine
from engine.returns import RETURN_RULES, Refund, refund, return_rule
from engine.snapshot import Snapshot
from engine.sold import Sale, spread_by
from engine.values import DEFAULT_NODES, Basket, BasketLine

Data = dict[str, Any]
World = tuple[list[Data], list[Data], Data]
Steps = list[list[ReturnLine]]
quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
long = settings(quick, max_examples=5_000)
BOOK = '{"format": 1, "currency": "CNY", "exponent": 2, "returns": "%s"}'


def with_rule(made: dict[str, bytes], rule: str) -> Snapshot:
    return Snapshot(compile_book(made | {"book.json": (BOOK % rule).encode()}).data)


def small(promotions: list[Data], lines: list[Data], rule: str = "priced", **more: Any) -> tuple[Snapshot, Basket]:
    plain = {"id": "b", "at": "2026-11-22T18:30:00", "lines": lines, **more}
    return with_rule(files(promotions), rule), read_basket(plain)


@st.composite
def partitions(draw: st.DrawFn, basket: Basket) -> Steps:
    """All units of a basket, in any order, in parts."""
    units = [line for line, one in enumerate(basket.lines) for _ in range(1 if one.milli else one.qty)]
    steps: Steps = []
    for line in draw(st.permutations(units)):
        if not steps or draw(st.booleans()):
            steps.append([])
        weighed = bool(basket.lines[line].milli)
        steps[-1].append(ReturnLine(line, qty=0 if weighed else 1))
    return steps


def kept_after(basket: Basket, steps: Steps) -> Basket:
    """What is kept, counted in the plainest way."""
    left = [1 if line.milli else line.qty for line in basket.lines]
    for step in steps:
        for one in step:
            left[one.line] -= 1
    lines = [
        BasketLine(line.code, 0 if line.milli else count, line.milli)
        for line, count in zip(basket.lines, left, strict=True)
        if count
    ]
    return replace(basket, lines=tuple(lines))


def check_all_comes_back(book: Snapshot, basket: Basket, steps: Steps, nodes: int = DEFAULT_NODES) -> list[Refund]:
    """Everything that is promised of the refunds of a sale that comes back to the last unit."""
    sold = price(book, basket, nodes)
    done: list[Refund] = []
    for number, step in enumerate(steps):
        by_rule = [Earlier(tuple(before)) for before in steps[:number]]
        as_given = [Earlier(tuple(before), one.refund) for before, one in zip(steps[:number], done, strict=True)]
        one = refund(book, basket, step, by_rule, sold.to_json(), nodes)
        assert one == refund(book, basket, step, as_given, None, nodes)
        given = sum(before.refund for before in done)
        assert (one.total, one.refunded) == (sold.total, given)
        assert 0 <= one.refund <= sold.total - given
        assert one.remaining == sold.total - given - one.refund
        assert sum(line.refund for line in one.lines) == one.refund and all(line.refund >= 0 for line in one.lines)
        assert sum(line.qty or 1 for line in one.lines) == len(step)
        assert one.kept.total == sum(line.net for line in one.kept.lines) == one.kept.gross - one.kept.discount
        assert len(one.kept.lines) == len(one.kept_lines)
        if one.rule == "priced":
            kept = price(book, kept_after(basket, steps[: number + 1]), nodes)
            assert one.kept == kept
            assert one.refund == max(0, sold.total - given - kept.total)
        else:
            assert one.kept.total == one.remaining
        assert [one.kept.lines[n].sku for n in range(len(one.kept_lines))] == [
            sold.lines[line].sku for line in one.kept_lines
        ]
        done.append(one)
    assert sum(one.refund for one in done) == sold.total
    if steps:
        assert done[-1].remaining == 0 and done[-1].kept.total == 0 and done[-1].kept_lines == ()
    return done


def check_allocated(book: Snapshot, basket: Basket, steps: Steps, nodes: int = DEFAULT_NODES) -> None:
    """Each line gives its net, and on the way never a minor unit more or less than half of its exact share."""
    sold = price(book, basket, nodes)
    back, gave = [0] * len(basket.lines), [0] * len(basket.lines)
    for one in check_all_comes_back(book, basket, steps, nodes):
        for line in one.lines:
            net, of = sold.lines[line.line].net, sold.lines[line.line].qty or 1
            back[line.line] += line.qty or 1
            gave[line.line] += line.refund
            assert abs(2 * (gave[line.line] * of - net * back[line.line])) <= of
    assert gave == [line.net for line in sold.lines]


def _worlds(rule: str, nodes: int, given_settings: settings) -> Callable[[], None]:
    check = check_allocated if rule == "allocated" else check_all_comes_back

    @given_settings
    @given(worlds(ALL_KINDS, max_units=9, max_promotions=6), st.data())
    def run(world: World, data: st.DataObject) -> None:
        items, promotions, plain = world
        basket = read_basket(plain)
        steps = data.draw(partitions(basket))
        check(with_rule(book_files(items, promotions), rule), basket, steps, nodes)

    return run


@pytest.mark.parametrize("nodes", [DEFAULT_NODES, 50, 0])
@pytest.mark.parametrize("rule", RETURN_RULES)
def test_refunds_sum_to_what_was_paid(rule: str, nodes: int) -> None:
    _worlds(rule, nodes, quick)()


@pytest.mark.long
@pytest.mark.parametrize("nodes", [DEFAULT_NODES, 50])
@pytest.mark.parametrize("rule", RETURN_RULES)
def test_many_refunds_sum_to_what_was_paid(rule: str, nodes: int) -> None:
    _worlds(rule, nodes, long)()


def _given_by_prices(sale: Sale, states: Any) -> int:
    return sale.due(states[-1][0]) if states else 0


BROKEN: list[tuple[str, str, str, Any]] = [
    ("what was given is taken from prices", "priced", "engine.returns.given_by", _given_by_prices),
    ("a refund below 0", "priced", "engine.returns.max", lambda least, amount: amount),
    ("each piece rounded by itself", "allocated", "engine.sold.net_share", lambda net, back, of: net // of * back),
    ("rounded to nearest, piece by piece", "allocated", "engine.sold.net_share", lambda n, k, of: round(n / of) * k),
]


@pytest.mark.parametrize(("what", "rule", "where", "fault"), BROKEN, ids=[one[0] for one in BROKEN])
def test_a_broken_rule_is_caught(monkeypatch: pytest.MonkeyPatch, what: str, rule: str, where: str, fault: Any) -> None:
    monkeypatch.setattr(where, fault, raising=False)
    found = settings(quick, max_examples=1_000, derandomize=True, phases=[Phase.generate])
    with pytest.raises((AssertionError, ReturnError)):
        _worlds(rule, DEFAULT_NODES, found)()


@quick
@given(worlds(ALL_KINDS, max_units=9, max_promotions=5), st.sampled_from(RETURN_RULES), st.data())
def test_whatever_was_given_before_the_last_return_gives_the_rest(world: World, rule: str, data: st.DataObject) -> None:
    """A supervisor, or another version, gave other refunds than the rule: the sum is still what was paid."""
    items, promotions, plain = world
    book, basket = with_rule(book_files(items, promotions), rule), read_basket(plain)
    steps = data.draw(partitions(basket))
    earlier: list[Earlier] = []
    paid = left = price(book, basket).total
    for step in steps[:-1]:
        given_now = data.draw(st.integers(0, left))
        one = refund(book, basket, step, earlier)
        assert 0 <= one.refund <= left and one.remaining == left - one.refund
        earlier.append(Earlier(tuple(step), given_now))
        left -= given_now
    if steps:
        assert refund(book, basket, steps[-1], earlier).refund == left
        over = [*earlier, Earlier(tuple(steps[-1]), paid + 1)]
        with pytest.raises(ReturnError) as caught:
            refund(book, basket, [ReturnLine(0)], over)
        assert caught.value.code in ("return_too_much", "bad_return")


@quick
@given(worlds(ALL_KINDS, max_units=8, max_promotions=5), st.data())
def test_lines_split_and_shuffled_give_the_same_refund(world: World, data: st.DataObject) -> None:
    """By the price of what is kept: the till may have merged scans of one item, or not."""
    items, promotions, plain = world
    book, basket = with_rule(book_files(items, promotions), "priced"), read_basket(plain)
    steps = data.draw(partitions(basket))
    singles: list[BasketLine] = []
    places: dict[int, list[int]] = {}
    for number, line in enumerate(basket.lines):
        for _ in range(1 if line.milli else line.qty):
            places.setdefault(number, []).append(len(singles))
            singles.append(BasketLine(line.code, 0 if line.milli else 1, line.milli))
    order = data.draw(st.permutations(range(len(singles))))
    split = replace(basket, lines=tuple(singles[place] for place in order))
    earlier: tuple[list[Earlier], list[Earlier]] = ([], [])
    for step in steps:
        other = [ReturnLine(order.index(places[one.line].pop()), qty=one.qty) for one in step]
        a, b = refund(book, basket, step, earlier[0]), refund(book, split, other, earlier[1])
        assert (a.refund, a.refunded, a.kept.total) == (b.refund, b.refunded, b.kept.total)
        earlier[0].append(Earlier(tuple(step)))
        earlier[1].append(Earlier(tuple(other)))


# --- by hand

THREE_FOR_TWO = {
    "id": "A", "type": "set", "buy": [{"items": {"skus": ["milk"]}, "qty": 3}],
    "reward": {"percent": 100, "of": "cheapest", "count": 1},
}  # fmt: skip
SPEND_30 = {"id": "B", "type": "threshold", "tiers": [{"amount": 3000, "off": 1000}]}


def test_one_of_three_for_two() -> None:
    book, basket = small([THREE_FOR_TWO], [{"code": "milk", "qty": 3}])
    steps = [[ReturnLine(0, qty=1)] for _ in range(3)]
    assert [one.refund for one in check_all_comes_back(book, basket, steps)] == [0, 650, 650]
    book, basket = small([THREE_FOR_TWO], [{"code": "milk", "qty": 3}], "allocated")
    assert [one.refund for one in check_all_comes_back(book, basket, steps)] == [433, 434, 433]


def test_a_threshold_lost() -> None:
    # 8.80 and 4 times 6.50 are 34.80, less 10.00: 24.80 paid. Without a milk 28.30, and no 10.00 off.
    book, basket = small([SPEND_30], [{"code": "bread", "qty": 1}, {"code": "milk", "qty": 4}])
    milk = ReturnLine(1, qty=1)
    steps = [[milk], [milk], [ReturnLine(0), milk, milk]]
    done = check_all_comes_back(book, basket, steps)
    assert [one.refund for one in done] == [0, 300, 2180]
    assert [one.kept.total for one in done] == [2830, 2180, 0]
    assert done[0].kept.total > done[0].remaining  # said, and not asked for


def test_coupons_come_free_and_are_taken() -> None:
    coupon_a = {"id": "A", "type": "set", "coupon": "C1", "buy": [{"items": {"skus": ["milk"]}, "qty": 1}],
                "reward": {"off": 300}, "group": "g"}  # fmt: skip
    coupon_b = {"id": "B", "type": "set", "coupon": "C2", "buy": [{"items": {"skus": ["bread"]}, "qty": 1}],
                "reward": {"off": 100}, "group": "g"}  # fmt: skip
    lines = [{"code": "milk", "qty": 1}, {"code": "bread", "qty": 1}]
    book, basket = small([coupon_a, coupon_b], lines, coupons=["C1", "C2"])
    one = refund(book, basket, [ReturnLine(0)])
    assert (one.refund, one.coupons_free, one.coupons_taken) == (450, {"C1": 1}, {"C2": 1})
    last = refund(book, basket, [ReturnLine(1)], [Earlier((ReturnLine(0),))])
    assert (last.refund, last.coupons_free, last.coupons_taken) == (780, {"C2": 1}, {})
    book, basket = small([coupon_a, coupon_b], lines, "allocated", coupons=["C1", "C2"])
    assert refund(book, basket, [ReturnLine(0)]).coupons_free == {}
    assert refund(book, basket, [ReturnLine(0), ReturnLine(1)]).coupons_free == {"C1": 1}


def test_the_tender_and_what_is_used_count_as_they_did() -> None:
    wallet = {"id": "W", "type": "tender", "tenders": ["wechat"], "amount": 1000, "off": 200}
    limited = {"id": "L", "type": "price", "items": {"skus": ["milk"]}, "price": 500, "limit": {"member_day": 3}}
    book, basket = small(
        [wallet, limited], [{"code": "milk", "qty": 3}], tender="wechat", member={"id": "M"},
        used={"L": {"member_day": 1}},
    )  # fmt: skip
    assert price(book, basket).total == 500 + 500 + 650 - 200
    one = refund(book, basket, [ReturnLine(0, qty=1)])
    assert (one.refund, one.kept.total) == (650, 800)


def test_refunds_of_a_line_of_the_allocated_rule_are_its_own() -> None:
    book, basket = small([SPEND_30], [{"code": "apple", "milli": 1500}, {"code": "milk", "qty": 4}], "allocated")
    nets = [line.net for line in price(book, basket).lines]
    one = refund(book, basket, [ReturnLine(0), ReturnLine(1, qty=1)])
    assert [line.refund for line in one.lines] == [nets[0], (2 * nets[1] + 4) // 8]
    assert one.kept_lines == (1,) and one.kept.lines[0].qty == 3
    assert one.kept.gross == 1950 and one.kept.lines[0].net == nets[1] - one.lines[1].refund


def test_a_gift_gives_nothing_unless_all_is_left_to_it() -> None:
    assert spread_by(10, [1, 1, 1]) == [4, 3, 3]
    assert spread_by(0, [5, 5]) == [0, 0]
    assert spread_by(7, [0, 3]) == [0, 7]
    free = {"id": "F", "type": "price", "items": {"skus": ["milk", "bread"]}, "price": 0}
    book, basket = small([free], [{"code": "milk", "qty": 1}, {"code": "bread", "qty": 2}])
    one = refund(book, basket, [ReturnLine(0), ReturnLine(1)])
    assert (one.refund, [line.refund for line in one.lines]) == (0, [0, 0])


def test_what_is_free_may_hold_the_price_up() -> None:
    """The gift comes back and what is kept is cheaper without it: its line has a net of 0 and still the refund."""
    buy = [{"items": {"skus": ["water"]}, "qty": 1}]
    odd = {"id": "A", "type": "set", "buy": buy, "reward": {"price": 0}}
    book, basket = small([odd], [{"code": "water", "qty": 2}, {"code": "milk", "qty": 1}])
    one = refund(book, basket, [ReturnLine(0), ReturnLine(1)], [])
    assert [line.refund for line in one.lines] == [0, 650]
    sale = Sale(book, basket, None, DEFAULT_NODES, "priced")
    assert [line.refund for line in sale.spread((2, 1), (0, 1), 5)] == [5]


# --- by code

SALE = [
    {"code": "6901234567892", "qty": 1},
    {"code": "apple", "milli": 500},
    {"code": "milk", "qty": 2},
    {"code": "apple", "milli": 500},
    {"code": "apple", "milli": 700},
]


def back(book: Snapshot, basket: Basket, *lines: ReturnLine) -> list[tuple[int, int]]:
    return [(line.line, line.qty or line.milli) for line in refund(book, basket, lines).lines]


def test_goods_by_code() -> None:
    book, basket = small([], SALE)
    assert back(book, basket, ReturnLine(code="milk", qty=2)) == [(0, 1), (2, 1)]
    assert back(book, basket, ReturnLine(code="6901234567892", qty=3)) == [(0, 1), (2, 2)]
    assert back(book, basket, ReturnLine(code="2000001", milli=500)) == [(1, 500)]
    assert back(book, basket, *[ReturnLine(code="apple", milli=500)] * 2) == [(1, 500), (3, 500)]
    # what is named by line is taken first, in whatever order it is asked
    assert back(book, basket, ReturnLine(code="milk", qty=1), ReturnLine(0)) == [(0, 1), (2, 1)]


def test_by_code_the_dearest_comes_back_first() -> None:
    first_two = {"id": "A", "type": "set", "buy": [{"items": {"skus": ["milk"]}, "qty": 2}],
                 "reward": {"off": 500}, "max_times": 1}  # fmt: skip
    book, basket = small([first_two], [{"code": "milk", "qty": 2}, {"code": "milk", "qty": 1}], "allocated")
    assert [line.net for line in price(book, basket).lines] == [800, 650]
    one = refund(book, basket, [ReturnLine(code="milk", qty=2)])
    assert [(line.line, line.refund) for line in one.lines] == [(0, 400), (1, 650)]


# --- refused

REFUSED: list[tuple[str, list[ReturnLine], int | None]] = [
    ("return_nothing", [], None),
    ("return_no_line", [ReturnLine(5, qty=1)], 5),
    ("return_no_line", [ReturnLine(-2)], -2),
    ("return_too_much", [ReturnLine(0, qty=2)], 0),
    ("return_too_much", [ReturnLine(0), ReturnLine(0)], 0),
    ("return_too_much", [ReturnLine(1, qty=2)], 1),
    ("return_too_much", [ReturnLine(1), ReturnLine(1, milli=500)], 1),
    ("return_too_much", [ReturnLine(code="milk", qty=4)], 0),
    ("return_too_much", [ReturnLine(code="apple", milli=700)] * 2, 4),
    ("return_weight", [ReturnLine(1, milli=499)], 1),
    ("return_weight", [ReturnLine(code="apple", qty=1)], 1),
    ("return_weight", [ReturnLine(code="apple", milli=600)], 1),
    ("return_not_bought", [ReturnLine(code="bread", qty=1)], None),
    ("return_not_bought", [ReturnLine(code="nothing", qty=1)], None),
    ("bad_return", [ReturnLine(0, milli=1)], 0),
    ("bad_return", [ReturnLine(code="milk", milli=1)], 0),
]


@pytest.mark.parametrize(("code", "lines", "line"), REFUSED)
def test_what_cannot_come_back(code: str, lines: list[ReturnLine], line: int | None) -> None:
    book, basket = small([], SALE)
    cases: list[tuple[list[ReturnLine], list[Earlier]]] = [(lines, []), ([ReturnLine(4)], [Earlier(tuple(lines))])]
    for now, earlier in cases:
        with pytest.raises(ReturnError) as caught:
            refund(book, basket, now, earlier)
        assert (caught.value.code, caught.value.line) == (code, line)
        assert caught.value.message and caught.value.remedy and "{" not in caught.value.message + caught.value.remedy


def test_what_came_back_does_not_come_back_again() -> None:
    book, basket = small([], SALE)
    with pytest.raises(ReturnError, match="Of milk 2 cannot come back: 1 are left"):
        refund(book, basket, [ReturnLine(2, qty=2)], [Earlier((ReturnLine(2, qty=1),))])
    with pytest.raises(ReturnError, match="more than was paid"):
        refund(book, basket, [ReturnLine(2)], [Earlier((ReturnLine(0),), 99_999)])
    with pytest.raises(BasketError, match="No item has the code gone"):
        refund(book, replace(basket, lines=(BasketLine("gone", 1),)), [ReturnLine(0)])
    for qty, milli in ((-1, 0), (0, -1), (1, 1)):
        with pytest.raises(ValueError, match="come back"):
            ReturnLine(0, qty=qty, milli=milli)


def _changed(receipt: Data, line: int, **keys: Any) -> Data:
    lines = [dict(one) for one in receipt["lines"]]
    lines[line].update(keys)
    return {**receipt, "lines": lines}


def test_a_receipt_that_does_not_fit() -> None:
    book, basket = small([SPEND_30], [{"code": "bread", "qty": 2}, {"code": "milk", "qty": 2}])
    good = price(book, basket).to_json()
    first, second = (line["net"] for line in good["lines"])
    wrong: list[tuple[Data, str]] = [
        ({**good, "total": good["total"] - 1}, "receipt_mismatch"),
        ({**good, "id": "c"}, "receipt_mismatch"),
        ({**good, "lines": good["lines"][:1]}, "receipt_mismatch"),
        ({**good, "lines": good["lines"][::-1]}, "receipt_mismatch"),
        (_changed(good, 0, qty=3), "receipt_mismatch"),
        (_changed(_changed(good, 0, net=first + 1), 1, net=second - 1), "receipt_mismatch"),
        ({**_changed(good, 0, net=first + 1), "engine": 0}, "receipt_mismatch"),
        ({**_changed(good, 0, net=-1), "engine": 0}, "receipt_mismatch"),
        ({**good, "total": None}, "bad_return"),
        ({**good, "total": True}, "bad_return"),
        ({**good, "lines": 7}, "bad_return"),
        ({**good, "lines": [1, 2]}, "bad_return"),
        (_changed(good, 1, net="1"), "bad_return"),
        ({}, "bad_return"),
    ]
    for said, code in wrong:
        with pytest.raises(ReturnError) as caught:
            refund(book, basket, [ReturnLine(0)], receipt=said)
        assert caught.value.code == code, said


def test_another_version_spread_the_same_total_otherwise() -> None:
    """Then what the customer has on paper holds."""
    book, basket = small([SPEND_30], [{"code": "bread", "qty": 2}, {"code": "milk", "qty": 2}], "allocated")
    good = price(book, basket).to_json()
    first, second = (line["net"] for line in good["lines"])
    said = {**_changed(_changed(good, 0, net=first + 1), 1, net=second - 1), "engine": 0}
    assert refund(book, basket, [ReturnLine(0)], receipt=said).refund == first + 1
    assert refund(book, basket, [ReturnLine(0)], receipt=good).refund == first


# --- the book


def test_the_book_says_how() -> None:
    assert return_rule({}) == "priced"
    assert [return_rule({"returns": rule}) for rule in RETURN_RULES] == list(RETURN_RULES)
    made = files([])
    assert return_rule(Snapshot(compile_book(made).data).book) == "priced"
    for rule in RETURN_RULES:
        assert refund(*small([], SALE, rule), [ReturnLine(0)]).rule == rule


@pytest.mark.parametrize("said", ['"by hand"', '""', "null", "1", "[]", "{}", "true", "1.5", '"\\ud800"'])
def test_any_other_rule_refuses_the_book(said: str) -> None:
    book = BOOK.replace('"%s"', said).encode()
    with pytest.raises(BookError) as caught:
        compile_book(files([], ITEMS) | {"book.json": book})
    faults = [str(fault) for fault in caught.value.faults]
    assert any("returns must be one of priced, allocated" in text for text in faults)
    "\n".join(faults).encode()


def test_two_runs_give_the_same_bytes() -> None:
    texts = set()
    for _ in range(3):
        book, basket = small([THREE_FOR_TWO, SPEND_30], SALE)
        texts.add(json.dumps(refund(book, basket, [ReturnLine(code="milk", qty=2), ReturnLine(1)]).to_json()))
    assert len(texts) == 1
