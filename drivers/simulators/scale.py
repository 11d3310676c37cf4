"""A simulated counter scale of the OS2 / CAS families.

Passive: ENQ 05 is answered by ACK 06, DC1 11 by a frame of 15 bytes; active: the frame and FLAG2 ten times a second.

    01 02 STA SIGN W*6 UN1 UN2 BCC 03 04 [FLAG2]

STA is S (steady), U (not steady) or F; SIGN a space or a minus; W six characters with the point, kilograms. BCC is the
XOR of STA..UN2 (CAS sw-ii manual, p. 15) or of all twelve bytes before it, 01 02 included (Pinnacle OS2 manual,
p. 18-23). FLAG2: bit 4 zero, bit 5 tare, bit 6 out of range. Unverified: what W holds when the scale is overloaded
(here: 99.999), whether W is filled with spaces or noughts (`pad`), and F in the CAS family.
"""

from __future__ import annotations

from functools import partial, reduce
from operator import xor

from drivers.simulators.device import (
    Answer,
    CableDevice,
    Later,
    Request,
    bytes_of,
    choice_of,
    flag_of,
    number_of,
    only,
)

ENQ, ACK, DC1 = 0x05, 0x06, 0x11
ACTIVE_PERIOD_S = 0.1
MAX_WEIGHT_G = 99_999
KEYS = {b"<TK>\t": "tare", b"<ZK>\t": "zero", b"<AL>\t": "passive", b"<PB>\t": "active", b"<DB>\t": "passive"}
KEY_BYTES = 5
KNOWN = (
    *("weight_g", "stable", "settle_ms", "overload", "negative"),
    *("silent", "noise", "dialect", "mode", "pad", "status"),
)

HELP = """\
scale:
  {"weight_g":1234,"stable":true}    what lies on it (-99999..99999); with "settle_ms":500 steady only after that time
  {"overload":true}                  too much on it                  {"negative":true}   less than nothing (-50 g)
  {"silent":true}                    answers nothing                 {"noise":"ff 00"}   sends these bytes now
  {"dialect":"os2"}                  BCC over the header too; "cas": BCC without it
  {"mode":"active"}                  ten frames a second by itself; "passive": only when asked
  {"pad":"space"}                    weight as " 1.234"; "zero": "01.234"
  {"status":true}                    what it would say now"""


class Scale(CableDevice):
    def __init__(self, later: Later, dialect: str = "os2", mode: str = "passive", pad: str = "space") -> None:
        super().__init__()
        self._later = later
        self._dialect = dialect
        self._pad = pad
        self._gross_g = 0
        self._zero_g = 0
        self._tare_g = 0
        self._stable = True
        self._overload = False
        self._silent = False
        self._settling = 0  # counts weights, so that an older one's timer does nothing
        self._keys = bytearray()
        self._active = False
        self._beat = 0  # counts changes of mode, so that an older mode's timer does nothing
        self._set_mode(mode)

    # --- what the terminal sends --------------------------------------------------------------------------------

    def hear(self, data: bytes) -> None:
        for byte in data:
            if self._keys or byte == ord("<"):
                self._hear_key(byte)
            elif byte == ENQ:
                self._answer(bytes([ACK]))
            elif byte == DC1:
                self._answer(self.frame())

    def _hear_key(self, byte: int) -> None:
        self._keys.append(byte)
        if len(self._keys) < KEY_BYTES:
            return
        meaning = KEYS.get(bytes(self._keys))
        self._keys.clear()
        if meaning == "tare":
            self._tare_g = self._gross_g - self._zero_g
        elif meaning == "zero":
            self._zero_g, self._tare_g = self._gross_g, 0
        elif meaning is not None:
            self._set_mode(meaning)

    def _answer(self, data: bytes) -> None:
        if not self._silent:
            self.say(data)

    # --- what it says -------------------------------------------------------------------------------------------

    @property
    def net_g(self) -> int:
        return max(-MAX_WEIGHT_G, min(MAX_WEIGHT_G, self._gross_g - self._zero_g - self._tare_g))

    def frame(self) -> bytes:
        net_g = MAX_WEIGHT_G if self._overload else self.net_g
        status = "F" if self._overload else "S" if self._stable else "U"
        sign = "-" if net_g < 0 else " "
        kilograms = f"{abs(net_g) // 1000}.{abs(net_g) % 1000:03d}"
        field = kilograms.rjust(6, "0" if self._pad == "zero" else " ")
        body = f"{status}{sign}{field}kg".encode("ascii")
        checked = body if self._dialect == "cas" else b"\x01\x02" + body
        return b"\x01\x02" + body + bytes([reduce(xor, checked)]) + b"\x03\x04"

    def flag2(self) -> int:
        """Bit 7 and the low bits are unverified: left at nought."""
        zero = 0x10 if self.net_g == 0 and not self._overload else 0
        return zero | (0x20 if self._tare_g else 0) | (0x40 if self._overload else 0)

    def _set_mode(self, mode: str) -> None:
        if (mode == "active") != self._active:
            self._active = not self._active
            self._beat += 1
            self._tick(self._beat)

    def _tick(self, beat: int) -> None:
        if self._active and beat == self._beat:
            self._answer(self.frame() + bytes([self.flag2()]))
            self._later(ACTIVE_PERIOD_S, partial(self._tick, beat))

    # --- what a person does -------------------------------------------------------------------------------------

    def control(self, request: Request) -> Answer:
        only(request, KNOWN)
        if "weight_g" in request:
            self._gross_g = number_of(request, "weight_g", -MAX_WEIGHT_G, MAX_WEIGHT_G)
            self._overload, self._stable = False, True
        if "negative" in request:
            self._gross_g = -50 if flag_of(request, "negative") else 0
        if "stable" in request:
            self._stable = flag_of(request, "stable")
        if "overload" in request:
            self._overload = flag_of(request, "overload")
        if "silent" in request:
            self._silent = flag_of(request, "silent")
        if "dialect" in request:
            self._dialect = choice_of(request, "dialect", ("os2", "cas"))
        if "pad" in request:
            self._pad = choice_of(request, "pad", ("space", "zero"))
        if "mode" in request:
            self._set_mode(choice_of(request, "mode", ("active", "passive")))
        if "noise" in request:
            self.say(bytes_of(request, "noise"))
        if {"weight_g", "stable", "negative", "overload", "settle_ms"} & set(request):
            self._settling += 1
        if "settle_ms" in request:
            self._stable = False
            self._later(number_of(request, "settle_ms", 0, 60_000) / 1000, partial(self._settled, self._settling))
        return {"ok": True, "frame": self.frame().hex(" "), "net_g": self.net_g, "stable": self._stable}

    def _settled(self, number: int) -> None:
        if self._settling == number:
            self._stable = True
