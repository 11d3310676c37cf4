"""What a device can do, in UnifiedPOS terms: the one module that drivers and the daemon share.

A device is a **transport** (serial, tcp; opened by the daemon) times a **codec** (a driver module).
A driver is one file, `drivers/<class>/<model>.py`, named in a terminal's TOML as `<class>.<model>`, and defines

    Settings        a frozen dataclass; every field made with `setting(...)`, so that it has a range and a sentence
    Codec           built as Codec(settings); subclasses the codec protocol of its class, below
    TRANSPORTS      the transports it can be spoken to over, e.g. ("serial", "tcp")
    SERIAL          the SerialLine that the model leaves the factory with (only where "serial" is in TRANSPORTS)

An out-of-tree driver is the same module, found through the entry-point group `lanekit.drivers`.

Rules: a codec has no clock, no I/O, no thread and no log. It takes any bytes whatever and never raises on them: what it
cannot read it returns as `Garbage`. It never keeps more than `MAX_PENDING` bytes. It owns no retry: the daemon does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

MAX_PENDING = 4096  # bytes a codec may hold while it waits for the rest of a frame

DeviceClass = Literal["Scanner", "POSPrinter", "Scale", "LineDisplay", "ElectronicValueRW"]
CLASS_OF_FOLDER: dict[str, DeviceClass] = {
    "scanner": "Scanner",
    "pos_printer": "POSPrinter",
    "scale": "Scale",
    "line_display": "LineDisplay",
    "electronic_value": "ElectronicValueRW",
}


# --- settings ---------------------------------------------------------------------------------------------------


def setting(default: Any, doc: str, *, low: Any = None, high: Any = None, choices: Sequence[Any] | None = None) -> Any:
    """A dataclass field that says what it means and what it may be.

    `low` and `high` are both included (of a string: its length). `choices` lists every value. A list or dict default
    is given as a tuple. A setting without a default is written `setting(..., "doc")` and must stand in the file.
    """
    metadata = {"doc": doc, "low": low, "high": high, "choices": tuple(choices) if choices is not None else None}
    if default is ...:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class SerialLine:
    """How a serial port is set; a terminal's TOML may override any of it."""

    baud: int = setting(9600, "bits a second", choices=(1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200))
    bits: int = setting(8, "data bits", choices=(7, 8))
    parity: str = setting("N", "parity: none, even, odd", choices=("N", "E", "O"))
    stop: int = setting(1, "stop bits", choices=(1, 2))


# --- what goes wrong --------------------------------------------------------------------------------------------


class DriverError(Exception):
    """A driver was asked for something it cannot do: the daemon's fault, never the device's."""

    def __init__(self, code: str, **args: str | int) -> None:
        super().__init__(code, args)
        self.code = code
        self.args_by_name = args


# code -> (what is the matter, what to do about it). UnifiedPOS names where it has them. `{device}` is the device's
# name in the terminal's TOML. English here is the key of the translation (config/locale).
SENTENCES: dict[str, tuple[str, str]] = {
    "OK": ("{device} is ready.", ""),
    "CONNECTING": ("{device} is being connected.", ""),
    "NOHARDWARE": ("{device} is not there.", "Check its cable and power; it is looked for again by itself."),
    "BUSY": ("{device} is in use by another program.", "Close that program; it is tried again by itself."),
    "OFFLINE": ("{device} is switched off or off line.", "Switch it on; it is tried again by itself."),
    "TIMEOUT": ("{device} does not answer.", "Check its cable and power; it is asked again by itself."),
    "FAILURE": ("{device} talks nonsense.", "Check the model and the line speed in the settings."),
    "DRIVER_FAILED": (
        "{device}: its driver fails again and again.",
        "Sell on without it and call the technician; it is tried again every minute.",
    ),
    "EPTR_COVER_OPEN": ("{device}: the cover is open.", "Close the cover."),
    "EPTR_REC_EMPTY": (
        "{device}: the paper has run out.",
        "Put in a new roll; the receipt is then printed again.",
    ),
    "EPTR_REC_NEAREMPTY": ("{device}: the paper is nearly out.", "Have a new roll ready."),
    "EPTR_CUTTER": ("{device}: the cutter is stuck.", "Switch it off, clear the cutter, switch it on."),
    "EPTR_UNRECOVERABLE": ("{device} has a fault.", "Switch it off and on; call service if it comes back."),
    "DRAWER_NOT_OPENED": ("The cash drawer did not open.", "Open it with its key; check the drawer's cable."),
    "ESCAL_UNSTABLE": ("The weight is not steady.", "Leave the goods alone on the scale."),
    "ESCAL_OVERWEIGHT": ("The scale is overloaded.", "Take goods off and weigh in parts."),
    "ESCAL_UNDER_ZERO": ("The scale shows less than nothing.", "Clear the scale and press its zero key."),
    "ESCAL_ZERO": ("There is nothing on the scale.", "Put the goods on the scale."),
    "PAYMENT_DECLINED": ("The payment was declined.", "Ask for another code or for cash."),
}


