"""Snapshots: what is looked up, and that no damaged file is ever taken for a good one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from books import HEADER, files
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compiler import compile_book
from engine.container import read_header, write_container
from engine.errors import SnapshotError
from engine.signature import BLOCK_BYTES
from engine.snapshot import Snapshot

PROMOTIONS = [
    {"id": "B", "name": "牛奶特价", "type": "price", "items": {"categories": ["10"]}, "percent": 10},
    {
        "id": "A",
        "type": "set",
        "buy": [{"items": {"all": True, "except": {"skus": ["cola"]}}, "qty": 2}],
        "reward": {"off": 5},
    },
]
DATA = compile_book(files(PROMOTIONS)).data
SECTIONS = {"meta", "facts", "items", "texts", "postings", "kinds", "keys", "plans", "slots"}
NAMES = SECTIONS | {"header", "signature"}


def test_items_are_found_by_sku_and_barcode(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(DATA)
    snapshot = Snapshot.open(tmp_path / "s")
    milk = snapshot.find("6901234567892")
    assert milk is not None and milk == snapshot.find("milk")
    assert (milk.name, milk.price, milk.tags, milk.category) == ("纯牛奶", 650, ("dairy",), "10/1001")
    assert [snapshot.find(code) for code in ("", "nothing", "690123456789", "\ud800", "mil", "zzzz")] == [None] * 6
    assert (snapshot.currency, snapshot.exponent, snapshot.book["format"]) == ("CNY", 2, 1)
    assert snapshot.promotion_name("B") == "牛奶特价"
    assert (snapshot.promotion_name("A"), snapshot.promotion_name("gone")) == ("A", "gone")
    assert snapshot.hash == Snapshot(DATA).hash and len(snapshot.hash) == 32
    assert (snapshot.item_count, snapshot.promotion_count) == (6, 2)


def test_posting_lists_lead_to_the_promotions_that_touch_an_item() -> None:
    snapshot = Snapshot(DATA)

    def touching(sku: str) -> list[str]:
        posting = snapshot.price_facts(snapshot.find_number(sku))[3]
        return [snapshot.plan(snapshot.promotion_of(slot)).id for slot in snapshot.posting(posting)]

    found = {sku: touching(sku) for sku in ("milk", "cola", "water", "cigs")}
    assert found == {"milk": ["A", "B"], "cola": [], "water": ["A"], "cigs": []}


def test_every_code_of_a_larger_book_is_found() -> None:
    rng = random.Random(5)
    codes = sorted({str(rng.randrange(10 ** rng.randint(1, 14))) for _ in range(3_000)})
    rows = "".join(f"s{code},n{code},each,{number},,,,{code}\n" for number, code in enumerate(codes))
    snapshot = Snapshot(compile_book(files([], rows)).data)
    for number, code in enumerate(codes):
        item = snapshot.find(code)
        assert item is not None and (item.price, item.sku) == (number, f"s{code}")
    for _ in range(1_000):
        code = str(rng.randrange(10 ** rng.randint(1, 14)))
        assert (snapshot.find(code) is not None) == (code in codes)


def test_an_empty_book() -> None:
    snapshot = Snapshot(compile_book(files([], "", HEADER)).data)
    assert snapshot.find("1") is None and snapshot.item_count == 0


def refused(data: bytes, folder: Path) -> str:
    """The section that both ways of opening name."""
    path = folder / "damaged"
    path.write_bytes(data)
    with pytest.raises(SnapshotError) as mapped:
        Snapshot.open(path)
    with pytest.raises(SnapshotError) as held:
        Snapshot(data)
    assert mapped.value.section == held.value.section
    assert mapped.value.remedy
    return mapped.value.section


def test_any_flipped_bit_is_refused_and_its_section_named(tmp_path: Path) -> None:
    rng = random.Random(1)
    places = read_header(DATA[:4_096], len(DATA)).places
    end = len(DATA) - BLOCK_BYTES
    for _ in range(1_000):
        bit = rng.randrange(len(DATA) * 8)
        data = bytearray(DATA)
        data[bit // 8] ^= 1 << bit % 8
        inside = [name for name, (at, length) in places.items() if at <= bit // 8 < at + length]
        outside = "header" if bit // 8 < end else "signature"
        assert refused(bytes(data), tmp_path) == (inside[0] if inside else outside)


def test_a_truncated_or_longer_file_is_refused(tmp_path: Path) -> None:
    rng = random.Random(2)
    for length in [
        0,
        1,
        7,
        8,
        16,
        len(DATA) - BLOCK_BYTES,
        len(DATA) - 1,
        *(rng.randrange(len(DATA)) for _ in range(1_000)),
    ]:
        assert refused(DATA[:length], tmp_path) in NAMES
    assert refused(DATA + b"x", tmp_path) == "header"


def test_swapped_and_missing_sections_are_refused(tmp_path: Path) -> None:
    places = read_header(DATA[:4_096], len(DATA)).places
    parts = {name: DATA[at : at + length] for name, (at, length) in places.items()}
    for name in parts:
        assert refused(write_container({key: part for key, part in parts.items() if key != name}), tmp_path) == name
    rng = random.Random(3)
    names = list(places)
    for _ in range(1_000):  # the bytes of two sections change places, the header stays; or pieces of them do
        one, two = sorted(rng.sample(names, 2), key=lambda name: places[name][0])
        (a, b), (c, d) = ((at, at + length) for at, length in (places[one], places[two]))
        if rng.random() < 0.5 and b - a > 8 and d - c > 8:
            size = rng.randrange(1, min(b - a, d - c))
            a, c = rng.randrange(a, b - size), rng.randrange(c, d - size)
            b, d = a + size, c + size
        data = DATA[:a] + DATA[c:d] + DATA[b:c] + DATA[a:b] + DATA[d:]
        if data != DATA:
            assert refused(data, tmp_path) in NAMES
    at, length = places["items"]
    assert refused(DATA[:at] + DATA[at : at + length][::-1] + DATA[at + length :], tmp_path) == "items"


def test_no_snapshot_is_refused_with_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(SnapshotError) as caught:
            Snapshot.open(path)
        assert caught.value.code == "snapshot_missing"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(DATA)), st.integers(0, 50))
def test_no_bytes_raise_anything_else(put: bytes, at: int, cut: int) -> None:
    for data in (put, DATA[:16] + put, DATA[:at] + put + DATA[at + cut :]):
        try:
            Snapshot(data)
        except SnapshotError:
            continue
        assert data == DATA


def test_a_whole_file_with_other_content_is_refused() -> None:
    places = read_header(DATA[:4_096], len(DATA)).places
    parts = {name: DATA[at : at + length] for name, (at, length) in places.items()}
    for name in ("meta", "kinds", "slots"):
        for other in (b"", b"\xc1", b"\x05", b"\x91\x05", b"\x81\x80\x01", parts["items"]):
            with pytest.raises(SnapshotError) as caught:
                Snapshot(write_container({**parts, name: other}))
            assert caught.value.section in (name, "meta", "keys")


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(SECTIONS)), st.data())
def test_a_snapshot_with_right_hashes_and_wrong_content_raises_nothing_else(name: str, data: st.DataObject) -> None:
    """Nobody's accident, but somebody's mischief: the hashes fit what was made up."""
    places = read_header(DATA[:4_096], len(DATA)).places
    parts = {key: DATA[at : at + length] for key, (at, length) in places.items()}
    whole = parts[name]
    at = data.draw(st.integers(0, len(whole)))
    cut = data.draw(st.integers(0, 8))
    parts[name] = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + cut :]
    try:
        snapshot = Snapshot(write_container(parts))
        for code in ("6901234567892", "milk", "cola", "2000001"):
            item = snapshot.find(code)
            number = snapshot.find_number(code)
            if item is not None and number >= 0:
                for slot in snapshot.posting(snapshot.price_facts(number)[3]):
                    assert snapshot.promotion_of(slot) >= 0
    except SnapshotError as refused:
        assert refused.section in NAMES


def test_without_its_hashes_damage_would_not_be_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The broken variant: sections are not hashed, and a price is wrong."""
    data = bytearray(DATA)
    at, length = read_header(DATA[:4_096], len(DATA)).places["facts"]
    place = data.index((650).to_bytes(4, "little"), at, at + length)
    data[place : place + 4] = (651).to_bytes(4, "little")
    assert refused(bytes(data), tmp_path) == "facts"
    monkeypatch.setattr("engine.snapshot.verify_bytes", lambda data, header: None)
    milk = Snapshot(bytes(data)).find("milk")
    assert milk is not None and milk.price == 651
