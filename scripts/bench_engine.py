"""scripts/bench engine: what a receipt costs, beside other ways to find one, in one run and one table.

The workload is scripts/bench_workload.py's; the real chains' baskets and the dense book's come after it. Every cell is
a process of its own. Times are CPU time of the process for one basket, all of its threads together, from plain values
to the receipt; baskets are read and indexes are built before. The compiled engine is the wheel in dist/ that
scripts/build made, if it was made from this source.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bench_peers import PEERS, missing
from bench_workload import AT, basket_lines, book_files, make_work, without_thresholds

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench engine -->", "<!-- end of bench engine -->"
ITEMS = 140_000
PROMOTIONS, LINES = (50, 500, 2_000, 20_000), (5, 30, 100)
QUICK_PROMOTIONS, QUICK_LINES = (50, 2_000), (5, 30)
PLAIN, COMPILED = "lanekit", "lanekit, compiled"
CELL_LIMIT_S = 150.0


@dataclass
class Job:
    """One cell: who prices what."""

    who: str
    what: str  # what is priced, as the table says it
    snapshot: Path | None = None
    baskets: Path | None = None
    cell: tuple[int, int, bool] | None = None  # promotions, lines, thresholds: of the workload


@dataclass
class Result:
    job: Job
    skipped: str = ""
    count: int = 0
    median_s: float = 0.0
    p99_s: float = 0.0
    load_s: float = 0.0
    answers: list[int] | None = None  # of the baskets in order, as far as the time went
    proved: int = -1  # of the answers; -1 where nothing is proved


# --- in the cell's own process ------------------------------------------------------------------------------------


def worker(wanted: dict[str, Any]) -> dict[str, Any]:
    began = time.process_time()
    if wanted["who"] in PEERS:
        work = make_work(ITEMS, *wanted["cell"][:2])
        work = work if wanted["cell"][2] else without_thresholds(work)
        baskets: list[Any] = list(work.baskets)
        began = time.process_time()
        evaluate: Callable[[Any], int] = PEERS[wanted["who"]].make(work)
        flags: list[bool] = []
    else:
        from engine import pricing
        from engine.basket import read_basket
        from engine.snapshot import Snapshot

        if (pricing.__file__ or "").endswith(".py") is (wanted["who"] == COMPILED):
            raise SystemExit(f"the engine here is {pricing.__file__}")
        began = time.process_time()
        snapshot = Snapshot.open(wanted["snapshot"])
        baskets = [read_basket(json.loads(line)) for line in Path(wanted["baskets"]).read_text("utf-8").splitlines()]
        flags = []

        def evaluate(basket: Any) -> int:
            receipt = pricing.price(snapshot, basket)
            flags.append(receipt.optimal)
            return int(receipt.discount)

    evaluate(baskets[0])
    load_s = time.process_time() - began
    flags.clear()
    gc.collect()
    gc.freeze()
    times: list[float] = []
    answers: list[int] = []
    end = time.perf_counter() + wanted["budget_s"]
    while time.perf_counter() < end:
        for basket in baskets:
            before = time.process_time()
            answer = evaluate(basket)
            times.append(time.process_time() - before)
            if len(answers) < len(baskets):
                answers.append(answer)
            whole = wanted["who"] in PEERS or len(answers) == len(baskets)  # we answer for every basket
            if whole and time.perf_counter() > end and len(times) > 1:
                break
    times.sort()
    return {
        "count": len(times),
        "median_s": statistics.median(times),
        "p99_s": times[min(len(times) - 1, math.ceil(0.99 * len(times)) - 1)],
        "load_s": load_s,
        "answers": answers,
        "proved": sum(flags[: len(answers)]) if flags else -1,
    }


# --- the run ------------------------------------------------------------------------------------------------------


def run(job: Job, budget_s: float, compiled: Path | None) -> Result:
    if job.who in PEERS:
        reason = missing(job.who)
        if reason:
            return Result(job, reason)
    wanted: dict[str, Any] = {
        "who": job.who,
        "budget_s": budget_s,
        "snapshot": str(job.snapshot),
        "baskets": str(job.baskets),
        "cell": job.cell,
    }
    path = compiled if job.who == COMPILED and compiled is not None else ROOT
    env = {**os.environ, "PYTHONPATH": str(path), "PYTHONHASHSEED": "0"}
    words = [sys.executable, str(Path(__file__).resolve()), "--worker"]
    # The answer goes into a file: solvers print what they like.
    with tempfile.TemporaryDirectory(prefix="lanekit-cell-") as folder:
        wanted["answer"] = str(Path(folder) / "answer.json")
        given = json.dumps(wanted)
        try:
            done = subprocess.run(words, input=given, capture_output=True, text=True, env=env, timeout=CELL_LIMIT_S)
        except subprocess.TimeoutExpired:
            return Result(job, f"over {CELL_LIMIT_S:.0f} s")
        if done.returncode:
            return Result(job, (done.stderr.strip().splitlines() or ["failed"])[-1][:120])
        return Result(job, **json.loads(Path(wanted["answer"]).read_text("utf-8")))


def compiled_engine(folder: Path) -> tuple[Path | None, str]:
    """The unpacked wheel of this very source, or why there is none."""
    from build_wheel import hot_modules

    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    for wheel in sorted((ROOT / "dist").glob(f"lanekit-*-{tag}-*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            names = set(archive.namelist())
            paths = [f"{name.replace('.', '/')}.py" for name in hot_modules()]
            if all(path in names and archive.read(path) == (ROOT / path).read_bytes() for path in paths):
                archive.extractall(folder)
                return folder, ""
    return None, "no wheel of this source in dist/: scripts/build makes it"


def compile_here(files: dict[str, bytes], path: Path) -> dict[str, int]:
    from engine.compiler import compile_book

    made = compile_book(files, lenient=True)
    path.write_bytes(made.data)
    return made.counts


def thresholds_compile() -> bool:
    """Whether the engine of this checkout has thresholds."""
    from engine.compiler import compile_book
    from engine.errors import BookError

    try:
        compile_book(book_files(make_work(300, 3, 1, 1)))
    except BookError as error:
        if {fault.code for fault in error.faults} != {"later_version"}:
            raise
        return False
    return True


def workload_jobs(
    folder: Path, promotions: tuple[int, ...], lines: tuple[int, ...], with_thresholds: bool
) -> list[Job]:
    jobs: list[Job] = []
    for count in promotions:
        snapshot = folder / f"work-{count}.lane"
        for size in lines:
            work = make_work(ITEMS, count, size)
            work = work if with_thresholds else without_thresholds(work)
            if not snapshot.exists():
                compile_here(book_files(work), snapshot)
            baskets = folder / f"work-{count}-{size}.ndjson"
            baskets.write_text("\n".join(basket_lines(work)), encoding="utf-8")
            what = f"{count:,} promotions, {size} lines"
            jobs += [Job(who, what, snapshot, baskets) for who in (PLAIN, COMPILED)]
            jobs += [Job(who, what, cell=(count, size, with_thresholds)) for who in PEERS]
    return jobs


def book_jobs(folder: Path) -> list[Job]:
    """The real chains, where their data is, and the dense book."""
    from build_wheel import dense_book

    from engine.compiler import FILES

    jobs: list[Job] = []
    named = os.environ.get("LANE_DATA")
    data = Path(named) if named else ROOT.parent / "shared" / "data"
    for chain in sorted(data.glob("chain-*")):
        day = sorted(path for path in chain.iterdir() if path.is_dir())[0]
        snapshot = folder / f"{chain.name}.lane"
        counts = compile_here({name: (day / name).read_bytes() for name in FILES}, snapshot)
        jobs += _two(chain.name, counts, snapshot, chain / "baskets.ndjson")
    made = dense_book(3_000, 2_000, 1, 300)
    (folder / "dense.ndjson").write_bytes(made["baskets.ndjson"])
    counts = compile_here(made, folder / "dense.lane")
    return jobs + _two("dense book", counts, folder / "dense.lane", folder / "dense.ndjson")


def _two(name: str, counts: dict[str, int], snapshot: Path, baskets: Path) -> list[Job]:
    what = f"{name}: {counts['items']:,} items, {counts['promotions']:,} promotions"
    return [Job(who, what, snapshot, baskets) for who in (PLAIN, COMPILED)]


# --- the table ----------------------------------------------------------------------------------------------------


def show(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.2f} {unit}"
    return f"{seconds * 1e6:.0f} µs"


def answer(result: Result, ours: Result | None) -> str:
    """What was found, so that equal work is told from unequal."""
    found = result.answers or []
    if result.job.who in PEERS and not PEERS[result.job.who].discount:
        return f"{statistics.fmean(found):.1f} promotions matched"
    text = f"{statistics.fmean(found):,.0f} off" if found else ""
    if result.proved >= 0:
        text += f"; {result.proved / len(found):.1%} proved"
    if ours is not None and ours.answers and result is not ours:
        pairs = list(zip(found, ours.answers, strict=False))
        same = sum(one == other for one, other in pairs)
        whole = sum(other for _, other in pairs)
        text += f"; as ours in {same} of {len(pairs)}"
        if same < len(pairs) and whole:
            text += f" ({sum(one for one, _ in pairs) / whole:.2%} of ours)"
    return text


def table(results: list[Result]) -> str:
    ours = {result.job.what: result for result in results if result.job.who == PLAIN and not result.skipped}
    rows = ["| workload | who | median | p99 | times ours | answer |", "|---|---|---|---|---|---|"]
    before = ""
    for result in results:
        job = result.job
        what = job.what if job.what != before else ""
        before = job.what
        if result.skipped:
            rows.append(f"| {what} | {job.who} | - | - | - | {result.skipped} |")
            continue
        base = ours.get(job.what)
        ratio = f"{result.median_s / base.median_s:.3g}" if base else ""
        p99 = show(result.p99_s) if result.count >= 100 else f"max {show(result.p99_s)}"
        rows.append(f"| {what} | {job.who} | {show(result.median_s)} | {p99} | {ratio} | {answer(result, base)} |")
    return "\n".join(rows)


def machine() -> str:
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    processors = re.findall(r"model name\s*: (.*)", text)
    model = processors[0] if processors else platform.machine()
    python = platform.python_version()
    return f"{date.today().isoformat()}, {model}, {os.cpu_count()} cores, Python {python}; shared and noisy"


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench engine", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer cells, a second each")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    parser.add_argument("--only", metavar="A,B", help=f"of {PLAIN}, compiled, {', '.join(PEERS)}")
    parser.add_argument("--budget", metavar="SECONDS", type=float, help="of timing in a cell (3; quick 1)")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        wanted = json.loads(sys.stdin.read())
        Path(wanted["answer"]).write_text(json.dumps(worker(wanted)), encoding="utf-8")
        return 0
    budget_s = arguments.budget or (1.0 if arguments.quick else 3.0)
    only = {COMPILED if name == "compiled" else name for name in arguments.only.split(",")} if arguments.only else None
    with_thresholds = thresholds_compile()
    results: list[Result] = []
    slow: list[Job] = []
    with tempfile.TemporaryDirectory(prefix="lanekit-bench-") as name:
        folder = Path(name)
        compiled, reason = compiled_engine(folder / "compiled")
        cells = (QUICK_PROMOTIONS, QUICK_LINES) if arguments.quick else (PROMOTIONS, LINES)
        jobs = workload_jobs(folder, cells[0], cells[1], with_thresholds) + book_jobs(folder)
        for job in jobs:
            if only is not None and job.who not in only:
                continue
            if job.who == COMPILED and compiled is None:
                result = Result(job, reason)
            elif any(_as_large(job, other) for other in slow):
                result = Result(job, "not tried: a smaller cell was too slow")
            else:
                result = run(job, budget_s, compiled)
            if result.skipped.startswith("over "):
                slow.append(job)
            results.append(result)
            print(f"{job.what}; {job.who}: {result.skipped or show(result.median_s)}", file=sys.stderr, flush=True)
    text = f"{machine()}.\n\n{_notes(with_thresholds)}\n\n{table(results)}"
    print(text)
    if arguments.write:
        page = DOCS.read_text(encoding="utf-8")
        page = re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL)
        DOCS.write_text(page, encoding="utf-8")
    return 0


def _as_large(job: Job, other: Job) -> bool:
    if job.who != other.who or job.cell is None or other.cell is None:
        return False
    return job.cell[0] >= other.cell[0] and job.cell[1] >= other.cell[1]


def _notes(with_thresholds: bool) -> str:
    peers = "\n".join(f"- {name}: {peer.does}" for name, peer in PEERS.items())
    text = f'{ITEMS:,} items; baskets as at {AT}; "off" is the mean discount in minor units.\n\n{peers}'
    if not with_thresholds:
        text += "\n\nWithout thresholds, which this version does not compile: a third of the promotions is left out."
    return text


if __name__ == "__main__":
    sys.exit(main())
