"""Head office's database in PostgreSQL, by asyncpg: a group of batches is one transaction, answered after its COMMIT.

    1  lock the stores' rows, in their order        so of one store one group is written at a time, by any process
    2  read the lines' marks                        what comes right after a mark is new: nothing is looked up
    3  copy in keys and bodies, insert other contents and runs of the feed; a key that is there already ends it
    4  write the marks                              in the same transaction

Where the server goes away, callers get `store_away` (503, Retry-After) and the next call connects anew; whether a
commit whose answer was lost has happened shows when the batch is sent again. A server that does not keep what it
confirms (fsync, full_page_writes or synchronous_commit off) is refused at every connection, unless it was allowed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg

from runtime.chain.line import Line, signed, unsigned
from runtime.hq.check import CheckedBatch, month_of
from runtime.hq.errors import HqError
from runtime.hq.holes import ClosedHole, OpenHole
from runtime.hq.plan import LineKey, Plan, RecordKey, mark
from runtime.hq.postgres_beat import PostgresBeat, commit_nothing
from runtime.hq.postgres_holes import HAS_CLOSED, close_hole, closed_holes, missing_of, open_holes
from runtime.hq.postgres_schema import VERSION, month_name, month_partition, months_due, tables
from runtime.hq.store import MAX_ANSWER_BYTES, LineStatus, Quarantined, StoreStatus
from runtime.wire.chain import FedRecord, StoreAnswer
from runtime.wire.records import PackedRecord

log = logging.getLogger("lane.hq")

KEEPS = ("fsync", "full_page_writes", "synchronous_commit")
SERVER = "SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()"
COMMAND_S = 30.0  # one statement
CONNECT_S = 10.0
TRIES = 3  # of a transaction that lost against another one
# InternalClientError is what asyncpg says where a server is killed in the moment that it is connected to.
AWAY = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError,
        asyncpg.InsufficientResourcesError, asyncpg.InternalClientError, asyncio.TimeoutError)  # fmt: skip
MADE_AT_ONCE = (asyncpg.UniqueViolationError, asyncpg.DuplicateTableError, asyncpg.DuplicateObjectError)
AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)


class PostgresStore:
    """`dsn`: postgresql://user@host:port/database, as libpq has it. `new_life` gives a random number of 63 bits.
    `patience_s`: how long a beat waits for a word."""

    def __init__(
        self,
        dsn: str,
        clock_ms: Callable[[], int],
        new_life: Callable[[], int],
        *,
        connections: int = 4,
        store_partitions: int = 8,
        allow_unsafe: bool = False,
        patience_s: float = 3.0,
    ) -> None:
        self._dsn = dsn
        self._clock_ms = clock_ms
        self._new_life = new_life
        self._connections = connections
        self._store_partitions = store_partitions
        self._allow_unsafe = allow_unsafe
        self._pool: asyncpg.Pool | None = None
        self._making = asyncio.Lock()
        self._life = new_life()
        self._server: asyncpg.Record | None = None  # what tells it from another, and from itself started again
        self.broken = False
        self.commits = 0
        self.beat = PostgresBeat(dsn, patience_s, self._beat, lambda: self.commits)

    # --- the connection ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        async with self._connection():
            pass

    async def _beat(self) -> None:
        async with self._connection() as connection:
            await commit_nothing(connection)

    async def close(self) -> None:
        self.beat.close()
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                await asyncio.wait_for(pool.close(), CONNECT_S)
            except AWAY:
                pool.terminate()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the pool. Whatever PostgreSQL says becomes an HqError."""
        try:
            pool = self._pool or await self._open()
            async with pool.acquire(timeout=CONNECT_S) as connection:
                yield connection
        except asyncpg.DiskFullError as error:
            raise HqError("disk_full") from error
        except AWAY as error:
            self._life = self._new_life()  # what comes back may be another server, or a restored one
            raise HqError("store_away", detail=_said(error)) from error
        except asyncpg.PostgresError as error:
            log.exception("the database refused")
            raise HqError("store_failed", detail=_said(error)) from error

    async def _open(self) -> asyncpg.Pool:
        async with self._making:
            if self._pool is None:
                pool = await asyncpg.create_pool(
                    self._dsn,
                    min_size=1,
                    max_size=self._connections,
                    command_timeout=COMMAND_S,
                    timeout=CONNECT_S,
                    max_inactive_connection_lifetime=0,
                    init=self._init,
                )
                try:
                    async with pool.acquire() as connection:
                        await self._make_tables(connection)
                except BaseException:
                    pool.terminate()
                    raise
                self._pool = pool
            return self._pool

    async def _init(self, connection: asyncpg.Connection) -> None:
        for setting in KEEPS:
            value = await connection.fetchval(f"SHOW {setting}")
            if value == "off" and not self._allow_unsafe:
                raise HqError("store_unsafe", setting=setting, value=value)
        server = await connection.fetchrow(SERVER)
        if server != self._server:  # the pool connects anew by itself: nothing has failed where nobody asked meanwhile
            self._server, self._life = server, self._new_life()

    async def _make_tables(self, connection: asyncpg.Connection) -> None:
        for last in (False, False, True):
            try:
                async with connection.transaction():
                    for statement in tables(self._store_partitions):
                        await connection.execute(statement)
                    await connection.execute("INSERT INTO about VALUES ($1) ON CONFLICT DO NOTHING", VERSION)
                break
            except MADE_AT_ONCE:
                if last:  # another process was making them at the same time
                    raise
        version = await connection.fetchval("SELECT max(version) FROM about")
        if version > VERSION:
            raise HqError("store_newer", version=version)
        await self._make_months(connection)

    async def tidy(self) -> None:
        async with self._connection() as connection:
            await self._make_months(connection)

    async def _make_months(self, connection: asyncpg.Connection) -> None:
        today = datetime.fromtimestamp(self._clock_ms() / 1000, UTC).date()
        for month in months_due(today):
            if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", month_name(month)):
                continue
            try:
                async with connection.transaction():
                    for statement in month_partition(month, self._store_partitions):
                        await connection.execute(statement)
            except MADE_AT_ONCE:
                continue  # another process made it

    # --- in ------------------------------------------------------------------------------------------------------

    async def ingest(self, group: Sequence[CheckedBatch]) -> Sequence[StoreAnswer]:
        for again in range(TRIES):
            plan = Plan(group, self._clock_ms())
            async with self._connection() as connection:
                life = self._life
                try:
                    async with connection.transaction():
                        await self._write(connection, plan)
                except AGAIN:
                    if again == TRIES - 1:
                        raise
                    continue
            self.commits += 1
            plan.tell(log)
            return plan.answers(life)
        raise AssertionError("unreachable")

    async def _write(self, connection: asyncpg.Connection, plan: Plan) -> None:
        now = plan.now_ms
        rows = await connection.fetch(
            "INSERT INTO store (store, position, seen_at_ms) SELECT s, 0, $2 FROM unnest($1::text[]) AS t(s)"
            " ON CONFLICT (store) DO UPDATE SET seen_at_ms = excluded.seen_at_ms RETURNING store, position",
            *(plan.stores, now),
        )
        positions = dict(rows)
        keys = plan.lines
        rows = await connection.fetch(
            f"SELECT store, terminal, epoch, stored, beyond, {HAS_CLOSED} FROM line"
            " JOIN unnest($1::text[], $2::text[], $3::bigint[]) AS t(store, terminal, epoch)"
            " USING (store, terminal, epoch)",
            *_columns(keys),
        )
        lines = {(row[0], row[1], unsigned(row[2])): Line(row[3], row[4]) for row in rows}
        with_holes = [key for key, row in zip(lines, rows, strict=True) if row[5]]
        plan.begin(positions, lines, await missing_of(connection, with_holes))
        plan.sort_out(await self._kept(connection, plan.doubtful))
        if plan.new:
            await self._add(connection, plan)
        if plan.aside:
            await connection.execute(
                "INSERT INTO quarantine (store, terminal, epoch, sequence, hash, body, seen_at_ms)"
                " SELECT *, $7 FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bytea[],"
                " $6::bytea[]) ON CONFLICT DO NOTHING",
                *_columns(key for key, _ in plan.aside),
                *([one.record.sequence for _, one in plan.aside], [one.record.hash for _, one in plan.aside]),
                *([one.record.body for _, one in plan.aside], now),
            )
        for key, stored in plan.open_gaps:
            rows = await connection.fetch(
                "SELECT sequence FROM record_key WHERE store=$1 AND terminal=$2 AND epoch=$3 AND sequence>$4"
                " ORDER BY sequence",
                *(*_signed(key), stored),
            )
            plan.close_gap(key, (row[0] for row in rows))
        if plan.new:
            await self._write_marks(connection, plan)

    async def _kept(self, connection: asyncpg.Connection, keys: list[RecordKey]) -> dict[RecordKey, bytes]:
        if not keys:
            return {}
        rows = await connection.fetch(
            "SELECT store, terminal, epoch, sequence, hash FROM record_key"
            " JOIN unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS t(store, terminal, epoch, sequence)"
            " USING (store, terminal, epoch, sequence)",
            *_columns(key[:3] for key in keys),
            [key[3] for key in keys],
        )
        return {(row[0], row[1], unsigned(row[2]), row[3]): row[4] for row in rows}

    async def _add(self, connection: asyncpg.Connection, plan: Plan) -> None:
        """By COPY: half of what INSERT costs this process. A key that is there all the same (somebody writes past the
        lock) is a unique violation: what was planned is not so, and all is done over."""
        where = list(zip(*_columns(key for key, _ in plan.new), strict=True))
        records = [(one.record, month_of(one.business_day)) for _, one in plan.new]
        await connection.copy_records_to_table(
            "record_key",
            records=[(*key, one.sequence, month, one.hash) for key, (one, month) in zip(where, records, strict=True)],
            columns=("store", "terminal", "epoch", "sequence", "month", "hash"),
        )
        now = plan.now_ms
        await connection.copy_records_to_table(
            "record_body",
            records=[
                (*key, one.sequence, month, now, one.body) for key, (one, month) in zip(where, records, strict=True)
            ],
            columns=("store", "terminal", "epoch", "sequence", "month", "seen_at_ms", "body"),
        )

    async def _write_marks(self, connection: asyncpg.Connection, plan: Plan) -> None:
        changed = [(key, change) for key, change in plan.changes.items() if change.records]
        await connection.execute(
            "INSERT INTO line (store, terminal, epoch, stored, beyond, records, sales, total_minor, first_seen_at_ms,"
            " last_seen_at_ms) SELECT *, $9, $9 FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[],"
            " $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) ON CONFLICT (store, terminal, epoch) DO UPDATE"
            " SET stored = excluded.stored, beyond = excluded.beyond, records = line.records + excluded.records,"
            " sales = line.sales + excluded.sales, total_minor = line.total_minor + excluded.total_minor,"
            " last_seen_at_ms = excluded.last_seen_at_ms",
            *_columns(key for key, _ in changed),
            *([change.line.stored for _, change in changed], [change.line.beyond for _, change in changed]),
            *([change.records for _, change in changed], [change.sales for _, change in changed]),
            *([change.total_minor for _, change in changed], plan.now_ms),
        )
        await connection.execute(
            "INSERT INTO feed (store, terminal, epoch, last, first, count) SELECT * FROM unnest($1::text[],"
            " $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])",
            *_columns(run.key for run in plan.feed),
            *([run.last for run in plan.feed], [run.first for run in plan.feed], [run.count for run in plan.feed]),
        )
        await connection.execute(
            "UPDATE store SET position = t.position FROM unnest($1::text[], $2::bigint[]) AS t(store, position)"
            " WHERE store.store = t.store",
            *(list(plan.positions), list(plan.positions.values())),
        )

    # --- out -----------------------------------------------------------------------------------------------------

    async def marks(self, store: str) -> StoreAnswer:
        # One look at both tables: a hole that is closed between two would be a mark without its exception.
        async with self._connection() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
            life = self._life
            rows = await connection.fetch(
                f"SELECT terminal, epoch, stored, {HAS_CLOSED} FROM line WHERE store=$1 ORDER BY 1, 2", store
            )
            keys = [(store, row[0], unsigned(row[1])) for row in rows]
            left = await missing_of(connection, [key for key, row in zip(keys, rows, strict=True) if row[3]])
        marks = (mark(key, row[2], left.get(key, ())) for key, row in zip(keys, rows, strict=True))
        return StoreAnswer(life, tuple(marks))

    async def stores(self) -> list[StoreStatus]:
        rows = await self._fetch(
            "SELECT s.store, s.position, count(l.store), coalesce(sum(l.records), 0)::bigint,"
            " coalesce(sum(l.sales), 0)::bigint, coalesce(sum(l.total_minor), 0)::bigint,"
            " coalesce(min(q.count), 0)::bigint, s.seen_at_ms FROM store s LEFT JOIN line l ON l.store = s.store"
            " LEFT JOIN (SELECT store, count(*) AS count FROM quarantine GROUP BY store) q ON q.store = s.store"
            " GROUP BY s.store, s.position, s.seen_at_ms ORDER BY s.store"
        )
        return [StoreStatus(*row) for row in rows]

    async def lines(self, store: str) -> list[LineStatus]:
        rows = await self._fetch(
            "SELECT terminal, epoch, stored, beyond, records, sales, total_minor, first_seen_at_ms, last_seen_at_ms"
            " FROM line WHERE store=$1 ORDER BY terminal, first_seen_at_ms",
            store,
        )
        return [LineStatus(row[0], unsigned(row[1]), *row[2:]) for row in rows]

    async def records(self, store: str, terminal: str, epoch: int, after: int, limit: int) -> list[PackedRecord]:
        rows = await self._bodies(
            "SELECT k.sequence, k.hash, b.body FROM record_key k JOIN record_body b USING (store, terminal, epoch,"
            " sequence, month) WHERE k.store=$1 AND k.terminal=$2 AND k.epoch=$3 AND k.sequence>$4"
            " ORDER BY k.sequence LIMIT $5",
            *(*_signed((store, terminal, epoch)), after, limit),
        )
        return [PackedRecord(*row) for row in rows]

    async def feed(self, store: str, after: int, limit: int) -> list[FedRecord]:
        rows = await self._bodies(
            "SELECT f.last - f.count + 1 + k.sequence - f.first, k.terminal, k.epoch, k.sequence, k.hash, b.body FROM"
            " (SELECT * FROM feed WHERE store=$1 AND last>$2 ORDER BY last LIMIT $3) f"
            " JOIN record_key k ON k.store = f.store AND k.terminal = f.terminal AND k.epoch = f.epoch"
            " AND k.sequence BETWEEN f.first AND f.first + f.count - 1"
            " JOIN record_body b ON b.store = k.store AND b.terminal = k.terminal AND b.epoch = k.epoch"
            " AND b.sequence = k.sequence AND b.month = k.month"
            " WHERE f.last - f.count + 1 + k.sequence - f.first > $2 ORDER BY 1 LIMIT $3",
            *(store, after, limit),
        )
        return [FedRecord(row[0], row[1], unsigned(row[2]), PackedRecord(*row[3:])) for row in rows]

    async def quarantine(self, limit: int) -> list[Quarantined]:
        rows = await self._fetch(
            "SELECT q.store, q.terminal, q.epoch, q.sequence, k.hash, q.hash, q.seen_at_ms FROM quarantine q"
            " JOIN record_key k USING (store, terminal, epoch, sequence) ORDER BY q.seen_at_ms DESC LIMIT $1",
            limit,
        )
        return [Quarantined(row[0], row[1], unsigned(row[2]), *row[3:]) for row in rows]

    async def holes(self) -> list[OpenHole]:
        async with self._connection() as connection:
            return await open_holes(connection)

    async def close_hole(self, hole: ClosedHole) -> None:
        async with self._connection() as connection, connection.transaction():
            await close_hole(connection, hole)

    async def closed_holes(self) -> list[ClosedHole]:
        async with self._connection() as connection:
            return await closed_holes(connection)

    async def _fetch(self, sql: str, *arguments: Any) -> list[Any]:
        async with self._connection() as connection:
            rows: list[Any] = await connection.fetch(sql, *arguments)
        return rows

    async def _bodies(self, sql: str, *arguments: Any) -> list[Any]:
        """Rows whose last column is a body: as many as have about 4 MiB of them, one at least."""
        room, found = MAX_ANSWER_BYTES, list[Any]()
        async with self._connection() as connection, connection.transaction(readonly=True):
            async for row in connection.cursor(sql, *arguments, prefetch=50):
                room -= len(row[-1])
                if found and room < 0:
                    break
                found.append(row)
        return found


def _signed(key: LineKey) -> LineKey:
    return key[0], key[1], signed(key[2])


def _columns(keys: Iterable[LineKey]) -> tuple[list[str], list[str], list[int]]:
    stores, terminals, epochs = list[str](), list[str](), list[int]()
    for store, terminal, epoch in keys:
        stores.append(store)
        terminals.append(terminal)
        epochs.append(signed(epoch))
    return stores, terminals, epochs


def _said(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(".") or type(error).__name__
