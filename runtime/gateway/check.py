"""Is this what a terminal of our store may send? Pure: bytes in, a batch or a GatewayError out.

A batch is believed only as far as it proves itself: sequences without gaps, every body under its hash, every body a
record of the terminal, epoch and sequence that it is sent for. A body's other fields are kept and not judged: a newer
terminal may say more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from runtime.gateway.errors import GatewayError
from runtime.wire.pack import WireError, build, unpack
from runtime.wire.records import MAX_BATCH, MAX_BATCH_BYTES, PackedRecord, RecordBatch

MAX_NAME = 64  # characters of a store's or terminal's name
MAX_EPOCH = (1 << 64) - 1
MAX_SEQUENCE = (1 << 53) - 1  # far more than a terminal will ever sell; exact in every JSON reader
MAX_RECORD_BYTES = 1 << 20
MAX_TOTAL_MINOR = 10**12  # of one record; nine million of the largest still fit 64 bits


@dataclass(frozen=True, slots=True)
class Checked:
    """A record that has proved itself, and the two facts of it that the gateway counts."""

    record: PackedRecord
    is_sale: bool
    total_minor: int  # 0 where the record says none


def read_batch(data: bytes) -> RecordBatch:
    """A batch from the bytes of a request. Raises GatewayError `not_msgpack`, `bad_field`, `too_long`, `too_many`."""
    try:
        batch = build(RecordBatch, unpack(data, MAX_BATCH_BYTES))
    except WireError as error:
        raise wire_refusal(error, MAX_BATCH_BYTES) from error
    if len(batch.records) > MAX_BATCH:
        raise GatewayError("too_many", count=len(batch.records), limit=MAX_BATCH)
    return batch


def wire_refusal(error: WireError, limit: int) -> GatewayError:
    """What the wire's reader says, as the gateway says it."""
    if error.code == "too_long":
        return GatewayError("too_long", limit=limit)
    return GatewayError("not_msgpack" if error.code == "not_msgpack" else "bad_field", detail=str(error))


def check_batch(batch: RecordBatch, store: str) -> tuple[Checked, ...]:
    """Every record of the batch, checked, in its order.

    Raises GatewayError `wrong_store`, `bad_field`, `bad_hash`, `too_many`, `not_msgpack`, `too_long`.
    """
    check_name("terminal", batch.terminal)
    check_name("store", batch.store)
    if batch.store != store:
        raise GatewayError("wrong_store", terminal=batch.terminal, sent=batch.store, store=store)
    if not 0 <= batch.epoch <= MAX_EPOCH:
        raise GatewayError("bad_field", detail=f"epoch {batch.epoch} is not of 64 bits")
    if len(batch.records) > MAX_BATCH:
        raise GatewayError("too_many", count=len(batch.records), limit=MAX_BATCH)
    for before, after in zip(batch.records, batch.records[1:], strict=False):
        if after.sequence != before.sequence + 1:
            raise GatewayError("bad_field", detail=f"sequence {after.sequence} follows {before.sequence}")
    return tuple(_checked(record, batch) for record in batch.records)


def check_name(what: str, name: str) -> None:
    """A store's or terminal's name. Raises GatewayError `bad_field`."""
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise GatewayError("bad_field", detail=f"{what} is not 1 to {MAX_NAME} printable characters")


def _checked(record: PackedRecord, batch: RecordBatch) -> Checked:
    if not 1 <= record.sequence <= MAX_SEQUENCE:
        raise GatewayError("bad_field", detail=f"sequence {record.sequence} is not 1 to {MAX_SEQUENCE}")
    if hashlib.sha256(record.body).digest() != record.hash:
        raise GatewayError("bad_hash", sequence=record.sequence)
    try:
        body = unpack(record.body, MAX_RECORD_BYTES)
    except WireError as error:
        raise wire_refusal(error, MAX_RECORD_BYTES) from error
    where = f"record {record.sequence}"
    if not isinstance(body, dict):
        raise GatewayError("bad_field", detail=f"{where}: a map was expected")
    for key, expected in (
        ("StoreID", batch.store),
        ("WorkstationID", batch.terminal),
        ("epoch", batch.epoch),
        ("SequenceNumber", record.sequence),
    ):
        _check_same(where, key, body.get(key), expected)
    return _facts(record, body)


def _check_same(where: str, key: str, found: Any, expected: str | int) -> None:
    if type(found) is not type(expected) or found != expected:
        raise GatewayError("bad_field", detail=f"{where}: {key} is not the batch's")


def _facts(record: PackedRecord, body: dict[Any, Any]) -> Checked:
    receipt = body.get("receipt")
    total = body.get("total", receipt.get("total") if isinstance(receipt, dict) else None)
    if type(total) is not int or abs(total) > MAX_TOTAL_MINOR:
        total = 0
    is_sale = body.get("type") == "RetailTransaction" and body.get("TransactionStatus") != "Voided"
    return Checked(record, is_sale, total)
