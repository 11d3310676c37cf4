"""scripts/bench reliability: what the journal survives, in figures. Each part is a program in tests/reliability.

The short form takes a minute or two and is what CI runs. The long form is the one that docs/reliability.md quotes: an
hour on two cores, in parts that are kept (`--keep FOLDER`) and not done again when it is started anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import bench_sale
from quarter_core import ahead
from reliability_rows import BROKEN, HEAD, LEAKS, bad, lines_of, merged
from rig import ROOT, commit_name

sys.path.insert(0, str(ROOT))  # the harnesses are imported as tests.reliability

from runtime.journal.store import Journal
from runtime.sale import events as e
from tests.reliability import clocks, faults, kills, mutants, powercut, private_numbers, supervision, wear

DOCS = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- bench reliability -->", "<!-- end of bench reliability -->"
Part = Callable[[bool, Path], dict[str, Any]]


def power_cut(long: bool, keep: Path) -> dict[str, Any]:
    sizes = {"sales": 300, "an_op": 6} if long else {"sales": 40, "an_op": 3, "every": 6}
    began_s = time.monotonic()
    resume = keep / "power-cut.jsonl" if long else None
    recording, found = powercut.run(**sizes, processes=2, resume=resume, tell=_tell)  # type: ignore[arg-type]  # sizes
    return {**powercut.figures(recording, found), "s": round(time.monotonic() - began_s)}


def broken_stores(long: bool, keep: Path) -> dict[str, Any]:
    sizes = {"sales": 20 if long else 8, "an_op": 3, "every": 2 if long else 3}
    return {name: powercut.figures(*powercut.run(**sizes, name=name, tell=_tell)) for name in BROKEN}  # type: ignore[arg-type]  # sizes


def failing_disk(long: bool, keep: Path) -> dict[str, Any]:
    return faults.figures(faults.sweep(1 if long else 37))


def edited(long: bool, keep: Path) -> dict[str, Any]:
    return mutants.figures(mutants.hunt(10_000 if long else 440, seed=2))


def killed_daemon(long: bool, keep: Path) -> dict[str, Any]:
    with ahead():
        return kills.figures(kills.kill_daemon(300 if long else 5, tell=_tell))


def killed_screen(long: bool, keep: Path) -> dict[str, Any]:
    with ahead():
        return kills.figures(kills.kill_front_end(50 if long else 2, tell=_tell))


def wrong_clocks(long: bool, keep: Path) -> dict[str, Any]:
    return clocks.figures()


def disk_wear(long: bool, keep: Path) -> dict[str, Any]:
    return {str(lines): wear.figures(wear.measure(lines, 200 if long else 40)) for lines in (6, 30)}


def commits(long: bool, keep: Path) -> dict[str, Any]:
    """On this machine's own disk: what one accepted event waits for."""
    took_ms: list[float] = []
    with tempfile.TemporaryDirectory(prefix="lanekit-commits-", dir=keep) as folder:
        journal = Journal.open(Path(folder) / "journal.db", machine="m", random_epoch=lambda: 1)
        for number in range(3000 if long else 400):
            event = e.ItemAdded(
                f"{number:013d}", f"{number:06d}", "鲜牛奶 950ml", "each", 350, 1, 0, "scanned", "", "5" * 64
            )
            began_s = time.perf_counter()
            journal.append("2026-11-22T18:30:00", "system", event)
            took_ms.append((time.perf_counter() - began_s) * 1000)
        journal.close()
    return {"p50_ms": kills.percentile(took_ms, 0.5), "p99_ms": kills.percentile(took_ms, 0.99)}


def private(long: bool, keep: Path) -> dict[str, Any]:
    whole = private_numbers.figures(10_000 if long else 100)
    return {**whole, "with_leak": {way: private_numbers.figures(20, broken=way)["leaks"] for way in LEAKS}}


def supervised(long: bool, keep: Path) -> dict[str, Any]:
    with ahead():
        return supervision.figures(long, _tell)


PARTS: dict[str, Part] = {
    "power-cut": power_cut, "broken-stores": broken_stores, "failing-disk": failing_disk, "edited": edited,
    "killed-daemon": killed_daemon, "killed-screen": killed_screen, "clock": wrong_clocks, "wear": disk_wear,
    "commits": commits, "private-numbers": private, "supervision": supervised,
}  # fmt: skip


@contextmanager
def _quiet() -> Iterator[None]:
    """SQLite hides the first error of a VFS behind the second, and Python prints it."""
    before = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    try:
        yield
    finally:
        sys.unraisablehook = before


def _tell(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench reliability", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--long", action="store_true", help="the whole figures: an hour")
    parser.add_argument("--write", action="store_true", help="put these rows into the table of docs/reliability.md")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep each part's figures here, and use those here")
    parser.add_argument("--only", action="append", choices=list(PARTS), metavar="PART", help=" ".join(PARTS))
    given = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="lanekit-reliability-") as folder:
        keep = given.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        for name in given.only or list(PARTS):
            kept = keep / f"{name}.{'long' if given.long else 'short'}.json"
            if not kept.exists():
                print(f"{name} ...", file=sys.stderr, flush=True)
                with _quiet():
                    figures = PARTS[name](given.long, keep)
                made = {"date": date.today().isoformat(), "commit": commit_name(), "figures": figures}
                kept.write_text(json.dumps(made, ensure_ascii=False))
            said = json.loads(kept.read_text(encoding="utf-8"))
            results[name] = said["figures"]
            rows.append(lines_of(name, said))
    form = "long form" if given.long else "short form"
    print("\n".join((f"{form}, {bench_sale.machine()}.", "", *HEAD, *(line for part in rows for line in part))))
    for trouble in (found := bad(results)):
        print(f"NOT AS IT MUST BE: {trouble}", file=sys.stderr)
    if given.write:
        page = DOCS.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        old, _, after = rest.partition(END)
        lines = [line for line in old.splitlines() if line.startswith("| ")][1:]
        for part in rows:
            lines = merged(lines, part)
        text = "\n".join(
            (BEGIN, f"{form}, each row when and where it says; {bench_sale.machine()}.", "", *HEAD, *lines, END)
        )
        DOCS.write_text(before + text + after, encoding="utf-8")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
