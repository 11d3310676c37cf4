"""How long an ESC/POS command is: a number of bytes, or a rule that says it as soon as enough of the command is there.

QR, bar codes, cut and drawer follow the bytes quoted in the drivers' reference; all other lengths are from memory of
Epson's command reference, unverified.
"""

from __future__ import annotations

from collections.abc import Callable

MAX_NUL_TEXT = 255  # bytes of what ends in NUL: one that does not end is given up there

Length = int | Callable[[bytearray], int | None]  # None: not yet known


def paren(command: bytearray) -> int | None:
    return 5 + command[3] + 256 * command[4] if len(command) >= 5 else None


def cut(command: bytearray) -> int | None:
    if len(command) < 3:
        return None
    return 4 if command[2] in (65, 66, 97, 98) else 3


def to_nul(start: int) -> Callable[[bytearray], int | None]:
    """Ends in NUL; one that does not end is given up after MAX_NUL_TEXT bytes."""

    def length(command: bytearray) -> int | None:
        end = command.find(0, start, start + MAX_NUL_TEXT)
        if end >= 0:
            return end + 1
        return start + MAX_NUL_TEXT if len(command) >= start + MAX_NUL_TEXT else None

    return length


def bars(command: bytearray) -> int | None:
    if len(command) < 4:
        return None
    if command[2] >= 65:
        return 4 + command[3]
    return to_nul(3)(command)


def raster(command: bytearray) -> int | None:
    if len(command) < 8:
        return None
    if command[2] != 0x30:
        return 3
    return 8 + (command[4] + 256 * command[5]) * (command[6] + 256 * command[7])


def bit_image(command: bytearray) -> int | None:
    if len(command) < 5:
        return None
    return 5 + (command[3] + 256 * command[4]) * (3 if command[2] in (32, 33) else 1)


# taken, and without effect here
IGNORED: dict[bytes, Length] = {
    b"\x10\x04": 3, b"\x10\x05": 3, b"\x10\x14": 5,  # real-time: done when they came in
    b"\x1b=": 3, b"\x1bR": 3, b"\x1bV": 3, b"\x1b{": 3, b"\x1br": 3, b"\x1bU": 3, b"\x1b?": 3, b"\x1b%": 3,
    b"\x1bc": 4, b"\x1bB": 4, b"\x1be": 3, b"\x1bS": 2, b"\x1bT": 3, b"\x1bW": 10, b"\x1b<": 2,
    b"\x1cS": 4, b"\x1cC": 3, b"\x1c2": 76, b"\x1cp": 4,
    b"\x1df": 3, b"\x1dP": 4, b"\x1db": 3, b"\x1dE": 3, b"\x1dT": 3, b"\x1d:": 2, b"\x1d^": 5, b"\x1d/": 3,
    b"\x1c(": paren,
    b"\x1d8": lambda c: 7 + int.from_bytes(c[3:7], "little") if len(c) >= 7 else None,
    b"\x1d*": lambda c: 4 + 8 * c[2] * c[3] if len(c) >= 4 else None,
}  # fmt: skip
