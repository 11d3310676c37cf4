"""A log that was left behind, on real files: renewed byte for byte, and never under a process that uses it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import apsw
import pytest

from runtime.journal.renew import COPIES, renew_log


def left_behind(folder: Path) -> Path:
    """A database with a log, as a killed process leaves it."""
    (folder / "live").mkdir()
    connection = apsw.Connection(str(folder / "live" / "j.db"))
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL"):
        connection.cursor().execute(f"PRAGMA {pragma}").fetchall()
    connection.cursor().execute("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2), (3)")
    for name in ("j.db", "j.db-wal"):
        shutil.copy(folder / "live" / name, folder / name)
    connection.close()
    return folder / "j.db"


def rows(path: Path) -> int:
    connection = apsw.Connection(str(path))
    found = int(next(connection.cursor().execute("SELECT count(*) FROM t"))[0])
    connection.close()
    return found


def log_of(path: Path) -> Path:
    return path.with_name("j.db-wal")


def copies_of(path: Path) -> list[Path]:
    return [path.with_name(f"j.db-wal{name}") for name in COPIES]


def a_copy(number: int, content: bytes) -> bytes:
    count = number.to_bytes(8, "big")
    return content + count + hashlib.sha256(count + content).digest()


def test_the_log_stays_as_it_was(tmp_path: Path) -> None:
    path = left_behind(tmp_path)
    before = log_of(path).read_bytes()
    renew_log(str(path), None)
    assert log_of(path).read_bytes() == before and len(before) > 0
    assert [copy.read_bytes() for copy in copies_of(path)] == [b"\0", b"\0"]
    assert rows(path) == 3


def test_a_whole_copy_is_finished_and_half_a_copy_is_not_believed(tmp_path: Path) -> None:
    path = left_behind(tmp_path)
    log = log_of(path).read_bytes()
    torn = log[:2_000] + bytes(len(log) - 2_000)
    whole, newer = a_copy(1, log), a_copy(2, torn)
    first, second = copies_of(path)
    for one, two in ((whole, b""), (b"", whole), (whole, newer), (newer, whole), (whole[:-1], whole)):
        log_of(path).write_bytes(torn)
        first.write_bytes(one)
        second.write_bytes(two)
        renew_log(str(path), None)
        assert log_of(path).read_bytes() == log
        assert first.read_bytes() == second.read_bytes() == b"\0"
    for half in (whole[:-1], whole[:100], whole[1:], b"\x00" * 40, b"noise"):
        first.write_bytes(half)
        renew_log(str(path), None)
        assert log_of(path).read_bytes() == log and first.read_bytes() == b"\0"
    assert rows(path) == 3


def test_without_a_database_or_a_log_nothing_is_made(tmp_path: Path) -> None:
    path = left_behind(tmp_path)
    log_of(path).unlink()
    renew_log(str(path), None)
    renew_log(str(tmp_path / "none.db"), None)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["j.db", "live"]


def test_a_log_in_use_is_left_alone(tmp_path: Path) -> None:
    left_behind(tmp_path)
    path = tmp_path / "live" / "j.db"
    connection = apsw.Connection(str(path))
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL"):
        connection.cursor().execute(f"PRAGMA {pragma}").fetchall()
    connection.cursor().execute("INSERT INTO t VALUES (4)")
    with pytest.raises(apsw.BusyError):
        renew_log(str(path), None)
    connection.close()
