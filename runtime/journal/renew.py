"""Puts a write-ahead log that another process left behind on disk again, before SQLite reads it.

After a failed sync the kernel calls the pages clean: the next process reads them, no later sync writes them, and a
power cut takes them away ("Can applications recover from fsync failures?", ATC'20). If such a log were copied into its
database first, the cut would leave the shorter log over a newer file: a commit gone that was told of, or half of it.

The log cannot simply be written over itself: a power cut may damage sectors that were good. So it goes into a copy, and
only when that copy is synced is the log written over. Nor is a copy that is found here believed to be on disk, for its
own sync may be the one that failed: another copy is made of it, and the old one voided, before the log is touched.
Thus, whenever the log may be torn, one whole copy is known to be on disk, and no other can come back.

A log is left behind only by a process that did not end in order, so all this is rare. The copies stay, one byte each.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

MAX_LOG_BYTES = 256 << 20  # far above any checkpoint; a longer log is left as it is
COPIES = ("-copy1", "-copy2")
_PIECE_BYTES = 1 << 16
_FILE = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_WAL
_NUMBER_BYTES = 8
_END_BYTES = _NUMBER_BYTES + hashlib.sha256().digest_size


def renew_log(path: str, vfs: str | None) -> None:
    """Renew the log of the database at `path`, an absolute path, if there is one. With a `vfs` the folder and its sync
    are that file system's affair.

    Raises apsw.BusyError where another process has it open, apsw.IOError or OSError where the disk fails, and
    apsw.FullError where only a copy is whole and there is no room for another; else on a full disk nothing is done.
    """
    name = vfs or ""
    with _opened(name, path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_MAIN_DB) as database:
        if database is None:
            return
        for level in (apsw.SQLITE_LOCK_SHARED, apsw.SQLITE_LOCK_RESERVED, apsw.SQLITE_LOCK_EXCLUSIVE):
            database.xLock(level)
        try:
            with _opened(name, f"{path}-wal", _FILE) as log:
                if log is not None and 0 < log.xFileSize() <= MAX_LOG_BYTES:
                    _renew(log, name, f"{path}-wal", None if vfs else Path(path).parent)
        finally:
            database.xUnlock(apsw.SQLITE_LOCK_NONE)


def _renew(log: Any, name: str, path: str, folder: Path | None) -> None:
    create = _FILE | apsw.SQLITE_OPEN_CREATE
    with _opened(name, path + COPIES[0], create) as one, _opened(name, path + COPIES[1], create) as two:
        if one is None or two is None:
            raise apsw.CantOpenError(f"no copy of {path} can be made")
        whole = [(*held, copy) for copy in (one, two) if (held := _whole(_read(copy)))]
        # Of two whole copies the newer was being made while the older stood: the older is the one to keep.
        number, content, kept = min(whole, key=lambda held: held[0]) if whole else (0, _read(log), None)
        spare = two if kept is one else one
        for copy in (one, two):
            if copy is not kept:
                _void(copy)
        try:
            _write(spare, content + _end(number + 1, content))
        except apsw.FullError:
            if kept is not None:
                raise
            _void(spare)
            return
        if folder is not None:
            _sync_folder(folder)
        if kept is not None:
            _void(kept)
        _write(log, content)
        _void(spare)


def _end(number: int, content: bytes) -> bytes:
    count = number.to_bytes(_NUMBER_BYTES, "big")
    return count + hashlib.sha256(count + content).digest()


def _whole(data: bytes) -> tuple[int, bytes] | None:
    """The number of a copy and what it holds, if it was written to its end."""
    content, end = data[:-_END_BYTES], data[-_END_BYTES:]
    number = int.from_bytes(end[:_NUMBER_BYTES], "big")
    return (number, content) if content and number < 1 << 63 and _end(number, content) == end else None


@contextmanager
def _opened(name: str, path: str, flags: int) -> Iterator[Any]:
    """The file, by SQLite's own means, so that a VFS of tests is used too; None where it cannot be opened."""
    try:
        file = apsw.VFSFile(name, path, [flags, 0])
    except apsw.CantOpenError:
        yield None
        return
    try:
        yield file
    finally:
        file.xClose()


def _read(file: Any) -> bytes:
    size = file.xFileSize()
    return b"".join(file.xRead(min(_PIECE_BYTES, size - at), at) for at in range(0, size, _PIECE_BYTES))


def _write(file: Any, data: bytes) -> None:
    for at in range(0, len(data), _PIECE_BYTES):
        file.xWrite(data[at : at + _PIECE_BYTES], at)
    if file.xFileSize() != len(data):
        file.xTruncate(len(data))
    file.xSync(apsw.SQLITE_SYNC_FULL)


def _void(copy: Any) -> None:
    """An old copy must never come back over a newer log. Written even where it seems to be void: the sync of that may
    have been the one that failed."""
    _write(copy, b"\0")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
