"""The power goes after every operation of 300 sales, in every legal way: what was promised must be there.

    python -m tests.reliability.powercut --sales 300 --states 100000 --seed 1 --processes 2 --resume cuts.jsonl

A till of the real machine, records and journal is recorded once on a MemoryDisk: sales of 1 to 12 lines, receipts,
watermarks, pruning, tidying, orderly restarts, and kills after which the next start finds a log. Then states that a cut
may leave are opened with the real store, each in a disk of its own, and held against what had been acknowledged:

- every row that was acknowledged is there, byte for byte, and at most the one that was under way besides;
- every record too, and with it every sale whose receipt went to the printer;
- the fold of the rows is the state that it was; the chain holds; what was pruned left its anchor.

`--variant` breaks the store by one line, to show that this harness sees it.
"""

from __future__ import annotations

import argparse
import base64
import json
import multiprocessing
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import apsw

from runtime.journal import database as database_module
from runtime.journal.database import Database
from runtime.journal.errors import JournalError
from runtime.journal.store import Journal
from tests.reliability.cuts import Cutter, State
from tests.reliability.memory_disk import VFS, MemoryDisk, Op, memory_vfs
from tests.reliability.selling import EPOCH, Till, Truth, any_legal, open_at

BLOCK_OPS = 250  # operations that one piece of work covers
DEEP_ONE_IN = 150  # states that are also walked, checked by SQLite, and sold on
COMMITS_PER_CHECKPOINT = 24  # instead of 200: more checkpoints to cut, and smaller logs to read


@dataclass(frozen=True, slots=True)
class Promise:
    """What holds from an operation on."""

    op: int
    acknowledged: int
    begun: int
    printed: int
    pruned: int
    anchors: int


@dataclass
class Recording:
    ops: list[Op]
    promises: list[Promise]
    truth: Truth
    commits: int
    sales: int


@dataclass
class Found:
    """What became of the states: how many of each verdict, and the first of each bad one."""

    states: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    firsts: dict[str, str] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    keys: set[bytes] = field(default_factory=set)

    def add(self, other: Found) -> None:
        self.states += other.states
        self.verdicts += other.verdicts
        self.kinds += other.kinds
        self.keys |= other.keys
        for verdict, first in other.firsts.items():
            self.firsts.setdefault(verdict, first)

    @property
    def lost(self) -> int:
        return self.verdicts["lost"] + self.verdicts["printed and lost"]

    @property
    def broken(self) -> int:
        return sum(self.verdicts.values()) - self.verdicts["good"] - self.lost


# --- variants: one line of the store broken ------------------------------------------------------------------------


@contextmanager
def variant(name: str) -> Iterator[None]:
    """`good`, or one of VARIANTS."""
    with patch.object(database_module, "COMMITS_PER_CHECKPOINT", COMMITS_PER_CHECKPOINT):
        if name == "good":
            yield
            return
        with VARIANTS[name]():
            yield


def _after_prepare(*pragmas: str) -> Any:
    prepare = Database._prepare

    def prepared(self: Database, application: int, schema: str, version: int) -> None:
        prepare(self, application, schema, version)
        for pragma in pragmas:
            self.connection.execute(pragma).fetchall()

    return patch.object(Database, "_prepare", prepared)


@contextmanager
def _rollback_journal(synchronous: str) -> Iterator[None]:
    """The journal as it would be without a write-ahead log."""
    value = Database._value

    def changed(self: Database, sql: str) -> Any:
        if sql == "PRAGMA locking_mode=EXCLUSIVE":  # held exclusively, SQLite never removes its journal
            return None
        if sql == "PRAGMA journal_mode=WAL":
            value(self, "PRAGMA journal_mode=DELETE")
            return "wal"
        return value(self, f"PRAGMA synchronous={synchronous}" if sql == "PRAGMA synchronous=FULL" else sql)

    with (
        patch.object(Database, "_value", changed),
        patch.object(Database, "_rewrite", lambda self, version: None),
        patch.object(Database, "tidy", lambda self: None),
    ):
        yield


VARIANTS: dict[str, Callable[[], Any]] = {
    "wal-normal": lambda: _after_prepare("PRAGMA synchronous=NORMAL"),
    "wal-off": lambda: _after_prepare("PRAGMA synchronous=OFF"),
    "psow": lambda: patch.object(database_module, "PSOW", "psow=1"),
    "delete-full": lambda: _rollback_journal("FULL"),
    "delete-extra": lambda: _rollback_journal("EXTRA"),  # sound: the folder is synced after the journal's removal
}
SOUND = ("good", "delete-extra")


# A forgotten connection closes itself some day, and SQLite then removes the log of the disk that is there by then.
_ghosts: list[Journal | None] = []

# --- recording ------------------------------------------------------------------------------------------------------


