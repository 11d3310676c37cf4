"""A snapshot whose hashes are right and whose promotions are not: SnapshotError when it is opened or first used.

Records of the dense book's kinds are changed, at random and one by one, and sealed again. What is priced then either
is refused as a damaged file, or gives a receipt whose sums foot. Nothing else is ever raised.
"""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from books import files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import planrecord
from engine.basket import read_basket
from engine.compiler import compile_book
from engine.container import Header, read_header, write_container
from engine.errors import SnapshotError
from engine.pricing import Pricer, price
from engine.snapshot import Snapshot
from engine.table import Table, write_table

Data = dict[str, Any]
ALL: Data = {"all": True}
WHEN = {"from": "2026-11-01T00:00", "until": "2027-01-01T00:00", "weekdays": [7], "hours": [["08:00", "22:00"]]}
WHO = {"member": True, "levels": ["gold"], "tags": ["staff"], "birthday": "month"}
PROMOTIONS: list[Data] = [
    {"id": "A", "type": "price", "items": ALL, "percent": 12.5, "who": WHO},
    {"id": "B", "type": "price", "items": {"skus": ["cola"]}, "off": 5, "max_times": 2, "limit": {"total": 9}},
    {"id": "C", "type": "set", "buy": [{"items": ALL, "qty": 2}], "reward": {"price": 500}, "coupon": "C1"},
    {
        "id": "D",
        "type": "set",
        "buy": [{"items": {"skus": ["milk"]}, "qty": 1}, {"items": ALL, "qty": 2}],
        "reward": {"percent": 50, "group": 1, "of": "cheapest", "count": 1},
        "where": {"stores": ["s1"], "groups": ["north"], "channels": ["till"]},
        "group": "g",
        "except_discounted": True,
    },
    {"id": "E", "type": "tier", "items": ALL, "tiers": [{"qty": 2, "percent": 10}, {"qty": 4, "price": 99}]},
    {
        "id": "F",
        "type": "threshold",
        "tiers": [{"amount": 900, "off": 50}, {"amount": 1800, "percent": 5}],
        "group": "g",
    },
    {"id": "G", "type": "threshold", "each": {"amount": 700, "off": 11}, "when": WHEN},
    {"id": "H", "type": "threshold", "gift": {"amount": 900, "items": ALL, "count": 1, "price": 1, "each": True}},
    {"id": "I", "type": "tender", "tenders": ["w"], "off": 30, "amount": 500, "max": 20},
    {"id": "J", "type": "tender", "tenders": ["v", "w"], "percent": 5},
]
BASKET = read_basket(
    {
        "id": "b",
        "at": "2026-11-22T18:30:00",
        "store": "s1",
        "groups": ["north"],
        "channel": "till",
        "member": {"id": "M", "level": "gold", "tags": ["staff"], "birthday": "11-22"},
        "coupons": ["C1"],
        "tender": "w",
        "used": {"B": {"total": 1}},
        "lines": [{"code": "milk", "qty": 2}, {"code": "cola", "qty": 3}, {"code": "apple", "milli": 777}],
    }
)
DATA = compile_book(files(PROMOTIONS)).data
HEADER: Header = read_header(DATA[:8_192], len(DATA))
SECTIONS = {name: DATA[at : at + size] for name, (at, size) in HEADER.places.items()}
PLANS = Table(DATA, HEADER, "plans")
RECORDS: list[Data] = [msgpack.unpackb(PLANS.record(number)) for number in range(PLANS.count)]
STRANGE: list[Any] = [None, True, False, 0, 1, -1, 3, 2**40, 2**63, 1.5, "", "x", b"x", [], [0], [[]], [None], {}]
STRANGE += [{"x": 1}, [1, 2], [1, "off", 2], ["x"], [[1, 2]], "price", "percent", "set", "tender", "threshold"]


def packed(value: object) -> bytes:
    data: bytes = msgpack.packb(value, use_bin_type=True)
    return data


def sealed(records: list[Any], **sections: bytes) -> bytes:
    return write_container({**SECTIONS, "plans": write_table([packed(one) for one in records]), **sections})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a record, as the keys that lead to it."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


def changed(record: Any, path: tuple[Any, ...], to: Any) -> Any:
    """A copy with another value at a place; without it where `to` is `...`."""
    if not path:
        return None if to is ... else to
    out = copy.deepcopy(record)
    inner = out
    for key in path[:-1]:
        inner = inner[key]
    if to is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return out


