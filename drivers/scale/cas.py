"""A counter scale of the CAS family (CAS AP/PD, Pinnacle OS2/OS2X and their clones).

A frame is SOH STX status sign weight(6) unit(2) BCC ETX EOT: 01 02 .. 03 04, 15 bytes. Status: S steady, U unsteady,
F out of range. Passive: ENQ (05) is answered ACK (06), DC1 (11) with a frame. Active: ten frames a second, each
followed by FLAG2 (b4 zero, b5 tare, b6 out of range). BCC is the XOR of status..unit (CAS) or of SOH..unit (OS2): the
two differ by the constant 03 and both are taken. F with a minus sign is read as under zero; unverified on a device.

Weights become whole grams exactly; a weight finer than a gram, or not in kg or g, is Garbage: nothing is rounded.
"""

from __future__ import annotations

import functools
import operator
import re
from dataclasses import dataclass

from drivers.api import Garbage, Output, ScaleReading, Send, SerialLine, setting

TRANSPORTS = ("serial", "tcp")
SERIAL = SerialLine()

SOH, STX, ETX, EOT, ENQ, ACK, DC1 = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x11
FRAME = 15
_FLAG2 = 0x70  # the bits that FLAG2 may have
_OUT_OF_RANGE = 0x40
_WEIGHT = re.compile(rb" *(\d+)(?:\.(\d*))?")
_DECIMALS = {b"kg": 3, b"g": 0}


@dataclass(frozen=True, slots=True)
class Settings:
    mode: str = setting(
        "passive", "passive: answers when asked; active: talks all the time", choices=("passive", "active")
    )


class Codec:
    def __init__(self, settings: Settings) -> None:
        self._active = settings.mode == "active"
        self._frame = bytearray()
        self._junk = bytearray()
        self._asked = False  # an ACK is answered with DC1 once, and only where it was a weighing that asked
        self._flag2_next = False
        self._held: ScaleReading | None = None  # an active frame's reading, until its FLAG2 is there

    def receive(self, data: bytes) -> list[Output]:
        out: list[Output] = []
        for byte in data:
            self._take(byte, out)
        return out

    def _take(self, byte: int, out: list[Output]) -> None:
        if self._flag2_next:
            self._flag2_next = False
            if byte & ~_FLAG2 == 0:
                self._release(out, bool(byte & _OUT_OF_RANGE))
                return
            self._release(out, False)
        if not self._frame:
            if byte == SOH:
                self._frame.append(byte)
            elif byte == ACK:
                self._drop_junk(out)
                if self._asked:
                    self._asked = False
                    out.append(Send(bytes((DC1,))))
            else:
                self._throw(byte, out)
            return
        self._frame.append(byte)
        size = len(self._frame)
        wanted = {2: STX, FRAME - 1: ETX, FRAME: EOT}.get(size)
        if wanted is not None and byte != wanted:
            # Not a frame. Its first byte was noise; a good one may begin at any byte after it.
            again = bytes(self._frame)
            self._frame.clear()
            self._throw(again[0], out)
            for later in again[1:]:
                self._take(later, out)
        elif size == FRAME:
            frame = bytes(self._frame)
            self._frame.clear()
            self._drop_junk(out)
            self._finish(frame, out)

    def _finish(self, frame: bytes, out: list[Output]) -> None:
        output = read_frame(frame)
        self._flag2_next = True
        if self._active and isinstance(output, ScaleReading):
            self._held = output
        else:
            out.append(output)

    def _release(self, out: list[Output], out_of_range: bool) -> None:
        held, self._held = self._held, None
        if held is not None:
            over = out_of_range and held.code != "ESCAL_UNDER_ZERO"
            out.append(ScaleReading("ESCAL_OVERWEIGHT", held.weight_g) if over else held)

    def _throw(self, byte: int, out: list[Output]) -> None:
        self._junk.append(byte)
        if len(self._junk) == 64:
            self._drop_junk(out)

    def _drop_junk(self, out: list[Output]) -> None:
        if self._junk:
            out.append(Garbage(bytes(self._junk), "not a scale's frame"))
            self._junk.clear()

    def flush(self) -> list[Output]:
        out: list[Output] = []
        self._flag2_next = False
        self._asked = False
        self._release(out, False)
        self._drop_junk(out)
        if self._frame:
            out.append(Garbage(bytes(self._frame), "the frame stopped before its end"))
            self._frame.clear()
        return out

    def probe(self) -> bytes:
        return b"" if self._active else bytes((ENQ,))

    def ask(self) -> bytes:
        if self._active:
            return b""
        self._asked = True
        return bytes((ENQ,))


def read_frame(frame: bytes) -> ScaleReading | Garbage:
    """What a whole frame of 15 bytes, its marks already checked, says."""
    body, bcc = frame[2:12], frame[12]
    if functools.reduce(operator.xor, body) not in (bcc, bcc ^ SOH ^ STX):
        return Garbage(frame, "the check byte is wrong")
    status, sign, number, unit = body[:1], body[1:2], body[2:8], body[8:10].strip().lower()
    if status not in (b"S", b"U", b"F") or sign not in (b" ", b"+", b"-"):
        return Garbage(frame, "no status or sign")
    if status == b"F":
        return ScaleReading("ESCAL_UNDER_ZERO" if sign == b"-" else "ESCAL_OVERWEIGHT")
    if unit not in _DECIMALS:
        return Garbage(frame, "not weighed in kg or g")
    weight_g = _grams(number, _DECIMALS[unit])
    if weight_g is None:
        return Garbage(frame, "no weight in whole grams")
    if sign == b"-":
        weight_g = -weight_g
    if status == b"U":
        return ScaleReading("ESCAL_UNSTABLE", weight_g)
    if weight_g == 0:
        return ScaleReading("ESCAL_ZERO")
    return ScaleReading("OK" if weight_g > 0 else "ESCAL_UNDER_ZERO", weight_g)


def _grams(number: bytes, decimals: int) -> int | None:
    match = _WEIGHT.fullmatch(number)
    if match is None:
        return None
    whole, part = match[1], (match[2] or b"").ljust(decimals, b"0")
    if part[decimals:].strip(b"0"):
        return None
    return int(whole + part[:decimals])
