"""scripts/bench sale: what a cashier feels, and what a till must have for it.

A real daemon, with users, a shift and business days, is rung at three scans a second through a pty, as a scanner would.
The clock stops when a front end's view model shows the line, and when the real front end, drawn in software under Xvfb,
has the frame on the screen. The book is the large one of scripts/bench snapshot, goods drawn at random over all of it;
then a real chain's book with its real baskets. Then 15 ms a sync, then a quarter of a core with 512 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psutil
from quarter_core import Quarter, ahead
from rig import ROOT, commit_name, virtual_display
from sale_rig import Limit, Scan, Till

DOCS = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench sale -->", "<!-- end of bench sale -->"
SCANS_A_SECOND = 3
LINES_A_BASKET = 20
LINES_A_QUICK_SALE = 6
SLOW_SYNC_MS = 15
MEMORY_MB = 512
AT = "2026-11-22T10:00:00"  # of the large book's till


@dataclass
class Figures:
    """Milliseconds, unless it says otherwise."""

    scan_ms: list[float] = field(default_factory=list)
    pixel_ms: list[float] = field(default_factory=list)
    paper_ms: list[float] = field(default_factory=list)
    cpu_ms_a_scan: float = 0.0
    sales_a_minute: float = 0.0
    daemon_pss_mb: float = 0.0
    ui_pss_mb: float = 0.0
    ready_s: float = 0.0
    first_frame_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Book:
    """What is sold: the book's folder, its snapshot once it is compiled, codes to scan, and when."""

    folder: Path
    snapshot: Path
    codes: list[str]
    at: str


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def chain_data() -> Path:
    named = os.environ.get("LANE_DATA")
    place = Path(named) if named else ROOT.parent / "shared" / "data"
    if not place.is_dir():
        sys.exit("the real chain's data is neither at $LANE_DATA nor at ../shared/data")
    return place / "chain-a"


def chain_book(chain: Path, snapshot: Path, count: int) -> Book:
    """A real chain's day; codes as real baskets have them, counted goods only, in the order of the baskets."""
    codes: list[str] = []
    lines = (chain / "baskets.ndjson").read_text(encoding="utf-8").splitlines()
    for line in lines:
        codes += [entry["code"] for entry in json.loads(line)["lines"] if "qty" in entry]
        if len(codes) >= count:
            break
    return Book(chain / "2026-08-21", snapshot, codes[:count], json.loads(lines[0])["at"])


