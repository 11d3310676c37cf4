"""Text as a receipt printer's cells: which bytes a character is, how wide it is, and where a line breaks.

A character is one ASCII byte and one cell, or the bytes of the printer's Chinese charset and two cells: the printer's
own fonts decide, so East Asian ambiguous characters are as wide as their bytes are many. What the printer cannot show
becomes `?` here, and so does every control character: nothing in a name can be a command. (A file that begins with an
underscore is no driver.)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from drivers.api import Align

Charset = Literal["gb18030", "gbk", "gb2312"]
UNKNOWN = b"?"
YEN, FULLWIDTH_YEN = "\u00a5", "\uffe5"  # U+00A5 is four bytes in GB18030, and two-byte printers print two of them


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character on paper: its bytes, and 1 or 2 cells."""

    data: bytes
    cells: int


SPACE = Glyph(b" ", 1)
Line = list[Glyph]


def encode_char(char: str, charset: Charset, four_byte: bool) -> bytes:
    """The bytes of one character: one of printable ASCII, or two (or four) that begin above 0x80; else `?`."""
    if " " <= char <= "~":
        return char.encode("ascii")
    if char == YEN:
        char = FULLWIDTH_YEN
    try:
        data = char.encode("gb18030" if charset == "gb18030" else "gbk")
        if charset == "gb2312":
            data.decode("gb2312")  # GBK's bytes are GB 2312's where that has the character at all
    except UnicodeError:
        return UNKNOWN
    if len(data) == 2 and data[0] > 0x80:
        return data
    if len(data) == 4 and four_byte and charset == "gb18030":
        return data
    return UNKNOWN


def encoder(charset: Charset, four_byte: bool) -> Callable[[str], list[Line]]:
    """A function from text to its lines (cut at its own line breaks) of glyphs."""

    def lines(text: str) -> list[Line]:
        out: list[Line] = [[]]
        for char in unicodedata.normalize("NFC", text.replace("\r\n", "\n")):
            if char in "\n\r\u2028\u2029":
                out.append([])
                continue
            if unicodedata.category(char) in ("Cf", "Mn", "Me"):
                continue  # takes no cell: zero-width marks, directions, accents that have no letter of their own
            if char in "\t\u00a0\u2007\u2009\u202f":
                char = " "
            data = encode_char(char, charset, four_byte)
            out[-1].append(Glyph(data, 1 if len(data) == 1 else 2))
        return out

    return lines


def width(line: Line) -> int:
    return sum(glyph.cells for glyph in line)


def wrap(line: Line, columns: int) -> list[Line]:
    """The line in pieces of at most `columns` cells (from 2): broken between Han, and between words where it can be."""
    out: list[Line] = []
    current: Line = []
    used = 0
    for glyph in line:
        if used + glyph.cells > columns:
            if glyph == SPACE:
                continue  # the edge itself parts the words
            rest = _unfinished_word(current) if glyph.cells == 1 else []
            out.append(_trimmed(current[: len(current) - len(rest)]))
            current, used = rest, len(rest)
        if glyph == SPACE and not current and out:
            continue
        current.append(glyph)
        used += glyph.cells
    out.append(_trimmed(current))
    return out


def _unfinished_word(line: Line) -> Line:
    """The one-cell characters after the last space or Han of the line; empty where they are the whole line."""
    start = len(line)
    while start > 0 and line[start - 1].cells == 1 and line[start - 1] != SPACE:
        start -= 1
    return line[start:] if any(glyph != SPACE for glyph in line[:start]) else []


def _trimmed(line: Line) -> Line:
    end = len(line)
    while end > 0 and line[end - 1] == SPACE:
        end -= 1
    return line[:end]


def pad(line: Line, columns: int, align: Align) -> Line:
    """The line in exactly `columns` cells (it must fit)."""
    room = columns - width(line)
    before = {"left": 0, "centre": room // 2, "right": room}[align]
    return [SPACE] * before + line + [SPACE] * (room - before)


def share_out(widths: list[int], columns: int) -> list[int]:
    """Widths of a row's cells: 0 becomes a share of what is left over. Where a row is made for wider paper, its widest
    cells give way; every cell keeps at least 1 (there must not be more cells than columns)."""
    free = [i for i, w in enumerate(widths) if w <= 0]
    least = min(8, columns // max(1, len(widths)))
    out = [max(0, w) for w in widths]
    while sum(out) + least * len(free) > columns and max(out) > 1:
        out[out.index(max(out))] -= 1
    left = max(0, columns - sum(out))
    for count, i in enumerate(free):
        out[i] = left // (len(free) - count)
        left -= out[i]
    return out


def join(line: Line) -> bytes:
    return b"".join(glyph.data for glyph in line)
