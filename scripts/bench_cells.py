"""A cell of scripts/bench engine: one engine or peer, one workload, in a process of its own.

Times are CPU time of the process, all of its threads together, from plain values to the answer; baskets are read and
indexes are built before. Only where a cell is paced, as a till is, they are wall time. A peer that is slow answers as
many baskets as its time allows; the engine answers all of them at least once.
"""

from __future__ import annotations

import gc
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench_peers import PEERS, missing
from bench_strawmen import BUILD
from bench_workload import make_work, without_thresholds

ROOT = Path(__file__).resolve().parent.parent
ITEMS = 140_000
PLAIN, COMPILED = "lanekit", "lanekit, compiled"
SCAN, SCAN_COMPILED = "lanekit, one more scan", "lanekit, compiled, one more scan"
OURS = (PLAIN, COMPILED, SCAN, SCAN_COMPILED)
LEAST_SAMPLES = 2  # of a peer, however slow
LONGER = 3  # times the budget, for the solver: a bar is measured against it
SLOW_S = 1.0  # from here on the first sample counts
KEEP_S = 2.0  # so often a cell leaves what it has, for the run that stops it
PATIENCE = 3.0  # times a cell's limit, which is CPU time: where others use the machine too


@dataclass
class Job:
    """One cell: who prices what."""

    who: str
    what: str  # what is priced, as the table says it
    snapshot: Path | None = None
    baskets: Path | None = None
    cell: tuple[int, int, bool] | None = None  # promotions, lines, thresholds: of the workload
    items: int = ITEMS  # of the workload
    paced_s: float = 0.0  # where it is not 0: wall time of one basket every so many seconds


@dataclass
class Result:
    job: Job
    skipped: str = ""
    count: int = 0  # samples
    median_s: float = 0.0
    p99_s: float = 0.0
    times_s: list[float] = field(default_factory=list)  # of each basket in order, the median of its samples
    answers: list[int] = field(default_factory=list)  # of the baskets in order, as far as the time went
    of: int = 0  # how many baskets there are
    proved: int = -1  # of the answers; -1 where nothing is proved
    bounds: list[float] = field(default_factory=list)  # of those that are not proved, as shares of the total


# --- in the cell's own process ------------------------------------------------------------------------------------


class _Samples:
    """What was measured so far, and how it goes to the run."""

    def __init__(self, baskets: int, path: Path) -> None:
        self.times: list[list[float]] = [[] for _ in range(baskets)]
        self.answers: list[int] = []
        self.proofs: list[tuple[bool, float]] = []
        self.written_at = time.monotonic()
        self._path = path

    def write(self) -> None:
        flat = sorted(one for times in self.times for one in times)
        if not flat:
            return
        answered = len(self.answers)
        proofs = self.proofs[:answered]
        found = {
            "count": len(flat),
            "median_s": statistics.median(flat),
            "p99_s": flat[min(len(flat) - 1, math.ceil(0.99 * len(flat)) - 1)],
            "times_s": [statistics.median(times) for times in self.times if times],
            "answers": self.answers,
            "of": len(self.times),
            "proved": sum(optimal for optimal, _ in proofs) if proofs else -1,
            "bounds": [share for optimal, share in proofs if not optimal],
        }
        made = self._path.with_suffix(".new")
        made.write_text(json.dumps(found), encoding="utf-8")
        made.replace(self._path)
        self.written_at = time.monotonic()


def _peer(wanted: dict[str, Any]) -> tuple[list[Any], Callable[[Any], Callable[[], int]]]:
    work = make_work(wanted["items"], *wanted["cell"][:2])
    work = work if wanted["cell"][2] else without_thresholds(work)
    evaluate = PEERS[wanted["who"]].make(work)
    return list(work.baskets), lambda basket: lambda: evaluate(basket)