def large_book(work: Path, count: int, part: int) -> Book:
    """The seeded book of scripts/bench snapshot; `part` 10 is a tenth of it."""
    from bench_snapshot import make_items, make_promotions, write_book

    rows = make_items(140_000 // part, 180_000 // part, 1)
    write_book(work / "large", rows, make_promotions(rows, 2_000 // part, 1))
    rng = random.Random(5)
    counted = [row for row in rows if row[2] == "each"]
    codes = [rng.choice(row[7].split(";")) for row in rng.choices(counted, k=count)]
    return Book(work / "large", work / "large.snapshot", codes, AT)


def measure_scans(till: Till, codes: list[str]) -> tuple[list[Scan], float]:
    """At a cashier's pace: each scan, and the daemon's CPU milliseconds a scan."""
    process = psutil.Process(till.store.terminal.pid)
    for code in codes[:5]:
        till.scan(code)
    till.pay()
    scans: list[Scan] = []
    before = process.cpu_times()
    next_at = time.perf_counter()
    for number, code in enumerate(codes):
        next_at += 1 / SCANS_A_SECOND
        scans.append(till.scan(code))
        if number % LINES_A_BASKET == LINES_A_BASKET - 1:
            till.pay()
        time.sleep(max(0.0, next_at - time.perf_counter()))
    after = process.cpu_times()
    if len(codes) % LINES_A_BASKET:
        till.pay()
    cpu_s = after.user + after.system - before.user - before.system
    return scans, cpu_s * 1000 / len(codes)


def quick_sale(codes: list[str], number: int) -> list[str]:
    at = number * LINES_A_QUICK_SALE % (len(codes) - LINES_A_QUICK_SALE)
    return codes[at : at + LINES_A_QUICK_SALE]


def measure_paper(till: Till, codes: list[str], sales: int) -> list[float]:
    """From the last key of each sale to its receipt cut off."""
    began_ns = []
    for sale in range(sales):
        for code in quick_sale(codes, sale):
            till.scan(code)
        began_ns.append(till.pay())
        till.papers_out()
    return till.paper_ms(began_ns)


def measure_flat_out(till: Till, codes: list[str], seconds: float) -> float:
    """Sales a minute, six lines each, as fast as they are shown."""
    began = time.perf_counter()
    sales = 0
    while time.perf_counter() - began < seconds:
        for code in quick_sale(codes, sales):
            till.scan(code)
        till.pay()
        sales += 1
    return sales / (time.perf_counter() - began) * 60


def pss_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_full_info().pss) / 1e6


@dataclass
class Plan:
    """How much is done, and what with."""

    work: Path
    scans: int
    sales: int
    flat_s: float
    display: str

    def ring(
        self, name: str, book: Book, *, words: list[str] | None = None, limit: Limit | None = None, screen: bool = True,
        screen_limit: Limit | None = None, scans: int = 0,
    ) -> Figures:  # fmt: skip
        """One till's day."""
        snapshot = book.snapshot if book.snapshot.exists() else None
        till = Till(self.work / name, book.folder, book.at, snapshot=snapshot, words=words)
        codes = book.codes[: scans or self.scans]
        figures = Figures()
        try:
            till.start(limit)
            if snapshot is None:
                book.snapshot.write_bytes(till.store.snapshot.read_bytes())
            figures.ready_s = till.store.terminal.ready_after_s
            if screen:
                figures.first_frame_s = till.show(self.display, screen_limit)
            found, figures.cpu_ms_a_scan = measure_scans(till, codes)
            figures.scan_ms = [one.model_ms for one in found]
            till.papers_out()
            figures.paper_ms = measure_paper(till, codes, self.sales)
            figures.daemon_pss_mb = pss_mb(till.store.terminal.pid)
            if till.screen is not None:
                figures.pixel_ms = till.pixel_ms(found)
                figures.ui_pss_mb = pss_mb(till.screen.pid)
                till.screen.kill(signal.SIGTERM)  # who rings as fast as he can waits for no picture
            if self.flat_s and limit is None and words is None:
                figures.sales_a_minute = measure_flat_out(till, codes, self.flat_s)
        finally:
            till.stop()
        return figures


Row = tuple[str, str, str, bool | None]  # figure, measured, bar, whether it was met; None where there is none


def _times(values: list[float]) -> str:
    if not values:
        return "not measured"
    return f"{statistics.median(values):.1f} / {percentile(values, 0.99):.1f} ms"


def _p99(what: str, values: list[float], bar_ms: float | None) -> Row:
    met = percentile(values, 0.99) <= bar_ms if values and bar_ms else None
    return (f"{what}, median / p99", _times(values), f"p99 {bar_ms:g} ms" if bar_ms else "report", met)


def _at_most(what: str, value: float, bar: float | None, unit: str, digits: int = 1) -> Row:
    bar_said = f"{bar:g} {unit}" if bar else "report"
    return (what, f"{value:.{digits}f} {unit}", bar_said, value <= bar if bar else None)


def table(large: Figures, chain: Figures, slow: Figures, quarter: Figures | None, both: Figures | None) -> str:
    rows: list[Row] = [
        _p99("scan to view model", large.scan_ms, 30),
        _p99("scan to pixels, software GL", large.pixel_ms, 60),
        _p99("sale closed: last key to its receipt cut off", large.paper_ms, 100),
        _at_most("daemon's CPU a scan, its share of payment and printing included", large.cpu_ms_a_scan, 8, "ms"),
        _at_most("daemon's memory (PSS)", large.daemon_pss_mb, 60, "MB", 0),
        _at_most("daemon: start to ready", large.ready_s, 1.5, "s", 2),
        ("sales of 6 lines a minute, flat out", f"{large.sales_a_minute:.0f}", "report", None),
        _at_most("front end's memory (PSS, software GL)", large.ui_pss_mb, 180, "MB", 0),
        _at_most("front end: start to first frame", large.first_frame_s, 1.5, "s", 2),
        _p99("chain-a: scan to view model", chain.scan_ms, 30),
        _p99("chain-a: scan to pixels, software GL", chain.pixel_ms, 60),
        _p99("chain-a: sale closed", chain.paper_ms, 100),
        _at_most("chain-a: daemon's memory (PSS)", chain.daemon_pss_mb, 60, "MB", 0),
        _at_most("chain-a: daemon, start to ready", chain.ready_s, 1.5, "s", 2),
        _p99(f"{SLOW_SYNC_MS} ms a sync: scan to view model", slow.scan_ms, 60),
        _p99(f"{SLOW_SYNC_MS} ms a sync: scan to pixels", slow.pixel_ms, None),
        _p99(f"{SLOW_SYNC_MS} ms a sync: sale closed", slow.paper_ms, None),
    ]
    if quarter is not None:
        rows += [
            _p99("quarter of a core, 512 MB: scan to view model", quarter.scan_ms, 100),
            _at_most("quarter of a core, 512 MB: daemon's CPU a scan", quarter.cpu_ms_a_scan, 8, "ms"),
            _at_most("quarter of a core, 512 MB: start to ready", quarter.ready_s, 4, "s", 2),
            _p99("quarter of a core, 512 MB: sale closed", quarter.paper_ms, None),
        ]
    if both is not None:
        rows += [
            _p99("the front end in the same quarter: scan to view model", both.scan_ms, None),
            _p99("the front end in the same quarter: scan to pixels, software GL", both.pixel_ms, None),
        ]
    lines = ["| figure | measured | bar | |", "|---|---|---|---|"]
    said = {True: "met", False: "missed", None: ""}
    return "\n".join(lines + [f"| {what} | {found} | {bar} | {said[met]} |" for what, found, bar, met in rows])


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
    parser.add_argument("--quick", action="store_true", help="a sixth of the scans, a tenth of the book")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = parser.parse_args()
    scans, sales, flat_s, part = (50, 20, 5.0, 10) if arguments.quick else (300, 100, 20.0, 1)
    chain = chain_data()
    load = os.getloadavg()[0]
    with ahead() as first, tempfile.TemporaryDirectory(prefix="lk") as name, virtual_display("1024x768") as display:
        work = Path(name)
        plan = Plan(work, scans, sales, flat_s, display)
        print(f"{scans} scans at {SCANS_A_SECOND} a second, five times over; some minutes ...", flush=True)
        large = large_book(work, scans, part)
        plain = plan.ring("plain", large)
        real = plan.ring("chain", chain_book(chain, work / "chain.snapshot", scans))
        words = [sys.executable, str(ROOT / "scripts" / "slow_disk.py"), str(SLOW_SYNC_MS)]
        slow = plan.ring("slow", large, words=words)
        quarter = both = None
        limit = Quarter(MEMORY_MB)
        how = limit.how or limit.reason
        if limit.works:
            quarter = plan.ring("quarter", large, limit=limit.within, screen=False)
            plan.sales = min(plan.sales, 10)
            both = plan.ring("both", large, limit=limit.within, screen_limit=limit.within, scans=scans // 5)
            limit.close()
    text = f"{machine()}; commit {commit_name()}; {scans} scans; load {load:.1f} when it "
    text += f"began{', before which the kernel put it' if first else ''}; the quarter: {how}.\n\n"
    text += table(plain, real, slow, quarter, both)
    print(text)
    if arguments.write:
        page = DOCS.read_text(encoding="utf-8")
        page = re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL)
        DOCS.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
