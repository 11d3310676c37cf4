"""The serial scanner's frames, as its settings have them."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.api import Garbage, ScanData
from drivers.scanner.serial_line import Codec, Settings


def read(data: bytes, **made: Any) -> list[Any]:
    return Codec(Settings(**made)).receive(data)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r\n"])
def test_any_ending_gives_each_code_once(end: bytes) -> None:
    assert read(b"690" + end + b"691" + end) == [ScanData("690"), ScanData("691")]


def test_tab_and_fixed_endings() -> None:
    assert read(b"690\t", suffix="tab") == [ScanData("690")]
    assert read(b"690\r\n691\r\n", suffix="crlf") == [ScanData("690"), ScanData("691")]
    assert read(b"690\r\n691\r\n", suffix="cr") == [ScanData("690"), ScanData("691")]


def test_without_a_suffix_silence_ends_a_code() -> None:
    codec = Codec(Settings(suffix="none"))
    assert codec.receive(b"690") + codec.receive(b"1") == []
    assert codec.flush() == [ScanData("6901")]
    assert codec.quiet_ms == 300


def test_a_code_that_stops_before_its_suffix_is_no_code() -> None:
    codec = Codec(Settings())
    codec.receive(b"69012345")
    (garbage,) = codec.flush()
    assert isinstance(garbage, Garbage)
    assert codec.receive(b"67892\r") == [ScanData("67892")]


def test_aim_prefix_and_wrapping() -> None:
    assert read(b"]E06901234567892\r") == [ScanData("6901234567892", "]E0")]
    assert read(b"]E0690\r", aim="none") == [ScanData("]E0690")]
    assert read(b"\x02]C101\x1d10\x03\r\n") == [ScanData("01\x1d10", "]C1")]
    assert read(b"\x02690\x03") == [ScanData("690")]
    assert read(b"*]E0690\r690\r", prefix="*") == [ScanData("690", "]E0"), ScanData("690")]


@pytest.mark.parametrize(
    "frame", [b"69\x1b0", b"69\x000", b"69\x7f0", b"\xff\xfe0", b"\xc2\x800", b"]E0", b"\x1d", b"A" * 513]
)
def test_what_is_no_code(frame: bytes) -> None:
    (garbage,) = read(frame + b"\r")
    assert isinstance(garbage, Garbage)


def test_letters_as_the_scanner_writes_them() -> None:
    assert read("白菜\r".encode()) == [ScanData("白菜")]
    assert read("白菜\r".encode("gb18030"), encoding="gb18030") == [ScanData("白菜")]
