"""The gateway's database: every record of every terminal of one store, once, synced before anyone is told.

One connection, held exclusively; WAL with synchronous=FULL and psow=0, no mmap: the one way of SQLite that lost nothing
in simulated power cuts with damaged sectors. One batch is one transaction. After a failed sync nothing is tried again:
the kernel may have dropped the pages, so the process ends and opens the file anew. A full disk is no such failure: the
batch is rolled back and the terminal sends it again later.

Rows keep their rowid (first-seen order) beside UNIQUE(terminal, epoch, sequence), and pages are 16 KiB: half the disk
and twice the speed of a table WITHOUT ROWID on that key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import apsw

from runtime.gateway.check import Checked, check_batch
from runtime.gateway.errors import GatewayError
from runtime.journal.renew import renew_log
from runtime.wire.records import BatchAnswer, PackedRecord, RecordBatch

APPLICATION_ID = 0x6C616E67  # "lang": lanekit's gateway, in the file's header
SCHEMA_VERSION = 1
CHECKPOINT_BYTES = 4 << 20  # of bodies, between two copies of the log into the database
BEAT_BYTES = 16 << 10  # a page: what a beat adds to the log
MAX_VERSIONS = 16  # contents of one record that are kept aside
MAX_ANSWER_BYTES = 4 << 20  # of bodies, in one answer to a reader

SCHEMA = """
CREATE TABLE about (store TEXT NOT NULL);
CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    terminal TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (terminal, epoch, sequence)
);
CREATE TABLE watermark (
    terminal TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    records INTEGER NOT NULL,
    sales INTEGER NOT NULL,
    total_minor INTEGER NOT NULL,
    first_seen_at_ms INTEGER NOT NULL,
    last_seen_at_ms INTEGER NOT NULL,
    UNIQUE (terminal, epoch)
);
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    terminal TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (terminal, epoch, sequence, hash)
);
"""


@dataclass(frozen=True, slots=True)
class TerminalStatus:
    """What is kept of one terminal and epoch. `stored`: all from 1 to it; `records` may count some beyond a gap."""

    terminal: str
    epoch: int
    stored: int
    records: int
    sales: int
    total_minor: int
    first_seen_at_ms: int
    last_seen_at_ms: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A second content of a record that is kept: `kept_hash` came first."""

    terminal: str
    epoch: int
    sequence: int
    kept_hash: bytes
    hash: bytes
    seen_at_ms: int


