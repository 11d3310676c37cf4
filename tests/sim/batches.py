"""Records and batches as a terminal would pack them, for tests that need a gateway and no terminal."""

from __future__ import annotations

import hashlib

from runtime.wire.pack import pack
from runtime.wire.records import PackedRecord, RecordBatch

STORE = "S1"


def packed(body: bytes, sequence: int) -> PackedRecord:
    return PackedRecord(sequence, hashlib.sha256(body).digest(), body)


def record(terminal: str, epoch: int, sequence: int, total_minor: int = 100, **more: object) -> PackedRecord:
    """A record with the keys that a gateway looks at, and `more`."""
    body = {
        "type": "RetailTransaction",
        "StoreID": STORE,
        "WorkstationID": terminal,
        "SequenceNumber": sequence,
        "epoch": epoch,
        "receipt": {"total": total_minor},
        **more,
    }
    return packed(pack(body), sequence)


def batch(terminal: str, epoch: int, first: int, count: int, **more: object) -> RecordBatch:
    records = tuple(record(terminal, epoch, first + i, **more) for i in range(count))
    return RecordBatch(STORE, terminal, epoch, records)