def _ours(wanted: dict[str, Any], proofs: list[tuple[bool, float]]) -> tuple[list[Any], Any]:
    from dataclasses import replace

    from engine import pricing
    from engine.basket import read_basket
    from engine.snapshot import Snapshot

    who = wanted["who"]
    if (pricing.__file__ or "").endswith(".py") is (who in (COMPILED, SCAN_COMPILED)):
        raise SystemExit(f"the engine here is {pricing.__file__}")
    snapshot = Snapshot.open(wanted["snapshot"])
    baskets = [read_basket(json.loads(line)) for line in Path(wanted["baskets"]).read_text("utf-8").splitlines()]

    def kept(receipt: Any) -> int:
        proofs.append((receipt.optimal, receipt.bound / max(1, receipt.total)))
        return int(receipt.discount)

    def prepare(basket: Any) -> Callable[[], int]:
        if who in (PLAIN, COMPILED):
            return lambda: kept(pricing.price(snapshot, basket))
        pricer = pricing.Pricer(snapshot)
        pricer.price(replace(basket, lines=basket.lines[:-1]))
        return lambda: kept(pricer.price(basket))

    return baskets, prepare


def worker(wanted: dict[str, Any]) -> None:
    """Measures, and leaves what it found in the file `answer`."""
    paced_s = wanted["paced_s"]
    clock = time.perf_counter if paced_s else time.process_time
    end_of_all = clock() + wanted["limit_s"]
    proofs: list[tuple[bool, float]] = []
    is_peer = wanted["who"] in PEERS
    baskets, prepare = _peer(wanted) if is_peer else _ours(wanted, proofs)
    samples = _Samples(len(baskets), Path(wanted["answer"]))
    call = prepare(baskets[0])
    before = time.process_time()
    first = call()
    warm_s = time.process_time() - before
    at = 0
    if warm_s > SLOW_S:  # nothing is gained by doing it twice
        samples.times[0].append(warm_s)
        samples.answers.append(first)
        samples.proofs = list(proofs)
        samples.write()
        at = 1
    else:
        proofs.clear()
    gc.collect()
    gc.freeze()
    end = clock() + wanted["budget_s"] * (LONGER if wanted["who"] == "milp" else 1)
    done = at
    while True:
        now = clock()
        enough = done >= LEAST_SAMPLES if is_peer else done >= len(baskets)
        if done and (now > end_of_all or (now > end and enough)):
            break
        number = done % len(baskets)
        call = prepare(baskets[number])
        before = clock()
        answer = call()
        taken_s = clock() - before
        samples.times[number].append(taken_s)
        if done < len(baskets):
            samples.answers.append(answer)
            samples.proofs = proofs
        done += 1
        if time.monotonic() > samples.written_at + KEEP_S:
            samples.write()
        if paced_s:
            time.sleep(max(0.0, paced_s - taken_s))
    samples.write()


# --- the run ------------------------------------------------------------------------------------------------------


def run(
    job: Job,
    budget_s: float,
    limit_s: float,
    compiled: Path | None = None,
    within: Callable[[list[str]], list[str]] | None = None,
) -> Result:
    """Measures one cell. `within` makes the command that runs with less of the machine."""
    reason = missing(job.who) if job.who in PEERS else ""
    if reason:
        return Result(job, reason)
    needs_compiled = job.who in (COMPILED, SCAN_COMPILED)
    wanted = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(job).items()}
    wanted |= {"budget_s": budget_s, "limit_s": limit_s}
    path = compiled if needs_compiled and compiled is not None else ROOT
    env = {**os.environ, "PYTHONPATH": str(path), "PYTHONHASHSEED": "0"}
    words = [sys.executable, str(Path(__file__).resolve())]
    # The answer goes into a file: solvers print what they like, and a slow peer is stopped with what it has.
    with tempfile.TemporaryDirectory(prefix="lanekit-cell-") as folder:
        place = Path(folder) / "answer.json"
        env.setdefault(BUILD, folder)
        given = json.dumps({**wanted, "answer": str(place)})
        words = within(words) if within is not None else words
        try:
            done = subprocess.run(
                words, input=given, capture_output=True, text=True, env=env, timeout=PATIENCE * limit_s + 5, cwd=folder
            )
            said = (done.stderr.strip().splitlines() or ["failed"])[-1][:120] if done.returncode else ""
        except subprocess.TimeoutExpired:
            said = f"no basket in {PATIENCE * limit_s + 5:.0f} s" if not place.exists() else ""
        if said or not place.exists():
            return Result(job, said or f"no basket in {limit_s:.0f} s")
        return Result(job, **json.loads(place.read_text("utf-8")))


if __name__ == "__main__":
    worker(json.loads(sys.stdin.read()))
