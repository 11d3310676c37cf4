"""A store whose scanner is in our hands and whose moments are known: for `scripts/bench sale`.

The terminal has users, shifts and business days, as a store that uses all of them. Every moment is CLOCK_MONOTONIC, one
clock for all processes: a scan's bytes going into the pty, a View at a front end's view model, a frame on the screen
(scripts/timed_screen.py), a slip cut off (scripts/timed_devices.py).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import tty
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rig import LANE, ROOT, Process, Store, wait_for

from runtime.share import config_dir
from runtime.wire.messages import View
from ui.local import Local
from ui.models import screen
from ui.texts import Texts

USER, PIN = "1001", "274931"
_DAY = '\n[users]\nfile = "users.toml"\n\n[shift]\nrequired = true\n\n[day]\nends = "03:00"\n\n[labels]'
SOFTWARE_GL = {"KIVY_NO_ARGS": "1", "KIVY_GL_BACKEND": "sdl2", "LIBGL_ALWAYS_SOFTWARE": "1"}
Limit = Callable[[list[str]], list[str]]


class Scanner:
    """The master's end of the scanner's pty: bytes go straight to the daemon."""

    def __init__(self, link: Path) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self._slave = slave
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(slave))

    def scan(self, code: str) -> None:
        os.write(self._master, code.encode() + b"\r")

    def close(self) -> None:
        os.close(self._master)
        os.close(self._slave)


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: when its bytes went out, when the view model had it, and the View's number."""

    began_ns: int
    model_ns: int
    rev: int

    @property
    def model_ms(self) -> float:
        return (self.model_ns - self.began_ns) / 1e6


class Till:
    """One store with one terminal, its scanner in our hands, and a front end's view model listening."""

    def __init__(self, folder: Path, book: Path, at: str, *, snapshot: Path | None, words: list[str] | None) -> None:
        """`snapshot` is the book's where it is compiled already; `words` begin the terminal instead of `lane`."""
        self.store = Store(folder, book=book, rehearse=at, settings=lambda text: text.replace("\n[labels]", _DAY, 1))
        add = [*LANE, "users", "add", str(folder / "users.toml"), USER, "--name", "王小明", "--role", "cashier"]
        subprocess.run(add, input=PIN + "\n", text=True, check=True, capture_output=True, cwd=ROOT)
        if snapshot is not None:
            shutil.copy(snapshot, self.store.snapshot)
        if words:
            self.store.terminal.words[: len(LANE)] = words
        self._cuts, self._flips = folder / "cuts", folder / "flips"
        simulate = self.store.devices.words[len(LANE) + 1 :]  # after `lane simulate`
        self.store.devices.words = [
            sys.executable,
            str(ROOT / "scripts" / "timed_devices.py"),
            str(self._cuts),
            *simulate,
        ]
        self._shown = threading.Event()
        self._last = (0, 0)
        self._rows = 0
        self._texts = Texts(config_dir() / "locale", "zh")
        self._local = Local(connected=True)
        self._scanner: Scanner | None = None
        self.screen: Process | None = None

    def start(self, limit: Limit | None = None) -> None:
        """Everything up, signed on, and a shift open with its float."""
        store = self.store
        if not store.snapshot.exists():
            store.compile()
        store.devices.start()
        store.gateway.start()
        self._scanner = Scanner(store.run / "scanner")
        if limit is not None:
            store.terminal.words = limit(store.terminal.words)
        store.terminal.start(60)
        store.front_end.on_view = self._on_view
        store.front_end.wait(
            lambda view: all(d.ok for d in view.devices if d.device_class in ("Scanner", "POSPrinter")), 30
        )
        store.front_end.must("sign_on", user=USER, pin=PIN)
        store.front_end.must("shift_open", float_minor=50_000)
        self.papers_out()

    def show(self, display: str, limit: Limit | None = None) -> float:
        """The real front end on that display, drawn in software; gives the seconds to its first frame."""
        words = [sys.executable, str(ROOT / "scripts" / "timed_screen.py"), str(self._flips)]
        words += ["--socket", str(self.store.socket), "--size", "1024x768"]
        env = {"DISPLAY": display, **SOFTWARE_GL}
        self.screen = Process("screen", limit(words) if limit else words, self.store.run, env).start(120)
        return self.screen.ready_after_s

    def _on_view(self, view: View) -> None:
        rows = screen(view, self._local, self._texts).line_count
        if rows != self._rows:
            self._rows = rows
            self._last = (time.monotonic_ns(), view.rev)
            self._shown.set()

    def scan(self, code: str) -> Scan:
        self._shown.clear()
        assert self._scanner is not None
        began_ns = time.monotonic_ns()
        self._scanner.scan(code)
        if not self._shown.wait(30):
            raise SystemExit(f"{code} was not shown: {self.store.front_end.view}")
        return Scan(began_ns, *self._last)

    def pay(self) -> int:
        """Total, cash, and the next customer; gives when the last key went to the socket."""
        front = self.store.front_end
        front.must("subtotal")
        assert front.view is not None
        began_ns = time.monotonic_ns()
        front.must("cash", amount_minor=front.view.total_minor)
        front.must("next")
        return began_ns

    def papers_out(self) -> None:
        self.store.front_end.wait(lambda view: view.receipts_waiting == 0, 30)

    def paper_ms(self, began_ns: list[int]) -> list[float]:
        """From each of these moments to the first slip cut off after it."""
        cuts = [int(line) for line in self._cuts.read_text().split()]
        return [(cuts[bisect_left(cuts, one)] - one) / 1e6 for one in began_ns]

    def pixel_ms(self, scans: list[Scan]) -> list[float]:
        """From each scan to the first frame that shows its View, or one after it."""

        def frames() -> list[tuple[int, int]]:
            return [(int(a), int(b)) for a, b in (line.split() for line in self._flips.read_text().splitlines())]

        wait_for("the last frame", lambda: frames()[-1][1] >= scans[-1].rev)
        shown = frames()
        revs = [rev for _, rev in shown]
        return [(shown[bisect_left(revs, one.rev)][0] - one.began_ns) / 1e6 for one in scans]

    def stop(self) -> None:
        if self._scanner is not None:
            self._scanner.close()
        if self.screen is not None:
            self.screen.kill(signal.SIGTERM)
        self.store.stop()
