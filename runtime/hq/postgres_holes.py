"""Holes of lines in PostgreSQL (runtime.hq.holes): which there are, what is left of those that a person has closed, and
closing one. Within the caller's transaction; every statement names the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import asyncpg

from runtime.chain.line import Line, close_gap, signed, unsigned
from runtime.hq.holes import ClosedHole, OpenHole, check_hole, missing, still_open
from runtime.hq.plan import LineKey
from runtime.wire.chain import Hole

# Of a line in the FROM clause: whether a person has closed a hole of it. Few lines have one.
HAS_CLOSED = (
    "EXISTS (SELECT 1 FROM closed_hole h WHERE h.store = line.store AND h.terminal = line.terminal"
    " AND h.epoch = line.epoch)"
)
_LINE = "store=$1 AND terminal=$2 AND epoch=$3"
_GAPS = (
    "SELECT g.before + 1, g.sequence - 1, b.seen_at_ms FROM (SELECT store, terminal, epoch, sequence, month,"
    f" lag(sequence, 1, $4::bigint) OVER (ORDER BY sequence) AS before FROM record_key WHERE {_LINE} AND sequence>$4) g"
    " JOIN record_body b USING (store, terminal, epoch, sequence, month) WHERE g.sequence > g.before + 1 ORDER BY 1"
)
_CLOSED = (
    "SELECT store, terminal, epoch, first, last, reason, closed_by, closed_at_ms, (SELECT count(*) FROM record_key k"
    " WHERE k.store = h.store AND k.terminal = h.terminal AND k.epoch = h.epoch AND k.sequence BETWEEN first AND last)"
    " FROM closed_hole h ORDER BY closed_at_ms, 1, 2, 3, 4"
)


async def missing_of(connection: asyncpg.Connection, keys: Iterable[LineKey]) -> dict[LineKey, tuple[Hole, ...]]:
    """What is left of these lines' closed holes."""
    found = {}
    for key in keys:
        closed = await _closed(connection, key)
        rows = await connection.fetch(
            "SELECT k.sequence FROM closed_hole h JOIN record_key k ON k.store = h.store AND k.terminal = h.terminal"
            " AND k.epoch = h.epoch AND k.sequence BETWEEN h.first AND h.last"
            " WHERE h.store=$1 AND h.terminal=$2 AND h.epoch=$3",
            *_signed(key),
        )
        found[key] = missing(closed, [row[0] for row in rows])
    return found


async def open_holes(connection: asyncpg.Connection) -> list[OpenHole]:
    lines = await connection.fetch(
        "SELECT store, terminal, epoch, stored, beyond FROM line WHERE beyond > 0 ORDER BY 1, 2, 3"
    )
    found = []
    for store, terminal, epoch, stored, beyond in lines:
        key = (store, terminal, unsigned(epoch))
        found += [
            OpenHole(*key, one.first, one.last, since_ms, beyond)
            for one, since_ms in await _open(connection, key, stored)
        ]
    return found


async def close_hole(connection: asyncpg.Connection, hole: ClosedHole) -> None:
    """Raises HqError `no_hole`."""
    key = (hole.store, hole.terminal, hole.epoch)
    # The store's row is the lock, as for batches: nothing of its lines changes until the commit.
    await connection.execute("UPDATE store SET position = position WHERE store=$1", hole.store)
    row = await connection.fetchrow(f"SELECT stored, beyond FROM line WHERE {_LINE}", *_signed(key))
    line = Line(*row) if row is not None else Line()
    check_hole(hole, [one for one, _ in await _open(connection, key, line.stored)])
    await connection.execute(
        "INSERT INTO closed_hole VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        *(*_signed(key), hole.first, hole.last, hole.reason, hole.closed_by, hole.closed_at_ms),
    )
    left = (await missing_of(connection, [key]))[key]
    kept = await connection.fetch(
        f"SELECT sequence FROM record_key WHERE {_LINE} AND sequence>$4 ORDER BY sequence", *_signed(key), line.stored
    )
    line = close_gap(line, (one[0] for one in kept), ((one.first, one.last) for one in left))
    await connection.execute(
        f"UPDATE line SET stored=$4, beyond=$5 WHERE {_LINE}", *_signed(key), line.stored, line.beyond
    )


async def closed_holes(connection: asyncpg.Connection) -> list[ClosedHole]:
    rows: list[Any] = await connection.fetch(_CLOSED)
    return [ClosedHole(row[0], row[1], unsigned(row[2]), *tuple(row)[3:]) for row in rows]


async def _open(connection: asyncpg.Connection, key: LineKey, stored: int) -> list[tuple[Hole, int]]:
    rows = await connection.fetch(_GAPS, *_signed(key), stored)
    closed = await _closed(connection, key)
    return [(part, row[2]) for row in rows for part in still_open([Hole(row[0], row[1])], closed)]


async def _closed(connection: asyncpg.Connection, key: LineKey) -> list[Hole]:
    rows = await connection.fetch(f"SELECT first, last FROM closed_hole WHERE {_LINE} ORDER BY first", *_signed(key))
    return [Hole(*row) for row in rows]


def _signed(key: LineKey) -> LineKey:
    return key[0], key[1], signed(key[2])
