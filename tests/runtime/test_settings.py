"""Tables into dataclasses: every fault is found, named and suggested for, and any table whatever is read or refused."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from drivers.api import setting
from runtime.settings import Reader, SettingsError, allowed, describe, load, read_toml


@dataclass(frozen=True, slots=True)
class Example:
    port: int = setting(..., "the TCP port", low=1, high=65535)
    name: str = setting("lane", "a name", low=1, high=8)
    parity: str = setting("N", "parity", choices=("N", "E", "O"))
    on: bool = setting(True, "whether it is on")
    lines: tuple[str, ...] = setting((), "lines", high=2)
    codes: tuple[int, ...] = setting((1,), "codes", choices=(1, 2, 3))
    baud: int | None = setting(None, "speed", choices=(9600, 19200))
    kind: Literal["a", "b"] = setting("a", "a kind", choices=("a", "b"))


def faults(table: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(Example, table, "terminal.toml", "terminal")
    return [str(fault) for fault in caught.value.faults]


def test_a_good_table() -> None:
    table = {"port": 1, "name": "x", "on": False, "lines": ["a", "b"], "codes": [3], "baud": 9600, "kind": "b"}
    assert load(Example, table, "f", "s") == Example(1, "x", "N", False, ("a", "b"), (3,), 9600, "b")
    assert load(Example, {"port": 65535}, "f", "s") == Example(65535)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"port": 99999}, "terminal.toml: [terminal] port: 99999 is too high: 1 to 65535"),
        ({"port": 0}, "terminal.toml: [terminal] port: 0 is too low: 1 to 65535"),
        ({}, "terminal.toml: [terminal] port: is missing: the TCP port (1 to 65535)"),
        ({"port": "80"}, '[terminal] port: "80" is text in quotes; it must be a whole number (the TCP port)'),
        ({"port": True}, "[terminal] port: true is true or false; it must be a whole number (the TCP port)"),
        ({"port": 80.0}, "[terminal] port: 80.0 is a number with a point; it must be a whole number (the TCP port)"),
        ({"port": 1, "prot": 2}, "[terminal] prot: unknown key; did you mean port?"),
        (
            {"port": 1, "zzz": 2},
            "[terminal] zzz: unknown key; there is baud, codes, kind, lines, name, on, parity, port",
        ),
        ({"port": 1, "zzz": {}}, "[terminal] zzz: unknown section; there is"),
        ({"port": 1, "name": ""}, "[terminal] name: 0 characters is too few: 1 to 8 characters"),
        ({"port": 1, "name": "x" * 9}, "[terminal] name: 9 characters is too many: 1 to 8 characters"),
        ({"port": 1, "name": "a\0"}, "[terminal] name: has a character NUL"),
        ({"port": 1, "parity": "n"}, "[terminal] parity: n is none of N, E, O"),
        ({"port": 1, "kind": "aa"}, "[terminal] kind: aa is none of a, b; did you mean a?"),
        ({"port": 1, "on": 1}, "[terminal] on: 1 is a whole number; it must be true or false (whether it is on)"),
        ({"port": 1, "lines": "a"}, "[terminal] lines: a is text in quotes; it must be a list [...]"),
        ({"port": 1, "lines": ["a", 1]}, "[terminal] lines: has 1 is a whole number; it must be a list [...] of text"),
        ({"port": 1, "lines": ["a"] * 3}, "[terminal] lines: 3 entries is too many: at most 2 entries"),
        ({"port": 1, "lines": ["x" * 1001]}, "[terminal] lines: is text of more than 1000 characters"),
        ({"port": 1, "codes": [1, 4]}, "[terminal] codes: 4 is none of 1, 2, 3"),
        ({"port": 1, "codes": [True]}, "[terminal] codes: has true is true or false"),
        ({"port": 1, "baud": 1}, "[terminal] baud: 1 is none of 9600, 19200"),
        ({"port": 1, "baud": "1"}, "it must be a whole number (or left out) (speed)"),
    ],
)
def test_each_fault_names_file_section_and_key(table: dict[str, Any], said: str) -> None:
    found = faults(table)
    assert len(found) == 1
    assert said in found[0]
    assert found[0].startswith("terminal.toml: [terminal] ")


def test_all_faults_at_once() -> None:
    found = faults({"prot": 1, "name": 1, "on": "yes", "parity": "X", "lines": [1]})
    assert len(found) == 6


def test_huge_values_are_cut() -> None:
    assert len(faults({"port": "x" * 100_000})[0]) < 300
    assert len(faults({"port": 10**5000})[0]) < 300


def test_describe() -> None:
    lines = {line.key: line for line in describe(Example)}
    assert lines["port"].default == "(required)"
    assert lines["name"].default == '"lane"'
    assert lines["lines"].allowed == "list of text in quotes, at most 2 entries"
    assert lines["baud"].default == "(none)"
    assert allowed(Example, "parity") == '"N", "E" or "O"'
    assert allowed(Example, "on") == "true or false"


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"a = ", "not_toml", "not TOML"),
        (b"\xff", "not_toml", "not UTF-8 at byte 0"),
        (b"a = 1\na = 2", "not_toml", "not TOML"),
        (b"a = 2026-99-99", "not_toml", "not TOML"),
        (b"[" * 100_000, "not_toml", "not TOML"),
        (b"a = " + b"[" * 100_000, "not_toml", "not TOML"),
        (b"#" * (1 << 20) + b"#", "too_long", "longer than"),
    ],
)
def test_files_that_are_no_toml(tmp_path: Path, content: bytes, code: str, said: str) -> None:
    path = tmp_path / "terminal.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=f"^terminal.toml: .*{said}") as caught:
        read_toml(path)
    assert caught.value.faults[0].code == code


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_toml(tmp_path / "terminal.toml")
    with pytest.raises(SettingsError, match="directory"):
        read_toml(tmp_path)


def test_a_section_that_is_none() -> None:
    reader = Reader("f.toml")
    assert reader.table({"terminal": 1}, "terminal") == {}
    assert reader.table({}, "terminal") == {}
    assert [fault.code for fault in reader.faults] == ["bad_type", "missing"]
    with pytest.raises(SettingsError):
        reader.finish()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(["port", "name", "parity", "on", "lines", "codes", "baud", "kind"]) | st.text(max_size=8)


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.dictionaries(keys, values, max_size=6))
def test_any_table_is_read_or_refused(table: dict[str, Any]) -> None:
    try:
        made = load(Example, table, "f.toml", "s")
    except SettingsError as error:
        assert error.faults
        assert all(len(str(fault)) < 500 for fault in error.faults)
    else:
        assert 1 <= made.port <= 65535
        assert type(made.on) is bool


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text(string.printable, max_size=60).map(str.encode))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    try:
        assert isinstance(read_toml(path), dict)
    except SettingsError as error:
        assert error.faults[0].file == "any.toml"
