"""SQLite as the journal must have it: what survived 251,500 simulated power cuts, and nothing else.

WAL, `synchronous=FULL`, `psow=0` (a torn sector may take its neighbours along), `locking_mode=EXCLUSIVE`, one
connection, no mmap. SQLite's own checkpoint after a commit is switched off, because it hides a failed fsync:
`Database.tidy` does it.

Knows nothing of sales, so that the gateway may keep its own tables the same way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import apsw

from runtime.journal.errors import JournalError
from runtime.journal.renew import renew_log

OLDEST_SQLITE = (3, 40, 0)
SOUND_SQLITE = (3, 51, 3)  # before it: the WAL-reset fault, which needs two connections
PSOW = "psow=0"  # no power-safe overwrite: a torn write may damage its whole sector
COMMITS_PER_CHECKPOINT = 200  # about a thousand pages of WAL


class Queries(Protocol):
    """What reads a journal: a connection, or a look at the files from outside (runtime.journal.live)."""

    def execute(self, sql: str, bindings: tuple[Any, ...] = ..., /) -> Any: ...


class Database:
    """One file, one connection, one writer. Every method raises JournalError and nothing else."""

    def __init__(
        self,
        path: Path,
        *,
        application: int,
        schema: str,
        version: int,
        migrations: Mapping[int, str] | None = None,
        vfs: str | None = None,
    ) -> None:
        """Open or create; a file of an older version is brought to this one by `migrations` (version -> SQL to the
        next). With a `vfs` the folder and its sync are that file system's affair."""
        self._migrations = migrations or {}
        self.dead: str | None = None
        self.commits = 0  # since it was opened
        self._commits = 0  # since the last checkpoint
        self._version = version
        self._path = path
        with _translated():
            new = vfs is None and not path.exists()
            if new:
                _make_folder(path.parent)
            renew_log(str(path.absolute()), vfs)
            self.connection = apsw.Connection(
                f"file:{quote(str(path))}?{PSOW}",
                flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI,
                vfs=vfs,
            )
            try:
                self._prepare(application, schema, version)
                if vfs is None and new:
                    _sync_folder(path.parent)
            except BaseException:
                self._let_go()
                raise

    def _prepare(self, application: int, schema: str, version: int) -> None:
        one = self._value
        one("PRAGMA locking_mode=EXCLUSIVE")  # before any read: then there is no shared memory file
        self.sqlite_version = str(one("SELECT sqlite_version()"))  # its name in apsw changed; SQL's did not
        number = tuple(int(part) for part in self.sqlite_version.split("."))
        if number < OLDEST_SQLITE:
            raise JournalError("SQLITE_TOO_OLD", version=self.sqlite_version)
        self.old_sqlite = number < SOUND_SQLITE
        mode = one("PRAGMA journal_mode=WAL")
        if mode != "wal":
            raise JournalError("CANNOT_OPEN", f"journal_mode is {mode}, not wal")
        one("PRAGMA synchronous=FULL")
        one("PRAGMA mmap_size=0")
        one("PRAGMA cache_size=-2000")
        self.connection.wal_autocheckpoint(0)
        self.connection.execute("BEGIN IMMEDIATE")  # takes the lock, which is then kept
        known, found = one("PRAGMA application_id"), one("PRAGMA user_version")
        if known == 0 and found == 0 and one("SELECT count(*) FROM sqlite_master") == 0:
            self.connection.execute(schema)
            self.connection.execute(f"PRAGMA application_id={application}; PRAGMA user_version={version}")
        elif known != application or whole(found) < 1:
            raise JournalError("NOT_A_JOURNAL")
        elif found > version:
            raise JournalError("NEWER")
        else:
            for older in range(whole(found), version):
                self.connection.execute(self._migrations.get(older, ""))
            if found < version:
                self.connection.execute(f"PRAGMA user_version={version}")
        self.connection.execute("COMMIT")
        self._rewrite(version)

    def _rewrite(self, version: int) -> None:
        """What was read from the WAL may be in the kernel's cache alone, if the last process ended on a failed fsync:
        written and synced anew, it is on disk before anything is built on it. The commit after it gives the WAL a new
        header, synced: else an older WAL, whose truncation was not, would be played over the file after a power cut."""
        frames, _ = self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        if frames < 0:  # after an I/O error in it, `PRAGMA journal_mode` says "wal" and the file stays as it was
            raise JournalError("IO_FAILED", "the journal's file did not become a WAL file")
        if frames > 0:
            self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self.connection.execute(f"BEGIN IMMEDIATE; PRAGMA user_version={version}; COMMIT")

    def _value(self, sql: str) -> Any:
        row = self.connection.execute(sql).fetchone()
        return row[0] if row else None

    @contextmanager
    def transaction(self) -> Iterator[apsw.Connection]:
        """One commit, on disk when the block is left. Raises JournalError: DISK_FULL with everything as before, or
        IO_FAILED, after which every call is refused."""
        self.check()
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except apsw.FullError as error:
            self._roll_back()
            raise JournalError("DISK_FULL", str(error)) from error
        except apsw.Error as error:
            self._die(str(error))
            raise JournalError("IO_FAILED", str(error)) from error
        except BaseException:
            self._roll_back()
            raise
        self.commits += 1
        self._commits += 1
        if self._commits >= COMMITS_PER_CHECKPOINT:
            self.tidy()

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        self.check()
        try:
            with _translated():
                yield self.connection
        except JournalError as error:
            if error.code == "IO_FAILED":
                self._die(error.detail)
            raise

    def beat(self) -> None:
        """A commit and its sync that leave everything as it was: the file's first page is written anew. Raises as
        `transaction`."""
        with self.transaction() as connection:
            connection.execute(f"PRAGMA user_version={self._version}")

    def tidy(self) -> None:
        """Move the WAL into the file. What is in the WAL is on disk already, so a full disk is no matter here; a failed
        sync is, for the next commit."""
        self._commits = 0
        try:
            self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.FullError:
            return
        except apsw.Error as error:
            self._die(str(error))

    def check(self) -> None:
        if self.dead is not None:
            raise JournalError("CLOSED" if self.dead == "closed" else "IO_FAILED", self.dead)

    def _roll_back(self) -> None:
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except apsw.Error as error:
            self._die(str(error))

    def _die(self, why: str) -> None:
        if self.dead is None:
            self.dead = why or "a write failed"
            self._let_go(checkpoint=False)

    def _let_go(self, checkpoint: bool = True) -> None:
        try:
            if not checkpoint:
                self.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            self.connection.close(True)
        except apsw.Error:
            return  # it is of no more use either way, and the first error is the one that counts

    def close(self) -> None:
        """Close in order; twice is once."""
        if self.dead is None:
            self.dead = "closed"
            with _translated():
                self.connection.close(True)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except apsw.FullError as error:
        raise JournalError("DISK_FULL", str(error)) from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise JournalError("IN_USE", str(error)) from error
    except (apsw.NotADBError, apsw.SQLError, apsw.FormatError) as error:
        raise JournalError("NOT_A_JOURNAL", str(error)) from error
    except apsw.IOError as error:
        raise JournalError("IO_FAILED", str(error)) from error
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, apsw.AuthError, OSError) as error:
        raise JournalError("CANNOT_OPEN", str(error)) from error
    except (apsw.Error, UnicodeDecodeError) as error:
        raise JournalError("DAMAGED", str(error)) from error


def whole(value: object) -> int:
    """A column that must hold an integer: a damaged file may hold anything. Raises JournalError DAMAGED."""
    if type(value) is not int:
        raise JournalError("DAMAGED", f"{type(value).__name__} where an integer was")
    return value


def blob(value: object) -> bytes:
    if type(value) is not bytes:
        raise JournalError("DAMAGED", f"{type(value).__name__} where bytes were")
    return value


def text(value: object) -> str:
    if type(value) is not str:
        raise JournalError("DAMAGED", f"{type(value).__name__} where text was")
    return value


def _make_folder(folder: Path) -> None:
    """Made and on disk with every parent that had to be made."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
