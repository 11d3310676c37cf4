"""A simulated LED8 customer display: eight digits and a lamp.

ESC Q A digits CR shows a number; ESC s n lights a lamp: n is 0 off, 1 price, 2 total, 3 paid, 4 change, as an ASCII
digit (LED8 boards) or as the number itself (Wintec CD110, Hisense VC108). FF (0C) clears, ESC @ sets all back. US P 01
is the "thank you" lamp of the Wintec. Eight digits, and points that take no place of their own, are what such a board
shows; what a board does with more is unverified (here: the first eight stay, and a fault is kept).
"""

from __future__ import annotations

from drivers.simulators.device import Answer, CableDevice, Request, choice_of, flag_of, only

LAMPS = ("off", "price", "total", "paid", "change")
DIGITS = 8
MAX_TEXT = 32  # bytes between ESC Q A and CR
MAX_KEPT = 200

HELP = """\
display:
  {"read":true}          -> {"digits":"12.30","lamp":"total","faults":[...]}
  {"history":true}       -> what it has shown since last asked, oldest first
  {"dialect":"ascii"}    lamp numbers as '0'..'4'; "binary": as 00..04; "both": either"""


class Display(CableDevice):
    def __init__(self, dialect: str = "both") -> None:
        super().__init__()
        self._dialect = dialect
        self._digits = ""
        self._lamp = "off"
        self._faults: list[str] = []
        self._history: list[Answer] = []
        self._pending = bytearray()

    def hear(self, data: bytes) -> None:
        for byte in data:
            self._pending.append(byte)
            if self._take(bytes(self._pending)):
                self._pending.clear()

    def _take(self, command: bytes) -> bool:
        """True when the command is complete, done or refused."""
        if command[:1] == b"\x0c":
            self._show("", self._lamp)
        elif command[:1] == b"\x1b":
            return self._take_escape(command)
        elif command[:1] == b"\x1f":
            if len(command) < 2 or (command[1:2] == b"P" and len(command) < 3):
                return False
            if command == b"\x1fP\x01":
                self._show(self._digits, "thanks")
            elif command[1:2] == b"\x1f":
                self._show("", self._lamp)
            else:
                self._fault(command)
        elif command not in (b"\r", b"\n", b"\x00"):
            self._fault(command)
        return True

    def _take_escape(self, command: bytes) -> bool:
        if command == b"\x1b@":
            self._show("", "off")
        elif command[1:2] == b"s" and len(command) == 3:
            self._light(command)
        elif command[1:3] == b"QA" and command[-1:] == b"\r":
            self._number(command[3:-1], command)
        elif command in (b"\x1b", b"\x1bs", b"\x1bQ") or (command[1:3] == b"QA" and len(command) <= 3 + MAX_TEXT):
            return False
        else:
            self._fault(command)
        return True

    def _light(self, command: bytes) -> None:
        code = command[2]
        if 0x30 <= code <= 0x34 and self._dialect != "binary":
            self._show(self._digits, LAMPS[code - 0x30])
        elif code <= 4 and self._dialect != "ascii":
            self._show(self._digits, LAMPS[code])
        else:
            self._fault(command)

    def _number(self, raw: bytes, command: bytes) -> None:
        text = raw.decode("ascii", "replace")
        if any(character not in "0123456789.- " for character in text):
            self._fault(command)
            return
        shown, places = "", 0
        for character in text:
            places += character != "."
            if places > DIGITS:
                self._fault(command)
                break
            shown += character
        self._show(shown.strip(), self._lamp)

    def _show(self, digits: str, lamp: str) -> None:
        self._digits, self._lamp = digits, lamp
        self._history = [*self._history[1 - MAX_KEPT :], {"digits": digits, "lamp": lamp}]

    def _fault(self, command: bytes) -> None:
        self._faults = [*self._faults[1 - MAX_KEPT :], f"unknown {command[:40].hex(' ').upper()}"]

    def control(self, request: Request) -> Answer:
        only(request, ("read", "history", "dialect"))
        if "dialect" in request:
            self._dialect = choice_of(request, "dialect", ("ascii", "binary", "both"))
        answer: Answer = {"ok": True}
        if "read" in request and flag_of(request, "read"):
            answer |= {"digits": self._digits, "lamp": self._lamp, "faults": list(self._faults)}
        if "history" in request and flag_of(request, "history"):
            answer["history"] = self._history
            self._history = []
        return answer
