"""The journal on a disk that loses, tears and damages what was not synced: nothing acknowledged is lost, ever."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from runtime.journal.database import Database
from runtime.journal.errors import JournalError
from runtime.journal.store import Journal
from runtime.sale import events as e
from runtime.sale.machine import fold
from tests.sim.disk import Disk

PATH = Path("/journal.db")
# SQLite hides the first error of a VFS behind the second, and Python says so.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
AT = "2026-11-22T18:30:00"


class Till:
    """A terminal that only writes rows, and remembers what it was told is on disk."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.disk = Disk(random.Random(seed + 1))
        self.acknowledged = 0
        self.journal: Journal | None = None

    def start(self) -> None:
        """Open, and hold what is read against what was acknowledged. Raises JournalError where the disk fails."""
        self.journal = Journal.open(PATH, machine="m", random_epoch=lambda: 7, vfs=self.disk.vfs)
        state = self.journal.recover()
        assert self.journal.verify() is None
        last = self.journal.last_seq
        assert self.acknowledged <= last <= self.acknowledged + 1, f"{self.acknowledged} rows were there, now {last}"
        assert state == fold(event(number) for number in range(1, last + 1))
        self.acknowledged = last  # from now on something is built on it

    def work(self, rows: int) -> None:
        for _ in range(rows):
            assert self.journal is not None
            self.acknowledged = self.journal.append(AT, "set", event(self.journal.last_seq + 1))


def event(number: int) -> e.Event:
    return e.MemberIdentified(f"{number}-" + "x" * (number * 37 % 190))


def plan(till: Till, what: str) -> None:
    if what == "cut":
        till.disk.cut_after(till.dice.randint(0, 40))
    elif what == "sync":
        till.disk.fail("sync", at=till.dice.randint(1, 12))
    elif what == "full":
        till.disk.fail("write", at=till.dice.randint(1, 30), error="full")


def life(seed: int, rounds: int) -> None:
    """Rounds of start, work and end, each with a fault somewhere. The one thing that is left out, for SQLite has no
    answer to it: a sync that failed, and then a second fault while the next start writes anew what that sync left in
    doubt."""
    till = Till(seed)
    dice, disk = till.dice, till.disk
    doubt = False
    try:
        for _ in range(rounds):
            what = dice.choice(["cut", "cut", "kill", "sync", "full"])
            failed = False
            try:
                if not doubt:
                    plan(till, what)
                till.start()
                if doubt:
                    plan(till, what)
                if dice.random() < 0.3 and till.journal is not None:
                    till.journal._database.tidy()
                till.work(dice.randint(0, 12))
            except JournalError as error:
                failed = error.code != "DISK_FULL"
                assert error.code in ("DISK_FULL", "IO_FAILED") or (disk.dead and error.code == "CANNOT_OPEN"), error
                if error.code == "DISK_FULL" and till.journal is not None and not disk.dead:
                    disk.mend()
                    till.work(3)
            if disk.dead or dice.random() < 0.5:
                disk.crash()
                doubt = False
            else:
                disk.kill()
                doubt = failed or doubt
            till.journal = None
            disk.mend()
        till.start()
    finally:
        disk.close()


@pytest.mark.parametrize("seed", range(12))
def test_no_power_cut_loses_a_row(seed: int) -> None:
    life(seed, rounds=25)


@pytest.mark.long
def test_no_power_cut_in_400_lives_loses_a_row() -> None:
    for seed in range(1000, 1400):
        life(seed, rounds=50)


def broken(monkeypatch: pytest.MonkeyPatch, pragma: str) -> None:
    prepare = Database._prepare

    def prepared(self: Database, application: int, schema: str, version: int) -> None:
        prepare(self, application, schema, version)
        self.connection.execute(pragma)

    monkeypatch.setattr(Database, "_prepare", prepared)


def lost_in(seeds: range) -> int:
    lost = 0
    for seed in seeds:
        try:
            life(seed, rounds=25)
        except AssertionError:
            lost += 1
    return lost


def test_without_the_sync_of_each_commit_rows_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "PRAGMA synchronous=NORMAL")
    assert lost_in(range(4)) == 4


def test_without_psow_0_rows_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.journal.database.PSOW", "psow=1")
    assert any(lost_in(range(seed, seed + 1)) for seed in range(60))


def test_without_the_rewrite_at_the_start_a_failed_sync_loses_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.journal.database.Database._rewrite", lambda self, version: None)
    assert any(lost_in(range(seed, seed + 1)) for seed in range(60))


@pytest.mark.parametrize("at", range(1, 12))
def test_a_sync_that_fails_while_the_journal_is_made_is_said(at: int) -> None:
    """SQLite's `PRAGMA journal_mode=WAL` swallows it and goes on without WAL, where commits can be lost."""
    disk = Disk(random.Random(at))
    disk.fail("sync", at=at)
    with pytest.raises(JournalError) as caught:
        journal = Journal.open(PATH, machine="m", random_epoch=lambda: 7, vfs=disk.vfs)
        for number in range(1, 4):
            journal.append(AT, "set", event(number))
    assert caught.value.code == "IO_FAILED"
    disk.close()
