"""A barcode scanner that sends each code as one line of text: nearly every serial and USB-COM scanner there is.

A frame is [STX] [prefix] [AIM identifier] code [ETX] suffix. Empty frames are nothing, so CR LF ends one code, not two.
A code keeps its GS (0x1D, the separator of GS1 element strings); any other control character makes it Garbage, as does
text that is not in the encoding: a wrong line speed must never ring goods up. AIM identifiers: ISO/IEC 15424.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.api import Garbage, Output, ScanData, SerialLine, setting

TRANSPORTS = ("serial", "tcp")
SERIAL = SerialLine()

STX, ETX, TAB, LF, CR, GS = 0x02, 0x03, 0x09, 0x0A, 0x0D, "\x1d"
_ENDS = {"any": (CR, LF, ETX), "cr": (CR,), "lf": (LF,), "crlf": (LF,), "tab": (TAB,), "none": ()}
_WRAPPING = bytes((STX, ETX, LF, CR))
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")


@dataclass(frozen=True, slots=True)
class Settings:
    suffix: str = setting("any", "what ends a code; any: CR, LF or both", choices=tuple(_ENDS))
    prefix: str = setting("", "text that the scanner puts before each code; taken off where it stands", low=0, high=16)
    aim: str = setting(
        "auto", "auto: an AIM identifier before a code is taken off; none: it is code", choices=("auto", "none")
    )
    encoding: str = setting("utf-8", "how the scanner writes letters", choices=("utf-8", "gb18030", "latin-1"))
    max_length: int = setting(512, "bytes in a frame; a longer one is garbage", low=8, high=3072)
    quiet_ms: int = setting(
        0, "silence that ends what is unfinished; 0: 300 without a suffix, else 2000", low=0, high=5000
    )


class Codec:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ends = _ENDS[settings.suffix]
        self._frame = bytearray()
        self._skipping = False  # the frame was too long and has been given as Garbage
        self.quiet_ms = settings.quiet_ms or (300 if settings.suffix == "none" else 2000)

    def receive(self, data: bytes) -> list[Output]:
        out: list[Output] = []
        for byte in data:
            if self._ends_here(byte):
                self._end(out)
                continue
            if self._skipping:
                # CR LF: its CR has to be seen to know its LF.
                self._frame[:] = bytes((byte,))
                continue
            self._frame.append(byte)
            if len(self._frame) > self._settings.max_length + 1:
                out.append(Garbage(bytes(self._frame[:64]), "longer than a code can be"))
                self._skipping = True
        return out

    def _ends_here(self, byte: int) -> bool:
        if self._settings.suffix == "crlf":
            return byte == LF and self._frame.endswith(b"\r")
        return byte in self._ends

    def _end(self, out: list[Output]) -> None:
        frame, skipped = bytes(self._frame), self._skipping
        self._frame.clear()
        self._skipping = False
        if not skipped and (output := self._read(frame)) is not None:
            out.append(output)

    def _read(self, frame: bytes) -> ScanData | Garbage | None:
        body = frame.strip(_WRAPPING)
        if not body:
            return None
        if len(body) > self._settings.max_length:
            return Garbage(frame[:64], "longer than a code can be")
        try:
            text = body.decode(self._settings.encoding)
        except UnicodeDecodeError:
            return Garbage(frame[:64], f"not {self._settings.encoding}")
        if any((c < " " and c != GS) or "\x7f" <= c <= "\x9f" for c in text):
            return Garbage(frame[:64], "control characters in a code")
        text = text.removeprefix(self._settings.prefix)
        aim = ""
        if self._settings.aim == "auto" and _AIM.match(text):
            aim, text = text[:3], text[3:]
        if not text.strip(" " + GS):
            return Garbage(frame[:64], "no code in it")
        return ScanData(text, aim)

    def flush(self) -> list[Output]:
        frame, skipped = bytes(self._frame), self._skipping
        self._frame.clear()
        self._skipping = False
        output = self._read(frame)
        if skipped or output is None:
            return []
        if isinstance(output, ScanData) and self._ends:
            return [Garbage(frame[:64], "the code stopped before its suffix")]
        return [output]

    def probe(self) -> bytes:
        return b""
