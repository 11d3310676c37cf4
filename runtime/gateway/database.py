"""The gateway's SQLite file: one connection, held exclusively, synced before anyone is told.

WAL with synchronous=FULL and psow=0, no mmap: the one way of SQLite that lost nothing in simulated power cuts with
damaged sectors. After a failed sync nothing is tried again: the kernel may have dropped the pages, so the process ends
and opens the file anew. A full disk is no such failure: the transaction is rolled back, and may be tried again later.

Not for two threads at once: whoever asks from a loop asks through the keeper (runtime.gateway.keeper).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw

from runtime.gateway.errors import GatewayError
from runtime.gateway.schema import APPLICATION_ID, MIGRATIONS, SCHEMA, SCHEMA_VERSION
from runtime.journal.renew import renew_log

PAGE_BYTES = 16 << 10
LOG_BYTES = 16 << 20  # a longer log goes into the database; every commit adds each page that it changed


class GatewayDatabase:
    """Made by `open`. After a GatewayError with `fatal`, every call raises `store_broken`."""

    def __init__(self, connection: apsw.Connection, path: str, store: str, clock: Callable[[], int]) -> None:
        self.connection = connection
        self.clock = clock
        self.store = store
        self.broken = False
        self.commits = 0  # since it was opened
        self._path = path
        self._log_pages = 0

    @classmethod
    def open(cls, path: str, store: str, clock: Callable[[], int], vfs: str | None = None) -> GatewayDatabase:
        """The database at `path` of store `store`, made if it is not there; recovery after a crash is part of it.

        `clock` gives milliseconds since 1970; they are kept with each record and decide nothing.

        Raises GatewayError `store_in_use`, `store_damaged`, `store_newer`, `store_foreign`, `store_cannot_open`,
        `other_store`, `disk_full`.
        """
        self: GatewayDatabase | None = None
        try:
            renew_log(str(Path(path).absolute()), vfs)
            connection = apsw.Connection(
                f"file:{quote(path)}?psow=0",
                flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI,
                vfs=vfs,
            )
            self = cls(connection, path, store, clock)
            self._prepare()
        except (apsw.Error, OSError, GatewayError) as error:
            if self is not None:
                self.close()
            raise _not_opened(error, path) from error
        return self

    def _prepare(self) -> None:
        self.one(f"PRAGMA page_size={PAGE_BYTES}")
        self.one("PRAGMA locking_mode=EXCLUSIVE")
        if self.one("PRAGMA journal_mode=WAL") != "wal":
            raise GatewayError("store_cannot_open", path=self._path, detail="no write-ahead log here")
        for pragma in ("synchronous=FULL", "mmap_size=0", "wal_autocheckpoint=0", "trusted_schema=OFF"):
            self.one(f"PRAGMA {pragma}")
        # After wal_autocheckpoint, which is a hook too. Debian 12's apsw knows the old name alone.
        hook = getattr(self.connection, "set_wal_hook", None) or self.connection.setwalhook
        hook(self._note_log)
        # The log of the last run: into the database now, so that it never grows from run to run.
        self.connection.wal_checkpoint()
        application, version = self.one("PRAGMA application_id"), self.one("PRAGMA user_version")
        if version == 0 and self.one("SELECT count(*) FROM sqlite_schema") == 0:
            self._create()
        elif application != APPLICATION_ID:
            raise GatewayError("store_foreign", path=self._path)
        elif version > SCHEMA_VERSION:
            raise GatewayError("store_newer", path=self._path, version=version)
        elif version < SCHEMA_VERSION:
            self._migrate(version)
        kept = self.one("SELECT store FROM about")
        if kept != self.store:
            raise GatewayError("other_store", path=self._path, kept=kept, store=self.store)

    def _create(self) -> None:
        with self.transaction():
            self._all_of(SCHEMA)
            self.rows("INSERT INTO about (store) VALUES (?)", self.store)
            self.rows(f"PRAGMA application_id={APPLICATION_ID}")
            self.rows(f"PRAGMA user_version={SCHEMA_VERSION}")

    def _migrate(self, version: int) -> None:
        with self.transaction():
            for older in range(version, SCHEMA_VERSION):
                self._all_of(MIGRATIONS[older])
            self.rows(f"PRAGMA user_version={SCHEMA_VERSION}")

    def _all_of(self, statements: str) -> None:
        for statement in statements.split(";"):
            self.rows(statement)

    def close(self) -> None:
        """Never raises: what was acknowledged is on disk already."""
        self.broken = True
        with suppress(apsw.Error):
            self.connection.close(True)

    # --- for those who keep something in it ----------------------------------------------------------------------

    def rows(self, sql: str, *bindings: Any) -> list[tuple[Any, ...]]:
        return list(self.connection.execute(sql, bindings))

    def one(self, sql: str, *bindings: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.row(sql, *bindings)
        return None if row is None else row[0]

    def row(self, sql: str, *bindings: Any) -> tuple[Any, ...] | None:
        return next(iter(self.connection.execute(sql, bindings)), None)

    @contextmanager
    def on_disk(self) -> Iterator[None]:
        """Whatever SQLite says becomes a GatewayError; all but a full disk ends this database."""
        if self.broken:
            raise GatewayError("store_broken", fatal=True)
        try:
            yield
        except apsw.FullError as error:
            raise GatewayError("disk_full") from error
        except apsw.Error as error:
            self.broken = True
            raise GatewayError("store_broken", fatal=True) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Committed and synced when the block is left. Within `on_disk`."""
        self.rows("BEGIN IMMEDIATE")
        try:
            yield
            self.rows("COMMIT")
            self.commits += 1
        except BaseException:
            if self.connection.in_transaction:
                self.rows("ROLLBACK")
            raise

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of a transaction: what it wrote is taken back where it raises, and the rest is not."""
        self.rows("SAVEPOINT part")
        try:
            yield
        except Exception:
            if self.connection.in_transaction:  # a full disk has ended all of it already
                self.rows("ROLLBACK TO part")
                self.rows("RELEASE part")
            raise
        self.rows("RELEASE part")

    def beat(self) -> None:
        """A commit and its sync that leave everything as it was (runtime.service.watchdog). Raises GatewayError."""
        with self.on_disk():
            with self.transaction():
                self.rows(f"PRAGMA user_version={SCHEMA_VERSION}")
            self.shorten_log()

    def _note_log(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self._log_pages = pages
        return int(apsw.SQLITE_OK)

    def shorten_log(self) -> None:
        """After a commit: a log that has grown long goes into the database, and begins anew. Within `on_disk`."""
        if self._log_pages * PAGE_BYTES < LOG_BYTES:
            return
        with suppress(apsw.FullError):  # then it keeps growing where it can; what was committed stands in it
            self.connection.wal_checkpoint()


def _not_opened(error: Exception, path: str) -> GatewayError:
    if isinstance(error, GatewayError):
        return error
    if isinstance(error, apsw.BusyError):
        return GatewayError("store_in_use", path=path)
    if isinstance(error, apsw.NotADBError | apsw.CorruptError):
        return GatewayError("store_damaged", path=path, detail=str(error))
    if isinstance(error, apsw.FullError):
        return GatewayError("disk_full")
    return GatewayError("store_cannot_open", path=path, detail=str(error))
