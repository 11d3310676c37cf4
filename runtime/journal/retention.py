"""What a journal may forget: records that head office has, with the rows that they span, oldest first.

Nothing is deleted before `settled`. A settled record is kept for `keep_days`, or less where the journal's content is
larger than `max_bytes`. One step deletes a few records in one commit and leaves an anchor (runtime.journal.anchors) in
it, so that the chain of what is left goes on from there. A row that does not follow from the one before it is never
pruned: it is evidence.

Freed pages are used again by new rows; the file itself does not shrink.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import apsw

from runtime.journal.anchors import Anchor, read_anchor, write_anchor
from runtime.journal.database import Database, blob, whole
from runtime.journal.errors import JournalError
from runtime.journal.rows import next_hash, read_row
from runtime.sale.machine import step
from runtime.sale.refusals import Refused
from runtime.wire.pack import WireError

KEPT_RECORDS = 20  # the newest, whatever their age: copies and returns ask for them
RECORDS_A_STEP = 10


@dataclass(frozen=True, slots=True)
class Retention:
    keep_days: int = 90
    max_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class _Epoch:
    n: int
    epoch: int
    settled: int
    anchor: Anchor


def prune_some(database: Database, retention: Retention, now: str | None, keep_after: int) -> int:
    """One step in the oldest epoch that has something to prune; the number of records that went."""
    with database.reading() as connection:
        found = connection.execute("SELECT n, epoch, settled FROM epochs ORDER BY n").fetchall()
        too_large = content_bytes(connection) > retention.max_bytes
        for n, epoch, settled in found:
            one = _Epoch(whole(n), whole(epoch), whole(settled), read_anchor(connection, whole(n), whole(epoch)))
            is_current = n == found[-1][0]
            last = min(one.settled, keep_after - KEPT_RECORDS) if is_current else one.settled
            ends = [] if last <= one.anchor.sequence else _candidates(connection, one, last)
            count = len(ends) if too_large else _old(connection, one, ends, retention.keep_days, now)
            if count:
                return _prune(database, one, ends[:count])
    return 0


def content_bytes(connection: apsw.Connection) -> int:
    """What the tables take, without the pages that wait for new rows."""
    pages, free, size = (
        whole((connection.execute(f"PRAGMA {name}").fetchone() or (0,))[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _candidates(connection: apsw.Connection, one: _Epoch, last: int) -> list[tuple[int, int]]:
    """(sequence, closing row) of the oldest records, at most RECORDS_A_STEP."""
    return [
        (whole(sequence), whole(row))
        for sequence, row in connection.execute(
            "SELECT sequence, row FROM records WHERE n = ? AND sequence <= ? ORDER BY sequence LIMIT ?",
            (one.n, last, RECORDS_A_STEP),
        )
    ]


def _old(connection: apsw.Connection, one: _Epoch, ends: list[tuple[int, int]], keep_days: int, now: str | None) -> int:
    """How many of the first are older than they need be."""
    if now is None:
        return 0
    count = 0
    for _, row in ends:
        found = connection.execute("SELECT body FROM rows WHERE n = ? AND seq = ?", (one.n, row)).fetchone()
        try:
            closed = date.fromisoformat(read_row(blob(found[0])).at[:10]) if found else None
        except (WireError, ValueError):
            closed = None
        if closed is None or (date.fromisoformat(now[:10]) - closed).days <= keep_days:
            break
        count += 1
    return count


def _prune(database: Database, one: _Epoch, ends: list[tuple[int, int]]) -> int:
    sequence, row = ends[-1]
    seq, head, state = one.anchor.seq, one.anchor.hash, one.anchor.checkout
    with database.reading() as connection:
        for number, body, stored in connection.execute(
            "SELECT seq, body, hash FROM rows WHERE n = ? AND seq > ? AND seq <= ? ORDER BY seq", (one.n, seq, row)
        ):
            seq += 1
            head = next_hash(head, blob(body))
            if number != seq or stored != head:
                raise JournalError("CHAIN_BROKEN", row=seq)
            try:
                state, _ = step(state, read_row(blob(body)).read_event())
            except (WireError, Refused) as error:
                raise JournalError("ROW_UNREADABLE", str(error), row=seq) from error
    if seq != row or state.last_sequence != sequence:
        raise JournalError("CHAIN_BROKEN", "the records do not fit the rows", row=seq + 1)
    with database.transaction() as connection:
        write_anchor(connection, one.n, row, head, sequence, state)
        connection.execute("DELETE FROM records WHERE n = ? AND sequence <= ?", (one.n, sequence))
        connection.execute("DELETE FROM rows WHERE n = ? AND seq <= ?", (one.n, row))
    return len(ends)
