"""A receipt printer that speaks ESC/POS with Chinese characters, and the cash drawer on its socket.

Text is single-byte ASCII and the two bytes of GB 2312, GBK or GB18030 after FS & (four bytes only where the printer is
said to have them); see _cells. Status: DLE EOT 1..4, each answered by one byte 0xx1xx10 that does not say which it
answers, so answers are taken in the order of asking; and the automatic status (GS a) of four bytes, whose first is
0xx1xx00 and whose others have bits 4 and 7 clear. DLE EOT is answered when it is read; GS r 1 (1D 72 01) when its turn
in the printer's buffer comes, by one byte with bits 4 and 7 clear (b0 b1 near end, b2 b3 end): what was before it is
printed.

Each document begins with ESC @ twice: a line that broke in the middle of a character may leave the printer owed one
byte, which the first pays. Code 128 goes out in code set B: set C can hold 10 04 01, which a printer obeys as DLE EOT.
Unverified on a device: the masks of DLE EOT 2 and 3 and of the automatic status; GS r; GS k 73 (Code 128).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from drivers.api import (
    QR,
    Align,
    Barcode,
    Columns,
    Cut,
    Document,
    DriverError,
    Element,
    Feed,
    Garbage,
    Output,
    PrinterStatus,
    Rule,
    SerialLine,
    Text,
    setting,
)
from drivers.pos_printer._cells import Line, encoder, join, pad, share_out, width, wrap

TRANSPORTS = ("serial", "tcp")
SERIAL = SerialLine()

INIT = b"\x1b@\x1b@\x1c&"
FLOW_CONTROL = (0x11, 0x13)  # XON, XOFF: not for us, and no nonsense either
MAX_QR_BYTES = 1200  # far beyond what prints legibly on a receipt
_ALIGN: dict[Align, int] = {"left": 0, "centre": 1, "right": 2}
_DOTS_A_CELL = 12


@dataclass(frozen=True, slots=True)
class Settings:
    columns: int = setting(48, "half-width cells in a line: 48 on 80 mm paper, 32 on 58 mm", low=16, high=64)
    charset: str = setting("gb18030", "the printer's Chinese characters", choices=("gb18030", "gbk", "gb2312"))
    four_byte: bool = setting(False, "whether the printer knows GB18030's characters of four bytes")
    cut: str = setting("partial", "how the paper is cut; none: torn off", choices=("partial", "full", "none"))
    cut_feed: int = setting(2, "lines fed before a cut, so that the last line is past the knife", low=0, high=20)
    drawer_pin: int = setting(2, "pin of the drawer's socket that opens it", choices=(2, 5))
    drawer_on_ms: int = setting(100, "length of the drawer's pulse", low=2, high=510)
    drawer_off_ms: int = setting(100, "rest after the drawer's pulse", low=2, high=510)
    drawer_sensor: bool = setting(False, "whether the drawer tells that it is open")
    drawer_open_level: str = setting("high", "level of the drawer's sensor while open", choices=("high", "low"))
    status: bool = setting(True, "whether the printer answers when asked how it is")
    confirm: bool = setting(True, "whether the printer answers GS r, once all before it is printed")
    barcode_height: int = setting(64, "dots", low=16, high=255)
    qr_level: str = setting("M", "error correction of QR codes", choices=("L", "M", "Q", "H"))


class Codec:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.columns = settings.columns
        self._lines = encoder(settings.charset, settings.four_byte)  # type: ignore[arg-type]  # its choices are these
        self._expected: deque[int] = deque(maxlen=16)  # the n of each DLE EOT that is not answered yet
        self._turns = 0  # of GS r that are not answered yet
        self._automatic = bytearray()
        self._junk = bytearray()

    # --- to the printer ---

    def encode(self, document: Document) -> list[bytes]:
        pieces = [self._element(element) for element in document]
        if pieces:
            pieces[0] = INIT + pieces[0]
        return pieces

    def _element(self, element: Element) -> bytes:
        if isinstance(element, Text):
            return self._text(element)
        if isinstance(element, Columns):
            return self._columns(element)
        if isinstance(element, Rule):
            return b"-" * self.columns + b"\n"
        if isinstance(element, Barcode):
            return self._barcode(element)
        if isinstance(element, QR):
            return self._qr(element)
        if isinstance(element, Feed):
            return b"\x1bd" + bytes((min(255, element.lines),)) if element.lines > 0 else b""
        if isinstance(element, Cut):
            return self._cut()
        raise DriverError("FAILURE", element=type(element).__name__)

    def _text(self, text: Text) -> bytes:
        across, down = min(2, max(1, text.width)), min(2, max(1, text.height))
        lines = [piece for line in self._lines(text.text) for piece in wrap(line, self.columns // across)]
        data = b"".join(join(line) + b"\n" for line in lines)
        if text.bold:
            data = b"\x1bE\x01" + data + b"\x1bE\x00"
        if across > 1 or down > 1:
            data = b"\x1d!" + bytes(((across - 1) << 4 | (down - 1),)) + data + b"\x1d!\x00"
        return self._aligned(data, text.align)

    def _aligned(self, data: bytes, align: Align) -> bytes:
        return data if align == "left" else b"\x1ba" + bytes((_ALIGN[align],)) + data + b"\x1ba\x00"

    def _columns(self, row: Columns) -> bytes:
        if len(row.cells) > self.columns:
            return b"".join(self._text(Text(text, align, row.bold)) for text, _cells, align in row.cells)
        widths = share_out([cells for _text, cells, _align in row.cells], self.columns)
        cells: list[list[Line]] = []
        for (text, _cells, align), columns in zip(row.cells, widths, strict=True):
            lines = [piece for line in self._lines(text) for piece in wrap(line, columns)]
            # A cell of one column cannot hold a Han: its line is left empty rather than pushing its neighbours.
            cells.append([pad(line if width(line) <= columns else [], columns, align) for line in lines])
        data = bytearray()
        for n in range(max((len(lines) for lines in cells), default=0)):
            for lines, columns in zip(cells, widths, strict=True):
                data += join(lines[n]) if n < len(lines) else b" " * columns
            data[:] = data.rstrip(b" ")
            data += b"\n"
        return b"\x1bE\x01" + bytes(data) + b"\x1bE\x00" if row.bold else bytes(data)

    def _barcode(self, barcode: Barcode) -> bytes:
        """The bars; where this paper has no room for them a QR code and the text; just the text where neither is."""
        data = barcode.data
        bars = b""
        if barcode.symbology == "EAN13" and _is_ean13(data):
            bars = b"\x1dk\x02" + data.encode("ascii") + b"\x00"
        elif barcode.symbology == "CODE128" and self._has_room(data):
            body = b"{B" + data.replace("{", "{{").encode("ascii")
            bars = b"\x1dk\x49" + bytes((len(body),)) + body
        if not bars:
            fits = barcode.symbology == "CODE128" and data.isascii() and data.isprintable()
            code = self._qr(QR(data)) if fits and data else b""
            return code + self._text(Text(data, "centre")) if data else b""
        return self._aligned(
            b"\x1dh" + bytes((self._settings.barcode_height,)) + b"\x1dw\x02\x1dH\x02" + bars + b"\n", "centre"
        )

    def _has_room(self, data: str) -> bool:
        if not (data and data.isascii() and data.isprintable()):
            return False
        # Start, characters, check and stop of 11 modules each, 2 more bars, quiet zones of 10; 2 dots a module.
        return (11 * (len(data) + 3) + 2 + 20) * 2 <= self.columns * _DOTS_A_CELL

    def _qr(self, qr: QR) -> bytes:
        """The code, or just its text where it holds a DLE (a printer would obey it) or is too long to print."""
        data = qr.data.encode("utf-8", "replace")
        if not data:
            return b""
        if len(data) > MAX_QR_BYTES or 0x10 in data:
            return self._text(Text(qr.data))
        level = b"LMQH".index(self._settings.qr_level.encode("ascii"))
        size = len(data) + 3
        return self._aligned(
            b"\x1d(k\x04\x001A2\x00"
            + b"\x1d(k\x03\x001C"
            + bytes((min(16, max(1, qr.module)),))
            + b"\x1d(k\x03\x001E"
            + bytes((0x30 + level,))
            + b"\x1d(k"
            + bytes((size & 0xFF, size >> 8))
            + b"1P0"
            + data
            + b"\x1d(k\x03\x001Q0"
            + b"\n",
            "centre",
        )

    def _cut(self) -> bytes:
        feed = b"\x1bd" + bytes((self._settings.cut_feed,)) if self._settings.cut_feed else b""
        if self._settings.cut == "none":
            return feed
        return feed + (b"\x1dV\x00" if self._settings.cut == "full" else b"\x1dV\x01")

    def open_drawer(self) -> bytes:
        pin = 0 if self._settings.drawer_pin == 2 else 1
        return b"\x1bp" + bytes((pin, self._settings.drawer_on_ms // 2, self._settings.drawer_off_ms // 2))

    def ask_status(self) -> bytes:
        """DLE EOT 1 to 4; empty where the printer is said never to answer."""
        if not self._settings.status:
            return b""
        self._expected.extend((1, 2, 3, 4))
        return b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04"

    def ask_reached(self) -> bytes:
        if not (self._settings.status and self._settings.confirm):
            return b""
        self._turns = min(64, self._turns + 1)
        return b"\x1dr\x01"

    def probe(self) -> bytes:
        return self.ask_status()

    # --- from the printer ---

    def receive(self, data: bytes) -> list[Output]:
        out: list[Output] = []
        for byte in data:
            if byte not in FLOW_CONTROL:
                self._take(byte, out)
        return out

    def _take(self, byte: int, out: list[Output]) -> None:
        if self._automatic:
            if byte & 0x90 == 0:
                self._automatic.append(byte)
                if len(self._automatic) == 4:
                    self._drop_junk(out)
                    out.append(self._automatic_status(bytes(self._automatic)))
                    self._automatic.clear()
                return
            for held in self._automatic:
                self._throw(held, out)
            self._automatic.clear()
        if byte & 0x93 == 0x12:
            self._drop_junk(out)
            out.append(self._answer(byte))
        elif byte & 0x93 == 0x10:
            self._automatic.append(byte)
        elif byte & 0x90 == 0 and self._turns:
            self._turns -= 1
            self._drop_junk(out)
            out.append(PrinterStatus(reached=True))
        else:
            self._throw(byte, out)

    def _answer(self, byte: int) -> PrinterStatus:
        if not self._expected:
            return PrinterStatus()  # late, or unasked: it lives, but nobody knows which of the four this is
        asked = self._expected.popleft()
        if asked == 1:
            return PrinterStatus(offline=bool(byte & 0x08), drawer_open=self._drawer(byte))
        if asked == 2:
            return PrinterStatus(cover_open=bool(byte & 0x04), paper="empty" if byte & 0x20 else None)
        if asked == 3:
            return PrinterStatus(cutter_error=bool(byte & 0x08), unrecoverable=bool(byte & 0x20))
        return PrinterStatus(paper="empty" if byte & 0x60 else "near_end" if byte & 0x0C else "ok")

    def _automatic_status(self, four: bytes) -> PrinterStatus:
        first, second, third, _fourth = four
        return PrinterStatus(
            offline=bool(first & 0x08),
            cover_open=bool(first & 0x20),
            paper="empty" if third & 0x0C else "near_end" if third & 0x03 else "ok",
            cutter_error=bool(second & 0x08),
            unrecoverable=bool(second & 0x20),
            drawer_open=self._drawer(first),
        )

    def _drawer(self, byte: int) -> bool:
        return bool(byte & 0x04) == (self._settings.drawer_open_level == "high")

    def _throw(self, byte: int, out: list[Output]) -> None:
        self._junk.append(byte)
        if len(self._junk) == 64:
            self._drop_junk(out)

    def _drop_junk(self, out: list[Output]) -> None:
        if self._junk:
            out.append(Garbage(bytes(self._junk), "no status of a printer"))
            self._junk.clear()

    def flush(self) -> list[Output]:
        """Quiet: what is not answered now never will be, and an automatic status that stopped is no status."""
        out: list[Output] = []
        self._expected.clear()
        self._turns = 0
        for held in self._automatic:
            self._throw(held, out)
        self._automatic.clear()
        self._drop_junk(out)
        return out


def _is_ean13(data: str) -> bool:
    if not (data.isascii() and data.isdigit() and len(data) in (12, 13)):
        return False
    if len(data) == 12:
        return True  # the printer adds the check digit
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(data[:12]))
    return int(data[12]) == -total % 10
