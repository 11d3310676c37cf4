"""A simulated serial scanner: what it reads comes out as text with a suffix, nothing goes in.

The AIM identifiers are those of ISO/IEC 15424 (`]E0` EAN-13 and UPC-A, `]E4` EAN-8, `]C0` Code 128, `]Q1` QR). Only
`]E0` was seen in a vendor's text; the others are unverified.
"""

from __future__ import annotations

from functools import partial

from drivers.simulators.device import (
    Answer,
    CableDevice,
    ControlError,
    Later,
    Request,
    bytes_of,
    flag_of,
    number_of,
    only,
    text_of,
)

SUFFIXES = {"CR": "\r", "LF": "\n", "CRLF": "\r\n", "TAB": "\t", "none": ""}
MAX_BURST = 10_000

HELP = """\
scanner:
  {"scan":"6901234567892"}                    read one code; optional "aim":"]E0" and "suffix":"\\r"
  {"burst":["690...","690..."],"gap_ms":0}    read many, gap_ms (0..60000) apart
  {"raw":"02 36 39 0d"}                       send these bytes, whatever they are
  {"silent":true}                             read nothing any more (false: again)"""


def aim_of(code: str) -> str:
    """The AIM identifier that a scanner would most likely put before this code."""
    if code.isascii() and code.isdigit():
        if len(code) in (12, 13):
            return "]E0"
        if len(code) == 8:
            return "]E4"
    return "]C0" if code.isascii() and len(code) <= 30 else "]Q1"


class Scanner(CableDevice):
    def __init__(self, later: Later, suffix: str = "\r", with_aim: bool = False) -> None:
        super().__init__()
        self._later = later
        self._suffix = suffix
        self._with_aim = with_aim
        self._silent = False

    def control(self, request: Request) -> Answer:
        only(request, ("scan", "aim", "suffix", "burst", "gap_ms", "raw", "silent"))
        if "silent" in request:
            self._silent = flag_of(request, "silent")
        if "raw" in request:
            return self._emit(bytes_of(request, "raw"))
        aim = text_of(request, "aim", 3) if "aim" in request else None
        suffix = text_of(request, "suffix", 8) if "suffix" in request else self._suffix
        if "scan" in request:
            return self._emit(self._read(text_of(request, "scan"), aim, suffix))
        if "burst" in request:
            return self._burst(request, aim, suffix)
        return {"ok": True}

    def _burst(self, request: Request, aim: str | None, suffix: str) -> Answer:
        codes = request["burst"]
        if not isinstance(codes, list) or not 0 < len(codes) <= MAX_BURST:
            raise ControlError(f"burst must be a list of 1 to {MAX_BURST} codes")
        pieces = [self._read(text_of({"burst": code}, "burst"), aim, suffix) for code in codes]
        gap_ms = number_of(request, "gap_ms", 0, 60_000) if "gap_ms" in request else 0
        if not gap_ms:
            return self._emit(b"".join(pieces))
        for number, piece in enumerate(pieces):
            self._later(number * gap_ms / 1000, partial(self._quietly, piece))
        return {"ok": True, "bytes": sum(map(len, pieces))}

    def _read(self, code: str, aim: str | None, suffix: str) -> bytes:
        prefix = aim if aim is not None else aim_of(code) if self._with_aim else ""
        return (prefix + code + suffix).encode("utf-8", "surrogatepass")

    def _quietly(self, data: bytes) -> None:
        if not self._silent:
            self.say(data)

    def _emit(self, data: bytes) -> Answer:
        if self._silent:
            return {"ok": True, "bytes": 0}
        if not self.say(data):
            raise ControlError("nobody is connected to the scanner")
        return {"ok": True, "bytes": len(data)}
