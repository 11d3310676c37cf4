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

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import apsw

from runtime.journal.anchors import Anchor, read_anchor, read_state, state_sum
from runtime.journal.database import Database, blob, text, whole
from runtime.journal.errors import JournalError
from runtime.journal.reserve import Reserve
from runtime.journal.retention import Retention, prune_some
from runtime.journal.rows import Row, make_row, next_hash, read_row
from runtime.journal.schema import APPLICATION, MAX_RECORD_BYTES, MIGRATIONS, SCHEMA, VERSION
from runtime.journal.walk import Fault, walk_epoch
from runtime.sale.events import Event
from runtime.sale.machine import step
from runtime.sale.refusals import Refused
from runtime.sale.state import Checkout
from runtime.wire.pack import WireError, pack
from runtime.wire.records import PackedRecord

EPOCH_MASK = (1 << 63) - 1  # what SQLite keeps as an integer


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
    pruned: int = 0  # the last SequenceNumber that head office has and this disk has not any more


class Journal:
    """Open with `Journal.open`. Every method raises JournalError and nothing else, unless it says so."""

    def __init__(self, database: Database, n: int, epoch: int, reserve: Reserve | None = None) -> None:
        self._database = database
        self._reserve = reserve
        self._n = n
        self.epoch = epoch
        self._watermarks: dict[int, tuple[int, int]] = {}
        with database.reading() as connection:
            anchor = read_anchor(connection, n, epoch)
            self.last_seq, self.head = anchor.seq, anchor.hash
            self.last_sequence, self._record_row = anchor.sequence, anchor.seq
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
    def open(
        cls,
        path: Path,
        *,
        machine: str,
        random_epoch: Callable[[], int],
        vfs: str | None = None,
        reserve: Reserve | None = None,
    ) -> Journal:
        """Open the journal at `path`, or make it. `random_epoch` gives a random 64-bit number; it is asked when there
        is no journal, or the one there is another machine's. `reserve` is given up where the disk is full."""
        try:
            return cls._open(path, machine, random_epoch, vfs, reserve)
        except JournalError as error:
            if error.code != "DISK_FULL" or reserve is None or not reserve.give_up():
                raise
        return cls._open(path, machine, random_epoch, vfs, reserve)

    @classmethod
    def _open(
        cls, path: Path, machine: str, random_epoch: Callable[[], int], vfs: str | None, reserve: Reserve | None
    ) -> Journal:
        database = Database(
            path, application=APPLICATION, schema=SCHEMA, version=VERSION, migrations=MIGRATIONS, vfs=vfs
        )
        try:
            with database.reading() as connection:
                last = connection.execute("SELECT n, epoch, machine FROM epochs ORDER BY n DESC LIMIT 1").fetchone()
                used = {whole(row[0]) for row in connection.execute("SELECT epoch FROM epochs")}
            if last and last[2] == machine:
                return cls(database, whole(last[0]), whole(last[1]), reserve)
            epoch = random_epoch() & EPOCH_MASK
            while epoch == 0 or epoch in used:
                epoch = (epoch + 1) & EPOCH_MASK
            n = whole(last[0]) + 1 if last else 1
            with database.transaction() as connection:
                connection.execute("INSERT INTO epochs (n, epoch, machine) VALUES (?, ?, ?)", (n, epoch, machine))
            return cls(database, n, epoch, reserve)
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
        try:
            self._write(seq, body, head, record, state, watermarks)
        except JournalError as error:
            if error.code != "DISK_FULL" or not self.make_room():
                raise
            self._write(seq, body, head, record, state, watermarks)
        self.last_seq, self.head = seq, head
        if record is not None:
            self.last_sequence, self._record_row = record.sequence, seq
        for epoch, value in watermarks.items():
            if self._watermarks.get(epoch) == value:
                del self._watermarks[epoch]
        return seq

    def _write(
        self,
        seq: int,
        body: bytes,
        head: bytes,
        record: PackedRecord | None,
        state: bytes | None,
        watermarks: dict[int, tuple[int, int]],
    ) -> None:
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
                    (self._n, seq, state_sum(seq, head, state), state),
                )
            _write_marks(connection, watermarks)

    @property
    def commits(self) -> int:
        """Since it was opened: rows, pruning, beats."""
        return self._database.commits

    def beat(self) -> None:
        """Prove that a commit and its sync still work, and leave no trace (runtime.service.watchdog)."""
        self._database.beat()

    def note_watermarks(self, epoch: int, stored: int, settled: int) -> None:
        """What the gateway said; it goes to disk with the next row, for it costs a sync and can be asked again."""
        self._watermarks[epoch] = (stored, settled)

    def close(self) -> None:
        """In order, as at the end of the process. After IO_FAILED there is nothing left to close."""
        if self._database.dead is None and self._watermarks:
            try:
                with self._database.transaction() as connection:
                    _write_marks(connection, self._watermarks)
            except JournalError as error:
                if error.code != "DISK_FULL":  # then they are asked for again
                    raise
        self._database.close()

    # -- room ----------------------------------------------------------------------------------------------------------

    @property
    def low(self) -> bool:
        """The disk was full and the reserve is in use."""
        return self._reserve is not None and self._reserve.given_up

    @property
    def sqlite_version(self) -> str:
        return self._database.sqlite_version

    @property
    def room_bytes(self) -> int | None:
        """What is left on the disk; None where nobody knows."""
        return self._reserve.room_bytes() if self._reserve is not None else None

    def make_room(self) -> bool:
        """Give up the reserve, if there still is one. True where a write may be tried again."""
        return self._reserve is not None and self._reserve.give_up()

    def restore_reserve(self) -> bool:
        """Make the reserve anew where there is room for it; True where it is there. For idle moments: it may take a
        while."""
        return self._reserve is not None and self._reserve.restore()

    def prune(self, retention: Retention, now: str | None, keep_after: int | None = None) -> int:
        """Delete some of the oldest records that head office has, with their rows, in one commit; gives how many (0:
        there is nothing to do). For idle moments. `now` is local time, None where no clock is to be believed: then
        only size counts. Records from number `keep_after` on are kept (receipts that wait for the printer).

        Raises JournalError, CHAIN_BROKEN too: what is broken is never pruned."""
        return prune_some(self._database, retention, now, self.last_sequence if keep_after is None else keep_after)

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
        with self._database.reading() as connection:
            anchor = read_anchor(connection, self._n, self.epoch)
            found = connection.execute(
                "SELECT c.seq, c.sum, c.body, r.hash FROM checkpoints c JOIN rows r ON r.n = c.n AND r.seq = c.seq"
                " WHERE c.n = ?",
                (self._n,),
            ).fetchone()
        if found:
            seq, total, body, head = found
            if isinstance(body, bytes) and total == state_sum(whole(seq), blob(head), body):
                try:
                    return whole(seq), blob(head), read_state(body)
                except WireError:
                    pass  # older, or newer: the rows say the same
        return anchor.seq, anchor.hash, anchor.checkout

    @property
    def last_at(self) -> str:
        """The local time of the last row that has a believable one; empty where there is none."""
        for row in reversed(self.rows(self.last_seq - 20, self.last_seq)):
            if row.quality not in ("suspect", "rehearsal"):
                return row.at
        return ""

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
                "SELECT e.epoch, e.machine, coalesce(max(r.sequence), a.sequence, 0), e.stored, e.settled,"
                " coalesce(a.sequence, 0) FROM epochs e LEFT JOIN records r ON r.n = e.n"
                " LEFT JOIN anchors a ON a.n = e.n GROUP BY e.n ORDER BY e.n"
            ).fetchall()
        infos = []
        for epoch, machine, last, stored, settled, pruned in found:
            key = whole(epoch)
            marks = self._watermarks.get(key, (whole(stored), whole(settled)))
            infos.append(EpochInfo(key, text(machine), whole(last), *marks, whole(pruned)))
        return infos

    def pruned(self, epoch: int) -> int:
        """Records 1 to it are gone: head office had them."""
        n = self._number(epoch)
        with self._database.reading() as connection:
            found = connection.execute("SELECT sequence FROM anchors WHERE n = ?", (n,)).fetchone()
        return whole(found[0]) if found else 0

    def anchor(self, epoch: int | None = None) -> Anchor:
        """Where what is left of an epoch begins."""
        n = self._number(epoch)
        with self._database.reading() as connection:
            return read_anchor(connection, n, self.epoch if epoch is None else epoch)

    def inspect(self, epoch: int | None = None) -> Fault | None:
        """Walk every row and record of an epoch: the first that is wrong, and what is wrong with it."""
        n = self._number(epoch)
        with self._database.reading() as connection:
            return walk_epoch(connection, n, self.epoch if epoch is None else epoch).fault

    def verify(self, epoch: int | None = None) -> int | None:
        """The first row that was changed, moved or is missing, or that a changed or missing record belongs to; None if
        all is well."""
        fault = self.inspect(epoch)
        return fault.row if fault is not None else None

    def _number(self, epoch: int | None) -> int:
        if epoch is None or epoch == self.epoch:
            return self._n
        with self._database.reading() as connection:
            found = connection.execute("SELECT n FROM epochs WHERE epoch = ?", (epoch,)).fetchone()
        if not found:
            raise JournalError("NO_SUCH_EPOCH", epoch=epoch)
        return int(found[0])


def _write_marks(connection: apsw.Connection, watermarks: dict[int, tuple[int, int]]) -> None:
    """With the hash of the last record that the gateway has: from then on that record cannot change unseen."""
    for epoch, (stored, settled) in watermarks.items():
        connection.execute(
            "UPDATE epochs SET stored = ?1, settled = ?2, stored_hash = CASE WHEN stored = ?1 AND stored_hash NOT NULL"
            " THEN stored_hash ELSE (SELECT hash FROM records r WHERE r.n = epochs.n AND sequence = ?1) END"
            " WHERE epoch = ?3",
            (stored, settled, epoch),
        )
