"""Reads a journal's files while the daemon has them open, without a lock, without a byte written.

The daemon holds its database exclusively, so no second SQLite may open it. This is an apsw VFS that reads the file as
it is and the write-ahead log from a copy in memory. Why that is one moment of the journal and not a mixture: a page
that the daemon moves from the log into the file while we read is in our copy of the log too, and the copy comes first.
Only a page of a commit after our copy can show too early, and it can only get into the file by a write to it: so what
was read counts only where the file's time and size are still what they were, else it is read again. A file that was
written to a moment ago is given that moment to get older, for its time has steps of some milliseconds.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from runtime.journal.errors import JournalError
from runtime.journal.schema import APPLICATION, VERSION

MAX_LOG_BYTES = 256 << 20
TRIES = 50
FRESH_S = 0.05  # far above the step of a file's time
HEADER_BYTES = 32  # of a log: it changes when the log begins anew
_serial = itertools.count(1)


class Rows:
    """What a query gave, as a cursor gives it."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows


class LiveJournal:
    """One journal's file, looked at from outside.

    Raises JournalError CANNOT_OPEN, NOT_A_JOURNAL, NEWER, OLDER, DAMAGED, and IN_USE where the daemon writes so fast
    that no moment of it can be had."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._log_path = _log_of(self._path)
        self._vfs = _Vfs(f"lane-live-{next(_serial)}", self._path)
        self._connection: apsw.Connection | None = None
        self._looked_at: tuple[int, ...] = ()
        found = self.fetch("PRAGMA application_id"), self.fetch("PRAGMA user_version")
        if found[0] != [(APPLICATION,)]:
            self.close()
            raise JournalError("NOT_A_JOURNAL")
        self.version = int(found[1][0][0])
        if self.version > VERSION:
            self.close()
            raise JournalError("NEWER")
        if self.version < VERSION:
            self.close()
            raise JournalError("OLDER")

    def fetch(self, sql: str, bindings: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of one query, of one moment. Two calls may be of two moments."""
        for _ in range(TRIES):
            try:
                connection = self._look()
                rows = connection.execute(sql, bindings).fetchall()
            except (apsw.Error, UnicodeDecodeError) as error:
                if self._still():
                    self._forget()
                    code = "NOT_A_JOURNAL" if isinstance(error, apsw.NotADBError) else "DAMAGED"
                    raise JournalError(code, str(error)) from error
                self._forget()
                continue
            except OSError as error:
                self._forget()
                raise JournalError("CANNOT_OPEN", str(error)) from error
            if self._still():
                return rows
            self._forget()
        raise JournalError("IN_USE", "it changes faster than it can be read")

    def execute(self, sql: str, bindings: tuple[Any, ...] = (), /) -> Rows:
        """As a connection's."""
        return Rows(self.fetch(sql, bindings))

    def _look(self) -> apsw.Connection:
        if self._connection is not None and not self._vfs.log_has_changed():
            return self._connection
        self._forget()
        found = self._path.stat()
        age_s = time.time() - found.st_mtime
        if 0 <= age_s < FRESH_S:
            time.sleep(FRESH_S - age_s)
            found = self._path.stat()
        self._looked_at = (found.st_mtime_ns, found.st_size, found.st_ino)
        header = self._log_header()
        self._vfs.take_log()
        if self._log_header() != header:  # it began anew while it was copied
            self._looked_at = ()
        connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=self._vfs.name)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        for pragma in ("locking_mode=EXCLUSIVE", "query_only=1", "mmap_size=0", "cache_size=-4000"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        self._connection = connection
        return connection

    def _still(self) -> bool:
        try:
            found = self._path.stat()
        except OSError:
            return False
        return self._looked_at == (found.st_mtime_ns, found.st_size, found.st_ino)

    def _log_header(self) -> bytes:
        try:
            with self._log_path.open("rb") as log:
                return log.read(HEADER_BYTES)
        except FileNotFoundError:
            return b""

    def _forget(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(True)

    def close(self) -> None:
        self._forget()
        self._vfs.unregister()


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


class _Vfs(apsw.VFS):
    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path
        self._log_path = _log_of(path)
        self._log = b""
        self._seen = (0, 0)
        super().__init__(name, "")

    def excepthook(self, *unraisable: Any) -> bool:
        """Errors are raised where they belong; older apsw would print them too."""
        return True

    def take_log(self) -> None:
        self._seen = self._log_state()
        try:
            with self._log_path.open("rb") as log:
                self._log = log.read(MAX_LOG_BYTES + 1)
        except FileNotFoundError:
            self._log = b""
        if len(self._log) > MAX_LOG_BYTES:
            raise JournalError("CANNOT_OPEN", "its log is too long")

    def log_has_changed(self) -> bool:
        return self._log_state() != self._seen

    def _log_state(self) -> tuple[int, int]:
        try:
            found = self._log_path.stat()
        except FileNotFoundError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        flags[1] = flags[0]
        if flags[0] & apsw.SQLITE_OPEN_WAL:
            return _Bytes(bytearray(self._log))
        if path != str(self._path):
            raise apsw.CantOpenError(f"{path} is not read")
        return _Seen(path)

    def xAccess(self, name: str, flags: int) -> bool:
        return name == str(self._path) or (name == f"{self._path}-wal" and bool(self._log))

    def xDelete(self, name: str, sync_folder: bool) -> None:
        raise apsw.ReadOnlyError("nothing is changed here")

    def xFullPathname(self, name: str) -> str:
        return name


class _Handle:
    def excepthook(self, *unraisable: Any) -> None:
        """As the VFS's."""

    def xTruncate(self, size: int) -> None:
        raise apsw.ReadOnlyError("nothing is changed here")

    def xSync(self, flags: int) -> None:
        pass

    def xLock(self, level: int) -> None:
        pass

    def xUnlock(self, level: int) -> None:
        pass

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return 4096

    def xDeviceCharacteristics(self) -> int:
        return 0

    def xClose(self) -> None:
        pass


class _Seen(_Handle):
    """The database's file, as it is."""

    def __init__(self, path: str) -> None:
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def xRead(self, amount: int, offset: int) -> bytes:
        return os.pread(self._handle, amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:
        raise apsw.ReadOnlyError("nothing is changed here")

    def xFileSize(self) -> int:
        return os.fstat(self._handle).st_size

    def xClose(self) -> None:
        os.close(self._handle)


class _Bytes(_Handle):
    """A copy of the log."""

    def __init__(self, content: bytearray) -> None:
        self._content = content

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self._content[offset : offset + amount])

    def xWrite(self, data: Any, offset: int) -> None:
        raise apsw.ReadOnlyError("nothing is changed here")

    def xFileSize(self) -> int:
        return len(self._content)
