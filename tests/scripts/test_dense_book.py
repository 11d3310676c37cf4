"""The dense book: the same bytes from the same options, every kind in it, and it compiles as far as the engine goes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from make_dense_book import MAKERS, check_digit, dense_files, main

from engine.basket import read_basket
from engine.compiler import compile_book
from engine.errors import BookError
from engine.pricing import price
from engine.snapshot import Snapshot

COMPILED = ("special", "member", "limited", "second", "n_for_m", "pick")  # kinds that the first version has
TYPES = {
    "price": {"items", "price", "percent", "off"},
    "set": {"buy", "reward", "except_discounted"},
    "tier": {"items", "tiers", "except_discounted"},
    "threshold": {"items", "tiers", "each", "gift", "except_discounted"},
    "tender": {"tenders", "amount", "off", "percent", "max"},
}
COMMON = {"id", "name", "type", "when", "where", "who", "coupon", "max_times", "limit", "group"}


@pytest.fixture(scope="module")
def book() -> dict[str, bytes]:
    return dense_files(600, 700, 3, baskets=60)


@pytest.fixture(scope="module")
def promotions(book: dict[str, bytes]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = json.loads(book["promotions.json"])
    return made


def digest(files: dict[str, bytes]) -> str:
    return hashlib.sha256(b"".join(name.encode() + files[name] for name in sorted(files))).hexdigest()


def test_the_same_options_give_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    script = Path(main.__code__.co_filename)
    for place, seed in (("a", "1"), ("b", "77")):
        words = ["--items", "600", "--promotions", "700", "--seed", "3", "--baskets", "60", "-o", str(tmp_path / place)]
        run = [sys.executable, str(script), *words]
        subprocess.run(run, check=True, capture_output=True, env={"PYTHONHASHSEED": seed})
    made = [{path.name: path.read_bytes() for path in (tmp_path / place).iterdir()} for place in "ab"]
    assert made[0] == made[1]
    assert digest(made[0]) == digest(dense_files(600, 700, 3, baskets=60))


def test_another_seed_is_another_book(book: dict[str, bytes]) -> None:
    assert digest(dense_files(600, 700, 4, baskets=60)) != digest(book)


def test_every_kind_is_there_once_at_least(promotions: list[dict[str, Any]]) -> None:
    assert len(promotions) == 700 == len({one["id"] for one in promotions})
    assert {one["id"].rpartition("-")[0] for one in promotions} == set(MAKERS)
    assert {one["type"] for one in promotions} == set(TYPES)
    few = json.loads(dense_files(300, len(MAKERS), 1, baskets=0)["promotions.json"])
    assert {one["id"].rpartition("-")[0] for one in few} == set(MAKERS)


def test_every_promotion_has_the_contracts_form(promotions: list[dict[str, Any]]) -> None:
    for one in promotions:
        assert set(one) <= COMMON | TYPES[one["type"]], one
        if one["type"] == "threshold":
            assert sum(key in one for key in ("tiers", "each", "gift")) == 1, one
        for low, high in zip(one.get("tiers", ()), one.get("tiers", ())[1:], strict=False):
            assert all(high[key] > low[key] for key in low), one


def test_the_goods_are_goods(book: dict[str, bytes]) -> None:
    rows = [line.split(",") for line in book["items.csv"].decode().splitlines()[1:]]
    assert len(rows) == 600 == len({row[0] for row in rows}) == len({row[-1] for row in rows})
    assert all(len(row[-1]) == 13 and check_digit(row[-1][:12]) == int(row[-1][12]) for row in rows)
    assert {row[2] for row in rows} == {"each", "kg"}
    assert any(row[6] == "no_discount" for row in rows)


def test_the_whole_book_has_no_fault_but_kinds_of_a_later_version(book: dict[str, bytes]) -> None:
    try:
        compile_book(book)
    except BookError as error:
        assert {fault.code for fault in error.faults} == {"later_version"}


@pytest.mark.parametrize("kinds", [COMPILED, ("special",), ("pick", "second")])
def test_kinds_that_compile_are_priced(kinds: tuple[str, ...]) -> None:
    book = dense_files(400, 300, 5, kinds, baskets=25)
    snapshot = Snapshot(compile_book(book).data)
    receipts = [price(snapshot, read_basket(json.loads(line))) for line in book["baskets.ndjson"].splitlines()]
    assert sum(one.discount for one in receipts) > 0
    assert all(one.total == sum(line.net for line in one.lines) for one in receipts)


def test_promotions_meet_each_other(promotions: list[dict[str, Any]]) -> None:
    """Dense: a good that promotions name is named by several."""
    named: dict[str, int] = {}
    for one in promotions:
        for selector in [one.get("items", {}), *(entry["items"] for entry in one.get("buy", ()))]:
            for sku in selector.get("skus", ()):
                named[sku] = named.get(sku, 0) + 1
    assert sum(named.values()) / len(named) > 4


@pytest.mark.parametrize("words", [["--kinds", "no"], ["--items", "5"], ["--promotions", "3"], ["--baskets", "-1"]])
def test_options_out_of_range_are_refused(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["-o", str(tmp_path), *words])
