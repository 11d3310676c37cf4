"""Head office's database as one SQLite file: for one store, a trial, and the simulation of the chain.

The same discipline as a journal's (runtime.journal.database), and the same plan as PostgreSQL's (runtime.hq.plan).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from runtime.chain.blocking import RunBlocking, run_here
from runtime.chain.line import Line, close_gap, signed, unsigned
from runtime.hq.check import CheckedBatch, month_of
from runtime.hq.errors import HqError
from runtime.hq.holes import ClosedHole, OpenHole, check_hole, missing, still_open
from runtime.hq.plan import LineKey, Plan, RecordKey, mark
from runtime.hq.store import MAX_ANSWER_BYTES, LineStatus, Quarantined, StoreStatus
from runtime.journal.database import Database
from runtime.journal.errors import JournalError
from runtime.wire.chain import FedRecord, Hole, Mark, StoreAnswer
from runtime.wire.records import PackedRecord

log = logging.getLogger("lane.hq")

APPLICATION = 0x6C616E68  # "lanh": lanekit's head office, in the file's header
VERSION = 2

HOLES = """
CREATE TABLE closed_hole (
    store TEXT NOT NULL, terminal TEXT NOT NULL, epoch INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    reason TEXT NOT NULL, closed_by TEXT NOT NULL, closed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (store, terminal, epoch, first)
) WITHOUT ROWID;
"""

SCHEMA = (
    HOLES
    + """
