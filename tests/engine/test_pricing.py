"""Receipts: the worked examples, the least total, rounding and spreading, and what may not change a price."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from books import files, receipt, snapshot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference.strategies import ALL_KINDS, book_files, worlds

from engine.basket import read_basket
from engine.compiler import compile_book
from engine.errors import BasketError
from engine.pricing import price
from engine.snapshot import Snapshot

Data = dict[str, Any]
ANY = {"all": True}


def set_of(id: str, qty: int, items: Data = ANY, **reward: Any) -> Data:
    return {"id": id, "type": "set", "buy": [{"items": items, "qty": qty}], "reward": reward}


def test_the_worked_examples(shared_data: Path) -> None:
    examples = json.loads((shared_data / "examples.json").read_text())
    for case in examples["cases"]:
        book = compile_book(book_files(examples["items"], case["promotions"]))
        found = price(Snapshot(book.data), read_basket(case["basket"]))
        assert (found.gross, found.total) == (case["gross"], case["total"]), case["name"]
        assert found.optimal
    assert len(examples["cases"]) >= 17


def check_sums(found: Data) -> None:
    assert found["gross"] == sum(line["gross"] for line in found["lines"])
    assert found["total"] == sum(line["net"] for line in found["lines"]) == found["gross"] - found["discount"]
    shelf = sum(line["gross"] - line["current"] for line in found["lines"])
    assert found["discount"] == shelf + sum(a["discount"] for a in found["applications"])
    for line in found["lines"]:
        assert 0 <= line["net"] <= line["current"] <= line["gross"]
        assert line["discount"] == line["gross"] - line["net"]
    assert all(a["discount"] > 0 and a["times"] > 0 for a in found["applications"])


@pytest.mark.parametrize("chain", ["chain-a", "chain-b"])
@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.long)])
def test_real_baskets_are_proved_optimal(shared_data: Path, chain: str, count: int) -> None:
    folder = shared_data / chain / "2026-08-21"
    compiled = compile_book({path.name: path.read_bytes() for path in folder.iterdir()})
    assert not compiled.warnings
    book = Snapshot(compiled.data)
    baskets = (shared_data / chain / "baskets.ndjson").read_text().splitlines()
    for text in baskets[:count]:
        basket = json.loads(text)
        found = price(book, read_basket(basket)).to_json()
        assert found["optimal"] and found["bound"] == 0
        check_sums(found)
        basket["lines"].reverse()
        assert price(book, read_basket(basket)).total == found["total"]


def test_a_discount_is_rounded_once_and_spread_by_largest_remainder() -> None:
    book = [set_of("A", 1, {"skus": ["cola"]}, percent=0.5)]  # 1.75 each
    found = receipt(book, [{"code": "cola", "qty": 1}, {"code": "cola", "qty": 2}])
    assert found["applications"] == [
        {"promotion": "A", "times": 3, "units": [[0, 1], [1, 2]], "gifts": [], "discount": 5}
    ]
    assert [line["net"] for line in found["lines"]] == [348, 697]  # 2 and 1 + 2: the third unit gets the lesser share
    three = receipt([set_of("A", 3, price=1000)], [{"code": code, "qty": 1} for code in ("water", "bread", "milk")])
    assert [line["net"] for line in three["lines"]] == [115, 509, 376]  # of 730: 84.39, 371.33, 274.28


def test_what_rounds_to_nothing_is_not_applied() -> None:
    assert receipt([set_of("A", 1, percent=0.01)], [{"code": "cola", "qty": 1}])["applications"] == []
    found = receipt([set_of("A", 1, percent=0.01)], [{"code": "cola", "qty": 20}])
    assert found["applications"][0]["times"] == 15  # 15 * 0.035 = 0.525: the fewest that round to 1
    assert found["discount"] == 1


def test_an_application_gives_more_than_nothing() -> None:
    found = receipt([set_of("A", 2, price=900)], [{"code": "water", "qty": 2}, {"code": "milk", "qty": 2}])
    assert found["discount"] == 400
    assert found["applications"][0]["times"] == 1


def test_off_gives_at_most_what_its_units_cost() -> None:
    items = "".join(f"i{price},x,each,{price},,,,\n" for price in (1, 2, 10, 11))
    book = snapshot([set_of("A", 2, off=10)], items)
    lines = [{"code": f"i{price}", "qty": 1} for price in (1, 2, 10, 11)]
    found = price(book, read_basket({"at": "2026-11-22T18:30", "lines": lines}))
    assert (found.total, found.optimal) == (4, True)  # (11, 1) and (10, 2), not (11, 10) and (2, 1)


def test_a_weighed_line_is_one_unit_rounded_once() -> None:
    book = [{"id": "P", "type": "price", "items": {"skus": ["apple"]}, "percent": 12.5, "max_times": 1}]
    found = receipt(book, [{"code": "apple", "milli": 1237}, {"code": "2000001", "milli": 500}])
    # 1298 - 162 = 1136 for a kg; 1606 - 1405 is more than 649 - 568
    assert [line["net"] for line in found["lines"]] == [1405, 649]
    assert found["applications"][0]["units"] == [[0, 1]]


def test_fewer_applications_are_preferred() -> None:
    book = [set_of("A", 1, off=50), set_of("B", 2, off=100)]
    found = receipt(book, [{"code": "milk", "qty": 4}])
    assert [(a["promotion"], a["times"]) for a in found["applications"]] == [("B", 2)]


def test_thousands_of_pieces_do_not_explode() -> None:
    book = [
        set_of("A", 3, {"skus": ["milk", "cola"]}, percent=100, of="cheapest", count=1),
        set_of("B", 2, {"skus": ["milk", "bread"]}, price=1100),
        {**set_of("C", 5, {"all": True}, percent=20), "max_times": 2},
        {"id": "D", "type": "price", "items": {"skus": ["milk"]}, "price": 100, "limit": {"total": 7}},
    ]
    lines = [{"code": code, "qty": 9999} for code in ("milk", "cola", "bread", "milk", "water")]
    found = receipt(book, lines)
    check_sums(found)
    assert found["optimal"]
    many = [
        set_of(f"P{i:02}", 2 + i % 7, {"skus": ["milk", "cola", "bread"][: 1 + i % 3]}, percent=7.77) for i in range(12)
    ]
    check_sums(receipt([{**one, "max_times": 999} for one in many], lines, nodes=500))


def test_hundreds_of_promotions_of_every_kind_and_thousands_of_pieces_come_to_an_end() -> None:
    items = "".join(f"i{n},x,each,{100 + 7 * n},{n % 5},,,\n" for n in range(400))
    sel: list[Data] = [{"categories": [str(n)]} for n in range(5)]
    book: list[Data] = []
    for n in range(60):
        one, other = sel[n % 5], sel[(n + 1) % 5]
        buy = [{"items": one, "qty": 1 + n % 2}, {"items": other, "qty": 1 + n % 3}]
        tiers = [{"qty": 2 + n % 3, "percent": 5}, {"qty": 40, "percent": 11.11}]
        gift = {"amount": 5_000 + n, "items": other, "count": 2, "price": 1, "each": True}
        book += [
            {"id": f"S{n}", "type": "set", "buy": buy, "reward": {"percent": 50, "group": 1}},
            {"id": f"T{n}", "type": "tier", "items": one, "tiers": tiers},
            {"id": f"H{n}", "type": "threshold", "items": one, "each": {"amount": 999 + n, "off": 5}},
            {"id": f"A{n}", "type": "threshold", "tiers": [{"amount": 9_999 + n, "percent": 10}]},
            {"id": f"G{n}", "type": "threshold", "gift": gift},
        ]
    large = snapshot(book, items)
    few = snapshot(book[:5], items)
    for given_book, lines, nodes in (
        (large, [{"code": f"i{n}", "qty": 1} for n in range(0, 400, 7)], 300),
        (large, [{"code": f"i{n}", "qty": 9_999} for n in range(12)], 300),
        (few, [{"code": f"i{n}", "qty": 1} for n in range(400)], 3_000),
        (few, [{"code": f"i{n}", "qty": 9_999} for n in range(3)], 3_000),
    ):
        found = price(given_book, read_basket({"at": "2026-11-22T18:30", "lines": lines}), nodes).to_json()
        check_sums(found)
        assert found["optimal"] == (found["bound"] == 0)


def test_past_the_limit_the_best_so_far_and_a_proved_bound() -> None:
    rng = random.Random(7)
    items = "".join(f"i{n},x,each,{rng.randint(100, 2000)},,,,\n" for n in range(12))
    skus = [f"i{n}" for n in range(12)]
    book = snapshot(
        [
            set_of(f"P{n}", rng.randint(2, 4), {"skus": rng.sample(skus, 8)}, percent=rng.choice([10, 33.33, 40]))
            for n in range(7)
        ],
        items,
    )
    lines = [{"code": sku, "qty": rng.randint(1, 3)} for sku in skus]
    basket = read_basket({"at": "2026-11-22T18:30", "lines": lines})
    best = price(book, basket, 3_000_000)
    assert best.optimal and best.bound == 0
    seen = set()
    for nodes in (0, 1, 50, 500, 5_000):
        found = price(book, basket, nodes)
        assert found.total - found.bound <= best.total <= found.total
        assert found.optimal == (found.bound == 0)
        check_sums(found.to_json())
        assert found == price(book, basket, nodes)
        seen.add(found.optimal)
    assert False in seen


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"code": "nothing", "qty": 1}, "unknown_item"),
        ({"code": "apple", "qty": 1}, "bad_quantity"),
        ({"code": "milk", "milli": 100}, "bad_quantity"),
    ],
)
def test_a_line_that_cannot_be_priced_is_named(line: Data, code: str) -> None:
    with pytest.raises(BasketError) as caught:
        receipt([], [{"code": "milk", "qty": 1}, line])
    assert (caught.value.code, caught.value.line) == (code, 1)


def nets(found: Data) -> dict[str, int]:
    out: dict[str, int] = {}
    for line in found["lines"]:
        out[line["sku"]] = out.get(line["sku"], 0) + line["net"]
    return out


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(ALL_KINDS, max_units=10, max_promotions=5), st.randoms(use_true_random=False))
def test_splitting_and_merging_lines_changes_no_price(world: tuple[list[Data], list[Data], Data], rng: Any) -> None:
    items, promotions, basket = world
    book = Snapshot(compile_book(book_files(items, promotions)).data)
    split: list[Data] = []
    merged: dict[str, Data] = {}
    for line in basket["lines"]:
        if "milli" in line:
            split.append(line)
            merged[str(len(split))] = line
            continue
        split += [{"code": line["code"], "qty": 1}] * line["qty"]
        there = merged.setdefault(f"code {line['code']}", {"code": line["code"], "qty": 0})
        there["qty"] += line["qty"]
    rng.shuffle(split)
    whole, *others = (
        price(book, read_basket({**basket, "lines": lines})).to_json()
        for lines in (basket["lines"], split, list(merged.values()))
    )
    check_sums(whole)
    for other in others:
        check_sums(other)
        assert (other["total"], other["coupons"], nets(other)) == (whole["total"], whole["coupons"], nets(whole))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(("price", "set1"), max_units=10, max_promotions=6), st.data())
def test_a_set_more_never_makes_it_dearer(world: tuple[list[Data], list[Data], Data], data: Any) -> None:
    items, promotions, basket = world
    sets = [promotion for promotion in promotions if promotion["type"] == "set"]
    if not sets:
        return
    one = data.draw(st.sampled_from(sets))
    rest = [promotion for promotion in promotions if promotion is not one]
    totals = [
        price(Snapshot(compile_book(book_files(items, book)).data), read_basket(basket)).total
        for book in (promotions, rest)
    ]
    assert totals[0] <= totals[1]


PROGRAM = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from books import receipt
from test_pricing import hash_seed_world
print(json.dumps(receipt(*hash_seed_world())))
"""


