"""Is this what a terminal of this store may send? Pure: bytes in, a batch or a refusal out."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.chain.check import MAX_SEQUENCE, Checked, check_line, check_name, wire_refusal
from runtime.chain.errors import ChainError
from runtime.gateway.errors import GatewayError
from runtime.wire.pack import WireError
from runtime.wire.records import MAX_BATCH_BYTES, RecordBatch, read_record_batch


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch of this store's that may be kept."""

    batch: RecordBatch
    checked: tuple[Checked, ...]


def check_batch(data: bytes, store: str) -> CheckedBatch:
    """A batch from the bytes of a request. Pure.

    Raises ChainError `not_msgpack`, `bad_field`, `too_long`, `too_many`, `bad_hash`, GatewayError `wrong_store`.
    """
    try:
        batch = read_record_batch(data)
    except WireError as error:
        raise wire_refusal(error, MAX_BATCH_BYTES) from error
    return checked_batch(batch, store)


def checked_batch(batch: RecordBatch, store: str) -> CheckedBatch:
    check_name("store", batch.store)
    check_name("terminal", batch.terminal)
    if batch.store != store:
        raise GatewayError("wrong_store", terminal=batch.terminal, sent=batch.store, store=store)
    checked = check_line(batch.store, batch.terminal, batch.epoch, batch.records)
    if not (0 <= batch.settled <= MAX_SEQUENCE and 0 <= batch.gone <= MAX_SEQUENCE):
        raise ChainError("bad_field", detail="settled or gone is no sequence")
    for before, after in zip(batch.records, batch.records[1:], strict=False):
        if after.sequence != before.sequence + 1:
            raise ChainError("bad_field", detail=f"sequence {after.sequence} follows {before.sequence}")
    return CheckedBatch(batch, checked)
