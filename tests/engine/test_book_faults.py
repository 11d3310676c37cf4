"""A book with faults is refused whole, every fault named with its line or its promotion, and no bytes do worse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from books import BOOK, HEADER, ITEMS, files
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compiler import compile_book
from engine.errors import BookError, Fault
from engine.snapshot import Snapshot
from engine.strictjson import shown

PRICE = {"id": "P", "type": "price", "items": {"all": True}, "price": 1}
SET = {"id": "S", "type": "set", "buy": [{"items": {"all": True}, "qty": 2}], "reward": {"price": 1}}

TIER = {"id": "T", "type": "tier", "items": {"all": True}, "tiers": [{"qty": 2, "percent": 10}]}
THRESHOLD = {"id": "H", "type": "threshold", "tiers": [{"amount": 500, "off": 10}]}
GIFT = {"amount": 5, "items": {"all": True}, "count": 1, "price": 0}


def faults(given_files: dict[str, bytes], *, lenient: bool = False) -> tuple[Fault, ...]:
    with pytest.raises(BookError) as caught:
        compile_book(given_files, lenient=lenient)
    return caught.value.faults


def of(promotion: dict[str, Any], **more: Any) -> list[str]:
    found = faults(files([{**promotion, **more}]))
    assert all(f"promotion {promotion['id']}" in fault.where for fault in found), found
    return [fault.code for fault in found]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("milk,again,each,1,,,,", "code_twice"),
        ("other,another's sku is its barcode,each,1,,,,milk", "code_twice"),
        ("other,another's barcode,each,1,,,,6901234567892", "code_twice"),
        ("x,x,each,-1,,,,", "bad_price"),
        ("x,x,each,1.5,,,,", "bad_price"),
        ("x,x,each,,,,,", "bad_price"),
        ("x,x,each,٣,,,,", "bad_price"),
        ("x,x,each,1234567890,,,,", "bad_price"),
        ("x,x,piece,1,,,,", "bad_unit"),
        (",x,each,1,,,,", "bad_code"),
        (f"{'x' * 65},x,each,1,,,,", "bad_code"),
        ("x,x,each,1,,,", "bad_row"),
        ("x,x,each,1,,,,,", "bad_row"),
        ('x,"x"y,each,1,,,,', "bad_csv"),
        ('x,"never closed,each,1,,,,', "bad_csv"),
    ],
)
def test_a_bad_row_is_named_with_its_line(row: str, code: str) -> None:
    found = faults(files([], ITEMS + row + "\n"))
    assert [fault.code for fault in found] == [code]
    assert found[0].where == "items.csv:8"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (HEADER.replace(",price", ""), "missing_column"),
        (HEADER + ",tax,tax", "column_twice"),
        (HEADER + ",", "bad_column"),
        ("", "missing_column"),
    ],
)
def test_a_bad_header(header: str, code: str) -> None:
    assert code in [fault.code for fault in faults(files([], "", header))]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"percent": 5}, "bad_reward"),
        ({"price": -1}, "too_small"),
        ({"price": 1.5}, "bad_number"),
        ({"price": True}, "bad_number"),
        ({"price": "1"}, "bad_number"),
        ({"price": 10**20}, "bad_json"),
        ({"price": float("nan")}, "bad_json"),
        ({"price": None}, "null"),
        ({"colour": 1}, "unknown_key"),
        ({"group": "g"}, "unknown_key"),
        ({"except_discounted": True}, "unknown_key"),
        ({"type": "magic"}, "bad_kind"),
        ({"type": None}, "null"),
        ({"type": []}, "bad_kind"),
        ({"name": 5}, "bad_type"),
        ({"max_times": 0}, "too_small"),
        ({"max_times": True}, "bad_number"),
        ({"coupon": ""}, "bad_value"),
        ({"coupon": 5}, "bad_type"),
        ({"limit": {"total": 0}}, "too_small"),
        ({"limit": {"week": 1}}, "unknown_key"),
        ({"limit": {"total": None}}, "null"),
        ({"limit": 3}, "bad_type"),
        ({"who": {"member": False}}, "bad_value"),
        ({"who": {"levels": "gold"}}, "bad_type"),
        ({"who": {"birthday": "year"}}, "bad_value"),
        ({"where": {"shops": []}}, "unknown_key"),
        ({"where": {"stores": [1]}}, "bad_type"),
        ({"where": {"stores": [None]}}, "null"),
        ({"where": None}, "null"),
        ({"when": {"from": "2026-02-30T10:00"}}, "bad_time"),
        ({"when": {"from": "2026-02-20"}}, "bad_time"),
        ({"when": {"until": "2026-02-20T10:00Z"}}, "bad_time"),
        ({"when": {"weekdays": [0]}}, "too_small"),
        ({"when": {"weekdays": [8]}}, "bad_number"),
        ({"when": {"weekdays": [None]}}, "null"),
        ({"when": {"hours": [["18:00", "18:00"]]}}, "bad_time"),
        ({"when": {"hours": [["18:00", "24:00"]]}}, "bad_time"),
        ({"when": {"hours": [["18:00", None]]}}, "bad_time"),
        ({"when": {"hours": ["18:00"]}}, "bad_time"),
        ({"when": {"hours": {}}}, "bad_type"),
        ({"items": {"skus": ["nothing"]}}, "unknown_sku"),
        ({"items": {"skus": "milk"}}, "bad_type"),
        ({"items": {"sku": ["milk"]}}, "unknown_key"),
        ({"items": {"all": False}}, "bad_value"),
        ({"items": {"all": True, "except": {"skus": ["nothing"]}}}, "unknown_sku"),
        ({"items": {"all": True, "except": None}}, "null"),
        ({"items": []}, "bad_type"),
        ({"id": "x\ud800"}, "bad_json"),
    ],
)
def test_a_bad_price_promotion(more: dict[str, Any], code: str) -> None:
    found = faults(files([{**PRICE, **more}]))
    assert code in [fault.code for fault in found], found


@pytest.mark.parametrize("percent", [0, -1, 101, 100.01, 12.345, 0.001, True, "5", 1e1, 1e300, 0.0])
def test_a_bad_percent(percent: Any) -> None:
    bare = {key: value for key, value in PRICE.items() if key != "price"}
    text = json.dumps([{**bare, "percent": percent}]).replace("10.0", "1e1")
    given_files = {**files([]), "promotions.json": text.encode()}
    assert [fault.code for fault in faults(given_files)] == ["bad_percent"]


@pytest.mark.parametrize("percent", ["100", "12.5", "12.50", "0.01", "33.330", "99.99", "5.0"])
def test_a_good_percent(percent: str) -> None:
    bare = {key: value for key, value in PRICE.items() if key != "price"}
    text = json.dumps([{**bare, "percent": "@"}]).replace('"@"', percent)
    assert compile_book({**files([]), "promotions.json": text.encode()}).counts["promotions"] == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"buy": []}, "missing_key"),
        ({"buy": [None]}, "null"),
        ({"buy": [5]}, "bad_type"),
        ({"buy": [{"items": {"all": True}, "qty": 0}]}, "too_small"),
        ({"buy": [{"items": {"all": True}}]}, "missing_key"),
        ({"buy": [{"qty": 2}]}, "missing_key"),
        ({"buy": [{"items": {"all": True}, "qty": 2, "price": 3}]}, "unknown_key"),
        ({"buy": SET["buy"] * 21}, "too_many"),
        ({"buy": SET["buy"] * 2, "reward": {"price": 1, "group": 2}}, "bad_number"),
        ({"reward": {}}, "bad_reward"),
        ({"reward": {"price": 1, "off": 1}}, "bad_reward"),
        ({"reward": {"off": 0}}, "too_small"),
        ({"reward": {"price": 1, "group": 1}}, "bad_number"),
        ({"reward": {"price": 1, "group": False}}, "bad_number"),
        ({"reward": {"price": 1, "of": "dearest", "count": 1}}, "bad_value"),
        ({"reward": {"price": 1, "of": "cheapest"}}, "missing_key"),
        ({"reward": {"price": 1, "count": 1}}, "missing_key"),
        ({"reward": {"price": 1, "of": "cheapest", "count": 0}}, "too_small"),
        ({"reward": {"price": 1, "colour": 1}}, "unknown_key"),
        ({"reward": None}, "null"),
        ({"group": ""}, "bad_value"),
        ({"except_discounted": False}, "bad_value"),
        ({"items": {"all": True}}, "unknown_key"),
    ],
)
def test_a_bad_set(more: dict[str, Any], code: str) -> None:
    assert code in of(SET, **more)


def two(key: str, at: int, then: int, **gives: Any) -> dict[str, Any]:
    """Two tiers, `gives` names what each gives."""
    ((name, (first, second)),) = gives.items()
    return {"tiers": [{key: then, name: second}, {key: at, name: first}]}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"tiers": []}, "missing_key"),
        ({"tiers": {}}, "bad_type"),
        ({"tiers": [5]}, "bad_type"),
        ({"tiers": [None]}, "null"),
        ({"tiers": [{"qty": 0, "percent": 5}]}, "too_small"),
        ({"tiers": [{"percent": 5}]}, "missing_key"),
        ({"tiers": [{"qty": 2}]}, "bad_reward"),
        ({"tiers": [{"qty": 2, "off": 5}]}, "unknown_key"),
        ({"tiers": [{"qty": 2, "percent": 5, "price": 5}]}, "bad_reward"),
        ({"tiers": [{"qty": 2, "price": -1}]}, "too_small"),
        ({"tiers": [{"qty": 2, "price": None, "percent": 5}]}, "null"),
        ({"tiers": [{"qty": number, "percent": 5} for number in range(1, 22)]}, "too_many"),
        (two("qty", 2, 2, percent=(5, 6)), "tier_twice"),
        (two("qty", 2, 3, percent=(5, 4)), "tier_less"),
        (two("qty", 2, 3, price=(5, 6)), "tier_less"),
        ({"buy": []}, "unknown_key"),
        ({"group": 5}, "bad_type"),
    ],
)
def test_a_bad_tier(more: dict[str, Any], code: str) -> None:
    assert code in of(TIER, **more)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"tiers": [{"amount": 0, "off": 5}]}, "too_small"),
        ({"tiers": [{"amount": 5, "off": 0}]}, "too_small"),
        ({"tiers": [{"amount": 5, "price": 5}]}, "unknown_key"),
        (two("amount", 5, 6, off=(5, 4)), "tier_less"),
        (two("amount", 5, 6, percent=(5, 4.5)), "tier_less"),
        ({"each": {"amount": 5, "off": 1}}, "bad_reward"),
        ({"items": None}, "null"),
        ({"items": {"skus": ["nothing"]}}, "unknown_sku"),
        ({"tenders": []}, "unknown_key"),
    ],
)
def test_a_bad_threshold(more: dict[str, Any], code: str) -> None:
    assert code in of(THRESHOLD, **more)


@pytest.mark.parametrize(
    ("reward", "code"),
    [
        ({}, "bad_reward"),
        ({"each": {"amount": 0, "off": 1}}, "too_small"),
        ({"each": {"amount": 1, "off": 0}}, "too_small"),
        ({"each": {"amount": 1}}, "missing_key"),
        ({"each": {"amount": 1, "percent": 5, "off": 1}}, "unknown_key"),
        ({"each": {"amount": None, "off": 1}}, "null"),
        ({"each": []}, "bad_type"),
        ({"gift": 7}, "bad_type"),
        ({"gift": {**GIFT, "amount": 0}}, "too_small"),
        ({"gift": {**GIFT, "count": 0}}, "too_small"),
        ({"gift": {**GIFT, "price": -1}}, "too_small"),
        ({"gift": {**GIFT, "each": False}}, "bad_value"),
        ({"gift": {**GIFT, "items": None}}, "null"),
        ({"gift": {**GIFT, "items": {"skus": ["nothing"]}}}, "unknown_sku"),
        ({"gift": {"amount": 5}}, "missing_key"),
        ({"gift": {**GIFT, "off": 5}}, "unknown_key"),
    ],
)
def test_a_bad_reward_of_a_threshold(reward: dict[str, Any], code: str) -> None:
    assert code in of({"id": "H", "type": "threshold"}, **reward)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"tenders": None}, "null"),
        ({"tenders": "wechat"}, "bad_type"),
        ({"amount": -1}, "too_small"),
        ({"amount": 0}, "too_small"),
        ({"off": 0}, "too_small"),
        ({"percent": 5}, "bad_reward"),
        ({"max": 0}, "too_small"),
        ({"items": {"all": True}}, "unknown_key"),
        ({"except_discounted": True}, "unknown_key"),
    ],
)
def test_a_bad_tender_promotion(more: dict[str, Any], code: str) -> None:
    assert code in of({"id": "W", "type": "tender", "tenders": ["w"], "off": 5}, **more)


def test_tiers_of_two_kinds_are_not_compared() -> None:
    tiers = [{"amount": 5, "off": 4}, {"amount": 9, "percent": 1}, {"amount": 10, "off": 4}]
    assert compile_book(files([{"id": "H", "type": "threshold", "tiers": tiers}])).counts["promotions"] == 1


def test_all_faults_come_at_once_with_their_places() -> None:
    promotions = [{**PRICE, "price": -1}, {**PRICE, "colour": 1}, {**SET, "reward": {}}, 7]
    found = faults({**files(promotions, ITEMS + "x,x,box,-1,,,,\n"), "book.json": b'{"format": 2}'})
    assert [fault.code for fault in found] == [
        "bad_format",
        "bad_value",
        "bad_value",
        "bad_unit",
        "bad_price",
        "too_small",
        "id_twice",
        "unknown_key",
        "bad_reward",
        "bad_type",
    ]
    assert str(found[3]).startswith("items.csv:8: ")
    assert "promotion 4" in found[-1].where


@pytest.mark.parametrize("name", ["book.json", "items.csv", "promotions.json"])
def test_a_missing_or_unreadable_file(name: str) -> None:
    whole = files([PRICE])
    assert [fault.where for fault in faults({key: data for key, data in whole.items() if key != name})] == [name]
    assert "bad_text" in [fault.code for fault in faults({**whole, name: whole[name] + b"\xff"})]
    if name != "items.csv":
        assert "bad_json" in [fault.code for fault in faults({**whole, name: b"{"})]
        assert "bad_json" in [fault.code for fault in faults({**whole, name: b"[" * 100_000})]
        assert faults({**whole, name: b"5"})[0].code == "bad_type"


def test_a_key_given_twice() -> None:
    text = json.dumps([PRICE]).replace('"price": 1', '"price": 1, "price": 2')
    found = faults({**files([]), "promotions.json": text.encode()})
    assert [(fault.code, "twice" in fault.text) for fault in found] == [("bad_json", True)]
    twice = json.dumps(BOOK).replace('"format": 1', '"format": 1, "format": 1').encode()
    assert faults({**files([]), "book.json": twice})[0].code == "bad_json"


def test_a_fault_shows_what_the_book_says() -> None:
    (found,) = faults(files([{**PRICE, "items": {"skus": ["牛奶\u202e"]}}]))
    assert (found.code, "牛奶\\u202e" in found.text) == ("unknown_sku", True)
    assert shown("\ud800") == '"\\ud800"'


def test_a_number_is_no_id() -> None:
    text = json.dumps([{**PRICE, "id": 1.5}])
    found = faults({**files([]), "promotions.json": text.encode()})
    assert [(fault.code, fault.where) for fault in found] == [("bad_id", "promotions.json: promotion 1")]


def test_an_unknown_sku_is_a_warning_where_that_is_asked_for() -> None:
    compiled = compile_book(files([{**PRICE, "items": {"skus": ["milk", "nothing"]}}]), lenient=True)
    assert [warning.code for warning in compiled.warnings] == ["unknown_sku"]
    assert compiled.counts["promotions"] == 1


def test_what_a_spreadsheet_writes_is_read() -> None:
    header = f"{HEADER},tax\r\n\r\n"
    rows = b"\xef\xbb\xbf" + header.encode() + b' a ,"x, y",each, 5 ,/1/2/,b,s; t;s;,7;8;7;a,13\r\n'
    snapshot = Snapshot(compile_book({**files([]), "items.csv": rows}).data)
    item = snapshot.find("8")
    assert item is not None and item == snapshot.find("a") and snapshot.find("9") is None
    assert (item.name, item.price, item.category, item.tags) == ("x, y", 5, "1/2", ("s", "t"))
    assert item.extra == {"tax": "13"}


def test_the_order_of_a_book_changes_no_byte() -> None:
    rows = ITEMS.splitlines(keepends=True)
    one = compile_book(files([PRICE, SET], "".join(rows))).data
    assert one == compile_book(files([SET, PRICE], "".join(reversed(rows)))).data


FILE = st.sampled_from(["book.json", "items.csv", "promotions.json"])


@settings(max_examples=300, deadline=None)
@given(FILE, st.binary(max_size=200))
def test_no_bytes_raise_anything_else(name: str, data: bytes) -> None:
    try:
        compile_book({**files([PRICE, SET]), name: data})
    except BookError as e:
        assert e.faults


@settings(max_examples=500, deadline=None)
@given(FILE, st.integers(0, 10_000), st.integers(0, 3), st.binary(max_size=4))
def test_no_mutated_book_raises_anything_else(name: str, at: int, cut: int, put: bytes) -> None:
    whole = files([PRICE, {**SET, "when": {"hours": [["18:00", "02:00"]], "weekdays": [1]}, "who": {"member": True}}])
    data = whole[name]
    at %= len(data)
    try:
        compile_book({**whole, name: data[:at] + put + data[at + cut :]})
    except BookError as e:
        assert e.faults


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("milk"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        *("when", "where", "who", "limit", "items", "buy", "reward", "price", "percent", "off"),
        *("group", "id", "name", "type", "coupon", "max_times", "except_discounted"),
        *("tiers", "each", "gift", "tenders", "amount", "max"),
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([PRICE, SET, TIER, THRESHOLD]), st.dictionaries(KEYS, JSON, min_size=1, max_size=3))
def test_no_promotion_raises_anything_else(promotion: dict[str, Any], changes: dict[str, Any]) -> None:
    try:
        compile_book(files([{**promotion, **changes}]))
    except BookError as e:
        assert e.faults
