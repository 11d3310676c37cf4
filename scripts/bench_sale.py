"""scripts/bench sale: what a cashier feels, and what a till must have for it.

A real daemon with a real chain's snapshot is rung at three scans a second through a pty, as a scanner would; the clock
stops when a front end's view model shows the line. Then the same with 15 ms a sync, and within a quarter of a core.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psutil
from quarter_core import Quarter
from rig import LANE, ROOT, Process, Store, free_display, wait_for

from runtime.share import config_dir
from runtime.wire.messages import View
from ui.local import Local
from ui.models import screen
from ui.texts import Texts

DOCS = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench sale -->", "<!-- end of bench sale -->"
SCANS_A_SECOND = 3
LINES_A_BASKET = 20
SLOW_SYNC_MS = 15


@dataclass
class Figures:
    """Milliseconds, unless it says otherwise."""

    scan_ms: list[float] = field(default_factory=list)
    cpu_ms_a_scan: float = 0.0
    sales_a_minute: float = 0.0
    daemon_pss_mb: float = 0.0
    ui_pss_mb: float = 0.0
    ready_s: float = 0.0
    first_frame_s: float = 0.0


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def chain_data() -> Path:
    named = os.environ.get("LANE_DATA")
    place = Path(named) if named else ROOT.parent / "shared" / "data"
    if not place.is_dir():
        sys.exit("the real chain's data is neither at $LANE_DATA nor at ../shared/data")
    return place / "chain-a"


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


class Till:
    """One store with one terminal, its scanner in our hands, and a front end's view model listening."""

    def __init__(self, folder: Path, book: Path, snapshot: Path | None, words: list[str] | None, at: str) -> None:
        self.store = Store(folder, book=book, rehearse=at)
        if snapshot is not None:
            shutil.copy(snapshot, self.store.snapshot)
        if words:
            self.store.terminal.words[: len(LANE)] = words
        self.shown = threading.Event()
        self.shown_at = 0.0
        self.rows = 0
        self._texts = Texts(config_dir() / "locale", "zh")
        self._local = Local(connected=True)
        self.scanner: Scanner | None = None

    def start(self, limit: Callable[[list[str]], list[str]] | None = None) -> None:
        store = self.store
        if not store.snapshot.exists():
            store.compile()
        store.devices.start()
        store.gateway.start()
        self.scanner = Scanner(store.run / "scanner")
        if limit is not None:
            store.terminal.words = limit(store.terminal.words)
        store.terminal.start(60)
        store.front_end.on_view = self._on_view
        store.front_end.wait(
            lambda view: all(d.ok for d in view.devices if d.device_class in ("Scanner", "POSPrinter")), 30
        )

    def _on_view(self, view: View) -> None:
        rows = screen(view, self._local, self._texts).line_count
        if rows != self.rows:
            self.rows = rows
            self.shown_at = time.perf_counter()
            self.shown.set()

    def scan(self, code: str) -> float:
        """Milliseconds from the scanner's bytes to the view model."""
        self.shown.clear()
        assert self.scanner is not None
        began = time.perf_counter()
        self.scanner.scan(code)
        if not self.shown.wait(10):
            raise SystemExit(f"{code} was not shown: {self.store.front_end.view}")
        return (self.shown_at - began) * 1000

    def pay(self) -> None:
        front = self.store.front_end
        front.must("subtotal")
        assert front.view is not None
        front.must("cash", amount_minor=front.view.total_minor)
        front.must("next")

    def stop(self) -> None:
        if self.scanner is not None:
            self.scanner.close()
        self.store.stop()


def good_codes(chain: Path, count: int) -> list[str]:
    """Codes as real baskets have them, counted goods only, in the order of the baskets."""
    codes = []
    for line in (chain / "baskets.ndjson").read_text(encoding="utf-8").splitlines():
        codes += [entry["code"] for entry in json.loads(line)["lines"] if "qty" in entry]
        if len(codes) >= count:
            break
    return codes[:count]


def measure_scans(till: Till, codes: list[str]) -> tuple[list[float], float]:
    """At a cashier's pace: each scan's milliseconds, and the daemon's CPU milliseconds a scan."""
    process = psutil.Process(till.store.terminal.pid)
    for code in codes[:5]:
        till.scan(code)
    till.pay()
    scans: list[float] = []
    before = process.cpu_times()
    next_at = time.perf_counter()
    for number, code in enumerate(codes):
        next_at += 1 / SCANS_A_SECOND
        scans.append(till.scan(code))
        if number % LINES_A_BASKET == LINES_A_BASKET - 1:
            till.pay()
        time.sleep(max(0.0, next_at - time.perf_counter()))
    after = process.cpu_times()
    cpu_s = after.user + after.system - before.user - before.system
    return scans, cpu_s * 1000 / len(codes)


def measure_flat_out(till: Till, codes: list[str], seconds: float) -> float:
    """Sales a minute, six lines each, as fast as they are shown."""
    began = time.perf_counter()
    sales = 0
    while time.perf_counter() - began < seconds:
        for code in codes[sales * 6 % 60 :][:6]:
            till.scan(code)
        till.pay()
        sales += 1
    return sales / (time.perf_counter() - began) * 60


def pss_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_full_info().pss) / 1e6


