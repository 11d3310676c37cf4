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
from typing import Literal

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
    """Sequences rise by one from record to record. An empty batch only asks for the watermarks."""

    store: str
    terminal: str
    epoch: int
    records: tuple[PackedRecord, ...]


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
