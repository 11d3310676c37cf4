"""The CAS and OS2 frames of the reference: 01 02 status sign weight unit BCC 03 04, and the conversation 05 06 11."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.api import Garbage, ScaleReading, Send
from drivers.scale.cas import Codec, Settings


def frame(body: bytes, header: bool = False) -> bytes:
    bcc = 0
    for byte in (b"\x01\x02" if header else b"") + body:
        bcc ^= byte
    return b"\x01\x02" + body + bytes((bcc,)) + b"\x03\x04"


def read(data: bytes, **made: Any) -> list[Any]:
    codec = Codec(Settings(**made))
    return codec.receive(data) + codec.flush()


def test_the_bytes_themselves() -> None:
    # 53 20 30 31 2E 32 33 34 6B 67: XOR is 65, with the header 66.
    for bcc in ("65", "66"):
        assert read(bytes.fromhex(f"0102 5320 30312e323334 6b67 {bcc} 0304")) == [ScaleReading("OK", 1234)]
    (garbage,) = read(bytes.fromhex("0102 5320 30312e323334 6b67 42 0304"))
    assert isinstance(garbage, Garbage) and "check" in garbage.reason


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize(
    ("body", "reading"),
    [
        (b"S 01.234kg", ScaleReading("OK", 1234)),
        (b"S  0.005kg", ScaleReading("OK", 5)),
        (b"S 15.000KG", ScaleReading("OK", 15000)),
        (b"S   1234 g", ScaleReading("OK", 1234)),
        (b"S  500.0g ", ScaleReading("OK", 500)),
        (b"S 1.2340kg", ScaleReading("OK", 1234)),
        (b"U 01.234kg", ScaleReading("ESCAL_UNSTABLE", 1234)),
        (b"S 00.000kg", ScaleReading("ESCAL_ZERO")),
        (b"S-00.000kg", ScaleReading("ESCAL_ZERO")),
        (b"S-00.120kg", ScaleReading("ESCAL_UNDER_ZERO", -120)),
        (b"F 15.010kg", ScaleReading("ESCAL_OVERWEIGHT")),
        (b"F ------kg", ScaleReading("ESCAL_OVERWEIGHT")),
    ],
)
def test_readings(body: bytes, reading: ScaleReading, header: bool) -> None:
    assert read(frame(body, header)) == [reading]


@pytest.mark.parametrize(
    "body", [b"S 01.234lb", b"S 1.2345kg", b"S 12.4.5kg", b"S      kg", b"S 01.23-kg", b"X 01.234kg", b"S*01.234kg"]
)
def test_what_is_no_weight(body: bytes) -> None:
    (garbage,) = read(frame(body))
    assert isinstance(garbage, Garbage)


def test_the_conversation() -> None:
    codec = Codec(Settings())
    assert codec.ask() == b"\x05"
    assert codec.receive(b"\x06") == [Send(b"\x11")]
    assert codec.receive(frame(b"S 01.234kg")) == [ScaleReading("OK", 1234)]
    assert codec.probe() == b"\x05"
    assert codec.receive(b"\x06") == []  # a probe changes nothing


def test_the_stream_and_its_second_flag() -> None:
    codec = Codec(Settings(mode="active"))
    assert codec.ask() == codec.probe() == b""
    good = frame(b"S 01.234kg")
    assert codec.receive(good) == []
    assert codec.receive(b"\x00") == [ScaleReading("OK", 1234)]
    assert codec.receive(good + b"\x20" + good + b"\x40") == [
        ScaleReading("OK", 1234),
        ScaleReading("ESCAL_OVERWEIGHT", 1234),
    ]
    assert codec.receive(good + good) == [ScaleReading("OK", 1234)]  # a scale that sends no flag
    assert codec.flush() == [ScaleReading("OK", 1234)]


def test_finds_the_next_frame_after_a_broken_one() -> None:
    good = frame(b"S 01.234kg")
    for broken in (good[:7], good[:13], b"\x01", b"\x01\x01", b"\x01\x02\x01\x02", b"noise\x01\x02S", good[1:]):
        outputs = read(broken + good)
        assert outputs[-1] == ScaleReading("OK", 1234), broken
        assert all(isinstance(output, Garbage) for output in outputs[:-1])
    # A check byte may look like a mark.
    assert read(frame(b"S 01.234kg") * 3) == [ScaleReading("OK", 1234)] * 3
