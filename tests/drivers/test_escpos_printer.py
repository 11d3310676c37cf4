"""The ESC/POS encoder's bytes, its cells, and the status answers of the reference."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import QR, Barcode, Columns, Cut, DriverError, Feed, Garbage, PrinterStatus, Rule, Text
from drivers.pos_printer._cells import encoder, width, wrap
from drivers.pos_printer.escpos import INIT, Codec, Settings


def encode(*document: Any, **made: Any) -> bytes:
    data = b"".join(Codec(Settings(**made)).encode(document))
    assert data.startswith(INIT) or not data
    return data.removeprefix(INIT)


def paper(*document: Any, **made: Any) -> list[str]:
    """The lines of a document that has nothing but text in it."""
    return encode(*document, **made).decode("gb18030").split("\n")[:-1]


def test_the_bytes_themselves() -> None:
    assert encode(Text("白菜")) == "白菜\n".encode("gb18030")
    assert encode(Text("a", "centre", bold=True, width=2, height=2)) == (
        b"\x1ba\x01\x1d!\x11\x1bE\x01a\n\x1bE\x00\x1d!\x00\x1ba\x00"
    )
    assert encode(Feed(3), Cut()) == b"\x1bd\x03\x1bd\x02\x1dV\x01"
    assert encode(Cut(), cut="full", cut_feed=0) == b"\x1dV\x00"
    assert encode(Cut(), cut="none") == b"\x1bd\x02"
    assert encode(Rule(), columns=32) == b"-" * 32 + b"\n"
    assert b"\x1dk\x026901234567892\x00" in encode(Barcode("6901234567892", "EAN13"))
    assert b"\x1dk\x49\x07{BA-1{{" in encode(Barcode("A-1{"))
    assert encode(QR("hi", 6)) == (
        b"\x1ba\x01\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x06\x1d(k\x03\x001E1\x1d(k\x05\x001P0hi\x1d(k\x03\x001Q0\n\x1ba\x00"
    )
    assert Codec(Settings()).open_drawer() == b"\x1bp\x00\x32\x32"
    assert Codec(Settings(drawer_pin=5, drawer_on_ms=50)).open_drawer() == b"\x1bp\x01\x19\x32"
    assert Codec(Settings()).ask_status() == b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04"
    assert Codec(Settings(status=False)).ask_status() == b""


def test_a_document_begins_anew() -> None:
    assert Codec(Settings()).encode((Text("a"),)) == [INIT + b"a\n"]
    assert INIT == b"\x1b@\x1b@\x1c&"
    assert Codec(Settings()).encode(()) == []


@pytest.mark.parametrize(
    ("text", "made", "data"),
    [
        ("¥1", {}, b"\xa3\xa41"),
        ("€", {}, "€".encode("gb18030")),
        ("€", {"charset": "gbk"}, b"?"),
        ("שלום", {}, b"????"),
        ("ש", {"four_byte": True}, "ש".encode("gb18030")),
        ("𠀀", {}, b"?"),
        ("鎔", {"charset": "gb2312"}, b"?"),
        ("白", {"charset": "gb2312"}, b"\xb0\xd7"),
        ("\udcff\x80\x9b", {}, b"???"),
        ("é", {}, "é".encode("gb18030")),
        ("e\u0301", {}, "é".encode("gb18030")),
        ("a\u200b\ufeffb", {}, b"ab"),
        ("a\tb", {}, b"a b"),
    ],
)
def test_characters(text: str, made: dict[str, Any], data: bytes) -> None:
    assert encode(Text(text), **made) == data + b"\n"


@given(st.text(max_size=80), st.sampled_from(["gb18030", "gbk", "gb2312"]), st.booleans(), st.integers(2, 48))
def test_no_text_is_ever_a_command(text: str, charset: Any, four_byte: bool, columns: int) -> None:
    for line in encoder(charset, four_byte)(text):
        for piece in wrap(line, columns):
            assert width(piece) <= columns
            for glyph in piece:
                single = len(glyph.data) == 1 and 0x20 <= glyph.data[0] <= 0x7E and glyph.cells == 1
                double = len(glyph.data) in (2, 4) and glyph.data[0] > 0x80 and glyph.cells == 2
                assert single or double
                assert double is False or glyph.data.decode("gb18030")
        kept = b"".join(g.data for piece in wrap(line, columns) for g in piece if g.data != b" ")
        assert kept == b"".join(g.data for g in line if g.data != b" ")


def test_control_bytes_in_a_name_reach_nothing() -> None:
    for element in (
        Text("\x1b@\x1bp\x00\x10\x04\x01\x1dV\x00"),
        Columns((("\x1bp\x00", 0, "left"), ("\x1dV\x00", 8, "right"))),
        Barcode("\x1bp\x00"),
        Barcode("690\x00\x1bp", "EAN13"),
    ):
        data = encode(element).replace(b"\x1ba\x01", b"").replace(b"\x1ba\x00", b"")
        assert all(byte >= 0x20 or byte == 0x0A for byte in data), data
    assert b"\x10\x04" not in encode(QR("\x10\x04\x01"))


def test_lines_break_between_cells() -> None:
    assert paper(Text("白" * 17), columns=32) == ["白" * 16, "白"]
    assert paper(Text("a" + "白" * 16), columns=32) == ["a" + "白" * 15, "白"]
    assert paper(Text("fresh milk from the farm"), columns=16) == ["fresh milk from", "the farm"]
    assert paper(Text("x" * 20), columns=16) == ["x" * 16, "x" * 4]
    assert paper(Text("a\nb")) == ["a", "b"]
    assert paper(Text("")) == [""]
    assert [len(x) for x in encode(Text("白" * 20, width=2), columns=32).replace(b"\x1d!\x10", b"").split(b"\n")][
        :2
    ] == [16, 16]


def test_columns_line_up() -> None:
    lines = paper(Columns((("白菜 500g", 0, "left"), ("12.50", 11, "right"))), columns=32)
    assert lines == ["白菜 500g" + " " * 18 + "12.50"]
    lines = paper(Columns((("白" * 12, 0, "left"), ("12.50", 11, "right"))), columns=32)
    assert lines == ["白" * 10 + " " * 7 + "12.50", "白白"]
    centred = paper(Columns((("a", 5, "centre"), ("b", 5, "left"), ("c", 0, "right"))), columns=16)
    assert centred == ["  a  b" + " " * 9 + "c"]


@given(
    st.lists(
        st.tuples(st.text(max_size=30), st.integers(0, 60), st.sampled_from(["left", "centre", "right"])),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from([16, 32, 48]),
)
def test_columns_fit_on_any_paper(cells: Any, columns: int) -> None:
    data = encode(Columns(tuple(cells)), columns=columns)
    assert all(len(line) <= columns for line in data.split(b"\n"))


def test_bars_without_room_are_a_qr_code_with_its_text() -> None:
    code = "S001-01-000123-9f3a"
    text = b"\x1ba\x01" + code.encode() + b"\n\x1ba\x00"
    assert encode(Barcode(code), columns=32) == encode(QR(code), columns=32) + text
    assert b"\x1dk\x49" in encode(Barcode(code), columns=48)


def test_what_cannot_be_bars_is_text() -> None:
    assert b"6901234567890\n" in encode(Barcode("6901234567890", "EAN13"))  # its check digit is wrong
    assert encode(Barcode("白")) == b"\x1ba\x01\xb0\xd7\n\x1ba\x00"
    assert encode(QR("x" * 2000)).count(b"\n") == 42
    assert encode(Barcode(""), QR("")) == b""


def test_an_element_of_no_kind_is_the_daemons_fault() -> None:
    with pytest.raises(DriverError):
        Codec(Settings()).encode((object(),))  # type: ignore[arg-type]


def test_status_answers() -> None:
    codec = Codec(Settings())
    codec.ask_status()
    assert codec.receive(b"\x12\x12\x12\x12") == [
        PrinterStatus(offline=False, drawer_open=False),
        PrinterStatus(cover_open=False),
        PrinterStatus(cutter_error=False, unrecoverable=False),
        PrinterStatus(paper="ok"),
    ]
    codec.ask_status()
    assert codec.receive(b"\x1e\x36\x3a\x72") == [
        PrinterStatus(offline=True, drawer_open=True),
        PrinterStatus(cover_open=True, paper="empty"),
        PrinterStatus(cutter_error=True, unrecoverable=True),
        PrinterStatus(paper="empty"),
    ]
    codec.ask_status()
    assert codec.receive(b"\x13\x12\x12\x11\x12\x1e")[-1] == PrinterStatus(paper="near_end")
    assert codec.receive(b"\x12") == [PrinterStatus()]  # nobody asked


def test_a_question_that_has_its_turn() -> None:
    codec = Codec(Settings())
    assert codec.ask_reached() == b"\x1dr\x01"
    codec.ask_status()
    outputs = codec.receive(b"\x12\x12\x00\x12\x12")
    assert outputs[2] == PrinterStatus(reached=True) and outputs[4] == PrinterStatus(paper="ok")
    assert codec.receive(b"\x00") + codec.flush() == [Garbage(b"\x00", "no status of a printer")]
    assert Codec(Settings(confirm=False)).ask_reached() == b""


def test_the_automatic_status_is_told_apart() -> None:
    codec = Codec(Settings())
    codec.ask_status()
    outputs = codec.receive(b"\x12\x3c\x28\x0d\x00\x12\x12\x12")
    assert outputs[1] == PrinterStatus(
        offline=True, cover_open=True, paper="empty", cutter_error=True, unrecoverable=True, drawer_open=True
    )
    assert outputs[2:] == [
        PrinterStatus(cover_open=False),
        PrinterStatus(cutter_error=False, unrecoverable=False),
        PrinterStatus(paper="ok"),
    ]
    assert Codec(Settings()).receive(b"\x10\x00\x03\x00")[0] == PrinterStatus(
        offline=False, cover_open=False, paper="near_end", cutter_error=False, unrecoverable=False, drawer_open=False
    )


def test_the_sensors_level_is_a_setting() -> None:
    for level, byte in itertools.product(("high", "low"), (0x12, 0x16)):
        codec = Codec(Settings(drawer_open_level=level))
        codec.ask_status()
        (status,) = codec.receive(bytes((byte,)))
        assert isinstance(status, PrinterStatus)
        assert status.drawer_open == ((level == "high") == (byte == 0x16))


def test_nonsense_before_a_status_that_stops_is_two_pieces() -> None:
    """Found by scripts/fuzz: a piece of nonsense has at most 64 bytes."""
    codec = Codec(Settings())
    assert codec.receive(b"\xff" * 63 + b"\x10\x00") == []
    assert [len(one.data) for one in codec.flush() if isinstance(one, Garbage)] == [64, 1]