class GatewayStore:
    """Made by `open`. Not for two threads. After a GatewayError with `fatal`, every call raises `store_broken`."""

    def __init__(self, connection: apsw.Connection, path: str, store: str, clock: Callable[[], int]) -> None:
        self._connection = connection
        self._path = path
        self._clock = clock
        self._unchecked_bytes = 0
        self.store = store
        self.broken = False
        self.commits = 0  # since it was opened

    @classmethod
    def open(cls, path: str, store: str, clock: Callable[[], int], vfs: str | None = None) -> GatewayStore:
        """The database at `path` of store `store`, made if it is not there; recovery after a crash is part of it.

        `clock` gives milliseconds since 1970; they are kept with each record and decide nothing.

        Raises GatewayError `store_in_use`, `store_damaged`, `store_newer`, `store_foreign`, `store_cannot_open`,
        `other_store`, `disk_full`.
        """
        self: GatewayStore | None = None
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
        self._one("PRAGMA page_size=16384")
        self._one("PRAGMA locking_mode=EXCLUSIVE")
        if self._one("PRAGMA journal_mode=WAL") != "wal":
            raise GatewayError("store_cannot_open", path=self._path, detail="no write-ahead log here")
        for pragma in ("synchronous=FULL", "mmap_size=0", "wal_autocheckpoint=0", "trusted_schema=OFF"):
            self._one(f"PRAGMA {pragma}")
        # The log of the last run: into the database now, so that it never grows from run to run.
        self._connection.wal_checkpoint()
        application, version = self._one("PRAGMA application_id"), self._one("PRAGMA user_version")
        if version == 0 and self._one("SELECT count(*) FROM sqlite_schema") == 0:
            self._create()
        elif application != APPLICATION_ID:
            raise GatewayError("store_foreign", path=self._path)
        elif version > SCHEMA_VERSION:
            raise GatewayError("store_newer", path=self._path, version=version)
        kept = self._one("SELECT store FROM about")
        if kept != self.store:
            raise GatewayError("other_store", path=self._path, kept=kept, store=self.store)

    def _create(self) -> None:
        with self._transaction():
            for statement in SCHEMA.split(";"):
                self._rows(statement)
            self._rows("INSERT INTO about (store) VALUES (?)", self.store)
            self._rows(f"PRAGMA application_id={APPLICATION_ID}")
            self._rows(f"PRAGMA user_version={SCHEMA_VERSION}")

    def close(self) -> None:
        """Never raises: what was acknowledged is on disk already."""
        self.broken = True
        with suppress(apsw.Error):
            self._connection.close(True)

    # --- in ------------------------------------------------------------------------------------------------------

    def ingest(self, batch: RecordBatch) -> BatchAnswer:
        """Take a batch: all of it or nothing. When this returns, what the answer claims has been synced.

        Raises GatewayError: what `check_batch` raises and `too_many_versions` (400, nothing kept), `disk_full` (sent
        again later), `store_broken` (fatal).
        """
        checked = check_batch(batch, self.store)
        with self._on_disk():
            with self._transaction():
                answer = self._keep(batch.terminal, _signed(batch.epoch), checked)
            self._checkpoint(sum(len(one.record.body) for one in checked))
        return answer

    def beat(self) -> None:
        """A commit and its sync that leave everything as it was (runtime.service.watchdog). Raises as `ingest`."""
        with self._on_disk():
            with self._transaction():
                self._rows(f"PRAGMA user_version={SCHEMA_VERSION}")
            self._checkpoint(BEAT_BYTES)

    def _keep(self, terminal: str, epoch: int, checked: tuple[Checked, ...]) -> BatchAnswer:
        now = self._clock()
        new: list[Checked] = []
        quarantined: list[int] = []
        for one in checked:
            record = one.record
            key = (terminal, epoch, record.sequence)
            kept = self._one("SELECT hash FROM record WHERE terminal=? AND epoch=? AND sequence=?", *key)
            if kept is None:
                self._rows(
                    "INSERT INTO record (terminal, epoch, sequence, seen_at_ms, hash, body) VALUES (?,?,?,?,?,?)",
                    *(*key, now, record.hash, record.body),
                )
                new.append(one)
            elif kept != record.hash:
                self._keep_aside(key, now, record)
                quarantined.append(record.sequence)
        stored = self._one("SELECT stored FROM watermark WHERE terminal=? AND epoch=?", terminal, epoch) or 0
        if new:
            stored = self._mark(terminal, epoch, stored, now, new)
        return BatchAnswer(stored=stored, settled=0, quarantined=tuple(quarantined))

    def _keep_aside(self, key: tuple[str, int, int], now: int, record: PackedRecord) -> None:
        known = self._rows("SELECT hash FROM quarantine WHERE terminal=? AND epoch=? AND sequence=?", *key)
        if (record.hash,) in known:
            return
        if len(known) >= MAX_VERSIONS:
            raise GatewayError("too_many_versions", terminal=key[0], sequence=key[2], limit=MAX_VERSIONS + 1)
        self._rows(
            "INSERT INTO quarantine (terminal, epoch, sequence, seen_at_ms, hash, body) VALUES (?,?,?,?,?,?)",
            *(*key, now, record.hash, record.body),
        )

    def _mark(self, terminal: str, epoch: int, stored: int, now: int, new: list[Checked]) -> int:
        for (sequence,) in self._connection.cursor().execute(
            "SELECT sequence FROM record WHERE terminal=? AND epoch=? AND sequence>? ORDER BY sequence",
            (terminal, epoch, stored),
        ):
            if sequence != stored + 1:
                break
            stored = sequence
        self._rows(
            "INSERT INTO watermark VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (terminal, epoch) DO UPDATE SET"
            " stored=excluded.stored, records=records+excluded.records, sales=sales+excluded.sales,"
            " total_minor=total_minor+excluded.total_minor, last_seen_at_ms=excluded.last_seen_at_ms",
            *(terminal, epoch, stored, len(new), sum(one.is_sale for one in new)),
            *(sum(one.total_minor for one in new if one.is_sale), now, now),
        )
        return stored

    def _checkpoint(self, added: int) -> None:
        self._unchecked_bytes += added
        if self._unchecked_bytes < CHECKPOINT_BYTES:
            return
        try:
            self._connection.wal_checkpoint()
        except apsw.FullError:
            return  # the log keeps growing where it can; what was committed stands in it
        self._unchecked_bytes = 0

    # --- out -----------------------------------------------------------------------------------------------------

    def terminals(self) -> tuple[TerminalStatus, ...]:
        """Every terminal and epoch, by name, then in the order first seen."""
        with self._on_disk():
            rows = self._rows(
                "SELECT w.terminal, w.epoch, stored, records, sales, total_minor, first_seen_at_ms, last_seen_at_ms,"
                " (SELECT count(*) FROM quarantine q WHERE q.terminal=w.terminal AND q.epoch=w.epoch)"
                " FROM watermark w ORDER BY w.terminal, w.rowid"
            )
        return tuple(TerminalStatus(row[0], _unsigned(row[1]), *row[2:]) for row in rows)

    def records(self, terminal: str, epoch: int, after: int, limit: int) -> tuple[PackedRecord, ...]:
        """At most `limit` records (and about 4 MiB) with sequences beyond `after`, in their order."""
        found: list[PackedRecord] = []
        room = MAX_ANSWER_BYTES
        with self._on_disk():
            for sequence, digest, body in self._connection.cursor().execute(
                "SELECT sequence, hash, body FROM record WHERE terminal=? AND epoch=? AND sequence>?"
                " ORDER BY sequence LIMIT ?",
                (terminal, _signed(epoch), after, limit),
            ):
                room -= len(body)
                if found and room < 0:
                    break
                found.append(PackedRecord(sequence, digest, body))
        return tuple(found)

    def quarantine(self, limit: int) -> tuple[Quarantined, ...]:
        """The last `limit` contents that were kept aside, newest first."""
        with self._on_disk():
            rows = self._rows(
                "SELECT q.terminal, q.epoch, q.sequence, r.hash, q.hash, q.seen_at_ms FROM quarantine q"
                " JOIN record r USING (terminal, epoch, sequence) ORDER BY q.id DESC LIMIT ?",
                limit,
            )
        return tuple(Quarantined(row[0], _unsigned(row[1]), *row[2:]) for row in rows)

    def quarantined_body(self, digest: bytes) -> bytes | None:
        """The content that was kept aside under this hash."""
        with self._on_disk():
            return cast("bytes | None", self._one("SELECT body FROM quarantine WHERE hash=?", digest))

    # --- underneath ----------------------------------------------------------------------------------------------

    def _rows(self, sql: str, *bindings: Any) -> list[tuple[Any, ...]]:
        return list(self._connection.cursor().execute(sql, bindings))

    def _one(self, sql: str, *bindings: Any) -> Any:
        row = next(iter(self._connection.cursor().execute(sql, bindings)), None)
        return None if row is None else row[0]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._rows("BEGIN IMMEDIATE")
        try:
            yield
            self._rows("COMMIT")
            self.commits += 1
        except BaseException:
            if self._connection.in_transaction:
                self._rows("ROLLBACK")
            raise

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        """Whatever SQLite says becomes a GatewayError; all but a full disk ends this store."""
        if self.broken:
            raise GatewayError("store_broken", fatal=True)
        try:
            yield
        except apsw.FullError as error:
            raise GatewayError("disk_full") from error
        except apsw.Error as error:
            self.broken = True
            raise GatewayError("store_broken", fatal=True) from error


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


def _signed(epoch: int) -> int:
    """An epoch is an unsigned number of 64 bits; SQLite's integers have a sign."""
    return epoch - (1 << 64) if epoch >= 1 << 63 else epoch


def _unsigned(epoch: int) -> int:
    return epoch + (1 << 64) if epoch < 0 else epoch
