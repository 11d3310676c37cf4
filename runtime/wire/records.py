"""What a terminal hands to its gateway: batches of closed records, over HTTP, in msgpack.

    POST /v1/records      body RecordBatch, answer 200 BatchAnswer
    400 ErrorAnswer       bytes that are not a batch (`not_msgpack`, `bad_field`, `bad_hash`, `too_long`...): sent again
                          unchanged they fail again
    413, 429, 503         too much, too often, not now (`Retry-After` in seconds): sent again later

`stored`: every record of this terminal and epoch from 1 to this number is on the gateway's disk, synced.
`settled`: the same of head office's store. Resending starts after `stored`; nothing is deleted before `settled`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from runtime.wire.pack import build, unpack

MAX_BATCH = 50  # records
MAX_BATCH_BYTES = 4 << 20
CONTENT_TYPE = "application/msgpack"


@dataclass(frozen=True, slots=True)
class PackedRecord:
    """`body` is the canonical msgpack of the record (runtime.journal.records), `hash` its SHA-256."""

    sequence: int
    hash: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Sequences rise by one from record to record. An empty batch only asks for the watermarks.

    A gateway with a new disk knows nothing of this line: it believes `settled` until head office says otherwise, and
    `gone` for good, for nobody can send again what is not there any more.
    """

    store: str
    terminal: str
    epoch: int
    records: tuple[PackedRecord, ...]
    settled: int = 0  # what the terminal was told last
    gone: int = 0  # records 1 to it were pruned: head office had them


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    stored: int
    settled: int
    quarantined: tuple[int, ...] = ()  # of this batch: same key, other content; kept aside, both versions


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    code: str
    message: str
    fault: Literal["terminal", "gateway"]


_RECORD = frozenset(("sequence", "hash", "body"))
_BATCH = frozenset(("store", "terminal", "epoch", "records", "settled", "gone"))


def read_record_batch(data: bytes) -> RecordBatch:
    """The same as `build(RecordBatch, unpack(data))`, several times as quick: a gateway reads thousands a second.

    Raises WireError `not_msgpack`, `bad_field`, `too_long`.
    """
    value = unpack(data, MAX_BATCH_BYTES)
    try:
        if value.keys() == _BATCH and all(type(value[key]) is int for key in ("epoch", "settled", "gone")):
            store, terminal, records = value["store"], value["terminal"], value["records"]
            if type(store) is str and type(terminal) is str and type(records) is list:
                taken = tuple(map(read_record, records))
                return RecordBatch(store, terminal, value["epoch"], taken, value["settled"], value["gone"])
    except (KeyError, TypeError, AttributeError):
        pass  # the slow reader says what is wrong
    return build(RecordBatch, value)


def read_record(value: Any) -> PackedRecord:
    """One record of a plain value. Raises KeyError, TypeError or AttributeError for what is none."""
    sequence, digest, body = value["sequence"], value["hash"], value["body"]
    if value.keys() != _RECORD or type(sequence) is not int or type(digest) is not bytes or type(body) is not bytes:
        raise TypeError
    return PackedRecord(sequence, digest, body)