# --- what a codec answers ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes that the device is owed now."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that make no sense, and why; at most the first 64 of them."""

    data: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class ScanData:
    """One code as the scanner gave it; `aim` is the AIM identifier (`]E0`), empty where the scanner sends none."""

    code: str
    aim: str = ""


@dataclass(frozen=True, slots=True)
class ScaleReading:
    """What the scale says. `code` is OK (steady and above zero) or one of the ESCAL_ codes."""

    code: str
    weight_g: int = 0


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the printer says; None where this answer does not speak of it."""

    offline: bool | None = None
    cover_open: bool | None = None
    paper: Literal["ok", "near_end", "empty"] | None = None
    cutter_error: bool | None = None
    unrecoverable: bool | None = None
    drawer_open: bool | None = None
    reached: bool | None = None  # True: one `ask_reached` has had its turn, all before it is printed


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """What the payment's provider says of one trade."""

    trade_no: str
    state: Literal["SUCCESS", "USERPAYING", "PAYERROR", "NOTFOUND", "REVOKED"]


Output = Send | Garbage | ScanData | ScaleReading | PrinterStatus | PaymentStatus


# --- codecs, one protocol a class -------------------------------------------------------------------------------


class Codec(Protocol):
    def receive(self, data: bytes) -> list[Output]:
        """Take bytes from the device, however they are cut; give what they mean, in order."""
        ...

    def flush(self) -> list[Output]:
        """The line has been quiet for a while (the daemon says when): give or throw away what is unfinished."""
        ...

    def probe(self) -> bytes:
        """Bytes that a live device answers and that change nothing; empty for a device that never answers.

        Sent only to a port that the terminal's TOML names for this device: an unknown port is never written to.
        """
        ...


class ScannerCodec(Codec, Protocol):
    """Gives ScanData and Garbage."""


class ScaleCodec(Codec, Protocol):
    """Gives ScaleReading, Send (its half of the conversation) and Garbage."""

    def ask(self) -> bytes:
        """Bytes that begin one weighing; empty where the scale talks all the time by itself."""
        ...


class LineDisplayCodec(Codec, Protocol):
    def show(self, lamp: Lamp, amount_minor: int, exponent: int) -> bytes:
        """Show one amount under one lamp."""
        ...

    def clear(self) -> bytes: ...


Lamp = Literal["off", "price", "total", "paid", "change"]


class POSPrinterCodec(Codec, Protocol):
    """Gives PrinterStatus and Garbage."""

    columns: int  # half-width cells in a line

    def encode(self, document: Document) -> list[bytes]:
        """The document as bytes, one piece an element, so that the daemon can look at the paper between pieces.

        Ends with nothing in the printer's buffer that the next document would inherit.
        """
        ...

    def open_drawer(self) -> bytes: ...

    def ask_status(self) -> bytes:
        """Bytes after which the printer tells offline, cover, paper, cutter and drawer."""
        ...

    def ask_reached(self) -> bytes:
        """Bytes that the printer answers when it has printed all that came before; empty where it cannot tell."""
        ...


class ElectronicValueCodec(Codec, Protocol):
    """Gives PaymentStatus and Garbage."""

    def pay(self, trade_no: str, auth_code: str, amount_minor: int) -> bytes: ...

    def query(self, trade_no: str) -> bytes: ...

    def cancel(self, trade_no: str) -> bytes: ...


# --- what a printer prints --------------------------------------------------------------------------------------

Align = Literal["left", "centre", "right"]


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph; the codec breaks it at the edge by cells (a Han character takes two), never inside one."""

    text: str
    align: Align = "left"
    bold: bool = False
    width: int = 1  # 1..2
    height: int = 1  # 1..2


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells of one line: text, width in half-width cells (0: what is left over), alignment. A cell too long for its
    width wraps below itself."""

    cells: tuple[tuple[str, int, Align], ...]
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class Barcode:
    """EAN-13 or Code 128, with its digits below."""

    data: str
    symbology: Literal["EAN13", "CODE128"] = "CODE128"


@dataclass(frozen=True, slots=True)
class QR:
    data: str
    module: int = 5  # dots a module, 1..16


@dataclass(frozen=True, slots=True)
class Feed:
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    pass


Element = Text | Columns | Rule | Barcode | QR | Feed | Cut
Document = tuple[Element, ...]