def record(sales: int, seed: int) -> Recording:
    """A till's life, its operations and what it had promised at each."""
    dice = random.Random(f"{seed} till")
    ops: list[Op] = []
    disk = memory_vfs().disk = MemoryDisk(log=ops)
    promises = [Promise(0, 0, 0, 0, 0, 0)]
    commits = 0

    def told() -> None:
        t = till.truth
        promises.append(Promise(len(ops), t.acknowledged, t.begun, t.printed, t.pruned, len(t.anchors)))

    def kill() -> None:
        _ghosts.append(till.journal)
        disk.kill()

    till = Till(lambda: open_at(VFS), dice, told)
    till.start()
    for number in range(1, sales + 1):
        till.sell(dice.choice((1, 1, 2, 3, 4, 6, 6, 9, 12)))
        if dice.random() < 0.3:
            till.settle(max(0, till.checkout.last_sequence - dice.randrange(30)))
        if dice.random() < 0.1:
            commits += bool(till.prune())
        if number % 37 == 0:  # the process dies and its log is found
            kill()
            till.start()
        elif number % 53 == 0:
            assert till.journal is not None
            till.journal.close()
            till.start()
    commits += till.truth.acknowledged
    kill()
    disk.log = None
    return Recording(ops, promises, till.truth, commits, sales)


# --- opening --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the store made of a state: `good` and what it had, or what was wrong."""

    verdict: str
    last: int = 0
    sequence: int = 0
    pruned: int = 0

    def held_against(self, now: Promise) -> str:
        if self.verdict != "good":
            return self.verdict
        if self.last < now.acknowledged:
            return "printed and lost" if self.sequence < now.printed else "lost"
        return "came back" if self.pruned < now.pruned else "good"


def judge(state: State, now: Promise, truth: Truth, deep: bool) -> Outcome:
    """Open it with the real store and compare."""
    memory_vfs().disk = MemoryDisk(state.files)
    try:
        journal = open_at(VFS)
    except JournalError as error:
        return Outcome(f"does not open: {error.code}")
    try:
        had = (journal.last_seq, journal.last_sequence, journal.anchor().sequence)
        return Outcome(_judge_open(journal, now, truth, deep), *had)
    except JournalError as error:
        return Outcome(f"does not recover: {error.code}")
    except apsw.Error as error:
        return Outcome(f"cannot be read: {type(error).__name__}")
    finally:
        memory_vfs().disk.kill()
        try:
            journal.close()
        except JournalError:
            pass  # what was to be said of it was said


def _judge_open(journal: Journal, now: Promise, truth: Truth, deep: bool) -> str:
    connection = journal._database.connection
    last = journal.last_seq
    anchor = journal.anchor()
    known = (anchor.seq, anchor.hash, anchor.sequence)
    rows = connection.execute("SELECT seq, body, hash FROM rows ORDER BY n, seq").fetchall()
    records = connection.execute("SELECT sequence, row, body, hash FROM records ORDER BY n, sequence").fetchall()
    if last > now.begun or journal.epoch != EPOCH:
        return "made up"
    if anchor.seq and known not in truth.anchors[: now.anchors]:
        return "wrong anchor"
    if rows != truth.rows[anchor.seq : last]:
        return "wrong rows"
    if records != [r for r in truth.records[anchor.sequence :] if r[1] <= last]:
        return "wrong records"
    if journal.recover() != truth.states[last]:
        return "wrong state"
    if not deep:
        return "good"
    if journal.inspect() is not None:
        return "broken chain"
    if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        return "broken file"
    journal.append("2026-12-01T08:00:00", "system", any_legal(truth.states[last]))
    return "good" if journal.last_seq == last + 1 and journal.inspect() is None else "does not go on"


def cut_block(recording: Recording, block: int, an_op: int, seed: int) -> Found:
    """The states of one piece of the recording."""
    cutter = _cutter_at(recording, block)
    found = Found()
    known: dict[bytes, Outcome] = {}
    bad: set[bytes] = set()
    promises, at = recording.promises, 0
    first = block * BLOCK_OPS
    for number in range(first, min(first + BLOCK_OPS, len(recording.ops))):
        cutter.do(recording.ops[number])
        while at + 1 < len(promises) and promises[at + 1].op <= number + 1:
            at += 1
        dice = random.Random(f"{seed} cut {number}")
        for state in cutter.states(dice, an_op):
            outcome = known.get(state.key)
            if outcome is None:
                outcome = judge(state, promises[at], recording.truth, len(known) % DEEP_ONE_IN == 0)
                known[state.key] = outcome
                found.states += 1
                found.kinds[state.kind] += 1
                found.verdicts[outcome.held_against(promises[at])] += 1
            elif state.key not in bad and outcome.held_against(promises[at]) != "good":
                found.verdicts["good"] -= 1  # the same content, when more had been promised
                found.verdicts[outcome.held_against(promises[at])] += 1
            if (verdict := outcome.held_against(promises[at])) != "good":
                bad.add(state.key)
                found.firsts.setdefault(verdict, f"after operation {number + 1}, {state.kind}")
    found.keys.update(known)
    return found


