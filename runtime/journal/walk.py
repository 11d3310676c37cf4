"""Walks a chain row by row and names the first row that is wrong, and what is wrong with it.

Each row must have the next number, the hash that follows from the row before it, a body in canonical form with that
number in it, and an event that the state before it takes. Each row that closes a record must have its record, and no
other row may have one: the record's hash, number, epoch, rows and head must be right, and the record that the gateway
said it has must be that very one.

What no walk can show: a tail that was cut off after what the gateway has, or one that was changed and chained anew to
its very end, records included. See docs/reliability.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from runtime.journal.anchors import Anchor, read_anchor
from runtime.journal.database import Queries, whole
from runtime.journal.errors import JournalError
from runtime.journal.rows import next_hash, read_row
from runtime.journal.schema import MAX_RECORD_BYTES
from runtime.sale.machine import step
from runtime.sale.refusals import Refused
from runtime.wire.pack import WireError, pack, unpack

ROWS_A_STEP = 500

# code -> what is wrong, for a person
FAULTS: dict[str, str] = {
    "row_missing": "it is missing",
    "hash_wrong": "it was changed: its hash does not follow from the row before it",
    "row_unreadable": "it is not a row that this version can read: {detail}",
    "row_not_canonical": "its bytes are not in canonical form",
    "row_number": "it says that it is another row: {detail}",
    "row_not_legal": "it cannot have happened here: {detail}",
    "record_missing": "it closes a record, and the record is missing",
    "record_extra": "a record says that it ends here, and it does not",
    "record_changed": "the record that it closes was changed: {detail}",
    "record_not_as_stored": "the record that it closes is not the one that the gateway has",
    "tail_missing": "it is missing: the gateway has more records than are here",
    "anchor_damaged": "it was pruned, and what was kept of it is damaged",
}

Found = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    row: int
    code: str
    detail: str = ""

    def __str__(self) -> str:
        return f"row {self.row}: " + FAULTS[self.code].format(detail=self.detail)


@dataclass(frozen=True, slots=True)
class Marks:
    """What the gateway said it has of an epoch."""

    stored: int = 0
    stored_hash: bytes | None = None


class Walk:
    """`row` for every row in order of its number, with the records that end at it; then `end`."""

    def __init__(self, epoch: int, anchor: Anchor, marks: Marks | None = None) -> None:
        self._epoch = epoch
        self._marks = marks or Marks()
        self.anchor = anchor
        self.seq, self.head, self.sequence = anchor.seq, anchor.hash, anchor.sequence
        self._record_row = anchor.seq
        self._checkout: Any = None
        self.fault: Fault | None = None
        try:
            self._checkout = anchor.checkout
        except JournalError:
            self.fault = Fault(anchor.seq, "anchor_damaged")
        if self.fault is None and anchor.seq and self._checkout.last_sequence != anchor.sequence:
            self.fault = Fault(anchor.seq, "anchor_damaged")

    def row(self, number: object, body: object, stored: object, records: Iterable[Found] = ()) -> Fault | None:
        """The first fault found so far. A record is (sequence, hash, body)."""
        if self.fault is None:
            self.fault = self._row(number, body, stored, list(records))
        return self.fault

    def _row(self, number: object, body: object, stored: object, records: list[Found]) -> Fault | None:
        at = self.seq + 1
        if type(number) is not int or number != at:
            return Fault(at, "row_missing")
        if type(body) is not bytes:
            return Fault(at, "row_unreadable", f"{type(body).__name__} where bytes were")
        head = next_hash(self.head, body)
        if type(stored) is not bytes or stored != head:
            return Fault(at, "hash_wrong")
        try:
            row = read_row(body)
            if pack(row) != body:
                return Fault(at, "row_not_canonical")
            if row.seq != at:
                return Fault(at, "row_number", str(row.seq))
            event = row.read_event()
        except (WireError, TypeError, ValueError, OverflowError, RecursionError) as error:
            return Fault(at, "row_unreadable", str(error))
        try:
            self._checkout, _ = step(self._checkout, event)
        except Refused as refused:
            return Fault(at, "row_not_legal", refused.code)
        self.seq, self.head = at, head
        closes = self._checkout.last_sequence > self.sequence
        if not closes:
            return Fault(at, "record_extra") if records else None
        if not records:
            return Fault(at, "record_missing")
        return Fault(at, "record_extra") if len(records) > 1 else self._record(at, *records[0])

    def _record(self, at: int, sequence: object, digest: object, body: object) -> Fault | None:
        right = self.sequence + 1
        if type(sequence) is not int or sequence != right:
            return Fault(at, "record_missing")
        if type(body) is not bytes or hashlib.sha256(body).digest() != digest:
            return Fault(at, "record_changed", "its hash")
        try:
            value = unpack(body, MAX_RECORD_BYTES)
        except WireError as error:
            return Fault(at, "record_changed", str(error))
        if not isinstance(value, dict):
            return Fault(at, "record_changed", "it is no map")
        rows = [self._record_row + 1, at]
        for name, expected in (
            ("SequenceNumber", right), ("head", self.head), ("rows", rows), ("epoch", self._epoch),
        ):  # fmt: skip
            if value.get(name) != expected:
                return Fault(at, "record_changed", name)
        if sequence == self._marks.stored and self._marks.stored_hash not in (None, digest):
            return Fault(at, "record_not_as_stored")
        self.sequence, self._record_row = right, at
        return None

    def end(self, later_records: bool = False) -> Fault | None:
        """After the last row. `later_records`: there are records that end at rows beyond it."""
        if self.fault is None and later_records:
            self.fault = Fault(self.seq + 1, "row_missing")
        if self.fault is None and self.sequence < self._marks.stored:
            self.fault = Fault(self.seq + 1, "tail_missing")
        return self.fault


def walk_epoch(connection: Queries, n: int, epoch: int) -> Walk:
    """The whole walk of one epoch. Raises JournalError DAMAGED, and what SQLite raises."""
    walk = start_walk(connection, n, epoch)
    while walk_on(connection, n, walk):
        pass
    return walk


def start_walk(connection: Queries, n: int, epoch: int) -> Walk:
    marks = connection.execute("SELECT stored, stored_hash FROM epochs WHERE n = ?", (n,)).fetchone()
    known = Marks(whole(marks[0]), marks[1] if type(marks[1]) is bytes else None) if marks else Marks()
    walk = Walk(epoch, read_anchor(connection, n, epoch), known)
    early = connection.execute(
        "SELECT row FROM records WHERE n = ? AND sequence <= ? ORDER BY sequence LIMIT 1", (n, walk.anchor.sequence)
    ).fetchone()
    if early is not None and walk.fault is None:
        walk.fault = Fault(whole(early[0]), "record_extra")
    first = connection.execute("SELECT min(seq) FROM rows WHERE n = ?", (n,)).fetchone()
    if first and first[0] is not None and walk.fault is None and whole(first[0]) <= walk.anchor.seq:
        walk.fault = Fault(whole(first[0]), "anchor_damaged")
    return walk


def walk_on(connection: Queries, n: int, walk: Walk) -> bool:
    """The next rows. False when the walk is at its end, good or bad."""
    if walk.fault is not None:
        return False
    rows = connection.execute(
        "SELECT seq, body, hash FROM rows WHERE n = ? AND seq > ? ORDER BY seq LIMIT ?", (n, walk.seq, ROWS_A_STEP)
    ).fetchall()
    if not rows:
        later = connection.execute(
            "SELECT row FROM records WHERE n = ? AND sequence > ? ORDER BY sequence LIMIT 1", (n, walk.sequence)
        ).fetchone()
        if later is not None and whole(later[0]) <= walk.seq:
            walk.fault = Fault(whole(later[0]), "record_extra")
        walk.end(later is not None)
        return False
    last = whole(rows[-1][0])
    ends: dict[Any, list[Found]] = {}
    for row, sequence, digest, body in connection.execute(
        "SELECT row, sequence, hash, body FROM records WHERE n = ? AND sequence > ? ORDER BY sequence LIMIT ?",
        (n, walk.sequence, ROWS_A_STEP),
    ):
        if whole(row) > last:
            break
        ends.setdefault(row, []).append((sequence, digest, body))
    for number, body, stored in rows:
        if walk.row(number, body, stored, ends.pop(number, ())) is not None:
            return False
    if ends:
        walk.fault = Fault(min(ends), "record_extra")
    return walk.fault is None
