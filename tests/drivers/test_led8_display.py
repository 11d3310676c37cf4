"""The LED8's bytes: 1B 51 41 digits 0D, 1B 73 lamp in two dialects."""

from __future__ import annotations

import pytest

from drivers.line_display.led8 import SERIAL, Codec, Settings, digits


def test_the_bytes_themselves() -> None:
    assert Codec(Settings()).show("total", 1234, 2) == b"\x1bs2\x1bQA12.34\r"
    assert Codec(Settings(lamps="binary")).show("change", 5, 2) == b"\x1bs\x04\x1bQA0.05\r"
    assert Codec(Settings()).clear() == b"\x1bs0\x0c"
    assert SERIAL.baud == 2400


@pytest.mark.parametrize(
    ("amount_minor", "exponent", "shown"),
    [
        (0, 2, "0.00"),
        (99_999_999, 2, "999999.99"),
        (100_000_000, 2, "--------"),
        (-9_999_999, 2, "-99999.99"),
        (-10_000_000, 2, "--------"),
        (1234, 0, "1234"),
        (1, 3, "0.001"),
        (1, 9, "--------"),
    ],
)
def test_eight_places(amount_minor: int, exponent: int, shown: str) -> None:
    assert digits(amount_minor, exponent) == shown
