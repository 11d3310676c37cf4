"""What the store's terminals share, on disk: one file beside the records, written and synced before a beat is answered.

A file of its own, for the records' file belongs to one writer that commits many batches together. It changes when
somebody puts a ticket aside or takes goods back, not with every beat: what a terminal said already costs no write. A
gateway that lost it knows everything again after one beat of each terminal, but for what came back, which is read from
the records again. Kept the way of the journal (runtime.journal.database); after a failed sync the process ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import apsw

from runtime.gateway.errors import GatewayError
from runtime.gateway.sharing.board import Board
from runtime.gateway.sharing.tickets import Handed, Known
from runtime.journal.database import Database
from runtime.journal.errors import JournalError
from runtime.wire.beat import CameBack, Shares
from runtime.wire.came_back import returned_in, sold_in
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.records import PackedRecord

APPLICATION = 0x6C616E73  # "lans"
VERSION = 1
READ_AT_ONCE = 200  # records
MAX_TERMINALS = 1_000

SCHEMA = """
CREATE TABLE about (store TEXT NOT NULL);
CREATE TABLE terminal (terminal TEXT PRIMARY KEY, epoch INTEGER NOT NULL, shares BLOB NOT NULL);
CREATE TABLE handed (
    id INTEGER PRIMARY KEY, owner TEXT NOT NULL, owner_epoch INTEGER NOT NULL, release INTEGER NOT NULL,
    terminal TEXT NOT NULL, epoch INTEGER NOT NULL, claim INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE (owner, owner_epoch, release)
);
CREATE TABLE hold (
    terminal TEXT NOT NULL, tag TEXT NOT NULL, sequence INTEGER NOT NULL,
    holder TEXT NOT NULL, holder_epoch INTEGER NOT NULL, PRIMARY KEY (terminal, tag, sequence)
);
CREATE TABLE came_back (
    terminal TEXT NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL, line INTEGER NOT NULL,
    amount INTEGER NOT NULL, given_minor INTEGER NOT NULL,
    by_terminal TEXT NOT NULL, by_epoch INTEGER NOT NULL, by_sequence INTEGER NOT NULL
);
CREATE INDEX came_back_of ON came_back (terminal, epoch, sequence);
CREATE TABLE day_sales (
    date TEXT NOT NULL, terminal TEXT NOT NULL, sales INTEGER NOT NULL, total_minor INTEGER NOT NULL,
    PRIMARY KEY (date, terminal)
);
CREATE TABLE read_to (terminal TEXT NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,
    PRIMARY KEY (terminal, epoch));
"""


@dataclass(frozen=True, slots=True)
class DaySales:
    """What was sold on a business day; `tills`: of each terminal how many sales, and what they came to."""

    date: str
    tills: dict[str, tuple[int, int]]


ReceiptKey = tuple[str, str, int]  # terminal, tag of its epoch, SequenceNumber
Holder = tuple[str, int]  # terminal, epoch


class Line(Protocol):
    """What is kept of one terminal and epoch: all records from 1 to `stored`."""

    @property
    def terminal(self) -> str: ...

    @property
    def epoch(self) -> int: ...

    @property
    def stored(self) -> int: ...


class Records(Protocol):
    """What is needed of the gateway's store of records."""

    def terminals(self) -> tuple[Any, ...]: ...  # of Line

    def records(self, terminal: str, epoch: int, after: int, limit: int) -> tuple[PackedRecord, ...]: ...


