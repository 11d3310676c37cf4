"""Reads ESC/POS as a Chinese receipt printer does: bytes in, marks on paper and requests to the mechanism out.

Chinese commands, QR, bar codes, sizes, cut and drawer are as the manuals of SP91, SPRT POS76 and TM-T88III are quoted;
the rest (tabs, positions, margins, images, code pages) is unverified. Text is GB18030 while FS & is
on (as it is at power-up on Chinese models), else a code page. Rule: any bytes whatever are read; what is not understood
is a fault that is recorded, never an error. Commands in `lengths.IGNORED`, and those marked *, are taken and do
nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from drivers.simulators import barcodes, lengths
from drivers.simulators.paper import (
    CELL_DOTS,
    FONT_A_DOTS,
    FONT_B_DOTS,
    HAN_DOTS,
    Bars,
    Cut,
    Glyph,
    Line,
    Mark,
    QRCode,
    Raster,
    Space,
    Style,
)

DEFAULT_SPACING = 30  # dots from line to line
MAX_COMMAND = 200_000  # bytes of one command that are kept; a longer one is passed over
CODE_PAGES = {0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 16: "cp1252", 17: "cp866", 18: "cp852"}
ALIGNS = ("left", "centre", "right")
QR_BYTES = {"L": 2953, "M": 2331, "Q": 1663, "H": 1273}  # what the largest symbol holds, ISO/IEC 18004
BAR_NAMES = ("UPC-A", "UPC-E", "EAN13", "EAN8", "CODE39", "ITF", "CODABAR", "CODE93", "CODE128")


@dataclass(frozen=True, slots=True)
class Pulse:
    pin: int  # 2 or 5
    on_ms: int


@dataclass(frozen=True, slots=True)
class Ask:
    """A queued question: `r` GS r, `I` GS I, `a` GS a (then the number is what is switched on)."""

    what: str
    number: int


@dataclass(frozen=True, slots=True)
class Fault:
    text: str


Output = Mark | Pulse | Ask | Fault


@dataclass(slots=True)
class _Mode:
    """What ESC @ sets back."""

    style: Style = field(default_factory=Style)
    han: Style = field(default_factory=Style)  # size and underline of FS !; bold and reverse are the text's
    align: str = "left"
    spacing: int = DEFAULT_SPACING
    gap: int = 0  # dots right of each character
    left: int = 0
    area: int = 0  # dots; 0: the whole width
    tabs: tuple[int, ...] = tuple(range(8, 256, 8))
    page: int = 0
    han_on: bool = True
    bar_height: int = 162
    bar_module: int = 3
    bar_digits: str = "none"
    qr_module: int = 3
    qr_correction: str = "L"
    qr_data: bytes | None = None


class Interpreter:
    """`step` reads one command or character from `pending`; what comes of it goes to `emit`, in order."""

    def __init__(self, emit: Callable[[Output], None], width: int = 576, four_byte: bool = True) -> None:
        self._emit = emit
        self._width = width
        self.four_byte = four_byte
        self.pending = bytearray()
        self._skip = 0
        self._mode = _Mode()
        self._glyphs: list[Glyph] = []
        self._x = 0
        self._commands = self._table()

    def power_off(self) -> None:
        """All that was not printed is gone."""
        self.pending.clear()
        self._skip = 0
        self._reset()

    def step(self) -> bool:
        """False when there is nothing to read, or not yet enough."""
        pending = self.pending
        if self._skip:
            gone = min(self._skip, len(pending))
            del pending[:gone]
            self._skip -= gone
            return gone > 0
        if not pending:
            return False
        first = pending[0]
        if first in (0x10, 0x1B, 0x1C, 0x1D):
            return self._command()
        if first >= 0x20 and first != 0x7F:
            return self._character()
        del pending[0]
        if first == 0x0A:
            self._end_line()
        elif first == 0x09:
            self._tab()
        elif first not in (0x00, 0x0C, 0x0D, 0x18):  # NUL, FF, CR and CAN mean nothing in this mode
            self._emit(Fault(f"unknown {first:02X}"))
        return True

    # --- text ---------------------------------------------------------------------------------------------------

    def _character(self) -> bool:
        pending, mode = self.pending, self._mode
        first = pending[0]
        if first < 0x80 or not mode.han_on:
            del pending[0]
            codec = CODE_PAGES.get(mode.page, "cp437")
            letter = bytes([first]).decode(codec, "replace")
            self._put(letter, FONT_B_DOTS if mode.style.font_b else FONT_A_DOTS, mode.style)
            return True
        if first in (0x80, 0xFF):
            return self._bad_character(1)
        if len(pending) < 2:
            return False
        if 0x30 <= pending[1] <= 0x39:
            if not self.four_byte:  # a GBK printer sees a bad lead byte, then a digit: U+00A5 comes out as "0 6"
                return self._bad_character(1)
            if len(pending) < 4:
                return False
            size = 4
        else:
            size = 2
        try:
            letter = bytes(pending[:size]).decode("gb18030")
        except UnicodeDecodeError:
            return self._bad_character(1)
        del pending[:size]
        underline = mode.han.underline or mode.style.underline
        style = replace(mode.han, bold=mode.style.bold, reverse=mode.style.reverse, underline=underline)
        self._put(letter, HAN_DOTS, style)
        return True

    def _bad_character(self, size: int) -> bool:
        self._emit(Fault(f"unknown character {self.pending[:4].hex(' ').upper()}"))
        del self.pending[:size]
        self._put(" ", FONT_A_DOTS, self._mode.style)
        return True

    def _put(self, letter: str, dots: int, style: Style) -> None:
        dots = (dots + self._mode.gap) * style.width
        if self._glyphs and self._x + dots > self._area:
            self._end_line()
        self._glyphs.append(Glyph(letter, self._x, dots, style))
        self._x += dots

    @property
    def _area(self) -> int:
        room = self._width - self._mode.left
        return max(CELL_DOTS, min(self._mode.area or room, room))

    def _end_line(self, feed: int | None = None) -> None:
        tallest = max((24 * glyph.style.height for glyph in self._glyphs), default=0)
        mode = self._mode
        feed = max(tallest, mode.spacing if feed is None else feed)
        glyphs, self._glyphs, self._x = tuple(self._glyphs), [], 0
        self._emit(Line(glyphs, mode.align, mode.left, self._area, feed))

    def _begin_line(self, what: str) -> None:
        """Some things are only good at the beginning of a line; a printer prints what it has, or ignores them."""
        if self._glyphs:
            self._emit(Fault(f"{what} in the middle of a line"))
            self._end_line()

    def _tab(self) -> None:
        cell = FONT_B_DOTS if self._mode.style.font_b else FONT_A_DOTS
        self._x = next((tab * cell for tab in self._mode.tabs if tab * cell > self._x), self._x)

    # --- commands -----------------------------------------------------------------------------------------------

    def _command(self) -> bool:
        pending = self.pending
        if len(pending) < 2:
            return False
        entry = self._commands.get(bytes(pending[:2]))
        if entry is None:
            self._emit(Fault(f"unknown {pending[:2].hex(' ').upper()}"))
            del pending[:2]
            return True
        length_rule, action = entry
        length = length_rule if isinstance(length_rule, int) else length_rule(pending)
        if length is not None and length > MAX_COMMAND:
            self._emit(Fault(f"too long {pending[:2].hex(' ').upper()}: {length} bytes"))
            self._skip = length
            return True
        if length is None or len(pending) < length:
            return False
        command = bytes(pending[:length])
        del pending[:length]
        action(command)
        return True

    def _table(self) -> dict[bytes, tuple[lengths.Length, Callable[[bytes], None]]]:
        table: dict[bytes, tuple[lengths.Length, Callable[[bytes], None]]] = {
            b"\x1b@": (2, lambda _: self._reset()),
            b"\x1b!": (3, self._print_mode),
            b"\x1bE": (3, lambda c: self._restyle(bold=bool(c[2] & 1))),
            b"\x1bG": (3, lambda c: self._restyle(bold=bool(c[2] & 1))),
            b"\x1b-": (3, lambda c: self._restyle(underline=c[2] & 0x0F in (1, 2))),
            b"\x1bM": (3, lambda c: self._restyle(font_b=c[2] & 0x0F == 1)),
            b"\x1ba": (3, self._set_align),
            b"\x1bd": (3, lambda c: self._feed_lines(c[2])),
            b"\x1bJ": (3, lambda c: self._end_line(c[2]) if self._glyphs else self._emit(Space(c[2]))),
            b"\x1b2": (2, lambda _: self._set("spacing", DEFAULT_SPACING)),
            b"\x1b3": (3, lambda c: self._set("spacing", c[2])),
            b"\x1b ": (3, lambda c: self._set("gap", c[2])),
            b"\x1bt": (3, lambda c: self._set("page", c[2])),
            b"\x1b$": (4, lambda c: self._move(c[2] + 256 * c[3])),
            b"\x1b\\": (4, lambda c: self._move(self._x + int.from_bytes(c[2:4], "little", signed=True))),
            b"\x1bD": (lengths.to_nul(2), lambda c: self._set("tabs", tuple(c[2:-1]))),
            b"\x1bp": (5, self._pulse),
            b"\x1bi": (2, lambda _: self._cut(False)),
            b"\x1bm": (2, lambda _: self._cut(True)),
            b"\x1b*": (lengths.bit_image, self._bit_image),
            b"\x1c&": (2, lambda _: self._set("han_on", True)),
            b"\x1c.": (2, lambda _: self._set("han_on", False)),
            b"\x1c!": (3, self._han_mode),
            b"\x1cW": (3, lambda c: self._set("han", Style(width=1 + (c[2] & 1), height=1 + (c[2] & 1)))),
            b"\x1c-": (3, lambda c: self._set("han", replace(self._mode.han, underline=c[2] & 0x0F in (1, 2)))),
            b"\x1d!": (3, self._set_size),
            b"\x1dB": (3, lambda c: self._restyle(reverse=bool(c[2] & 1))),
            b"\x1dL": (4, lambda c: self._set("left", min(c[2] + 256 * c[3], self._width - CELL_DOTS))),
            b"\x1dW": (4, lambda c: self._set("area", c[2] + 256 * c[3])),
            b"\x1dh": (3, lambda c: self._set("bar_height", c[2] or 162)),
            b"\x1dw": (3, lambda c: self._set("bar_module", c[2] if 2 <= c[2] <= 6 else 3)),
            b"\x1dH": (3, lambda c: self._set("bar_digits", ("none", "above", "below", "both")[c[2] & 3])),
            b"\x1dk": (lengths.bars, self._bars),
            b"\x1d(": (lengths.paren, self._paren),
            b"\x1dV": (lengths.cut, self._cut_command),
            b"\x1dv": (lengths.raster, self._raster),
            b"\x1dr": (3, lambda c: self._emit(Ask("r", c[2]))),
            b"\x1dI": (3, lambda c: self._emit(Ask("I", c[2]))),
            b"\x1da": (3, lambda c: self._emit(Ask("a", c[2]))),
        }
        for prefix, length in lengths.IGNORED.items():
            table[prefix] = (length, lambda _: None)
        return table

    def _set(self, name: str, value: object) -> None:
        setattr(self._mode, name, value)

    def _restyle(self, **changes: int | bool) -> None:
        self._mode.style = replace(self._mode.style, **changes)  # type: ignore[arg-type]  # names of Style's own fields

    def _reset(self) -> None:
        self._glyphs, self._x = [], 0  # ESC @ throws away the line that is not printed yet
        self._mode = _Mode()

    def _set_size(self, command: bytes) -> None:
        """GS ! speaks for Chinese characters too; ESC ! (unverified) for the others alone, FS ! for Chinese alone."""
        width, height = (command[2] >> 4 & 7) + 1, (command[2] & 7) + 1
        self._restyle(width=width, height=height)
        self._mode.han = replace(self._mode.han, width=width, height=height)

    def _print_mode(self, command: bytes) -> None:
        n = command[2]
        self._restyle(
            width=2 if n & 0x20 else 1,
            height=2 if n & 0x10 else 1,
            bold=bool(n & 0x08),
            underline=bool(n & 0x80),
            font_b=bool(n & 1),
        )

    def _han_mode(self, command: bytes) -> None:
        n = command[2]
        self._mode.han = Style(width=2 if n & 4 else 1, height=2 if n & 8 else 1, underline=bool(n & 0x80))

    def _set_align(self, command: bytes) -> None:
        number = command[2] - 0x30 if command[2] >= 0x30 else command[2]
        if self._glyphs:
            self._emit(Fault("1B 61 in the middle of a line does nothing"))
        elif number < 3:
            self._mode.align = ALIGNS[number]

    def _feed_lines(self, count: int) -> None:
        if self._glyphs:
            self._end_line()
            count -= 1
        for _ in range(count):
            self._end_line()

    def _move(self, x: int) -> None:
        self._x = max(0, min(x, self._area))

    def _pulse(self, command: bytes) -> None:
        self._emit(Pulse(5 if command[2] & 1 else 2, command[3] * 2))

    def _cut_command(self, command: bytes) -> None:
        if command[2] not in (0, 1, 48, 49, 65, 66, 97, 98):
            self._emit(Fault(f"unknown {command.hex(' ').upper()}"))
            return
        if len(command) == 4:
            self._begin_line("1D 56")
            self._emit(Space(command[3]))
        self._cut(command[2] in (1, 49, 66, 98))

    def _cut(self, partial: bool) -> None:
        self._begin_line("cut")
        self._emit(Cut(partial))

    # --- pictures and codes -------------------------------------------------------------------------------------

    def _paren(self, command: bytes) -> None:
        kind, data = command[2:3], command[5:]
        if kind == b"V" and data[:1] in (b"0", b"\x00"):
            self._cut(True)
        elif kind != b"k":
            return  # *
        elif len(data) < 2 or data[0] != 0x31:
            self._emit(Fault(f"unsupported {command[:7].hex(' ').upper()}"))
        else:
            self._qr(data[1], data[2:], command)

    def _qr(self, function: int, data: bytes, command: bytes) -> None:
        mode = self._mode
        if function == 0x43 and data and 1 <= data[0] <= 16:
            mode.qr_module = data[0]
        elif function == 0x45 and data and 0x30 <= data[0] <= 0x33:
            mode.qr_correction = "LMQH"[data[0] - 0x30]
        elif function == 0x50 and len(data) > 1:
            mode.qr_data = data[1:]
        elif function == 0x51 and mode.qr_data is None:
            self._emit(Fault("QR printed before any was stored"))
        elif function == 0x51 and mode.qr_data is not None:
            if len(mode.qr_data) > QR_BYTES[mode.qr_correction]:
                self._emit(Fault(f"QR of {len(mode.qr_data)} bytes is too large"))
                return
            self._begin_line("QR")
            self._emit(QRCode(mode.qr_data, mode.qr_module, mode.qr_correction, mode.align, mode.left, self._area))
        elif function not in (0x41, 0x52):  # model; size of the stored symbol *
            self._emit(Fault(f"unsupported {command[:9].hex(' ').upper()}"))

    def _bars(self, command: bytes) -> None:
        mode = self._mode
        form_b = command[2] >= 65
        number = command[2] - 65 if form_b else command[2]
        data = command[4:] if form_b else command[3:-1]
        if number >= len(BAR_NAMES):
            self._emit(Fault(f"unknown barcode 1D 6B {command[2]:02X}"))
            return
        name = BAR_NAMES[number]
        try:
            text, values = barcodes.read(name, data)
        except ValueError as error:
            self._emit(Fault(f"barcode refused: {name} {data[:32]!r}: {error}"))
            return
        self._begin_line("barcode")
        self._emit(
            Bars(
                name, text, values, mode.bar_height, mode.bar_module, mode.bar_digits, mode.align, mode.left, self._area
            )
        )

    def _raster(self, command: bytes) -> None:
        if command[2:3] != b"0":
            self._emit(Fault(f"unknown {command[:3].hex(' ').upper()}"))
            return
        self._begin_line("image")
        across = command[4] + 256 * command[5]
        rows = tuple(command[at : at + across] for at in range(8, len(command), across)) if across else ()
        scale_x, scale_y = 2 if command[3] & 1 else 1, 2 if command[3] & 2 else 1
        self._emit(Raster(rows, scale_x, scale_y, self._mode.align, self._mode.left, self._area))

    def _bit_image(self, command: bytes) -> None:
        """Columns of 8 or 24 dots, the topmost the highest bit, turned into rows. Never stands beside text here."""
        self._begin_line("image")
        deep = 3 if command[2] in (32, 33) else 1
        columns = [command[at : at + deep] for at in range(5, len(command), deep)]
        rows = []
        for y in range(8 * deep):
            bits = "".join(str(column[y // 8] >> (7 - y % 8) & 1) for column in columns)
            rows.append(int(bits.ljust(-(-len(bits) // 8) * 8, "0") or "0", 2).to_bytes(-(-len(bits) // 8), "big"))
        scale_x = 1 if command[2] in (1, 33) else 2
        self._emit(Raster(tuple(rows), scale_x, 1 if deep == 3 else 3, self._mode.align, self._mode.left, self._area))
