"""Every operation of the disk fails in turn; the reserve is given up first; what a sale costs the disk is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.journal import store
from runtime.journal.database import Database
from runtime.journal.errors import SENTENCES
from runtime.journal.reserve import ReserveFile
from tests.reliability import faults
from tests.reliability.wear import figures, measure
from tests.reliability_table import hand_in

# SQLite hides the first error of a VFS behind the second, and Python says so.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_nothing_acknowledged_is_lost_whatever_fails() -> None:
    swept = faults.sweep(every=23)
    hand_in("failing-disk", faults.figures(swept))
    assert swept.lost == swept.broken == 0, swept.firsts
    assert swept.failed == swept.points > 80 and swept.gone_on > 0
    assert set(swept.codes) <= {"DISK_FULL", "IO_FAILED"} and len(swept.codes) == 2


@pytest.mark.long
def test_all_2_000_points() -> None:
    swept = faults.sweep()
    assert swept.lost == swept.broken == 0, swept.firsts
    assert swept.points >= 2_000 and swept.failed == swept.points


def test_a_store_that_goes_on_after_a_failed_sync_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken line: an I/O error is taken for a full disk, and the row is said to be there."""

    def swallowed(self: store.Journal, *args: object) -> None:
        try:
            write(self, *args)  # type: ignore[arg-type]  # as it came
        except store.JournalError as error:
            if error.code != "IO_FAILED":
                raise

    write = store.Journal._write
    monkeypatch.setattr(store.Journal, "_write", swallowed)
    monkeypatch.setattr(Database, "check", lambda self: None)
    swept = faults.Swept()
    for plan, with_reserve in faults.plans(every=4, first=1)[60:90]:  # crashes
        try:
            faults.point(plan, with_reserve, swept)
        except Exception:  # noqa: BLE001  anything at all may come of such a store
            swept.broken += 1
    assert swept.lost + swept.broken > 0


def test_with_a_reserve_that_gives_nothing_the_disk_is_full(tmp_path: Path) -> None:
    reserve = ReserveFile(tmp_path / "r", 0)
    assert reserve.restore() and not reserve.give_up() and not reserve.given_up


def test_the_reserve_is_real_blocks_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.db-reserve"
    reserve = ReserveFile(path, 4 << 20)
    assert not path.exists() and reserve.restore() and not reserve.given_up
    assert path.stat().st_blocks * 512 >= 4 << 20
    assert reserve.give_up() and reserve.given_up and not path.exists()
    assert not reserve.give_up(), "twice is once"
    assert reserve.restore() and not reserve.given_up and path.exists()
    path.write_bytes(b"half")  # the power went while it was made
    assert ReserveFile(path, 4 << 20).restore() and path.stat().st_size == 4 << 20
    room = ReserveFile(tmp_path / "no" / "such" / "folder", 4 << 20)
    assert not room.restore() and not room.give_up() and room.room_bytes() is None


def test_no_reserve_is_made_where_there_is_not_room_for_it_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = ReserveFile(tmp_path / "r", 4 << 20)
    monkeypatch.setattr(ReserveFile, "room_bytes", lambda self: (8 << 20) - 1)
    assert not reserve.restore() and not (tmp_path / "r").exists()
    assert reserve.given_up, "a process before this one gave it up, or the disk is that full: it is said either way"
    monkeypatch.undo()
    assert reserve.restore() and not reserve.given_up


@pytest.mark.parametrize("lines", [6, 30])
def test_one_commit_an_event_and_one_sync_a_commit(lines: int) -> None:
    wear = measure(lines, sales=30)
    hand_in("wear", {str(lines): figures(wear)})
    assert wear.commits_a_sale == lines + 4
    assert 1.0 <= wear.syncs_a_commit <= 1.1
    assert wear.kib_a_sale / wear.commits_a_sale < 25


def test_what_the_disk_says_has_a_remedy() -> None:
    for code in ("DISK_FULL", "DISK_LOW", "DISK_LAST", "IO_FAILED"):
        assert all(SENTENCES[code])
