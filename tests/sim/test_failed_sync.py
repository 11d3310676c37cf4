"""A sync fails, the process ends and starts again, and then the power goes: at every step of that start.

After the failed sync the kernel gives the next process what the disk has not. What is built on that, and what is told
from it, must not go with the power; and least of all may half of it stay under the other half.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.gateway import database as gateway_database
from runtime.gateway.errors import GatewayError
from runtime.gateway.store import GatewayStore
from runtime.journal import database
from runtime.journal.errors import JournalError
from runtime.journal.store import Journal
from runtime.sale.events import Event, ItemAdded, Subtotalled, TenderingLeft
from runtime.sale.state import Checkout
from tests.sim.batches import STORE, batch
from tests.sim.disk import Disk

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
STEPS = 60


class GatewayUnderTest:
    def __init__(self, disk: Disk) -> None:
        self.store = GatewayStore.open("/g.db", STORE, lambda: 0, vfs=disk.vfs)

    def add(self) -> int:
        return self.store.ingest(batch("T1", 1, self.last() + 1, 3, padding="x" * 9_000)).stored

    def last(self) -> int:
        """What a terminal that asks is told."""
        stored = self.store.ingest(batch("T1", 1, 1, 0)).stored
        assert [one.sequence for one in self.store.records("T1", 1, 0, 500)] == list(range(1, stored + 1))
        return stored


def event(row: int, size: int) -> Event:
    """What may happen as row number so-and-so; every second one is that long."""
    if row == 1:
        return ItemAdded("1", "1", "milk", "each", 100, 1, 0, "scanned", "2026-11-22T10:00:00", "s")
    return TenderingLeft() if row % 2 else Subtotalled({"pad": "n" * size}, {"total": 100, "lines": []})


class JournalUnderTest:
    def __init__(self, disk: Disk) -> None:
        self.journal = Journal.open(Path("/j.db"), machine="m", random_epoch=lambda: 7, vfs=disk.vfs)

    def add(self) -> int:
        for _ in range(5):
            self.journal.append(
                "2026-11-22T10:00:00", "system", event(self.journal.last_seq + 1, self.journal.last_seq * 977 % 9_000)
            )
        return self.journal.last_seq

    def last(self) -> int:
        """What the screen shows."""
        assert self.journal.verify() is None
        return self.journal.last_seq


def long_rows(seed: int) -> None:
    """Rows of all lengths, a log that was moved into the file at some time or not, a failed sync, a start that is cut:
    what is left is whole and has all that was shown."""
    rng = random.Random(seed)
    disk = Disk(random.Random(f"{seed}/disk"))

    def add(count: int) -> None:
        for _ in range(count):
            under.journal.append(
                "2026-11-22T10:00:00",
                "system",
                event(under.journal.last_seq + 1, rng.choice([10, 400, 1_500, 9_000])),
                checkpoint=Checkout() if rng.random() < 0.5 else None,
            )

    try:
        under = JournalUnderTest(disk)
        add(rng.randint(1, 40))
        if rng.random() < 0.8:
            under.journal._database.tidy()
        add(rng.randint(0, 8))
        told = under.last()
        disk.fail("sync")
        with pytest.raises(JournalError):
            add(1)
        disk.kill()
        disk.cut_after(rng.randint(0, 50))
        try:
            under = JournalUnderTest(disk)
            told = max(told, under.last())
            add(1)
        except JournalError:
            assert disk.dead
        disk.crash()
        under = JournalUnderTest(disk)
        assert under.last() >= told
        assert under.journal._database._value("PRAGMA integrity_check") == "ok"
    except JournalError as error:
        raise AssertionError(f"seed {seed}: {error}") from error
    finally:
        disk.close()


@pytest.mark.parametrize("seeds", [range(at, at + 50) for at in range(0, 300, 50)])
def test_a_start_cut_short_after_a_failed_sync_damages_nothing(seeds: range) -> None:
    for seed in seeds:
        long_rows(seed)


def test_the_same_cuts_damage_a_journal_whose_log_is_not_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "renew_log", lambda path, vfs: None)
    with pytest.raises(AssertionError):
        for seed in range(300):
            long_rows(seed)


def test_the_same_cuts_damage_a_gateway_whose_log_is_not_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_database, "renew_log", lambda path, vfs: None)
    with pytest.raises(AssertionError):
        power_cuts_while_starting(GatewayUnderTest, 0)


@pytest.mark.parametrize("make", [GatewayUnderTest, JournalUnderTest])
@pytest.mark.parametrize("seed", range(3))
def test_power_cuts_while_starting_after_a_failed_sync(
    make: Callable[[Disk], GatewayUnderTest | JournalUnderTest], seed: int
) -> None:
    power_cuts_while_starting(make, seed)


def power_cuts_while_starting(make: Callable[[Disk], GatewayUnderTest | JournalUnderTest], seed: int) -> None:
    for step in range(STEPS):
        disk = Disk(random.Random(f"{seed}/{step}"))
        under = make(disk)
        told = max(under.add() for _ in range(3))
        disk.fail("sync")
        with pytest.raises((GatewayError, JournalError)):
            under.add()
        disk.kill()
        disk.cut_after(step)
        try:
            under = make(disk)
            told = max(told, under.last())
            disk.cut_after(step % 7)
            told = max(told, under.add())
        except (GatewayError, JournalError):
            assert disk.dead
        disk.crash()
        under = make(disk)
        assert under.last() >= told, f"step {step}"
        assert under.add() > told
        disk.close()