def hash_seed_world() -> tuple[list[Data], list[Data]]:
    drinks = {"categories": ["20"]}
    gift = {"amount": 900, "items": drinks, "count": 1, "price": 1}
    pair = [{"items": drinks, "qty": 1}, {"items": ANY, "qty": 1}]
    book: list[Data] = [
        {"id": "T", "type": "tier", "items": drinks, "tiers": [{"qty": 2, "percent": 3}], "group": "g"},
        {"id": "H1", "type": "threshold", "tiers": [{"amount": 2000, "percent": 7}], "group": "g"},
        {"id": "H2", "type": "threshold", "items": drinks, "each": {"amount": 300, "off": 9}},
        {"id": "H3", "type": "threshold", "gift": gift},
        {"id": "S", "type": "set", "buy": pair, "reward": {"off": 77, "group": 1}},
    ]
    book += [
        set_of(f"P{n}", 2 + n % 2, {"brands": ["mengniu", "cola"], "categories": ["10", "20"]}, percent=10 + n % 3)
        for n in range(6)
    ]
    codes = ("milk", "bread", "cola", "water", "milk")
    return book, [{"code": code, "qty": 2} for code in codes]


def test_hash_seeds_and_processes_change_no_byte() -> None:
    tests = Path(__file__).resolve().parent
    out = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(tests.parent)}
        command = [sys.executable, "-c", PROGRAM, str(tests), str(tests.parent.parent)]
        out.add(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert len(out) == 1
    assert compile_book(files(hash_seed_world()[0])).data == compile_book(files(hash_seed_world()[0][::-1])).data


def test_equal_remainders_go_in_the_order_of_units() -> None:
    items = "kg,x,kg,100,,,,\n"
    book = snapshot([set_of("A", 2, price=1)], items)
    for millis, net in (((1, 999, 1000), [0, 0, 1]), ((1000, 999), [0, 1]), ((999, 1000), [0, 1])):
        lines = [{"code": "kg", "milli": milli} for milli in millis]
        found = price(book, read_basket({"at": "2026-11-22T18:30", "lines": lines}))
        assert [line.net for line in found.lines] == net