class SharedStore:
    """Made by `open`. Every method may raise GatewayError `disk_full` (nothing is written) or `store_broken`, fatal."""

    def __init__(self, database: Database, path: Path) -> None:
        self._database = database
        self._path = path
        self.board = Board()
        self.holds: dict[ReceiptKey, Holder] = {}

    @classmethod
    def open(cls, path: Path, store: str, vfs: str | None = None) -> SharedStore:
        """Raises GatewayError `store_in_use`, `store_damaged`, `store_newer`, `store_foreign`, `store_cannot_open`,
        `other_store`, `disk_full`."""
        try:
            database = Database(path, application=APPLICATION, schema=SCHEMA, version=VERSION, vfs=vfs)
        except JournalError as error:
            raise _not_opened(error, path) from error
        self = cls(database, path)
        try:
            self._load(store)
        except JournalError as error:
            self.close()
            raise _not_opened(error, path) from error
        except BaseException:
            self.close()
            raise
        return self

    def _load(self, store: str) -> None:
        with self._database.reading() as connection:
            about = connection.execute("SELECT store FROM about").fetchone()
        if about is None:
            with self._database.transaction() as connection:
                connection.execute("INSERT INTO about VALUES (?)", (store,))
        elif about[0] != store:
            raise GatewayError("other_store", path=str(self._path), kept=str(about[0]), store=store)
        with self._database.reading() as connection:
            terminals = _all(connection, "SELECT terminal, epoch, shares FROM terminal ORDER BY terminal")
            handed = _all(
                connection, "SELECT owner, owner_epoch, release, terminal, epoch, claim, body FROM handed ORDER BY id"
            )
            holds = _all(connection, "SELECT terminal, tag, sequence, holder, holder_epoch FROM hold")
        known = {}
        for name, epoch, shares in terminals:
            try:
                known[name] = Known(name, epoch, build(Shares, unpack(shares)), None)
            except WireError:
                continue  # of another version: the terminal's next beat says it anew
        self.board = Board(known, tuple(Handed(*row) for row in handed))
        self.holds = {(row[0], row[1], row[2]): (row[3], row[4]) for row in holds}

    def close(self) -> None:
        """Never raises: what was answered is on disk already."""
        try:
            self._database.close()
        except JournalError:
            return

    # --- terminals and their tickets -------------------------------------------------------------------------------

    def keep(self, board: Board, holds: dict[ReceiptKey, Holder]) -> None:
        """Make this what is known; on disk where it differs from what is there."""
        before = self.board
        if len(board.terminals) > MAX_TERMINALS:
            raise GatewayError("bad_field", detail=f"more than {MAX_TERMINALS} terminals")
        changed = [one for one in board.terminals.values() if _differs(one, before.terminals.get(one.terminal))]
        if changed or board.handed != before.handed or holds != self.holds:
            with self._writing() as connection:
                for one in changed:
                    row = (one.terminal, one.epoch, pack(one.shares))
                    connection.execute("INSERT OR REPLACE INTO terminal VALUES (?, ?, ?)", row)
                _write_handed(connection, before.handed, board.handed)
                for key in self.holds.keys() - holds.keys():
                    connection.execute("DELETE FROM hold WHERE terminal = ? AND tag = ? AND sequence = ?", key)
                for key, holder in holds.items():
                    if self.holds.get(key) != holder:
                        connection.execute("INSERT OR REPLACE INTO hold VALUES (?, ?, ?, ?, ?)", (*key, *holder))
        self.board, self.holds = board, holds

    # --- what came back ----------------------------------------------------------------------------------------------

    def catch_up(self, records: Records, most: int) -> bool:
        """Read on in the records, at most so many. True where all are read."""
        with self._reading() as connection:
            found = _all(connection, "SELECT terminal, epoch, sequence FROM read_to")
        read: dict[tuple[str, int], int] = {(row[0], row[1]): row[2] for row in found}
        for line in records.terminals():
            if not 0 < line.epoch < 1 << 63:
                continue
            while (after := read.get((line.terminal, line.epoch), 0)) < line.stored:
                if most <= 0:
                    return False
                some = records.records(line.terminal, line.epoch, after, min(most, READ_AT_ONCE))
                some = tuple(one for one in some if one.sequence <= line.stored)
                to = some[-1].sequence if some else line.stored
                self._take(line, some, to)
                read[line.terminal, line.epoch] = to
                most -= len(some)
        return True

    def catch_up_where_room(self, records: Records, most: int) -> None:
        """As `catch_up`, for who can do with what was read before: a full disk is passed over."""
        try:
            self.catch_up(records, most)
        except GatewayError as error:
            if error.fatal:
                raise

    def _take(self, line: Line, some: tuple[PackedRecord, ...], to: int) -> None:
        with self._writing() as connection:
            for record in some:
                sold = sold_in(record.body)
                if sold is not None:
                    connection.execute(
                        "INSERT INTO day_sales VALUES (?, ?, 1, ?) ON CONFLICT (date, terminal) DO UPDATE SET"
                        " sales = sales + 1, total_minor = total_minor + excluded.total_minor",
                        (sold[0], line.terminal, sold[1]),
                    )
                for one in returned_in(record.body):
                    of = (one.terminal, one.epoch, one.sequence, one.line, one.amount, one.given_minor)
                    by = (line.terminal, line.epoch, record.sequence)
                    connection.execute("INSERT INTO came_back VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*of, *by))
            connection.execute("INSERT OR REPLACE INTO read_to VALUES (?, ?, ?)", (line.terminal, line.epoch, to))

    def came_back(self, terminal: str, epoch: int, sequence: int) -> tuple[CameBack, ...]:
        """What came back of a receipt, as far as the records were read."""
        with self._reading() as connection:
            found = _all(
                connection,
                "SELECT line, amount, given_minor, by_terminal, by_epoch, by_sequence FROM came_back"
                " WHERE terminal = ? AND epoch = ? AND sequence = ? ORDER BY rowid",
                *(terminal, epoch, sequence),
            )
        return tuple(CameBack(*row) for row in found)

    def day_sales(self, before: str) -> DaySales:
        """Of the newest business day before this date, as far as the records were read."""
        with self._reading() as connection:
            newest = _all(connection, "SELECT max(date) FROM day_sales WHERE date < ?", before)
            date = newest[0][0] or ""
            found = _all(connection, "SELECT terminal, sales, total_minor FROM day_sales WHERE date = ?", date)
        return DaySales(date, {row[0]: (row[1], row[2]) for row in found})

    # --- underneath --------------------------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[apsw.Connection]:
        with _told(), self._database.transaction() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        with _told(), self._database.reading() as connection:
            yield connection


def _all(connection: apsw.Connection, sql: str, *bindings: Any) -> list[tuple[Any, ...]]:
    return cast("list[tuple[Any, ...]]", connection.execute(sql, bindings).fetchall())


def _differs(one: Known, before: Known | None) -> bool:
    return before is None or before.epoch != one.epoch or before.shares != one.shares


def _write_handed(connection: apsw.Connection, before: tuple[Handed, ...], after: tuple[Handed, ...]) -> None:
    for one in before:
        if one not in after:
            key = (one.owner, one.owner_epoch, one.release)
            connection.execute("DELETE FROM handed WHERE owner = ? AND owner_epoch = ? AND release = ?", key)
    for one in after:
        if one not in before:
            row = (one.owner, one.owner_epoch, one.release, one.terminal, one.epoch, one.claim, one.body)
            connection.execute(
                "INSERT INTO handed (owner, owner_epoch, release, terminal, epoch, claim, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except JournalError as error:
        if error.code == "DISK_FULL":
            raise GatewayError("disk_full") from error
        raise GatewayError("store_broken", fatal=True) from error


_CODES = {
    "IN_USE": "store_in_use",
    "NEWER": "store_newer",
    "NOT_A_JOURNAL": "store_foreign",
    "DAMAGED": "store_damaged",
}


def _not_opened(error: JournalError, path: Path) -> GatewayError:
    if error.code == "DISK_FULL":
        return GatewayError("disk_full")
    code = _CODES.get(error.code, "store_cannot_open")
    return GatewayError(code, path=str(path), detail=error.detail or error.code, version=0)
