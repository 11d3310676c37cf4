"""What lies on the paper of a simulated printer, and the same as text in a monospace grid.

Rule: every position is kept in dots, as the print head has it; the text and the picture (`picture.py`) are two views of
the same marks. In the text one column is a half-width cell of 12 dots, and a character that the printer gave two cells
counts two columns, as it does on a terminal with a Chinese locale.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

CELL_DOTS = 12
FONT_A_DOTS, FONT_B_DOTS, HAN_DOTS = 12, 9, 24
WIDTHS_DOTS = (576, 384)  # 80 mm and 58 mm paper


@dataclass(frozen=True, slots=True)
class Style:
    width: int = 1  # 1..8
    height: int = 1  # 1..8
    bold: bool = False
    underline: bool = False
    reverse: bool = False
    font_b: bool = False


@dataclass(frozen=True, slots=True)
class Glyph:
    text: str  # one character
    x: int  # dots from the left edge of the line's area
    dots: int  # how wide, widening included
    style: Style


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line; without glyphs, an empty one."""

    glyphs: tuple[Glyph, ...]
    align: str  # left, centre, right
    left: int  # dots: where the line's area begins
    width: int  # dots: how wide it is
    feed: int  # dots from this line to the next

    @property
    def extent(self) -> int:
        return max((glyph.x + glyph.dots for glyph in self.glyphs), default=0)

    @property
    def start(self) -> int:
        """Where the glyph at x=0 stands on the paper."""
        return self.left + shift(self.align, self.width, self.extent)


@dataclass(frozen=True, slots=True)
class Space:
    """Paper moved on by some dots that are not lines."""

    feed: int


@dataclass(frozen=True, slots=True)
class QRCode:
    data: bytes
    module: int  # dots, 1..16
    correction: str  # L M Q H
    align: str
    left: int
    width: int

    @property
    def text(self) -> str:
        return readable(self.data)


@dataclass(frozen=True, slots=True)
class Bars:
    symbology: str  # EAN13, EAN8, UPC-A, CODE128, ...
    text: str  # what a scanner would give
    values: tuple[int, ...]  # symbol characters of Code 128, start and check included; else empty
    height: int
    module: int  # dots, 2..6
    digits: str  # none, above, below, both
    align: str
    left: int
    width: int


@dataclass(frozen=True, slots=True)
class Raster:
    """A bit image: rows of bytes, the highest bit leftmost."""

    rows: tuple[bytes, ...]
    scale_x: int
    scale_y: int
    align: str
    left: int
    width: int


@dataclass(frozen=True, slots=True)
class NewRoll:
    """Here the paper ran out and another roll was put in."""


@dataclass(frozen=True, slots=True)
class Cut:
    partial: bool


Mark = Line | Space | QRCode | Bars | Raster | NewRoll | Cut


@dataclass(slots=True)
class Slip:
    """What comes out of the printer between two cuts, and what happened meanwhile."""

    width: int = 576
    marks: list[Mark] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return as_text(self.marks, self.width)


def shift(align: str, width: int, extent: int) -> int:
    room = max(0, width - extent)
    return room if align == "right" else room // 2 if align == "centre" else 0


def readable(data: bytes) -> str:
    """The text in a QR code: UTF-8 as scanners expect, else GB18030, else the bytes."""
    for codec in ("utf-8", "gb18030"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return data.decode("ascii", "backslashreplace")


# --- as text ----------------------------------------------------------------------------------------------------


def as_text(marks: Iterable[Mark], width: int = 576) -> str:
    """Lines joined by line feeds, no trailing blanks. QR, bar codes and cuts stand in brackets."""
    lines: list[str] = []
    loose = 0  # dots fed that are not yet a whole line
    for mark in marks:
        if isinstance(mark, Space):
            loose += mark.feed
            lines += [""] * (loose // 30)
            loose %= 30
            continue
        loose = 0
        if isinstance(mark, Line):
            lines.append(_line_text(mark))
        elif isinstance(mark, QRCode):
            lines.append(_placed(f"[QR: {_one_line(mark.text)}]", mark.align, mark.left, mark.width))
        elif isinstance(mark, Bars):
            lines.append(_placed(f"[BARCODE: {_one_line(mark.text)}]", mark.align, mark.left, mark.width))
        elif isinstance(mark, Raster):
            size = f"{len(mark.rows[0]) * 8 if mark.rows else 0}x{len(mark.rows)}"
            lines.append(_placed(f"[IMAGE: {size}]", mark.align, mark.left, mark.width))
        else:
            words = " [NEW ROLL] " if isinstance(mark, NewRoll) else " [PARTIAL CUT] " if mark.partial else " [CUT] "
            lines.append(words.center(width // CELL_DOTS, "-" if isinstance(mark, Cut) else "~"))
    return "\n".join(lines) + "\n" if lines else ""


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def _placed(text: str, align: str, left: int, width: int) -> str:
    return " " * (left // CELL_DOTS + shift(align, width // CELL_DOTS, len(text))) + text


def _line_text(line: Line) -> str:
    """Widened characters are written close together, so that `12.30` stays findable, at the side of their room that
    the line is aligned to; a word that ends at the right edge stays there."""
    out, column = "", 0
    for _, run in groupby(_runs(line), key=lambda item: item[0]):
        glyphs = [glyph for _, glyph in run]
        first, last = glyphs[0], glyphs[-1]
        start = (line.start + first.x) // CELL_DOTS
        room = -(-(line.start + last.x + last.dots) // CELL_DOTS) - start
        columns = sum(max(1, round(glyph.dots / glyph.style.width / CELL_DOTS)) for glyph in glyphs)
        at_edge = last.x + last.dots > line.width - CELL_DOTS * last.style.width
        start += shift("right" if at_edge else line.align, room, columns)
        out += " " * (start - column) + "".join(glyph.text for glyph in glyphs)
        column = max(column, start) + columns
    return out.rstrip()


def _runs(line: Line) -> list[tuple[int, Glyph]]:
    """Each glyph with the number of its run: neighbours of one width that touch. Two widened blanks divide runs, so
    that columns stay columns; one is a blank between words."""
    runs: list[tuple[int, Glyph]] = []
    number, end, width, blanks = 0, -1, 0, 0
    for glyph in sorted(line.glyphs, key=lambda glyph: glyph.x):
        blanks = blanks + 1 if glyph.text == " " else 0
        wide = glyph.style.width > 1
        if wide and blanks > 1:
            number += 1
            end = -1
            continue
        if glyph.x != end or glyph.style.width != width:
            number += 1
        runs.append((number, glyph))
        end, width = glyph.x + glyph.dots, glyph.style.width
    return runs
