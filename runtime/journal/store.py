"""The journal of one terminal: rows and records on disk before anyone is told.

One file, one connection (runtime.journal.database), one commit for each accepted event. A state is the fold of the
rows; the checkpoint of a closed sale only saves time, and is not believed where its sum or its place in the chain is
wrong.

An **epoch** is a random number made with the journal and bound to the machine. A journal that wakes on another
machine (a cloned disk) starts a new one: rows and SequenceNumbers begin at 1 again, the basket is empty. The rows and
records of the old epoch stay readable, and records that the gateway has not stored are still offered. Whoever opens
the journal says what the machine is; a terminal that gets another store or WorkstationID is another machine too, for
records are counted by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runtime.journal.database import Database, blob, text, whole
from runtime.journal.errors import JournalError
from runtime.journal.rows import Row, first_hash, make_row, next_hash, read_row
from runtime.sale.events import Event
from runtime.sale.machine import step
from runtime.sale.refusals import Refused
from runtime.sale.state import Checkout
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.records import PackedRecord

APPLICATION = 0x4C414E45  # "LANE"
VERSION = 1
MAX_RECORD_BYTES = 1 << 20
EPOCH_MASK = (1 << 63) - 1  # what SQLite keeps as an integer

SCHEMA = """
CREATE TABLE epochs (
    n INTEGER PRIMARY KEY, epoch INTEGER NOT NULL UNIQUE, machine TEXT NOT NULL,
    stored INTEGER NOT NULL DEFAULT 0, settled INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE rows (
    n INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (n, seq)
) WITHOUT ROWID;
CREATE TABLE records (
    id INTEGER PRIMARY KEY, n INTEGER NOT NULL, sequence INTEGER NOT NULL, row INTEGER NOT NULL,
    body BLOB NOT NULL, hash BLOB NOT NULL, UNIQUE (n, sequence)
);
CREATE TABLE checkpoints (
    n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, sum BLOB NOT NULL, body BLOB NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class AppendContext:
    """What a record must know of the row that closes it."""

    epoch: int
    seq: int  # of the closing row: the record's last row
    head: bytes  # the chain's hash after it
    first_row: int  # the row after the last record's last


@dataclass(frozen=True, slots=True)
class EpochInfo:
    epoch: int
    machine: str
    last_sequence: int
    stored: int  # what the gateway last said, as far as it is on disk: it may be behind, never ahead
    settled: int


class Journal:
    """Open with `Journal.open`. Every method raises JournalError and nothing else, unless it says so."""

    def __init__(self, database: Database, n: int, epoch: int) -> None:
        self._database = database
        self._n = n
        self.epoch = epoch
        self.last_seq = 0
        self.head = first_hash(epoch)
        self.last_sequence = 0
        self._record_row = 0
        self._watermarks: dict[int, tuple[int, int]] = {}
        with database.reading() as connection:
            row = connection.execute(
                "SELECT seq, hash FROM rows WHERE n = ? ORDER BY seq DESC LIMIT 1", (n,)
            ).fetchone()
            if row:
                self.last_seq, self.head = whole(row[0]), blob(row[1])
            row = connection.execute(
                "SELECT sequence, row FROM records WHERE n = ? ORDER BY sequence DESC LIMIT 1", (n,)
            ).fetchone()
            if row:
                self.last_sequence, self._record_row = whole(row[0]), whole(row[1])

    @classmethod
    def open(cls, path: Path, *, machine: str, random_epoch: Callable[[], int], vfs: str | None = None) -> Journal:
        """Open the journal at `path`, or make it. `random_epoch` gives a random 64-bit number; it is asked when there
        is no journal, or the one there is another machine's."""
        database = Database(path, application=APPLICATION, schema=SCHEMA, version=VERSION, vfs=vfs)
        try:
            with database.reading() as connection:
                last = connection.execute("SELECT n, epoch, machine FROM epochs ORDER BY n DESC LIMIT 1").fetchone()
                used = {whole(row[0]) for row in connection.execute("SELECT epoch FROM epochs")}
            if last and last[2] == machine:
                return cls(database, whole(last[0]), whole(last[1]))
            epoch = random_epoch() & EPOCH_MASK
            while epoch == 0 or epoch in used:
                epoch = (epoch + 1) & EPOCH_MASK
            n = whole(last[0]) + 1 if last else 1
            with database.transaction() as connection:
                connection.execute("INSERT INTO epochs (n, epoch, machine) VALUES (?, ?, ?)", (n, epoch, machine))
            return cls(database, n, epoch)
        except BaseException:
            database.close()
            raise

    @property
    def notes(self) -> tuple[JournalError, ...]:
        """What a technician should see once in the log; the journal works."""
        old = JournalError("OLD_SQLITE", version=self._database.sqlite_version)
        return (old,) if self._database.old_sqlite else ()

    # -- writing -------------------------------------------------------------------------------------------------------

    def append(
        self,
        at: str,
        quality: str,
        event: Event,
        close: Callable[[AppendContext], PackedRecord] | None = None,
        checkpoint: Checkout | None = None,
    ) -> int:
        """One event as one row, with the record that it closes, in one commit; gives the row's number once it is
        synced.

        Raises JournalError DISK_FULL (nothing was written, the journal goes on) or IO_FAILED (nobody knows; end the
        process and open again), and WireError for an event or record that has no packed form or is too long (nothing
        was written)."""
        self._database.check()
        seq = self.last_seq + 1
        body = make_row(seq, at, quality, event)
        head = next_hash(self.head, body)
        record = None
        if close is not None:
            record = close(AppendContext(self.epoch, seq, head, self._record_row + 1))
            if record.sequence != self.last_sequence + 1:
                raise WireError("bad_value", f"record {record.sequence} does not follow {self.last_sequence}")
            if len(record.body) > MAX_RECORD_BYTES:
                raise WireError("too_long", f"a record of {len(record.body)} bytes")
        state = pack(checkpoint) if checkpoint is not None else None
        watermarks = dict(self._watermarks)
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO rows VALUES (?, ?, ?, ?)", (self._n, seq, body, head))
            if record is not None:
                connection.execute(
                    "INSERT INTO records (n, sequence, row, body, hash) VALUES (?, ?, ?, ?, ?)",
                    (self._n, record.sequence, seq, record.body, record.hash),
                )
            if state is not None:
                connection.execute(
                    "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)",
                    (self._n, seq, _sum(seq, head, state), state),
                )
            for epoch, (stored, settled) in watermarks.items():
                connection.execute(
                    "UPDATE epochs SET stored = ?, settled = ? WHERE epoch = ?", (stored, settled, epoch)
                )
        self.last_seq, self.head = seq, head
        if record is not None:
            self.last_sequence, self._record_row = record.sequence, seq
        for epoch, value in watermarks.items():
            if self._watermarks.get(epoch) == value:
                del self._watermarks[epoch]
        return seq

    def note_watermarks(self, epoch: int, stored: int, settled: int) -> None:
        """What the gateway said; it goes to disk with the next row, for it costs a sync and can be asked again."""
        self._watermarks[epoch] = (stored, settled)

    def close(self) -> None:
        """In order, as at the end of the process. After IO_FAILED there is nothing left to close."""
        if self._database.dead is None and self._watermarks:
            try:
                with self._database.transaction() as connection:
                    for epoch, (stored, settled) in self._watermarks.items():
                        connection.execute(
                            "UPDATE epochs SET stored = ?, settled = ? WHERE epoch = ?", (stored, settled, epoch)
                        )
            except JournalError as error:
                if error.code != "DISK_FULL":  # then they are asked for again
                    raise
        self._database.close()

    # -- reading -------------------------------------------------------------------------------------------------------

    def recover(self) -> Checkout:
        """The state after the last row, folded from the newest checkpoint, or from row 1 where that is not to be
        believed.

        Raises JournalError CHAIN_BROKEN or ROW_UNREADABLE with the row, DAMAGED."""
        seq, head, checkout = self._checkpoint()
        with self._database.reading() as connection:
            for number, body, stored in connection.execute(
                "SELECT seq, body, hash FROM rows WHERE n = ? AND seq > ? ORDER BY seq", (self._n, seq)
            ):
                seq += 1
                head = next_hash(head, blob(body))
                if number != seq or stored != head:
                    raise JournalError("CHAIN_BROKEN", row=seq)
                try:
                    row = read_row(blob(body))
                    checkout, _ = step(checkout, row.read_event())
                except (WireError, Refused) as error:
                    raise JournalError("ROW_UNREADABLE", str(error), row=seq) from error
        if seq < self._record_row or checkout.last_sequence != self.last_sequence:
            raise JournalError("CHAIN_BROKEN", "the records are ahead of the rows, or behind", row=seq + 1)
        return checkout

    def _checkpoint(self) -> tuple[int, bytes, Checkout]:
        begin = (0, first_hash(self.epoch), Checkout())
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT c.seq, c.sum, c.body, r.hash FROM checkpoints c JOIN rows r ON r.n = c.n AND r.seq = c.seq"
                " WHERE c.n = ?",
                (self._n,),
            ).fetchone()
        if not found:
            return begin
        seq, total, body, head = found
        if not isinstance(body, bytes) or total != _sum(whole(seq), blob(head), body):
            return begin
        try:
            return whole(seq), blob(head), build(Checkout, unpack(body, MAX_RECORD_BYTES * 4))
        except WireError:
            return begin

    def rows(self, first: int, last: int, epoch: int | None = None) -> list[Row]:
        """Rows `first` to `last`, as far as there are any; at most 10,000."""
        n = self._number(epoch)
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT seq, body FROM rows WHERE n = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT 10000",
                (n, first, last),
            ).fetchall()
        rows = []
        for seq, body in found:
            try:
                rows.append(read_row(blob(body)))
            except WireError as error:
                raise JournalError("ROW_UNREADABLE", str(error), row=whole(seq)) from error
        return rows

    def record(self, sequence: int, epoch: int | None = None) -> PackedRecord | None:
        found = self.records(sequence - 1, 1, epoch=epoch)
        return found[0] if found and found[0].sequence == sequence else None

    def records(
        self, after: int, limit: int, max_bytes: int = MAX_RECORD_BYTES, epoch: int | None = None
    ) -> list[PackedRecord]:
        """The records after number `after`, in order: at most `limit`, and at most `max_bytes` of bodies, but one at
        least if there is one."""
        found: list[PackedRecord] = []
        size = 0
        n = self._number(epoch)
        with self._database.reading() as connection:
            for sequence, digest, body in connection.execute(
                "SELECT sequence, hash, body FROM records WHERE n = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                (n, after, limit),
            ):
                size += len(blob(body))
                if found and size > max_bytes:
                    break
                found.append(PackedRecord(whole(sequence), blob(digest), blob(body)))
        return found

    def epochs(self) -> list[EpochInfo]:
        """All epochs, oldest first; the last is this one."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT e.epoch, e.machine, coalesce(max(r.sequence), 0), e.stored, e.settled"
                " FROM epochs e LEFT JOIN records r ON r.n = e.n GROUP BY e.n ORDER BY e.n"
            ).fetchall()
        infos = []
        for epoch, machine, last, stored, settled in found:
            key = whole(epoch)
            marks = self._watermarks.get(key, (whole(stored), whole(settled)))
            infos.append(EpochInfo(key, text(machine), whole(last), *marks))
        return infos

    def verify(self, epoch: int | None = None) -> int | None:
        """Walk every row and record of an epoch. Gives the first row that was changed, moved or is missing, or that a
        changed or missing record belongs to; None if all is well."""
        n = self._number(epoch)
        head, seq = first_hash(self.epoch if epoch is None else epoch), 0
        heads: dict[int, bytes] = {}
        with self._database.reading() as connection:
            ends = {whole(row) for (row,) in connection.execute("SELECT row FROM records WHERE n = ?", (n,))}
            for number, body, stored in connection.execute(
                "SELECT seq, body, hash FROM rows WHERE n = ? ORDER BY seq", (n,)
            ):
                seq += 1
                head = next_hash(head, blob(body))
                if number != seq or stored != head:
                    return seq
                if seq in ends:
                    heads[seq] = head
            if any(row > seq for row in ends):
                return seq + 1
            for at, (row, sequence, digest, body) in enumerate(
                connection.execute("SELECT row, sequence, hash, body FROM records WHERE n = ? ORDER BY sequence", (n,)),
                start=1,
            ):
                right = heads.get(whole(row), b"")
                if sequence != at or hashlib.sha256(blob(body)).digest() != digest or not _names_head(body, right):
                    return whole(row)
        return None

    def _number(self, epoch: int | None) -> int:
        if epoch is None or epoch == self.epoch:
            return self._n
        with self._database.reading() as connection:
            found = connection.execute("SELECT n FROM epochs WHERE epoch = ?", (epoch,)).fetchone()
        if not found:
            raise JournalError("NO_SUCH_EPOCH", epoch=epoch)
        return int(found[0])


def _sum(seq: int, head: bytes, body: bytes) -> bytes:
    return hashlib.sha256(seq.to_bytes(8, "big") + head + body).digest()


def _names_head(body: bytes, head: bytes) -> bool:
    try:
        value = unpack(body, MAX_RECORD_BYTES)
    except WireError:
        return False
    return isinstance(value, dict) and value.get("head", head) == head
