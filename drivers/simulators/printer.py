"""A simulated receipt printer: the mechanism around the ESC/POS interpreter of `escpos.py`.

It has a receive buffer, a roll of paper, a cover, a cutter and a drawer. While it cannot print it takes in bytes until
the buffer is full and answers real-time questions all the same; what does not fit in the buffer is lost.

    DLE EOT n (10 04 n)   one byte 0xx1xx10.  1: b2 drawer pin 3 high, b3 off line.  2: b2 cover, b5 paper end,
                          b6 error.  3: b3 cutter, b5 unrecoverable.  4: b2 b3 paper near its end, b5 b6 at its end
    DLE DC4 (10 14 01 m t)  drawer pulse at once        DLE ENQ (10 05 n)  clears an error that can be cleared
    GS a n (1D 61 n)      four bytes at once and at each change: 0xx1xx00 b2 drawer b3 off line b5 cover,
                          b3 cutter b5 unrecoverable, b0 b1 near its end b2 b3 at its end, 0
    GS r n (1D 72 n), GS I n (1D 49 n)  answered when their turn in the buffer comes

Verified in sources: DLE EOT 1 and 4. Unverified: DLE EOT 2 and 3, the bytes of GS a, GS I, DLE DC4, and which level of
pin 3 means an open drawer (`drawer_open_level`). Real-time commands are taken out of the stream, also inside a picture.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from pathlib import Path

from drivers.simulators.device import (
    Answer,
    CableDevice,
    ControlError,
    Later,
    Request,
    choice_of,
    flag_of,
    number_of,
    only,
    text_of,
)
from drivers.simulators.escpos import Ask, Fault, Interpreter, Output, Pulse
from drivers.simulators.paper import Cut, Line, NewRoll, Slip

BUFFER_BYTES = 4096
MAX_SLIPS = 1000  # finished slips kept until they are taken; the oldest goes first
MAX_MARKS = 20_000  # of one slip: beyond, it is torn off
MAX_EVENTS = 1000
REAL_TIME_BYTES = 5  # the longest real-time command
DRAWER_CLOSES_AFTER_S = 2.0

HELP = """\
printer:
  {"take":true}                       -> the slips finished since last taken: text, events, cut; and "unfinished".
                                         With "pictures":"FOLDER" each is saved there as PNG ("picture")
  {"status":true}                     -> how it is: paper, cover, drawer, bytes in the buffer, counts
  {"paper":"empty"}                   also "near_end", "ok" (a new roll)
  {"paper_out_after_lines":12}        the roll ends when so many more lines are printed
  {"after_paper":"drop"}              with a new roll it forgets what was in the buffer; "continue": prints it
  {"cover":"open"}  {"offline":true}  {"cutter":"stuck"}         and back: "closed", false, "ok"
  {"drawer":"stuck"}                  a pulse does not open it; "ok" again; "close": somebody shuts it
  {"drawer_open_level":"low"}         pin 3 is low while the drawer is open (else "high")
  {"silent":true}                     prints and answers nothing (a broken return wire)
  {"power":"off"}                     hears nothing, and the buffer is lost; "on"
  {"near_end_sensor":false}           a roll that ends is not "near its end" first
  {"four_byte":false}                 knows no GB18030 of four bytes
  {"lines_per_second":30}             takes its time over each line (1..1000; 0: none, as at first)
  {"tear":true}                       somebody tears the slip off without a cut"""

KNOWN = (
    *("take", "pictures", "status", "paper", "paper_out_after_lines", "after_paper", "cover", "offline", "cutter"),
    *("drawer", "drawer_open_level", "silent", "power", "near_end_sensor", "four_byte", "tear"),
    "lines_per_second",
)


class Printer(CableDevice):
    def __init__(self, later: Later, width: int = 576, buffer_bytes: int = BUFFER_BYTES) -> None:
        super().__init__()
        self._later = later
        self._width = width
        self._buffer_bytes = buffer_bytes
        self._interpreter = Interpreter(self._printed, width)
        self._recent: tuple[tuple[int, bool], ...] = ()  # the last bytes heard, and whether the buffer took them
        self._slip = Slip(width)
        self._slips: deque[tuple[Slip, str]] = deque(maxlen=MAX_SLIPS)
        self._paper = "ok"
        self._lines_left: int | None = None
        self._after_paper = "continue"
        self._cover_open = self._offline = self._silent = self._powered_off = False
        self._cutter_stuck = self._cutter_error = False
        self._drawer_stuck = self._drawer_open = False
        self._drawer_level_when_open = True
        self._drawer_closing = 0  # counts openings, so that an older one's timer does nothing
        self._near_end_sensor = True
        self._lines_per_second = 0
        self._busy = False  # a line is being printed
        self._reporting = 0  # n of GS a
        self._reported = b""
        self.lines = self.cuts = self.pulses = self.lost_bytes = 0

    # --- bytes in -----------------------------------------------------------------------------------------------

    def hear(self, data: bytes) -> None:
        if self._powered_off:
            return
        for byte in data:
            self._hear_byte(byte)
        self._work()

    def _hear_byte(self, byte: int) -> None:
        """Every byte goes into the buffer at once (a parameter may be 10 too); a real-time command that is complete is
        done here, however full the buffer is, and taken out of it again."""
        self._recent = (*self._recent[1 - REAL_TIME_BYTES :], (byte, self._store(byte)))
        recent = bytes(value for value, _ in self._recent)
        if recent[-3:-1] == b"\x10\x04" and 1 <= byte <= 4:
            self._forget(3)
            self._work()  # a mechanism that prints in no time has what came before the question on paper
            self._answer(bytes([self._status_byte(byte)]))
        elif recent[-3:-1] == b"\x10\x05" and byte in (1, 2):
            self._forget(3)
            self._cutter_error = False
            self._changed()
        elif recent[:-2] == b"\x10\x14\x01":
            self._forget(5)
            self._pulse(5 if recent[3] & 1 else 2, byte * 100)

    def _store(self, byte: int) -> bool:
        """False when the buffer was full."""
        pending = self._interpreter.pending
        if len(pending) >= self._buffer_bytes:
            self._work()
        if len(pending) >= self._buffer_bytes and not self._can_print():
            self.lost_bytes += 1
            if self.lost_bytes == 1:
                self._event({"event": "overrun"})
            return False
        pending.append(byte)
        return True

    def _forget(self, size: int) -> None:
        """The last bytes were a real-time command: they are not to be printed, and were not lost."""
        last, self._recent = self._recent[-size:], ()
        stored = bytes(value for value, kept in last if kept)
        self.lost_bytes -= size - len(stored)
        if stored and self._interpreter.pending.endswith(stored):
            del self._interpreter.pending[-len(stored) :]

    def _work(self) -> None:
        while not self._busy and self._can_print() and self._interpreter.step():
            pass

    def _line_done(self) -> None:
        self._busy = False
        self._work()

    def _can_print(self) -> bool:
        stopped = self._offline or self._cover_open or self._powered_off or self._cutter_error
        return not stopped and self._paper != "empty"

    # --- what the interpreter gives -----------------------------------------------------------------------------

    def _printed(self, output: Output) -> None:
        if isinstance(output, Fault):
            self._event({"event": "fault", "fault": output.text})
        elif isinstance(output, Pulse):
            self._pulse(output.pin, output.on_ms)
        elif isinstance(output, Ask):
            self._asked(output)
        elif isinstance(output, Cut) and self._cutter_stuck:
            self._cutter_error = True
            self._event({"event": "cutter_error"})
            self._changed()
        else:
            self._slip.marks.append(output)
            if isinstance(output, Cut):
                self.cuts += 1
                self._finish("partial" if output.partial else "full")
            elif len(self._slip.marks) >= MAX_MARKS:
                self._finish("torn")
            if isinstance(output, Line):
                self._line_printed()

    def _line_printed(self) -> None:
        self.lines += 1
        if self._lines_per_second and not self._busy:
            self._busy = True
            self._later(1 / self._lines_per_second, self._line_done)
        if self._lines_left is not None:
            self._lines_left -= 1
            if self._lines_left <= 0:
                self._set_paper("empty")

    def _finish(self, how: str) -> None:
        self._slips.append((self._slip, how))
        self._slip = Slip(self._width)

    def _event(self, event: dict[str, object]) -> None:
        if len(self._slip.events) < MAX_EVENTS:
            self._slip.events.append(event)

    def _pulse(self, pin: int, on_ms: int) -> None:
        self.pulses += 1
        opened = not self._drawer_stuck and on_ms > 0
        self._event({"event": "drawer", "pin": pin, "on_ms": on_ms, "opened": opened})
        if opened:
            self._drawer_open = True
            self._drawer_closing += 1
            self._later(DRAWER_CLOSES_AFTER_S, partial(self._shut_drawer, self._drawer_closing))
            self._changed()

    def _shut_drawer(self, number: int) -> None:
        if number == self._drawer_closing and self._drawer_open:
            self._drawer_open = False
            self._changed()

    # --- what it says -------------------------------------------------------------------------------------------

    def _answer(self, data: bytes) -> None:
        if not self._silent and not self._powered_off:
            self.say(data)

    @property
    def _pin_high(self) -> bool:
        return self._drawer_open == self._drawer_level_when_open

    @property
    def _near_end(self) -> bool:
        return self._paper == "near_end" or (self._paper == "empty" and self._near_end_sensor)

    def _status_byte(self, number: int) -> int:
        bits = 0x12
        if number == 1:
            bits |= 0x04 * self._pin_high | 0x08 * (not self._can_print())
        elif number == 2:
            bits |= 0x04 * self._cover_open | 0x20 * (self._paper == "empty") | 0x40 * self._cutter_error
        elif number == 3:
            bits |= 0x08 * self._cutter_error
        else:
            bits |= 0x0C * self._near_end | 0x60 * (self._paper == "empty")
        return bits

    def _asb(self) -> bytes:
        first = 0x10 | 0x04 * self._pin_high | 0x08 * (not self._can_print()) | 0x20 * self._cover_open
        paper = 0x03 * self._near_end | 0x0C * (self._paper == "empty")
        return bytes([first, 0x08 * self._cutter_error, paper, 0])

    def _watched(self) -> bytes:
        """The part of the status whose changes are to be told: GS a bit 0 drawer, 1 off line, 2 error, 3 paper."""
        first, error, paper, _ = self._asb()
        n = self._reporting
        masks = (0x04 * (n & 1) | 0x28 * (n >> 1 & 1), 0xFF * (n >> 2 & 1), 0xFF * (n >> 3 & 1))
        return bytes([first & masks[0], error & masks[1], paper & masks[2]])

    def _changed(self) -> None:
        if self._reporting & 0x0F and self._watched() != self._reported:
            self._reported = self._watched()
            self._answer(self._asb())

    def _asked(self, ask: Ask) -> None:
        if ask.what == "a":
            self._reporting = ask.number
            self._reported = self._watched()
            if self._reporting & 0x0F:
                self._answer(self._asb())
        elif ask.what == "r" and ask.number in (1, 49):
            self._answer(bytes([0x03 * self._near_end | 0x0C * (self._paper == "empty")]))
        elif ask.what == "r" and ask.number in (2, 50):
            self._answer(bytes([0x01 * self._pin_high]))
        elif ask.what == "I" and ask.number in (1, 2, 49, 50):
            self._answer(b"\x20" if ask.number & 1 else b"\x02")
        elif ask.what == "I" and 65 <= ask.number <= 67:
            self._answer(b"_" + (b"1.0", b"lanekit", b"simulator")[ask.number - 65] + b"\0")
        else:
            self._event({"event": "fault", "fault": f"unknown question {ask.what} {ask.number}"})

    # --- what a person does -------------------------------------------------------------------------------------

    def control(self, request: Request) -> Answer:
        only(request, KNOWN)
        for key in request:
            self._set(key, request)
        self._changed()
        self._work()
        answer: Answer = {"ok": True}
        if "status" in request and flag_of(request, "status"):
            answer |= self._status()
        if "take" in request and flag_of(request, "take"):
            answer |= self._take(Path(text_of(request, "pictures")) if "pictures" in request else None)
        return answer

    def _set(self, key: str, request: Request) -> None:
        match key:
            case "paper":
                self._set_paper(choice_of(request, key, ("ok", "near_end", "empty")))
            case "paper_out_after_lines":
                self._lines_left = number_of(request, key, 1, 100_000)
            case "after_paper":
                self._after_paper = choice_of(request, key, ("continue", "drop"))
            case "cover":
                self._cover_open = choice_of(request, key, ("open", "closed")) == "open"
            case "offline":
                self._offline = flag_of(request, key)
            case "silent":
                self._silent = flag_of(request, key)
            case "cutter":
                self._set_cutter(choice_of(request, key, ("stuck", "ok")))
            case "drawer":
                self._set_drawer(choice_of(request, key, ("stuck", "ok", "close")))
            case "drawer_open_level":
                self._drawer_level_when_open = choice_of(request, key, ("high", "low")) == "high"
            case "power":
                self._set_power(choice_of(request, key, ("off", "on")))
            case "near_end_sensor":
                self._near_end_sensor = flag_of(request, key)
            case "four_byte":
                self._interpreter.four_byte = flag_of(request, key)
            case "lines_per_second":
                self._lines_per_second = number_of(request, key, 0, 1000)
            case "tear":
                if flag_of(request, key) and self._slip.marks:
                    self._finish("torn")

    def _set_paper(self, paper: str) -> None:
        if paper == self._paper:
            return
        was, self._paper = self._paper, paper
        self._event({"event": "paper", "paper": paper})
        if paper == "empty" or was == "empty":
            self._lines_left = None
        if was == "empty":
            if self._slip.marks:
                self._slip.marks.append(NewRoll())
            if self._after_paper == "drop":
                self._interpreter.power_off()
        self._changed()

    def _set_cutter(self, cutter: str) -> None:
        self._cutter_stuck = cutter == "stuck"
        self._cutter_error = self._cutter_error and self._cutter_stuck

    def _set_drawer(self, drawer: str) -> None:
        if drawer == "close":
            self._drawer_open = False
        else:
            self._drawer_stuck = drawer == "stuck"

    def _set_power(self, power: str) -> None:
        if power == "off" and not self._powered_off:
            self._interpreter.power_off()
            self._recent = ()
            self._reporting, self._cutter_error = 0, False
            self._event({"event": "power_off"})
        self._powered_off = power == "off"

    def _status(self) -> Answer:
        return {
            "paper": self._paper,
            "cover": "open" if self._cover_open else "closed",
            "power": "off" if self._powered_off else "on",
            "can_print": self._can_print(),
            "cutter_error": self._cutter_error,
            "drawer": "open" if self._drawer_open else "closed",
            "buffered_bytes": len(self._interpreter.pending),
            "lost_bytes": self.lost_bytes,
            "lines": self.lines,
            "cuts": self.cuts,
            "pulses": self.pulses,
            "slips": len(self._slips),
        }

    def everything(self) -> Slip:
        """All slips since last taken, and the unfinished one, as one strip of paper."""
        whole = Slip(self._width)
        for slip in (*(slip for slip, _ in self._slips), self._slip):
            whole.marks += slip.marks
            whole.events += slip.events
        return whole

    def _take(self, folder: Path | None) -> Answer:
        slips: list[Answer] = []
        for number, (slip, how) in enumerate(self._slips, self.cuts - len(self._slips) + 1):
            taken: Answer = {"text": slip.text, "events": slip.events, "cut": how}
            if folder is not None:
                taken["picture"] = str(_saved(slip, folder, number))
            slips.append(taken)
        self._slips.clear()
        return {"slips": slips, "unfinished": {"text": self._slip.text, "events": self._slip.events}}


def _saved(slip: Slip, folder: Path, number: int) -> Path:
    from drivers.simulators.picture import draw  # Pillow: only where a picture is wanted

    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"receipt-{number:04d}.png"
        draw(slip).save(path, optimize=True)
    except OSError as error:
        raise ControlError(f"the picture could not be saved: {error}") from None
    return path
