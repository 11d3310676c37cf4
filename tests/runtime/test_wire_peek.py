"""A map's fields without the rest of it: the same as of the whole map, and as strict about its form."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.wire.pack import WireError, peek, unpack

WANTED = frozenset(("a", "b", "total"))
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "total", "c", "", "é"]), values))
def test_what_is_wanted_is_what_the_whole_map_has(value: dict[str, Any]) -> None:
    assert peek(msgpack.packb(value), WANTED) == {key: part for key, part in value.items() if key in WANTED}


@given(st.binary(max_size=40) | values.map(msgpack.packb))
def test_whatever_bytes_come_only_a_wire_error_goes(data: bytes) -> None:
    try:
        found = peek(data, WANTED)
    except WireError as error:
        assert error.code in ("not_msgpack", "bad_field")
        return
    assert found.keys() <= WANTED
    try:
        whole = unpack(data)
    except WireError:
        return  # text in what was walked over that is not UTF-8
    assert {key: part for key, part in whole.items() if key in WANTED} == found


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_msgpack"),
        (b"\xc1", "not_msgpack"),
        (msgpack.packb([1]), "bad_field"),
        (msgpack.packb({1: 2}), "bad_field"),
        (msgpack.packb({"a": 1}) + b"\x00", "not_msgpack"),
        (msgpack.packb({"c": [1, 2]})[:-1], "not_msgpack"),
        (b"\x82\xa1c" + b"\x91" * 5_000, "not_msgpack"),
        (b"\x81\xa1c\xc1", "not_msgpack"),
    ],
)
def test_what_is_no_map_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(WireError) as refused:
        peek(data, WANTED)
    assert refused.value.code == code


def test_more_than_is_read_is_refused() -> None:
    with pytest.raises(WireError) as refused:
        peek(msgpack.packb({"c": "x" * 100}), WANTED, 50)
    assert refused.value.code == "too_long"