def measure_ui(store: Store) -> tuple[float, float]:
    """(PSS in MB, seconds to the first frame) of the real front end, drawn in software under Xvfb."""
    display = free_display()
    xvfb = subprocess.Popen(
        ["Xvfb", display, "-screen", "0", "1024x768x24", "-nolisten", "tcp"], stderr=subprocess.DEVNULL
    )
    try:
        wait_for("Xvfb", lambda: Path(f"/tmp/.X11-unix/X{display[1:]}").exists())
        env = {"DISPLAY": display, "KIVY_NO_ARGS": "1", "KIVY_GL_BACKEND": "sdl2", "LIBGL_ALWAYS_SOFTWARE": "1"}
        words = [*LANE, "ui", "--socket", str(store.socket), "--size", "1024x768"]
        screens = [Process(f"ui-{n}", words, store.run, env) for n in range(2)]
        screens[0].start(60)  # the first fills the disk's cache, as on a till that was started before
        screens[0].kill(signal.SIGTERM)
        screens[1].start(60)
        time.sleep(2)
        found = pss_mb(screens[1].pid), screens[1].ready_after_s
        screens[1].kill(signal.SIGTERM)
        return found
    finally:
        xvfb.terminate()
        xvfb.wait(5)


def plain(work: Path, chain: Path, scans: int, flat_s: float, at: str) -> Figures:
    till = Till(work / "plain", chain / "2026-08-21", None, None, at)
    figures = Figures()
    try:
        till.start()
        figures.ready_s = till.store.terminal.ready_after_s
        figures.scan_ms, figures.cpu_ms_a_scan = measure_scans(till, good_codes(chain, scans))
        figures.sales_a_minute = measure_flat_out(till, good_codes(chain, 60), flat_s)
        figures.daemon_pss_mb = pss_mb(till.store.terminal.pid)
        figures.ui_pss_mb, figures.first_frame_s = measure_ui(till.store)
    finally:
        till.stop()
    return figures


def slow_disk(work: Path, chain: Path, scans: int, at: str) -> Figures:
    words = [sys.executable, str(ROOT / "scripts" / "slow_disk.py"), str(SLOW_SYNC_MS)]
    till = Till(work / "slow", chain / "2026-08-21", work / "plain" / "demo.snapshot", words, at)
    figures = Figures()
    try:
        till.start()
        figures.ready_s = till.store.terminal.ready_after_s
        figures.scan_ms, figures.cpu_ms_a_scan = measure_scans(till, good_codes(chain, scans))
    finally:
        till.stop()
    return figures


def quarter_core(work: Path, chain: Path, scans: int, at: str) -> Figures | None:
    quarter = Quarter()
    if not quarter.works:
        return None
    till = Till(work / "quarter", chain / "2026-08-21", work / "plain" / "demo.snapshot", None, at)
    figures = Figures()
    try:
        till.start(quarter.within)
        figures.ready_s = till.store.terminal.ready_after_s
        figures.scan_ms, figures.cpu_ms_a_scan = measure_scans(till, good_codes(chain, scans))
    finally:
        till.stop()
        quarter.close()
    return figures


def table(full: Figures, slow: Figures, quarter: Figures | None) -> str:
    def ms(figures: Figures) -> str:
        median, p99 = statistics.median(figures.scan_ms), percentile(figures.scan_ms, 0.99)
        return f"{median:.1f} / {p99:.1f} ms"

    rows: list[tuple[str, str, str]] = [
        ("scan to view model, median / p99", ms(full), "p99 30 ms"),
        (f"the same, {SLOW_SYNC_MS} ms a sync", ms(slow), "p99 60 ms"),
        ("the same, a quarter of a core", ms(quarter) if quarter else "not measured: no CPU control here", "report"),
        ("daemon's CPU a scan, its share of payment and printing included", f"{full.cpu_ms_a_scan:.1f} ms", "8 ms"),
        ("sales of 6 lines a minute, flat out", f"{full.sales_a_minute:.0f}", "report"),
        ("daemon's memory (PSS)", f"{full.daemon_pss_mb:.0f} MB", "60 MB"),
        ("front end's memory (PSS, software GL)", f"{full.ui_pss_mb:.0f} MB", "180 MB"),
        ("daemon: start to ready", f"{full.ready_s:.2f} s", "1.5 s"),
        ("the same, a quarter of a core", f"{quarter.ready_s:.2f} s" if quarter else "not measured", "report"),
        ("front end: start to first frame", f"{full.first_frame_s:.2f} s", "1.5 s"),
    ]
    lines = ["| figure | measured | aim |", "|---|---|---|"]
    return "\n".join(lines + [f"| {what} | {found} | {aim} |" for what, found, aim in rows])


def machine() -> str:
    processors = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    model = processors[0] if processors else platform.machine()
    memory_gb = psutil.virtual_memory().total / 1e9
    return (
        f"{date.today().isoformat()}, {model}, {os.cpu_count()} cores, {memory_gb:.0f} GB, "
        f"Python {platform.python_version()}, Linux {platform.release()}; shared and noisy"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench sale", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a sixth of the scans")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = parser.parse_args()
    scans, flat_s = (50, 5.0) if arguments.quick else (300, 20.0)
    chain = chain_data()
    first: dict[str, Any] = json.loads((chain / "baskets.ndjson").open(encoding="utf-8").readline())
    with tempfile.TemporaryDirectory(prefix="lk") as name:
        work = Path(name)
        print(f"{scans} scans at {SCANS_A_SECOND} a second, three times over; some minutes ...", flush=True)
        full = plain(work, chain, scans, flat_s, first["at"])
        slow = slow_disk(work, chain, scans, first["at"])
        quarter = quarter_core(work, chain, scans // 2, first["at"])
    text = f"{machine()}; {scans} scans.\n\n{table(full, slow, quarter)}"
    print(text)
    if arguments.write:
        page = DOCS.read_text(encoding="utf-8")
        page = re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL)
        DOCS.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
