"""Where what is left of a chain begins: after the last row that was pruned, or at the beginning of the epoch.

An anchor keeps the number and hash of the last pruned row, the SequenceNumber of its record, and the state there, so
that the first row that is left follows from it as it did from the row itself, and a fold can begin. The hash is also
the `head` of that record, which head office has: an anchor that somebody made up shows there and nowhere else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import apsw

from runtime.journal.database import Queries, blob, whole
from runtime.journal.errors import JournalError
from runtime.journal.rows import first_hash
from runtime.sale.state import Checkout
from runtime.wire.pack import WireError, build, pack, unpack

MAX_STATE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Anchor:
    seq: int  # of the last row that is gone; 0 where none is
    hash: bytes  # the chain's, after it
    sequence: int  # SequenceNumber of the last record that is gone
    body: bytes = b""  # the packed state
    sound: bool = True  # its sum is right

    @property
    def checkout(self) -> Checkout:
        """The state after `seq`. Raises JournalError CHAIN_BROKEN."""
        if self.seq == 0:
            return Checkout()
        try:
            if self.sound:
                return read_state(self.body)
        except WireError:
            pass
        raise JournalError("CHAIN_BROKEN", "the anchor of the rows that were pruned is damaged", row=self.seq)


def read_anchor(connection: Queries, n: int, epoch: int) -> Anchor:
    """Raises JournalError DAMAGED, and what SQLite raises."""
    found = connection.execute("SELECT seq, hash, sequence, sum, body FROM anchors WHERE n = ?", (n,)).fetchone()
    if not found:
        return Anchor(0, first_hash(epoch), 0)
    seq, digest, sequence, total, body = whole(found[0]), blob(found[1]), whole(found[2]), found[3], blob(found[4])
    in_range = 0 < seq < 1 << 62 and 0 < sequence < 1 << 62
    return Anchor(seq, digest, sequence, body, in_range and total == anchor_sum(seq, digest, sequence, body))


def write_anchor(connection: apsw.Connection, n: int, seq: int, digest: bytes, sequence: int, state: Checkout) -> None:
    body = pack(state)
    connection.execute(
        "INSERT OR REPLACE INTO anchors VALUES (?, ?, ?, ?, ?, ?)",
        (n, seq, digest, sequence, anchor_sum(seq, digest, sequence, body), body),
    )


def anchor_sum(seq: int, digest: bytes, sequence: int, body: bytes) -> bytes:
    return hashlib.sha256(seq.to_bytes(8, "big") + digest + sequence.to_bytes(8, "big") + body).digest()


def state_sum(seq: int, head: bytes, body: bytes) -> bytes:
    """Of a checkpoint: its place in the chain and what it says."""
    return hashlib.sha256(seq.to_bytes(8, "big") + head + body).digest()


def read_state(body: bytes) -> Checkout:
    """Raises WireError."""
    return build(Checkout, unpack(body, MAX_STATE_BYTES))
