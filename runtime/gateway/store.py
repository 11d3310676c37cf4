"""The gateway's records: every one of every terminal of one store, once, synced before anyone is told.

What waits together is one transaction with one sync (`keep`), each batch a part of it that can be taken back alone.

Of each line (a terminal and epoch) there is
  - `base`: records 1 to it are not asked for here, because head office has them, or nobody has them any more;
  - `stored`: all from `base` to it are here, synced. Terminals send what comes after it;
  - `settled`: head office's own mark (`Mark.whole`; past holes that a person has closed there, for a terminal that has
    none of their records), as it was last heard. It is told from memory and written with the next batch: one that is
    too low costs nothing, and it is heard again after every start. What head office lost is written at once.
A new disk knows nothing. Until head office has been heard its lines begin where the terminal was told last; then head
office's word counts, downwards too, and terminals are asked again for what neither has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from runtime.chain.check import MAX_SEQUENCE, MAX_VERSIONS, Checked
from runtime.chain.errors import ChainError
from runtime.chain.line import Line, advance, close_gap, doubtful, must_look, signed, sort_out, unsigned
from runtime.gateway.batches import CheckedBatch, checked_batch
from runtime.gateway.database import GatewayDatabase
from runtime.wire.chain import Mark
from runtime.wire.records import BatchAnswer, PackedRecord, RecordBatch

MAX_ANSWER_BYTES = 4 << 20  # of bodies, in one answer to a reader
PRUNED_AT_ONCE = 200  # records

Key = tuple[str, int]  # a line: terminal, epoch


@dataclass(frozen=True, slots=True)
class TerminalStatus:
    """What is kept of one terminal and epoch. `records` counts all that ever came, `beyond` those past a gap."""

    terminal: str
    epoch: int
    settled: int
    stored: int
    records: int
    sales: int
    total_minor: int
    first_seen_at_ms: int
    last_seen_at_ms: int
    base: int
    beyond: int
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


@dataclass(slots=True)
class _Place:
    """Where a line stands."""

    base: int
    line: Line


class GatewayStore:
    """Made by `open`. Not for two threads. After a GatewayError with `fatal`, every call raises `store_broken`."""

    def __init__(self, database: GatewayDatabase) -> None:
        self.database = database
        self.store = database.store
        self._settled: dict[Key, int] = {}
        self._holed: dict[Key, Mark] = {}  # the marks with holes that a person has closed
        self._unwritten: set[Key] = set()  # whose `settled` is newer here than on disk
        self._too_high: set[Key] = set()  # of these, those where the disk says more than head office has
        self._gone: dict[Key, int] = {}
        self._fresh: dict[Key, int] = {}
        self._heard = False  # head office has said in this run what it has of every line
        with database.on_disk():
            for terminal, epoch, settled in database.rows("SELECT terminal, epoch, settled FROM watermark"):
                self._settled[terminal, unsigned(epoch)] = settled

    @classmethod
    def open(cls, path: str, store: str, clock: Callable[[], int], vfs: str | None = None) -> GatewayStore:
        """As GatewayDatabase.open, with what it raises."""
        database = GatewayDatabase.open(path, store, clock, vfs)
        try:
            return cls(database)
        except BaseException:
            database.close()
            raise

    @property
    def broken(self) -> bool:
        return self.database.broken

    def close(self) -> None:
        """Never raises: what was acknowledged is on disk already."""
        self.database.close()

    # --- in ------------------------------------------------------------------------------------------------------

    def ingest(self, batch: RecordBatch) -> BatchAnswer:
        """One batch: all of it or nothing. Raises what `checked_batch` and `keep` do."""
        (answer,) = self.keep([checked_batch(batch, self.store)])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def keep(self, group: Sequence[CheckedBatch]) -> list[BatchAnswer | Exception]:
        """Take batches in one transaction. When this returns, what the answers claim has been synced. A batch with
        `too_many_versions` is refused (a ChainError in its place) and the others are kept.

        Raises GatewayError: `disk_full` (all may be sent again later), `store_broken` (fatal).
        """
        database = self.database
        fresh: dict[Key, int] = {}
        with database.on_disk():
            if not any(one.checked or one.batch.gone for one in group):
                return [self._keep(one, fresh) for one in group]
            with database.transaction():
                answers: list[BatchAnswer | Exception] = []
                for one in group:
                    try:
                        answers.append(self._keep(one, fresh))
                    except ChainError as error:
                        answers.append(error)
                written = self._write_settled()
            self._note_written(written)
            for key, sequence in fresh.items():
                self._fresh[key] = min(sequence, self._fresh.get(key, sequence))
            database.shorten_log()
        return answers

    def _keep(self, one: CheckedBatch, fresh: dict[Key, int]) -> BatchAnswer:
        batch = one.batch
        key = (batch.terminal, batch.epoch)
        place = self._place(key, batch)
        new, other = sort_out(one.checked, self._kept(key, doubtful(place.line, one.checked)))
        if other:  # the one thing that may be refused, before anything of the batch is added
            with self.database.part():
                for checked in other:
                    self._keep_aside(key, checked.record)
        if new:
            self._add(key, place, new)
            fresh[key] = min(new[0].record.sequence, fresh.get(key, MAX_SEQUENCE))
        quarantined = tuple(checked.record.sequence for checked in other)
        return BatchAnswer(place.line.stored, min(self._told(key, batch.gone), place.line.stored), quarantined)

    def _place(self, key: Key, batch: RecordBatch) -> _Place:
        """Where the line stands, once it is known what the terminal has let go of."""
        row = self.database.row(
            "SELECT base, stored, beyond FROM watermark WHERE terminal=? AND epoch=?", key[0], signed(key[1])
        )
        if row is not None:
            place = _Place(row[0], Line(row[1], row[2]))
        else:
            base = batch.gone if self._heard else max(batch.gone, batch.settled)
            return _Place(base, Line(base))
        if batch.gone > self._gone.get(key, 0):
            self._gone[key] = batch.gone
        if batch.gone > place.line.stored:
            place = self._move(key, batch.gone)
        return place

    def _kept(self, key: Key, sequences: Sequence[int]) -> dict[int, bytes]:
        if not sequences:
            return {}
        return dict(
            self.database.connection.execute(
                "SELECT sequence, hash FROM record WHERE terminal=? AND epoch=? AND sequence BETWEEN ? AND ?",
                (key[0], signed(key[1]), sequences[0], sequences[-1]),
            )
        )

    def _keep_aside(self, key: Key, record: PackedRecord) -> None:
        where = (key[0], signed(key[1]), record.sequence)
        known = self.database.rows("SELECT hash FROM quarantine WHERE terminal=? AND epoch=? AND sequence=?", *where)
        if (record.hash,) in known:
            return
        if len(known) >= MAX_VERSIONS:
            raise ChainError("too_many_versions", terminal=key[0], sequence=record.sequence, limit=MAX_VERSIONS + 1)
        self.database.rows(
            "INSERT INTO quarantine (terminal, epoch, sequence, seen_at_ms, hash, body) VALUES (?,?,?,?,?,?)",
            *(*where, self.database.clock(), record.hash, record.body),
        )

    def _add(self, key: Key, place: _Place, new: Sequence[Checked]) -> None:
        terminal, epoch, now = key[0], signed(key[1]), self.database.clock()
        records = [one.record for one in new]
        self.database.connection.executemany(
            "INSERT INTO record (terminal, epoch, sequence, seen_at_ms, hash, body) VALUES (?,?,?,?,?,?)",
            [(terminal, epoch, record.sequence, now, record.hash, record.body) for record in records],
        )
        before = place.line
        place.line = advance(before, new)
        if must_look(before, place.line):
            place.line = close_gap(place.line, self._beyond(key, place.line.stored))
        self.database.rows(
            "INSERT INTO watermark (terminal, epoch, stored, records, sales, total_minor, first_seen_at_ms,"
            " last_seen_at_ms, base, beyond) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (terminal, epoch) DO UPDATE SET"
            " stored=excluded.stored, records=records+excluded.records, sales=sales+excluded.sales,"
            " total_minor=total_minor+excluded.total_minor, last_seen_at_ms=excluded.last_seen_at_ms,"
            " beyond=excluded.beyond",
            *(terminal, epoch, place.line.stored, len(new), sum(one.is_sale for one in new)),
            *(sum(one.total_minor for one in new if one.is_sale), now, now, place.base, place.line.beyond),
        )

    def _beyond(self, key: Key, after: int) -> Iterable[int]:
        for (sequence,) in self.database.connection.execute(
            "SELECT sequence FROM record WHERE terminal=? AND epoch=? AND sequence>? ORDER BY sequence",
            (key[0], signed(key[1]), after),
        ):
            yield sequence

    # --- what head office has ------------------------------------------------------------------------------------

    def hear(self, marks: Sequence[Mark], complete: bool) -> None:
        """Head office's marks; `complete`: of every line that it knows, so that it has nothing of the others. Its word
        counts downwards too. Raises GatewayError `disk_full`, `store_broken`."""
        said = {(mark.terminal, mark.epoch): mark.whole for mark in marks}
        with self.database.on_disk():
            if complete:
                rows = self.database.rows("SELECT terminal, epoch FROM watermark")
                said = {**{(terminal, unsigned(epoch)): 0 for terminal, epoch in rows}, **said}
            for key in said:
                self._holed.pop(key, None)
            self._holed.update({(mark.terminal, mark.epoch): mark for mark in marks if mark.holes})
            for key, mark in said.items():  # first of all: what head office lost is not settled, on a full disk too
                before = self._settled.get(key, -1)
                if before != mark:
                    self._settled[key] = mark
                    self._unwritten.add(key)
                if before > mark:
                    self._too_high.add(key)
            moves = [(key, place) for key, mark in said.items() if (place := self._corrected(key, mark)) is not None]
            if moves or self._too_high:
                with self.database.transaction():
                    for key, base in moves:
                        self._move(key, base)
                    written = self._write_settled()
                self._note_written(written)
        self._heard = self._heard or complete

    def _corrected(self, key: Key, mark: int) -> int | None:
        """The base that a line must get; None where it stands well."""
        row = self.database.row(
            "SELECT base, stored FROM watermark WHERE terminal=? AND epoch=?", key[0], signed(key[1])
        )
        base, stored = row or (0, 0)
        gone = self._gone.get(key, 0)
        floor = max(mark, gone, self._passed(key, gone))
        return floor if floor > stored or floor < base else None

    def _told(self, key: Key, gone: int) -> int:
        """What is settled of a line for a terminal that has pruned all to `gone`."""
        return self._passed(key, gone) or self._settled.get(key, 0)

    def _passed(self, key: Key, gone: int) -> int:
        """The mark past holes that a person has closed at head office: for a terminal that says that it has none of
        their records any more. Any other must send what it has. 0 where there is none."""
        mark = self._holed.get(key)
        return mark.stored if mark is not None and gone >= mark.holes[-1].last else 0

    def sent(self, key: Key) -> int:
        """Head office has all records to it that are here: what has turned up of a closed hole is still to be sent."""
        mark = self._holed.get(key)
        if mark is None:
            return self._settled.get(key, 0)
        with self.database.on_disk():
            for hole in mark.holes:
                lowest = self.database.one(
                    "SELECT min(sequence) FROM record WHERE terminal=? AND epoch=? AND sequence BETWEEN ? AND ?",
                    *(key[0], signed(key[1]), hole.first, hole.last),
                )
                if lowest is not None:
                    return int(lowest) - 1
        return mark.stored

    def _move(self, key: Key, base: int) -> _Place:
        """Begin the line after `base`. In a transaction."""
        kept = list(self._beyond(key, base))
        place = _Place(base, close_gap(Line(base, len(kept)), kept))
        now = self.database.clock()
        self.database.rows(
            "INSERT INTO watermark (terminal, epoch, stored, records, sales, total_minor, first_seen_at_ms,"
            " last_seen_at_ms, base, beyond) VALUES (?,?,?,0,0,0,?,?,?,?) ON CONFLICT (terminal, epoch) DO UPDATE SET"
            " stored=excluded.stored, base=excluded.base, beyond=excluded.beyond",
            *(key[0], signed(key[1]), place.line.stored, now, now, base, place.line.beyond),
        )
        return place

    def _write_settled(self) -> set[Key]:
        written = set(self._unwritten)
        for terminal, epoch in written:
            self.database.rows(
                "UPDATE watermark SET settled=? WHERE terminal=? AND epoch=?",
                *(self._settled[terminal, epoch], terminal, signed(epoch)),
            )
        return written

    def _note_written(self, written: set[Key]) -> None:
        self._unwritten -= written
        self._too_high -= written

    def take_fresh(self) -> dict[Key, int]:
        """The lines that got records since this was asked last, and the lowest new sequence of each."""
        fresh, self._fresh = self._fresh, {}
        return fresh

    def prune(self, seen_before_ms: int) -> int:
        """Delete some records that head office has and that came before this time; gives how many.

        Raises GatewayError `disk_full`, `store_broken`.
        """
        with self.database.on_disk():
            for key in self._settled:
                old = self._old(key, self.sent(key), seen_before_ms)
                if old:
                    with self.database.transaction():
                        return self._forget(key, old)
        return 0

    def _old(self, key: Key, settled: int, seen_before_ms: int) -> int:
        """The last of the oldest records of a line that may go; 0 where none may."""
        last = 0
        for sequence, seen_at_ms in self.database.connection.execute(
            "SELECT sequence, seen_at_ms FROM record WHERE terminal=? AND epoch=? AND sequence<=?"
            " ORDER BY sequence LIMIT ?",
            (key[0], signed(key[1]), settled, PRUNED_AT_ONCE),
        ):
            if seen_at_ms >= seen_before_ms:
                break
            last = sequence
        return last

    def _forget(self, key: Key, to: int) -> int:
        where = (key[0], signed(key[1]), to)
        self.database.rows("DELETE FROM record WHERE terminal=? AND epoch=? AND sequence<=?", *where)
        count = self.database.connection.changes()
        self.database.rows("UPDATE watermark SET base=max(base, ?3) WHERE terminal=?1 AND epoch=?2", *where)
        return count

    # --- out -----------------------------------------------------------------------------------------------------

    def terminals(self) -> tuple[TerminalStatus, ...]:
        """Every terminal and epoch, by name, then in the order first seen."""
        with self.database.on_disk():
            rows = self.database.rows(
                "SELECT w.terminal, w.epoch, stored, records, sales, total_minor, first_seen_at_ms, last_seen_at_ms,"
                " base, beyond,"
                " (SELECT count(*) FROM quarantine q WHERE q.terminal=w.terminal AND q.epoch=w.epoch)"
                " FROM watermark w ORDER BY w.terminal, w.rowid"
            )
        return tuple(self._status(row) for row in rows)

    def _status(self, row: tuple[Any, ...]) -> TerminalStatus:
        epoch = unsigned(row[1])
        key = (row[0], epoch)
        return TerminalStatus(row[0], epoch, self._told(key, self._gone.get(key, 0)), *row[2:])

    def records(
        self, terminal: str, epoch: int, after: int, limit: int, max_bytes: int | None = None
    ) -> tuple[PackedRecord, ...]:
        """At most `limit` records (and about 4 MiB of bodies, or `max_bytes`) with sequences beyond `after`, in their
        order; one at least, where there is one."""
        found: list[PackedRecord] = []
        room = MAX_ANSWER_BYTES if max_bytes is None else max_bytes
        with self.database.on_disk():
            for sequence, digest, body in self.database.connection.execute(
                "SELECT sequence, hash, body FROM record WHERE terminal=? AND epoch=? AND sequence>?"
                " ORDER BY sequence LIMIT ?",
                (terminal, signed(epoch), after, limit),
            ):
                room -= len(body)
                if found and room < 0:
                    break
                found.append(PackedRecord(sequence, digest, body))
        return tuple(found)

    def quarantine(self, limit: int) -> tuple[Quarantined, ...]:
        """The last `limit` contents that were kept aside, newest first."""
        with self.database.on_disk():
            rows = self.database.rows(
                "SELECT q.terminal, q.epoch, q.sequence, r.hash, q.hash, q.seen_at_ms FROM quarantine q"
                " LEFT JOIN record r USING (terminal, epoch, sequence) ORDER BY q.id DESC LIMIT ?",
                limit,
            )
        return tuple(Quarantined(row[0], unsigned(row[1]), row[2], row[3] or b"", *row[4:]) for row in rows)

    def quarantined_body(self, digest: bytes) -> bytes | None:
        """The content that was kept aside under this hash."""
        with self.database.on_disk():
            return cast("bytes | None", self.database.one("SELECT body FROM quarantine WHERE hash=?", digest))
