"""What holds of every receipt, over all kinds of promotions: the order and division of lines decide nothing, sums foot,
one promotion more never makes a basket dearer. Each with a fault that the test catches.

Past the search's limit too, but for the last: there a promotion more may lead the search astray, and what is promised
is the bound: the total less `bound` is not above what the basket costs without it.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from make_dense_book import dense_files
from receipt_rules import receipt_faults
from reference.strategies import ALL_KINDS, book_files, worlds

from engine import pricing
from engine.basket import read_basket
from engine.compiler import compile_book
from engine.snapshot import Snapshot
from engine.values import Basket, Receipt

Data = dict[str, Any]
World = tuple[list[Data], list[Data], Data]
Pricing = Callable[[Snapshot, Basket, int], Receipt]
NODES = (20_000, 50, 0)
quick = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
caught = settings(quick, phases=[Phase.generate])  # a fault is enough, it need not be small
long = settings(max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))
worlds_here = worlds(ALL_KINDS, max_units=12, max_promotions=8)
both = pytest.mark.parametrize("how", [quick, pytest.param(long, marks=pytest.mark.long)], ids=["quick", "long"])


def book(items: list[Data], promotions: list[Data]) -> Snapshot:
    return Snapshot(compile_book(book_files(items, promotions)).data)


# --- lines --------------------------------------------------------------------------------------------------------


def split(lines: list[Data]) -> list[Data]:
    """Every piece on a line of its own."""
    return [{**line, "qty": 1} for line in lines for _ in range(line["qty"])]


def merged(lines: list[Data], sku_of: dict[str, str]) -> list[Data]:
    """The pieces of an item on one line."""
    counts: Counter[str] = Counter()
    for line in lines:
        counts[sku_of[line["code"]]] += line["qty"]
    return [{"code": sku, "qty": count} for sku, count in counts.items()]


def check_lines_decide_nothing(world: World, nodes: int, data: st.DataObject, price: Pricing) -> None:
    items, promotions, basket = world
    sku_of = {code: item["sku"] for item in items for code in (item["sku"], *item["barcodes"])}
    weighed = [line for line in basket["lines"] if "milli" in line]
    pieces = [line for line in basket["lines"] if "qty" in line]
    ways = [basket["lines"], weighed + split(pieces), merged(pieces, sku_of) + weighed]
    ways.append(data.draw(st.permutations(ways[1])))
    snapshot, turned = book(items, promotions), book(items, data.draw(st.permutations(promotions)))
    assert snapshot.hash == turned.hash
    seen = []
    for lines in ways:
        receipt = price(snapshot, read_basket({**basket, "lines": lines}), nodes)
        nets: Counter[str] = Counter()
        for line in receipt.lines:
            nets[line.sku] += line.net
        applied = [(one.promotion, one.times, one.discount) for one in receipt.applications]
        seen.append((receipt.total, receipt.bound, nets, receipt.coupons, applied))
    for other in seen[1:]:
        assert other == seen[0]


@both
@pytest.mark.parametrize("nodes", NODES)
def test_shuffled_split_and_merged_lines_cost_the_same(how: settings, nodes: int) -> None:
    @how
    @given(worlds_here, st.data())
    def check(world: World, data: st.DataObject) -> None:
        check_lines_decide_nothing(world, nodes, data, pricing.price)

    check()


@pytest.fixture(scope="module")
def dense() -> tuple[Snapshot, list[Data], dict[str, str], list[Data]]:
    """Snapshot, baskets, skus by code, and promotions of a book that most searches of few nodes do not finish in."""
    made = dense_files(600, 500, 5, baskets=200)
    rows = [row.split(",") for row in made["items.csv"].decode().splitlines()[1:]]
    sku_of = {code: row[0] for row in rows for code in (row[0], *row[-1].split(";"))}
    baskets = [json.loads(line) for line in made["baskets.ndjson"].splitlines()]
    return Snapshot(compile_book(made).data), baskets, sku_of, json.loads(made["promotions.json"])


def dense_differences(
    dense: tuple[Snapshot, list[Data], dict[str, str], list[Data]], count: int, nodes: int, price: Pricing
) -> list[str]:
    """The ids of the baskets whose total or nets depend on how their lines are written; sums are looked at too."""
    snapshot, baskets, sku_of, promotions = dense
    rng = Random(1)
    out: list[str] = []
    for basket in baskets[:count]:
        weighed = [line for line in basket["lines"] if "milli" in line]
        pieces = [line for line in basket["lines"] if "qty" in line]
        ways = [basket["lines"], weighed + split(pieces), merged(pieces, sku_of) + weighed]
        rng.shuffle(ways[1])
        ways.append(rng.sample(basket["lines"], len(basket["lines"])))
        seen: set[tuple[int, int, str]] = set()
        for lines in ways:
            whole = {**basket, "lines": lines}
            receipt = price(snapshot, read_basket(whole), nodes)
            assert receipt_faults(receipt.to_json(), promotions, whole) == []
            nets: Counter[str] = Counter()
            for line in receipt.lines:
                nets[line.sku] += line.net
            seen.add((receipt.total, receipt.bound, json.dumps(nets, sort_keys=True)))
        if len(seen) > 1:
            out.append(basket["id"])
    return out


@pytest.mark.parametrize("count", [25, pytest.param(200, marks=pytest.mark.long)])
@pytest.mark.parametrize("nodes", [400, 50, 0])
def test_lines_decide_nothing_in_a_dense_book(dense: Any, count: int, nodes: int) -> None:
    assert dense_differences(dense, count, nodes, pricing.price) == []


def test_a_limit_that_depends_on_the_number_of_lines_is_found(dense: Any) -> None:
    """The broken variant: the search may spend nodes on every line."""
    assert dense_differences(dense, 25, 0, lambda s, b, _: pricing.price(s, b, 9 * len(b.lines)))


def test_an_odd_cent_that_follows_the_order_of_lines_is_found() -> None:
    """The broken variant: the line that was scanned first pays a minor unit for the last one."""

    def first_pays(snapshot: Snapshot, basket: Basket, nodes: int) -> Receipt:
        receipt = pricing.price(snapshot, basket, nodes)
        one, *more = receipt.lines
        if receipt.discount and more and more[-1].net:
            first, last = dataclasses.replace(one, net=one.net + 1), dataclasses.replace(more[-1], net=more[-1].net - 1)
            receipt = dataclasses.replace(receipt, lines=(first, *more[:-1], last))
        return receipt

    @caught
    @given(worlds_here, st.data())
    def check(world: World, data: st.DataObject) -> None:
        check_lines_decide_nothing(world, 50, data, first_pays)

    with pytest.raises(AssertionError):
        check()


# --- sums ---------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("nodes", NODES)
def test_sums_foot_and_no_net_is_below_nothing(how: settings, nodes: int) -> None:
    @how
    @given(worlds_here)
    def check(world: World) -> None:
        items, promotions, basket = world
        receipt = pricing.price(book(items, promotions), read_basket(basket), nodes).to_json()
        assert receipt_faults(receipt, promotions, basket) == []

    check()


ITEMS: list[Data] = [
    {"sku": sku, "name": sku, "unit": unit, "price": 250, "category": "1", "brand": "", "tags": [], "barcodes": []}
    for sku, unit in (("a", "each"), ("b", "each"), ("k", "kg"))
]
BOOK: list[Data] = [
    {"id": "P", "type": "price", "items": {"skus": ["a"]}, "percent": 10},
    {
        "id": "S",
        "type": "set",
        "buy": [{"items": {"all": True}, "qty": 2}],
        "reward": {"percent": 50},
        "coupon": "C",
        "max_times": 1,
    },
    {"id": "T", "type": "threshold", "tiers": [{"amount": 300, "off": 7}], "group": "g"},
    {"id": "W", "type": "tender", "tenders": ["w"], "off": 5},
]
BASKET: Data = {
    "id": "1",
    "at": "2026-11-22T18:30",
    "coupons": ["C"],
    "tender": "w",
    "lines": [{"code": "a", "qty": 2}, {"code": "b", "qty": 1}, {"code": "k", "milli": 333}],
}


def _line_tampers() -> list[tuple[str, Callable[[Data], object]]]:
    return [
        (
            f"{key} of line {number} {by:+}",
            lambda r, n=number, k=key, b=by: r["lines"][n].update({k: r["lines"][n][k] + b}),
        )
        for number in range(3)
        for key in ("net", "discount", "gross", "current")
        for by in (1, -1)
        # an unpromised price below regular is nothing that sums can show
    ]


def _set_application(at: int, **more: Any) -> Callable[[Data], object]:
    return lambda receipt: receipt["applications"][at].update(more)


TAMPERS: list[tuple[str, Callable[[Data], object]]] = [
    *_line_tampers(),
    ("a net below nothing", lambda r: _move(r, 0, 1, 10_000)),
    ("total", lambda r: r.update(total=r["total"] - 1)),
    ("gross", lambda r: r.update(gross=r["gross"] + 1)),
    ("discount", lambda r: r.update(discount=r["discount"] + 1)),
    ("bound", lambda r: r.update(bound=r["total"] + 1, optimal=False)),
    ("optimal", lambda r: r.update(optimal=False)),
    ("coupons", lambda r: r.update(coupons={})),
    ("another coupon", lambda r: r.update(coupons={"C": 1, "D": 1})),
    ("a line lost", lambda r: r["lines"].pop()),
    ("an application lost", lambda r: r["applications"].pop()),
    ("an application twice", lambda r: r["applications"].append(r["applications"][-1])),
    ("an application of nothing", _set_application(0, times=0)),
    ("a discount more", _set_application(1, discount=8)),
    ("oftener than it may", _set_application(0, times=2)),
    ("units that are not there", _set_application(0, units=[[0, 3]])),
    ("a unit used twice", lambda r: r["applications"][0].update(gifts=[[1, 2]])),
]


def _move(receipt: Data, one: int, other: int, amount: int) -> None:
    """Sums foot as before."""
    for line, by in ((one, -amount), (other, amount)):
        receipt["lines"][line]["net"] += by
        receipt["lines"][line]["discount"] -= by


@pytest.mark.parametrize(("what", "tamper"), TAMPERS, ids=[name for name, _ in TAMPERS])
def test_a_tampered_receipt_is_found(what: str, tamper: Callable[[Data], object]) -> None:
    receipt = pricing.price(book(ITEMS, BOOK), read_basket(BASKET)).to_json()
    assert [one["promotion"] for one in receipt["applications"]] == ["S", "T", "W"]
    assert receipt_faults(receipt, BOOK, BASKET) == []
    tampered = copy.deepcopy(receipt)
    tamper(tampered)
    assert receipt_faults(tampered, BOOK, BASKET), what


# --- a promotion more ---------------------------------------------------------------------------------------------


def check_one_more(world: World, nodes: int, data: st.DataObject, price: Pricing) -> None:
    items, promotions, basket = world
    before_tender = [one for one in promotions if one["type"] != "tender"]
    able = [one for one in before_tender if one["type"] in ("set", "tier", "threshold")]
    if not able:
        return
    added = data.draw(st.sampled_from(able))
    fewer = [one for one in before_tender if one is not added]
    more, less = (price(book(items, some), read_basket(basket), nodes) for some in (before_tender, fewer))
    assert more.total - more.bound <= less.total
    if nodes == NODES[0]:
        assert more.optimal and less.optimal and more.total <= less.total


@both
@pytest.mark.parametrize("nodes", NODES)
def test_a_promotion_more_never_makes_it_dearer(how: settings, nodes: int) -> None:
    @how
    @given(worlds_here, st.data())
    def check(world: World, data: st.DataObject) -> None:
        check_one_more(world, nodes, data, pricing.price)

    check()


def test_a_choice_of_the_first_that_comes_is_found() -> None:
    """The broken variant: what comes first in order of id is given, and nothing else."""

    def careless(snapshot: Snapshot, basket: Basket, nodes: int) -> Receipt:
        receipt = pricing.price(snapshot, basket, nodes)
        lost = sum(one.discount for one in receipt.applications[1:])
        return dataclasses.replace(receipt, total=receipt.total + lost)

    @settings(caught, max_examples=1_000)
    @given(worlds_here, st.data())
    def check(world: World, data: st.DataObject) -> None:
        check_one_more(world, NODES[0], data, careless)

    with pytest.raises(AssertionError):
        check()
