"""What a beat of the journal is: one commit, one sync, and nothing left behind."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from runtime.journal.errors import JournalError
from runtime.journal.store import Journal
from runtime.service.notify import Notifier
from runtime.service.watchdog import feed
from runtime.terminal.daemon import _is_full
from tests.reliability.memory_disk import VFS, MemoryDisk, memory_vfs
from tests.reliability.selling import open_at
from tests.reliability.wear import REAL_SECTOR
from tests.runtime.service.manager import Manager

KIB_A_BEAT = 8.3  # of the log, its share of the checkpoints included; docs/service.md says what that is a day


@pytest.fixture
def disk() -> MemoryDisk:
    disk = memory_vfs().disk = MemoryDisk()
    disk.sector = REAL_SECTOR
    return disk


def test_a_beat_is_one_sync_and_the_files_do_not_grow(disk: MemoryDisk) -> None:
    journal = open_at(VFS)
    journal.beat()
    before = (journal.last_seq, journal.head, disk.syncs, disk.bytes_written, journal.commits)
    beats = 1000
    sizes = set()
    for _ in range(beats):
        journal.beat()
        sizes.add(sum(len(node) for node in disk.nodes))
    assert (journal.last_seq, journal.head) == before[:2] and journal.verify() is None
    assert journal.commits == before[4] + beats
    assert beats <= disk.syncs - before[2] <= 1.1 * beats
    assert (disk.bytes_written - before[3]) / beats / 1024 <= KIB_A_BEAT
    assert max(sizes) < 2 << 20  # the log begins anew after each checkpoint
    journal.close()


class Broken:
    """A store whose beat ends in this error."""

    commits = 0

    def __init__(self, code: str) -> None:
        self.code = code
        self.beats = 0

    def beat(self) -> None:
        self.beats += 1
        raise JournalError(self.code)


def fed(store: Any, looks: int, tmp_path: Path) -> int:
    """How often the watchdog was fed in so many of its intervals; -1 where the feeding ended in an error."""
    manager = Manager(tmp_path / "notify")
    notifier = Notifier({"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "40000"})

    async def main() -> bool:
        feeding = asyncio.ensure_future(feed(notifier, store, _is_full))
        done, _ = await asyncio.wait([feeding], timeout=0.04 * looks)
        feeding.cancel()
        return bool(done)

    ended = asyncio.run(main())
    count = 0
    while manager.heard(0.01):
        count += 1
    manager.close()
    return -1 if ended else count


def test_a_full_disk_feeds_and_a_failed_one_does_not(tmp_path: Path) -> None:
    full = Broken("DISK_FULL")
    assert fed(full, 5, tmp_path) >= 2 and full.beats >= 2
    (tmp_path / "notify").unlink()
    assert fed(Broken("IO_FAILED"), 5, tmp_path) == -1


def test_the_sales_own_commits_are_proof_enough(tmp_path: Path) -> None:
    """No beat is made where rows were committed."""

    class Busy(Broken):
        @property
        def commits(self) -> int:  # type: ignore[override]
            self._commits = getattr(self, "_commits", 0) + 1
            return self._commits

    busy = Busy("IO_FAILED")
    assert fed(busy, 5, tmp_path) >= 2 and busy.beats == 0


def test_a_real_journal_feeds_while_nobody_rings(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db", machine="m", random_epoch=lambda: 7)
    assert fed(journal, 5, tmp_path) >= 2
    assert journal.commits >= 2 and journal.last_seq == 0
    journal.close()
