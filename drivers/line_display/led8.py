"""An eight-digit customer display with four lamps (the LED8 family).

Shows `ESC Q A digits CR` (1B 51 41 .. 0D); a decimal point takes no digit. Lamps `ESC s n` (1B 73 n): 0 off, 1 price,
2 total, 3 paid, 4 change. Two dialects: n as an ASCII digit (LED8), or as the bare number (Wintec CD110, Hisense
VC108). An amount that does not fit is shown as eight dashes: never a part of it. The clearing byte CLR (0C) is listed
for the CD5220 that this family descends from; unverified on an LED8.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.api import Garbage, Lamp, Output, SerialLine, setting

TRANSPORTS = ("serial", "tcp")
SERIAL = SerialLine(baud=2400)

DIGITS = 8
_LAMPS: dict[Lamp, int] = {"off": 0, "price": 1, "total": 2, "paid": 3, "change": 4}


@dataclass(frozen=True, slots=True)
class Settings:
    lamps: str = setting("ascii", "how a lamp is named: ascii 0 to 4, or binary", choices=("ascii", "binary"))


class Codec:
    def __init__(self, settings: Settings) -> None:
        self._base = 0x30 if settings.lamps == "ascii" else 0

    def show(self, lamp: Lamp, amount_minor: int, exponent: int) -> bytes:
        """`exponent` is the currency's number of decimals, 0 to 7; an amount it cannot show becomes dashes."""
        return self._lamp(lamp) + b"\x1bQA" + digits(amount_minor, exponent).encode("ascii") + b"\r"

    def clear(self) -> bytes:
        return self._lamp("off") + b"\x0c"

    def _lamp(self, lamp: Lamp) -> bytes:
        return b"\x1bs" + bytes((self._base + _LAMPS[lamp],))

    def receive(self, data: bytes) -> list[Output]:
        return [Garbage(data[i : i + 1], "a display says nothing") for i in range(len(data))]

    def flush(self) -> list[Output]:
        return []

    def probe(self) -> bytes:
        return b""


def digits(amount_minor: int, exponent: int) -> str:
    """The amount as the display's eight places take it; the minus sign takes one."""
    if not 0 <= exponent < DIGITS:
        return "-" * DIGITS
    text = str(abs(amount_minor)).zfill(exponent + 1)
    sign = "-" if amount_minor < 0 else ""
    if len(sign + text) > DIGITS:
        return "-" * DIGITS
    return sign + (text[:-exponent] + "." + text[-exponent:] if exponent else text)