def use(data: bytes) -> bool:
    """Whether it can be priced from; AssertionError where the receipt is none. Anything but SnapshotError comes out."""
    try:
        snapshot = Snapshot(data)
        receipts = [price(snapshot, BASKET, 50), Pricer(snapshot).price(BASKET, 50)]
        for one in PROMOTIONS:
            assert isinstance(snapshot.promotion_name(one["id"]), str)
    except SnapshotError as refused:
        assert refused.code == "snapshot_damaged" and refused.section in {*SECTIONS, "header"}
        return False
    for receipt in receipts:
        assert receipt.total == sum(line.net for line in receipt.lines)
        assert all(0 <= line.net <= line.current <= line.gross for line in receipt.lines)
        assert all(type(one.discount) is int and type(one.promotion) is str for one in receipt.applications)
    return True


def test_the_book_as_it_is_gives_every_kind() -> None:
    assert use(DATA) and use(sealed(RECORDS))
    assert {one["kind"] for one in RECORDS} == {"price", "set", "tier", "threshold", "tender"}
    for number, record in enumerate(RECORDS):
        assert planrecord.slots_of(record) == len(msgpack.unpackb(SECTIONS["slots"])[number])


@pytest.mark.parametrize("number", range(len(RECORDS)), ids=[one["id"] for one in RECORDS])
def test_every_value_of_every_record_changed(number: int) -> None:
    record = RECORDS[number]
    refused = 0
    for path in places(record):
        for to in (..., *STRANGE):
            other = [*RECORDS]
            other[number] = changed(record, path, to)
            refused += not use(sealed(other))
    assert refused > 40


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_values_anywhere(data: st.DataObject) -> None:
    values = st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.floats()
        | st.text(max_size=4)
        | st.binary(max_size=4),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        max_leaves=6,
    )
    records: list[Any] = [*RECORDS]
    for _ in range(data.draw(st.integers(1, 3))):
        number = data.draw(st.integers(0, len(records) - 1))
        path = data.draw(st.sampled_from(list(places(records[number]))))
        records[number] = changed(records[number], path, data.draw(values))
    more: dict[str, bytes] = {}
    if data.draw(st.booleans()):
        name = data.draw(st.sampled_from(["slots", "meta"]))
        whole = msgpack.unpackb(SECTIONS[name])
        path = data.draw(st.sampled_from(list(places(whole))))
        more[name] = packed(changed(whole, path, data.draw(values)))
    use(sealed(records, **more))


def test_records_that_change_places_are_refused() -> None:
    """A promotion's slots are its own: a set's entry is no gift."""
    for one in range(len(RECORDS)):
        for other in range(one):
            records = [*RECORDS]
            records[one], records[other] = records[other], records[one]
            if planrecord.slots_of(RECORDS[one]) != planrecord.slots_of(RECORDS[other]):
                assert not use(sealed(records))
    assert not use(sealed(RECORDS[:-1]))


def test_a_tender_that_leads_to_another_promotion_is_refused() -> None:
    meta = msgpack.unpackb(SECTIONS["meta"])
    for numbers in ([0], [8, 4], [99], [-1], ["8"], [None], 8, None):
        assert not use(sealed(RECORDS, meta=packed({**meta, "tenders": {"w": numbers}})))


def test_a_posting_list_that_names_a_slot_twice_is_refused() -> None:
    for steps in ([0, 0], [1, -1], [1.0], ["1"], [None], [True], [2**70 % 2**64], 5, None):
        table = Table(DATA, HEADER, "postings")
        lists = [table.record(number) for number in range(table.count)]
        assert not use(sealed(RECORDS, postings=write_table([packed(steps) if one else one for one in lists])))


def test_lane_price_refuses_it_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(sealed([changed(RECORDS[0], ("amount",), "x"), *RECORDS[1:]]))
    basket = b'{"at": "2026-11-22T18:30", "lines": [{"code": "milk", "qty": 1}]}\n'
    words = [sys.executable, "-m", "runtime.cli", "price", "--snapshot", str(tmp_path / "s")]
    done = subprocess.run(words, input=basket, capture_output=True)
    assert done.returncode == 2 and b"plans" in done.stderr and b"Traceback" not in done.stderr


def test_records_that_nobody_looks_at_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variant: a record is trusted because its hash is right."""
    slots = {number: len(one) for number, one in enumerate(msgpack.unpackb(SECTIONS["slots"]))}
    by_id = {one["id"]: slots[number] for number, one in enumerate(RECORDS)}
    monkeypatch.setattr("engine.snapshot.slots_of", lambda record: by_id[record["id"]])
    with pytest.raises((TypeError, ValueError, IndexError)):
        use(sealed([changed(RECORDS[0], ("amount",), "x"), *RECORDS[1:]]))
    with pytest.raises((TypeError, ValueError, IndexError)):
        use(sealed([*RECORDS[:3], changed(RECORDS[3], ("buy", 0), "x"), *RECORDS[4:]]))
