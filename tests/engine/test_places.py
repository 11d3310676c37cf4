"""Places and tables: the same whatever the order, and hardly anything moves when a book changes a little."""

from __future__ import annotations

import random

import pytest
from books import files
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compiler import compile_book
from engine.container import Header, read_header
from engine.errors import SnapshotError
from engine.places import places, table_size
from engine.table import Table, write_table


def table(data: bytes) -> Table:
    return Table(data, Header({"t": (0, len(data))}, {}, b"", len(data)), "t")


@settings(max_examples=200, deadline=None)
@given(st.sets(st.binary(max_size=12), max_size=60), st.randoms())
def test_every_key_has_a_place_of_its_own_in_whatever_order(keys: set[bytes], rng: random.Random) -> None:
    order = sorted(keys)
    size, found = places(order)
    assert len(set(found)) == len(order) and all(0 <= place < size for place in found)
    other = list(order)
    rng.shuffle(other)
    assert (size, dict(zip(order, found, strict=True))) == (
        places(other)[0],
        dict(zip(other, places(other)[1], strict=True)),
    )


def test_tables_have_gaps_and_are_not_wasteful() -> None:
    for count in (0, 1, 3, 100, 140_000, 1_000_000):
        size = table_size(count)
        assert count * 5 <= size * 4 and (count < 4 or size * 64 <= count * 101)


def test_one_key_more_moves_few() -> None:
    keys = [b"%d" % number for number in range(100_000, 114_000)]
    before = dict(zip(keys, places(keys)[1], strict=True))
    moved = 0
    for extra in range(30):
        after = places([*keys, b"new %d" % extra])[1]
        moved += sum(before[key] != place for key, place in zip(keys, after, strict=False))
    assert moved / 30 < 20


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=40))
def test_a_table_gives_its_records(records: list[bytes]) -> None:
    made = table(write_table(records))
    assert made.count == len(records) and [made.record(number) for number in range(made.count)] == records
    for number in (-1, len(records)):
        with pytest.raises(SnapshotError):
            made.record(number)


def test_long_records_are_kept_too() -> None:
    records = [b"", b"x" * 70_000, b"y" * 300, b""] * 9
    made = table(write_table(records))
    assert [made.record(number) for number in range(made.count)] == records


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_of_a_table_raise_anything_else(data: bytes) -> None:
    for prefix in (b"", b"\2\0\0\0\1\0\0\0", b"\3\0\0\0\2\0\0\0"):
        try:
            made = table(prefix + data)
            for number in range(min(made.count, 100)):
                made.record(number)
        except SnapshotError as refused:
            assert refused.section == "t"


def test_a_changed_price_changes_few_bytes() -> None:
    rows = "".join(
        f"{number},n{number},each,{number * 7},c{number % 9},,,69{number:011d}\n" for number in range(1_000, 3_000)
    )
    before = compile_book(files([], rows)).data
    after = compile_book(files([], rows.replace("n1500,each,10500", "n1500,each,99"))).data
    assert len(before) == len(after)
    body = next(iter(read_header(before[:8_192], len(before)).places.values()))[0]
    assert sum(a != b for a, b in zip(before[body:], after[body:], strict=True)) <= 4