_cutters: dict[int, tuple[int, Cutter]] = {}


def _cutter_at(recording: Recording, block: int) -> Cutter:
    """A cutter that has done everything before the block. Blocks come in order, so it is kept."""
    done, cutter = _cutters.pop(id(recording), (0, Cutter()))
    if done > block * BLOCK_OPS:
        done, cutter = 0, Cutter()
    for op in recording.ops[done : block * BLOCK_OPS]:
        cutter.do(op)
    _cutters[id(recording)] = (min((block + 1) * BLOCK_OPS, len(recording.ops)), cutter)
    return cutter


# --- the whole ------------------------------------------------------------------------------------------------------

_shared: list[Any] = []  # what forked workers have from their parent


def _work(block: int) -> tuple[int, Found]:
    recording, an_op, seed, name = _shared
    warnings.simplefilter("ignore")  # SQLite hides the first error of a VFS behind the second, and Python says so
    with variant(name):
        return block, cut_block(recording, block, an_op, seed)


def run(
    *,
    sales: int,
    an_op: int,
    seed: int = 1,
    name: str = "good",
    processes: int = 1,
    every: int = 1,
    resume: Path | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> tuple[Recording, Found]:
    """`an_op` states are made after each operation; of the blocks every `every`-th is taken. With `resume`, blocks
    that stand in that file are not done again."""
    with variant(name):
        recording = record(sales, seed)
    blocks = list(range(0, (len(recording.ops) + BLOCK_OPS - 1) // BLOCK_OPS, every))
    found = Found()
    key = f"{name} {sales} {an_op} {seed}"
    done = _read_done(resume, key)
    for one in done.values():
        found.add(one)
    left = [block for block in blocks if block not in done]
    _shared[:] = [recording, an_op, seed, name]
    began_s = time.monotonic()
    if processes == 1:
        results: Any = map(_work, left)
        pool = None
    else:
        pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("fork"))
        results = pool.map(_work, left)
    for number, (block, one) in enumerate(results, start=1):
        found.add(one)
        if resume is not None:
            _keep(resume, key, block, one)
        if number % 10 == 0:
            rate = found.states / max(1e-9, time.monotonic() - began_s)
            tell(
                f"block {number} of {len(left)}: {len(found.keys)} states, {rate:.0f} a second, {dict(found.verdicts)}"
            )
    if pool is not None:
        pool.shutdown()
    return recording, found


def _keep(path: Path, key: str, block: int, one: Found) -> None:
    line = {
        "run": key, "block": block, "states": one.states, "verdicts": one.verdicts, "firsts": one.firsts,
        "kinds": one.kinds, "keys": base64.b64encode(b"".join(sorted(one.keys))).decode(),
    }  # fmt: skip
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _read_done(path: Path | None, key: str) -> dict[int, Found]:
    done: dict[int, Found] = {}
    if path is None or not path.exists():
        return done
    for text in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if line["run"] == key:
            raw = base64.b64decode(line["keys"])
            keys = {raw[at : at + 16] for at in range(0, len(raw), 16)}
            one = Found(line["states"], Counter(line["verdicts"]), line["firsts"], Counter(line["kinds"]), keys)
            done[line["block"]] = one
    return done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sales", type=int, default=300)
    parser.add_argument("--an-op", type=int, default=6, help="states made after each operation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--variant", default="good", choices=["good", *VARIANTS])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="of the blocks of operations only every N-th")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="what was done stands here and is not done again")
    given = parser.parse_args()
    began_s = time.monotonic()
    recording, found = run(
        sales=given.sales, an_op=given.an_op, seed=given.seed, name=given.variant, processes=given.processes,
        every=given.every, resume=given.resume, tell=lambda text: print(text, file=sys.stderr, flush=True),
    )  # fmt: skip
    said = {
        "variant": given.variant, "sales": recording.sales, "commits": recording.commits, "ops": len(recording.ops),
        "distinct": len(found.keys), "lost": found.lost, "broken": found.broken, "verdicts": found.verdicts,
        "kinds": found.kinds, "firsts": found.firsts, "s": round(time.monotonic() - began_s),
    }  # fmt: skip
    print(json.dumps(said))
    return int(found.lost + found.broken > 0)


def figures(recording: Recording, found: Found) -> dict[str, Any]:
    return {
        "sales": recording.sales, "operations": len(recording.ops), "states": len(found.keys), "lost": found.lost,
        "broken": found.broken, "firsts": found.firsts,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
