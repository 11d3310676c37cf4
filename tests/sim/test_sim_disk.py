"""The simulated disk loses what it should and keeps what it must; otherwise it would prove nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator

import apsw
import pytest

from tests.sim.disk import SECTOR, Disk

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def disk() -> Iterator[Disk]:
    made = Disk(random.Random(5))
    yield made
    made.close()


def connect(disk: Disk, synchronous: str = "FULL") -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection("file:/t.db?psow=0", flags=flags, vfs=disk.vfs)
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", f"synchronous={synchronous}"):
        connection.cursor().execute(f"PRAGMA {pragma}").fetchall()
    connection.cursor().execute("CREATE TABLE IF NOT EXISTS t (x)")
    return connection


def rows(connection: apsw.Connection) -> int:
    return int(next(connection.cursor().execute("SELECT count(*) FROM t"))[0])


def insert(connection: apsw.Connection) -> None:
    connection.cursor().execute("INSERT INTO t VALUES (randomblob(3000))")


def test_what_is_synced_survives_and_what_is_not_may_go(disk: Disk) -> None:
    connection = connect(disk)
    for _ in range(5):
        insert(connection)
    disk.crash()
    connection = connect(disk, "OFF")
    assert rows(connection) == 5
    before = disk.counters.syncs
    for _ in range(50):
        insert(connection)
    assert disk.counters.syncs == before
    disk.crash()
    assert rows(connect(disk)) < 55


def test_a_killed_process_loses_nothing(disk: Disk) -> None:
    connection = connect(disk, "OFF")
    insert(connection)
    disk.kill()
    insert(connection)  # a ghost's: it reaches nothing
    assert rows(connect(disk)) == 1


def test_every_fate_of_a_sector_occurs() -> None:
    fates = set()
    for seed in range(40):
        disk = Disk(random.Random(seed))
        file = disk.create("/f")
        file.content += b"o" * SECTOR
        file.durable += b"o" * SECTOR
        disk.sync_names()
        handle = disk._vfs.xOpen("/f", [apsw.SQLITE_OPEN_READWRITE, 0])
        handle.xWrite(b"n" * SECTOR, 0)
        disk.crash()
        found = bytes(disk.lookup("/f").content)  # type: ignore[union-attr]
        fates.add({b"o" * SECTOR: "lost", b"n" * SECTOR: "landed"}.get(found, "garbage"))
        disk.close()
    assert fates == {"lost", "landed", "garbage"}


def test_names_come_and_go_in_their_order(disk: Disk) -> None:
    survived = set()
    for seed in range(40):
        disk = Disk(random.Random(seed))
        disk.create("/a")
        disk.create("/b")
        disk.crash()
        survived.add(tuple(disk.files()))
        disk.close()
    assert survived == {(), ("/a",), ("/a", "/b")}


def test_after_a_failed_sync_no_later_one_helps(disk: Disk) -> None:
    """The pages are called clean: they can be read, and are gone with the power."""
    lost = 0
    for seed in range(20):
        disk = Disk(random.Random(seed), lands=0.0, lost=1.0)
        handle = disk._vfs.xOpen("/f", [apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE, 0])
        disk.sync_names()
        handle.xWrite(b"n" * SECTOR, 0)
        disk.fail("sync")
        with pytest.raises(apsw.IOError):
            handle.xSync(0)
        handle.xSync(0)
        assert handle.xRead(SECTOR, 0) == b"n" * SECTOR
        disk.crash()
        lost += disk.files()["/f"] == 0
        disk.close()
    assert lost == 20


def test_planned_faults_happen_when_they_should(disk: Disk) -> None:
    connection = connect(disk)
    disk.fail("write", at=1, error="full")
    with pytest.raises(apsw.FullError):
        insert(connection)
    insert(connection)
    disk.fail("sync", at=2)
    insert(connection)
    with pytest.raises(apsw.IOError):
        insert(connection)
    assert disk.counters.faults == 2


def test_the_power_goes_between_two_writes(disk: Disk) -> None:
    told: list[bool] = []
    connection = connect(disk)
    disk.cut_after(1, lambda: told.append(True))
    with pytest.raises(apsw.IOError):
        insert(connection)
    assert disk.dead and told == [True]
    disk.crash()
    assert not disk.dead and rows(connect(disk)) == 0


def test_one_connection_at_a_time(disk: Disk) -> None:
    connection = connect(disk)
    insert(connection)
    with pytest.raises(apsw.BusyError):
        connect(disk)
    connection.close()
    assert rows(connect(disk)) == 1