CREATE TABLE store (
    store TEXT PRIMARY KEY, position INTEGER NOT NULL, seen_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE line (
    store TEXT NOT NULL, terminal TEXT NOT NULL, epoch INTEGER NOT NULL,
    stored INTEGER NOT NULL, beyond INTEGER NOT NULL,
    records INTEGER NOT NULL, sales INTEGER NOT NULL, total_minor INTEGER NOT NULL,
    first_seen_at_ms INTEGER NOT NULL, last_seen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (store, terminal, epoch)
) WITHOUT ROWID;
CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    store TEXT NOT NULL, terminal TEXT NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,
    month TEXT NOT NULL, seen_at_ms INTEGER NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL,
    UNIQUE (store, terminal, epoch, sequence)
);
CREATE TABLE feed (
    store TEXT NOT NULL, last INTEGER NOT NULL, terminal TEXT NOT NULL, epoch INTEGER NOT NULL,
    first INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (store, last)
) WITHOUT ROWID;
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    store TEXT NOT NULL, terminal TEXT NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,
    hash BLOB NOT NULL, body BLOB NOT NULL, seen_at_ms INTEGER NOT NULL,
    UNIQUE (store, terminal, epoch, sequence, hash)
);
"""
)

T = TypeVar("T")


class SqliteStore:
    """`run_blocking` runs one call at a time away from the loop; `life` is a random number of this run's."""

    def __init__(
        self,
        path: Path,
        clock_ms: Callable[[], int],
        life: int,
        run_blocking: RunBlocking = run_here,
        vfs: str | None = None,
    ) -> None:
        """Opens the file, or makes it. Raises HqError."""
        self._clock_ms = clock_ms
        self._life = life
        self._run = run_blocking
        with _translated():
            self._database = Database(
                path, application=APPLICATION, schema=SCHEMA, version=VERSION, migrations={1: HOLES}, vfs=vfs
            )

    @property
    def broken(self) -> bool:
        """It must be opened anew, by another process."""
        return self._database.dead is not None

    async def start(self) -> None:
        """It is open."""

    async def tidy(self) -> None:
        """Nothing is due."""

    @property
    def commits(self) -> int:
        return self._database.commits

    async def beat(self) -> None:
        def beat() -> None:
            with _translated():
                self._database.beat()

        await self._run(beat)

    async def close(self) -> None:
        with _translated():
            self._database.close()

    # --- in ------------------------------------------------------------------------------------------------------

    async def ingest(self, group: Sequence[CheckedBatch]) -> Sequence[StoreAnswer]:
        answers: list[StoreAnswer] = await self._run(lambda: self._ingest(group))
        return answers

    def _ingest(self, group: Sequence[CheckedBatch]) -> list[StoreAnswer]:
        plan = Plan(group, self._clock_ms())
        with _translated(), self._database.transaction():
            plan.begin(self._positions(plan.stores), self._lines(plan.lines), self._missing(plan.lines))
            plan.sort_out(self._kept(plan.doubtful))
            self._write(plan)
            for key, stored in plan.open_gaps:
                plan.close_gap(key, self._beyond(key, stored))
            self._write_lines(plan)
        plan.tell(log)
        return plan.answers(self._life)

    def _positions(self, stores: list[str]) -> dict[str, int]:
        found = {store: self._row("SELECT position FROM store WHERE store=?", store) for store in stores}
        return {store: row[0] for store, row in found.items() if row}

    def _lines(self, keys: list[LineKey]) -> dict[LineKey, Line]:
        found = {
            key: self._row("SELECT stored, beyond FROM line WHERE store=? AND terminal=? AND epoch=?", *_signed(key))
            for key in keys
        }
        return {key: Line(*row) for key, row in found.items() if row}

    def _missing(self, keys: list[LineKey]) -> dict[LineKey, tuple[Hole, ...]]:
        """Of those of these lines that have closed holes, what is left of them."""
        found = {}
        for key in keys:
            closed = self._closed(key)
            if closed:
                kept = [
                    row[0]
                    for hole in closed
                    for row in self._execute(
                        "SELECT sequence FROM record WHERE store=? AND terminal=? AND epoch=?"
                        " AND sequence BETWEEN ? AND ?",
                        *(*_signed(key), hole.first, hole.last),
                    )
                ]
                found[key] = missing(closed, kept)
        return found

    def _closed(self, key: LineKey) -> list[Hole]:
        sql = "SELECT first, last FROM closed_hole WHERE store=? AND terminal=? AND epoch=? ORDER BY first"
        return [Hole(*row) for row in self._execute(sql, *_signed(key))]

    def _kept(self, keys: list[RecordKey]) -> dict[RecordKey, bytes]:
        kept = {}
        for key in keys:
            row = self._row(
                "SELECT hash FROM record WHERE store=? AND terminal=? AND epoch=? AND sequence=?",
                *(*_signed(key[:3]), key[3]),
            )
            if row:
                kept[key] = row[0]
        return kept

    def _beyond(self, key: LineKey, after: int) -> Iterable[int]:
        for (sequence,) in self._execute(
            "SELECT sequence FROM record WHERE store=? AND terminal=? AND epoch=? AND sequence>? ORDER BY sequence",
            *(*_signed(key), after),
        ):
            yield sequence

    def _write(self, plan: Plan) -> None:
        now = plan.now_ms
        self._many(
            "INSERT INTO record (store, terminal, epoch, sequence, month, seen_at_ms, hash, body)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (
                (*_signed(key), r.sequence, month_of(one.business_day).isoformat(), now, r.hash, r.body)
                for key, one in plan.new
                for r in [one.record]
            ),
        )
        self._many(
            "INSERT OR IGNORE INTO quarantine (store, terminal, epoch, sequence, hash, body, seen_at_ms)"
            " VALUES (?,?,?,?,?,?,?)",
            ((*_signed(key), r.sequence, r.hash, r.body, now) for key, one in plan.aside for r in [one.record]),
        )
        self._many(
            "INSERT INTO feed (store, terminal, epoch, last, first, count) VALUES (?,?,?,?,?,?)",
            ((*_signed(run.key), run.last, run.first, run.count) for run in plan.feed),
        )
        self._many(
            "INSERT INTO store VALUES (?,?,?) ON CONFLICT (store) DO UPDATE SET position=excluded.position,"
            " seen_at_ms=excluded.seen_at_ms",
            ((store, position, now) for store, position in plan.positions.items()),
        )

    def _write_lines(self, plan: Plan) -> None:
        now = plan.now_ms
        self._many(
            "INSERT INTO line VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (store, terminal, epoch) DO UPDATE SET"
            " stored=excluded.stored, beyond=excluded.beyond, records=records+excluded.records,"
            " sales=sales+excluded.sales, total_minor=total_minor+excluded.total_minor,"
            " last_seen_at_ms=excluded.last_seen_at_ms",
            (
                (*_signed(key), c.line.stored, c.line.beyond, c.records, c.sales, c.total_minor, now, now)
                for key, c in plan.changes.items()
                if c.records
            ),
        )

    # --- out -----------------------------------------------------------------------------------------------------

    async def marks(self, store: str) -> StoreAnswer:
        def read() -> tuple[Mark, ...]:
            with _translated(), self._database.reading():
                rows = list(
                    self._execute("SELECT terminal, epoch, stored FROM line WHERE store=? ORDER BY 1, 2", store)
                )
                lines = {(store, terminal, unsigned(epoch)): stored for terminal, epoch, stored in rows}
                left = self._missing(list(lines))
                return tuple(mark(key, stored, left.get(key, ())) for key, stored in lines.items())

        return StoreAnswer(self._life, await self._run(read))

    async def stores(self) -> list[StoreStatus]:
        rows = await self._read(
            "SELECT store, position, count(l.store), coalesce(sum(records), 0), coalesce(sum(sales), 0),"
            " coalesce(sum(total_minor), 0), (SELECT count(*) FROM quarantine q WHERE q.store=s.store), s.seen_at_ms"
            " FROM store s LEFT JOIN line l USING (store) GROUP BY store ORDER BY store"
        )
        return [StoreStatus(*row) for row in rows]

    async def lines(self, store: str) -> list[LineStatus]:
        rows = await self._read(
            "SELECT terminal, epoch, stored, beyond, records, sales, total_minor, first_seen_at_ms, last_seen_at_ms"
            " FROM line WHERE store=? ORDER BY terminal, first_seen_at_ms",
            store,
        )
        return [LineStatus(row[0], unsigned(row[1]), *row[2:]) for row in rows]

    async def records(self, store: str, terminal: str, epoch: int, after: int, limit: int) -> list[PackedRecord]:
        rows = await self._read(
            "SELECT sequence, hash, body FROM record WHERE store=? AND terminal=? AND epoch=? AND sequence>?"
            " ORDER BY sequence LIMIT ?",
            *(*_signed((store, terminal, epoch)), after, limit),
        )
        return [PackedRecord(*row) for row in within(rows, 2)]

    async def feed(self, store: str, after: int, limit: int) -> list[FedRecord]:
        rows = await self._read(
            "SELECT f.last - f.count + 1 + r.sequence - f.first AS position, r.terminal, r.epoch, r.sequence, r.hash,"
            " r.body FROM (SELECT * FROM feed WHERE store=?1 AND last>?2 ORDER BY last LIMIT ?3) f"
            " JOIN record r ON r.store=f.store AND r.terminal=f.terminal AND r.epoch=f.epoch"
            " AND r.sequence BETWEEN f.first AND f.first + f.count - 1"
            " WHERE position > ?2 ORDER BY position LIMIT ?3",
            *(store, after, limit),
        )
        return [FedRecord(row[0], row[1], unsigned(row[2]), PackedRecord(*row[3:])) for row in within(rows, 5)]

    async def quarantine(self, limit: int) -> list[Quarantined]:
        rows = await self._read(
            "SELECT q.store, q.terminal, q.epoch, q.sequence, r.hash, q.hash, q.seen_at_ms FROM quarantine q"
            " JOIN record r USING (store, terminal, epoch, sequence) ORDER BY q.id DESC LIMIT ?",
            limit,
        )
        return [Quarantined(row[0], row[1], unsigned(row[2]), *row[3:]) for row in rows]

    # --- holes ---------------------------------------------------------------------------------------------------

    async def holes(self) -> list[OpenHole]:
        def read() -> list[OpenHole]:
            with _translated(), self._database.reading():
                sql = "SELECT store, terminal, epoch, stored, beyond FROM line WHERE beyond > 0 ORDER BY 1, 2, 3"
                lines = [((row[0], row[1], unsigned(row[2])), row[3], row[4]) for row in self._execute(sql)]
                return [
                    OpenHole(*key, hole.first, hole.last, since_ms, beyond)
                    for key, stored, beyond in lines
                    for hole, since_ms in self._open(key, stored)
                ]

        found: list[OpenHole] = await self._run(read)
        return found

    def _open(self, key: LineKey, stored: int) -> list[tuple[Hole, int]]:
        """A line's open holes, each with when the record behind it came."""
        rows = self._execute(
            "SELECT before + 1, sequence - 1, seen_at_ms FROM (SELECT sequence, seen_at_ms,"
            " lag(sequence, 1, ?4) OVER (ORDER BY sequence) AS before FROM record"
            " WHERE store=?1 AND terminal=?2 AND epoch=?3 AND sequence>?4) WHERE sequence > before + 1",
            *(*_signed(key), stored),
        )
        closed = self._closed(key)
        return [(part, row[2]) for row in list(rows) for part in still_open([Hole(row[0], row[1])], closed)]

    async def close_hole(self, hole: ClosedHole) -> None:
        await self._run(lambda: self._close_hole(hole))

    def _close_hole(self, hole: ClosedHole) -> None:
        key = (hole.store, hole.terminal, hole.epoch)
        with _translated(), self._database.transaction():
            line = self._lines([key]).get(key, Line())
            check_hole(hole, (one for one, _ in self._open(key, line.stored)))
            self._execute(
                "INSERT INTO closed_hole VALUES (?,?,?,?,?,?,?,?)",
                *(*_signed(key), hole.first, hole.last, hole.reason, hole.closed_by, hole.closed_at_ms),
            )
            left = [(one.first, one.last) for one in self._missing([key])[key]]
            line = close_gap(line, self._beyond(key, line.stored), left)
            self._execute(
                "UPDATE line SET stored=?, beyond=? WHERE store=? AND terminal=? AND epoch=?",
                *(line.stored, line.beyond, *_signed(key)),
            )

    async def closed_holes(self) -> list[ClosedHole]:
        rows = await self._read(
            "SELECT store, terminal, epoch, first, last, reason, closed_by, closed_at_ms,"
            " (SELECT count(*) FROM record r WHERE r.store=h.store AND r.terminal=h.terminal AND r.epoch=h.epoch"
            " AND r.sequence BETWEEN first AND last) FROM closed_hole h ORDER BY closed_at_ms, 1, 2, 3, 4"
        )
        return [ClosedHole(row[0], row[1], unsigned(row[2]), *row[3:]) for row in rows]

    # --- underneath ----------------------------------------------------------------------------------------------

    async def _read(self, sql: str, *bindings: Any) -> list[tuple[Any, ...]]:
        def read() -> list[tuple[Any, ...]]:
            with _translated(), self._database.reading():
                return list(self._execute(sql, *bindings))

        rows: list[tuple[Any, ...]] = await self._run(read)
        return rows

    def _execute(self, sql: str, *bindings: Any) -> Any:
        return self._database.connection.execute(sql, bindings)

    def _row(self, sql: str, *bindings: Any) -> tuple[Any, ...] | None:
        return next(iter(self._execute(sql, *bindings)), None)

    def _many(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._database.connection.executemany(sql, rows)


def _signed(key: LineKey) -> LineKey:
    return key[0], key[1], signed(key[2])


def within(rows: Sequence[T], body: int) -> list[T]:
    """The first of these rows, as many as have about 4 MiB of bodies (column `body`); one at least."""
    room = MAX_ANSWER_BYTES
    found: list[T] = []
    for row in rows:
        room -= len(row[body])  # type: ignore[index]
        if found and room < 0:
            break
        found.append(row)
    return found


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except JournalError as error:
        if error.code == "DISK_FULL":
            raise HqError("disk_full") from error
        raise HqError("store_failed", fatal=error.code != "IN_USE", detail=str(error).rstrip(".")) from error
