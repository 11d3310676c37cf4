"""scripts/bench reliability: what the journal survives, in figures. Each part is a program in tests/reliability.

The short form takes a minute or two and is what CI runs. The long form is the one that docs/reliability.md quotes: an
hour on two cores, in parts that are kept (`--keep FOLDER`) and not done again when it is started anew.
"""

from __future__ import annotations

import argparse
import json
import re
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
from rig import ROOT, commit_name

sys.path.insert(0, str(ROOT))  # the harnesses are imported as tests.reliability

from runtime.journal.store import Journal
from runtime.sale import events as e
from tests.reliability import clocks, faults, kills, mutants, powercut, private_numbers, wear

DOCS = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- bench reliability -->", "<!-- end of bench reliability -->"
BROKEN = {
    "wal-normal": "WAL, synchronous=NORMAL", "delete-full": "rollback journal, synchronous=FULL", "psow": "psow=1",
    "wal-off": "WAL, synchronous=OFF",
}  # fmt: skip
LEAKS = {
    "answers": "one raw answer of a payment's provider printed",
    "members": "members' numbers as they were given",
}
Row = tuple[str, str, str]
Part = Callable[[bool, Path], dict[str, Any]]


def power_cut(long: bool, keep: Path) -> dict[str, Any]:
    sizes = {"sales": 300, "an_op": 6} if long else {"sales": 40, "an_op": 3, "every": 6}
    began_s = time.monotonic()
    resume = keep / "power-cut.jsonl" if long else None
    recording, found = powercut.run(**sizes, processes=2, resume=resume, tell=_tell)  # type: ignore[arg-type]  # sizes
    return {
        "sales": recording.sales, "operations": len(recording.ops), "states": len(found.keys), "lost": found.lost,
        "broken": found.broken, "s": round(time.monotonic() - began_s), "firsts": found.firsts,
    }  # fmt: skip


def broken_stores(long: bool, keep: Path) -> dict[str, Any]:
    said = {}
    for name in BROKEN:
        _, found = powercut.run(sales=20 if long else 8, an_op=3, every=2 if long else 3, name=name, tell=_tell)
        said[name] = {"states": len(found.keys), "lost": found.lost, "broken": found.broken}
    return said


def failing_disk(long: bool, keep: Path) -> dict[str, Any]:
    swept = faults.sweep(1 if long else 37)
    return {
        "points": swept.points, "lost": swept.lost, "broken": swept.broken, "gone_on": swept.gone_on,
        "codes": dict(swept.codes), "firsts": swept.firsts[:5],
    }  # fmt: skip


def edited(long: bool, keep: Path) -> dict[str, Any]:
    result = mutants.hunt(10_000 if long else 440, seed=2)
    return {"mutants": result.mutants, "found": result.found, "named": result.named, "missed": result.missed[:5]}


def killed_daemon(long: bool, keep: Path) -> dict[str, Any]:
    with ahead():
        return kills.figures(kills.kill_daemon(300 if long else 5, tell=_tell))


def killed_screen(long: bool, keep: Path) -> dict[str, Any]:
    with ahead():
        return kills.figures(kills.kill_front_end(50 if long else 2, tell=_tell))


def wrong_clocks(long: bool, keep: Path) -> dict[str, Any]:
    return clocks.figures()


def disk_wear(long: bool, keep: Path) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for lines in (6, 30):
        one = wear.measure(lines, 200 if long else 40)
        said[str(lines)] = {
            "commits": one.commits_a_sale, "syncs": one.syncs / one.sales, "syncs_a_commit": one.syncs_a_commit,
            "kib": one.kib_a_sale,
        }  # fmt: skip
    return said


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


PARTS: dict[str, Part] = {
    "power-cut": power_cut, "broken-stores": broken_stores, "failing-disk": failing_disk, "edited": edited,
    "killed-daemon": killed_daemon, "killed-screen": killed_screen, "clock": wrong_clocks, "wear": disk_wear,
    "commits": commits, "private-numbers": private,
}  # fmt: skip


