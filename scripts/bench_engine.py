"""scripts/bench engine: what a receipt costs, beside other ways to find one, in one run, with the bars met or missed.

The workload is scripts/bench_workload.py's; the real chains' baskets and the dense book's come after it. Every cell is
a process of its own (scripts/bench_cells.py). The compiled engine is the wheel in dist/ that scripts/build made, if it
was made from this source.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bench_cells import COMPILED, ITEMS, OURS, PLAIN, ROOT, SCAN_COMPILED, Job, Result, run
from bench_peers import PEERS
from bench_strawmen import BUILD, NAMES, build_all
from bench_tables import AIM, growth, quarter, same_answers, show, summary, table
from bench_workload import AT, Work, basket_lines, book_files, grown, make_work, touching
from quarter_core import Quarter

DOCS = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench engine -->", "<!-- end of bench engine -->"
CELLS = [(count, lines) for count in (50, 500, 2_000) for lines in (5, 30, 100)] + [(20_000, 30)]
QUICK_CELLS = [(50, 5), (2_000, 30)]
GROWTH, QUICK_GROWTH = (50, 500, 2_000, 20_000), (50, 2_000)
QUICK_WITHOUT = "django-oscar"
SCAN_LINES = 30
SLOW_PEER_S = 5.0  # a peer that takes so long is not tried on anything larger, but for the workload of the bars
PACED_S = 0.1
DENSE_BASKETS, QUICK_DENSE_BASKETS = 300, 60


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


def _written(folder: Path, name: str, work: Work) -> Path:
    path = folder / f"{name}.ndjson"
    path.write_text("\n".join(basket_lines(work)), encoding="utf-8")
    return path


def workload_jobs(folder: Path, cells: list[tuple[int, int]], items: int) -> list[Job]:
    jobs: list[Job] = []
    for count, size in cells:
        snapshot = folder / f"work-{count}.lane"
        work = make_work(items, count, size)
        if not snapshot.exists():
            say(f"compiling {count:,} promotions")
            compile_here(book_files(work), snapshot)
        baskets = _written(folder, f"work-{count}-{size}", work)
        ours = OURS if size == SCAN_LINES else (PLAIN, COMPILED)
        what = f"{count:,} promotions, {size} lines"
        jobs += [Job(who, what, snapshot, baskets) for who in ours]
        jobs += [Job(who, what, cell=(count, size, True), items=items) for who in PEERS]
    return jobs


def growth_jobs(folder: Path, counts: tuple[int, ...], items: int) -> list[Job]:
    """The same baskets and promotions, and more and more others in the book."""
    base = make_work(items, counts[0], SCAN_LINES)
    baskets = _written(folder, "grown", base)
    jobs: list[Job] = []
    for count in counts:
        snapshot = folder / f"grown-{count}.lane"
        work = grown(base, count)
        say(f"compiling {count:,} promotions, {touching(work):.1f} of them in reach of a basket")
        compile_here(book_files(work), snapshot)
        what = f"{count:,}, of which {touching(work):.1f} touch a basket"
        jobs += [Job(who, what, snapshot, baskets) for who in (PLAIN, COMPILED)]
    return jobs


def book_jobs(folder: Path, dense_baskets: int) -> list[Job]:
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
    if not jobs:
        say("the real chains' data is neither at $LANE_DATA nor at ../shared/data")
    made = dense_book(3_000, 2_000, 1, dense_baskets)
    (folder / "dense.ndjson").write_bytes(made["baskets.ndjson"])
    counts = compile_here(made, folder / "dense.lane")
    return jobs + _two("dense Chinese book", counts, folder / "dense.lane", folder / "dense.ndjson")


def _two(name: str, counts: dict[str, int], snapshot: Path, baskets: Path) -> list[Job]:
    what = f"{name}: {counts['items']:,} items, {counts['promotions']:,} promotions"
    return [Job(who, what, snapshot, baskets) for who in (PLAIN, COMPILED)]


def quarter_jobs(folder: Path) -> list[Job]:
    what = f"2,000 promotions, {SCAN_LINES} lines, wall time, one every {PACED_S * 1_000:.0f} ms"
    snapshot, baskets = folder / "work-2000.lane", folder / f"work-2000-{SCAN_LINES}.ndjson"
    return [Job(who, what, snapshot, baskets, paced_s=PACED_S) for who in OURS]


# --- the run ------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Bench:
    """Runs cells one after the other, says how far it is, and spares itself what must be too slow."""

    def __init__(self, only: set[str] | None, budget_s: float, limit_s: float, folder: Path, without: str = "") -> None:
        """`without` is a peer that is left out where there are many promotions."""
        self.only = only
        self.without = without
        self.budget_s, self.limit_s = budget_s, limit_s
        self.compiled, self.reason = compiled_engine(folder / "compiled")
        self._slow: list[Job] = []
        self._began = time.monotonic()

    def run(self, jobs: list[Job], within: Callable[[list[str]], list[str]] | None = None) -> list[Result]:
        jobs = [job for job in jobs if self.only is None or job.who in self.only]
        results: list[Result] = []
        for number, job in enumerate(jobs, 1):
            result = self._one(job, within)
            if job.who in PEERS and (result.median_s > SLOW_PEER_S or result.skipped.startswith("no basket")):
                self._slow.append(job)
            results.append(result)
            at = f"{time.monotonic() - self._began:4.0f} s  {number}/{len(jobs)}"
            say(f"{at}  {job.what}; {job.who}: {result.skipped or show(result.median_s)}")
        return results

    def _one(self, job: Job, within: Callable[[list[str]], list[str]] | None) -> Result:
        if job.who in (COMPILED, SCAN_COMPILED) and self.compiled is None:
            return Result(job, self.reason)
        if job.who == self.without and job.cell is not None and job.cell[0] > QUICK_CELLS[0][0]:
            return Result(job, "left out of a quick run: many seconds a basket")
        if job.what != AIM and any(_as_large(job, other) for other in self._slow):
            return Result(job, "not tried: too slow on a smaller workload")
        return run(job, self.budget_s, self.limit_s, self.compiled, within)


def _as_large(job: Job, other: Job) -> bool:
    if job.who != other.who or job.cell is None or other.cell is None:
        return False
    return job.cell[0] >= other.cell[0] and job.cell[1] >= other.cell[1]


def machine() -> str:
    cpu, memory = Path("/proc/cpuinfo"), Path("/proc/meminfo")
    processors = re.findall(r"model name\s*: (.*)", cpu.read_text()) if cpu.exists() else []
    kilobytes = re.findall(r"MemTotal:\s*(\d+)", memory.read_text()) if memory.exists() else []
    model = processors[0] if processors else platform.machine()
    size = f", {int(kilobytes[0]) / 1e6:.0f} GB" if kilobytes else ""
    system = f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
    load = f"load {os.getloadavg()[0]:.1f} when it began"
    return f"{date.today().isoformat()}, {model}, {os.cpu_count()} cores{size}, {system}; {load}"


def report(folder: Path, bench: Bench, quick: bool, items: int) -> str:
    """Everything measured, as the page has it."""
    head = machine()
    if bench.compiled is None:
        say(bench.reason)
    work = bench.run(workload_jobs(folder, QUICK_CELLS if quick else CELLS, items))
    books = bench.run(book_jobs(folder, QUICK_DENSE_BASKETS if quick else DENSE_BASKETS))
    more = bench.run(growth_jobs(folder, QUICK_GROWTH if quick else GROWTH, items))
    peers = "\n".join(f"- {name}: {peer.does}" for name, peer in PEERS.items())
    texts = [
        f"{head}. `scripts/bench engine{' --quick' if quick else ''}`.",
        summary(work + books),
        f'{items:,} items; baskets as at {AT}; CPU time; "off" is the mean discount in minor units. '
        '"One more scan": all lines but the last were priced before.',
        peers,
        table(work + books),
        f"The same baskets of {SCAN_LINES} lines, and promotions on goods that are in none of them:",
        growth(more),
    ]
    if not quick:
        texts.append(_quarter(folder, bench))
    texts += [f"**{fault}**" for fault in same_answers([*work, *books]) + same_answers_grown(more)]
    return "\n\n".join(texts)


def same_answers_grown(results: list[Result]) -> list[str]:
    answers = {tuple(result.answers) for result in results if not result.skipped and len(result.answers) == result.of}
    return ["Promotions that touch no basket change a discount."] if len(answers) > 1 else []


def _quarter(folder: Path, bench: Bench) -> str:
    limit = Quarter()
    if not limit.works:
        return f"A quarter of a core was not measured: {limit.reason}."
    try:
        return quarter(bench.run(quarter_jobs(folder), limit.within))
    finally:
        limit.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench engine", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a minute or two: few cells, half a second each")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--only", metavar="A,B", help=f"of ours, {', '.join(PEERS)}".replace("%", "%%"))
    parser.add_argument("--items", metavar="N", type=int, default=ITEMS, help=f"goods of the workload ({ITEMS:,})")
    parser.add_argument("--budget", metavar="SECONDS", type=float, help="of timing in a cell (1.2; quick 0.5)")
    parser.add_argument("--limit", metavar="SECONDS", type=float, help="of CPU in a cell (90; quick 15)")
    arguments = parser.parse_args()
    only: set[str] | None = None
    if arguments.only:
        only = set(arguments.only.split(","))
        only |= set(OURS) if "ours" in only else set()
        strange = only - set(PEERS) - set(OURS) - {"ours"}
        if strange:
            parser.error(f"there is no {sorted(strange)[0]!r}; there are ours, {', '.join(PEERS)}")
    budget_s = arguments.budget or (0.5 if arguments.quick else 1.2)
    limit_s = arguments.limit or (15.0 if arguments.quick else 90.0)
    with tempfile.TemporaryDirectory(prefix="lanekit-bench-") as name:
        folder = Path(name)
        os.environ.setdefault(BUILD, str(folder / "strawmen"))
        if only is None or only & set(NAMES):
            build_all()
        bench = Bench(only, budget_s, limit_s, folder, QUICK_WITHOUT if arguments.quick else "")
        text = report(folder, bench, arguments.quick, arguments.items)
    print(text)
    if arguments.write:
        page = DOCS.read_text(encoding="utf-8")
        page = re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL)
        DOCS.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