def rows_of(part: str, f: dict[str, Any]) -> list[Row]:
    """What one part has to say: figure, measured, aim."""
    if part == "power-cut":
        text = f"power cut: {f['sales']} sales, {f['operations']:,} operations of the disk, distinct states left by it"
        return [
            (text, f"{f['states']:,}", "100,000"),
            ("- of them with an acknowledged sale lost, or a printed one", str(f["lost"]), "0"),
            ("- of them with a broken chain, or that do not open", str(f["broken"]), "0"),
        ]
    if part == "broken-stores":
        return [
            (f"- the same with {what}: states that lost sales", f"{f[name]['lost']:,} of {f[name]['states']:,}", "> 0")
            for name, what in BROKEN.items()
            if name in f
        ]
    if part == "failing-disk":
        said = ", ".join(f"{code} {count}" for code, count in sorted(f["codes"].items()))
        return [
            (f"every write and sync failing in turn: points ({said})", f"{f['points']:,}", "2,000"),
            ("- acknowledged rows lost; journals that did not come back", f"{f['lost']}; {f['broken']}", "0; 0"),
            ("- sales closed on after the reserve was given up", f"{f['gone_on']:,}", "> 0"),
        ]
    if part == "edited":
        found = f"{f['found']:,} of {f['mutants']:,}; {f['named']:,}"
        return [("edited journals found; the right row named", found, "all 10,000")]
    if part in ("killed-daemon", "killed-screen"):
        what = "daemon, under load" if part == "killed-daemon" else "screen"
        back = f"{f['back_p50_s']:.2f} / {f['back_p99_s']:.2f} / {f['back_max_s']:.2f} s"
        rows = [(f"kill -9 of the {what}", str(f["kills"]), "300" if part == "killed-daemon" else "50")]
        if part == "killed-daemon":
            rows.append((
                f"- of {f['sales']} sales lost; printed twice without the mark ({f['copies']} copies with it)",
                f"{f['lost']}; {f['doubled']}", "0; 0",
            ))  # fmt: skip
        else:
            rows.append(("- lines lost", str(f["lost"]), "0"))
        rows.append(("- from the kill to the basket on the screen, median / p99 / longest", back, "3 s"))
        return rows
    if part == "private-numbers":
        text = f"card and telephone numbers in {f['files']} files, {f['mb']} MB, of {f['sales']:,} sales"
        return [
            (f"{text}, of {f['numbers']:,} that were used", str(f["leaks"]), "0"),
            *((f"- the same with {what}: found", f"{f['with_leak'][way]:,}", "> 0") for way, what in LEAKS.items()),
        ]
    if part == "clock":
        return [(text, found, aim) for text, found, aim in f["rows"]]
    if part == "wear":
        return [
            (
                f"a sale of {lines} lines: commits, syncs, KiB written; syncs a commit",
                f"{one['commits']:.0f}, {one['syncs']:.1f}, {one['kib']:.0f}; {one['syncs_a_commit']:.3f}",
                "1.1 syncs a commit",
            )
            for lines, one in f.items()
        ]
    return [("one commit with its sync, median / p99", f"{f['p50_ms']:.2f} / {f['p99_ms']:.2f} ms", "p99 1 ms, report")]


HEAD = ("| figure | measured | aim | when, commit |", "|---|---|---|---|")


def lines_of(part: str, said: dict[str, Any]) -> list[str]:
    """One part's rows of the table."""
    when = f"{said['date']}, {said['commit']}"
    return [f"| {what} | {found} | {aim} | {when} |" for what, found, aim in rows_of(part, said["figures"])]


def merged(old: list[str], new: list[str]) -> list[str]:
    """A table's rows with those of one part in the place of its last ones; what has no place yet comes last."""
    kinds = [_kind(line) for line in new]
    at = next((place for place, line in enumerate(old) if _kind(line) == kinds[0]), len(old))
    end = at
    while end < len(old) and _kind(old[end]) in kinds:
        end += 1
    return [*old[:at], *new, *old[end:]]


def _kind(line: str) -> str:
    """What a row is of, whatever its figures."""
    return re.sub(r"[\d,.]+", "", line.split("|")[1])


def bad(results: dict[str, dict[str, Any]]) -> list[str]:
    """What is not as it must be."""
    said = []
    for part, f in results.items():
        if f.get("lost") or f.get("broken") or f.get("doubled") or f.get("wrong") or f.get("missed") or f.get("leaks"):
            said.append(f"{part}: {f}")
    said += [
        f"{name} loses nothing: the harness is blind"
        for name, f in results.get("broken-stores", {}).items()
        if not f["lost"]
    ]
    leaks = results.get("private-numbers", {}).get("with_leak", {})
    return said + [
        f"{name} is a leak that is not found: the harness is blind" for name, found in leaks.items() if not found
    ]


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
