"""The readers of the chain's batches: the quick ones say what the slow ones say, and raise nothing but refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.chain.errors import ChainError
from runtime.gateway.batches import check_batch
from runtime.gateway.errors import GatewayError
from runtime.hq.check import check_store_batch
from runtime.wire.chain import Disputed, Mark, Part, StoreAnswer, StoreBatch, read_answer, read_store_batch
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.records import MAX_BATCH_BYTES, PackedRecord, RecordBatch, read_record_batch

STORE = "S1"


def chain(data: bytes) -> None:
    """What a gateway and head office are sent, and what head office answers."""
    for quick, kind in ((read_record_batch, RecordBatch), (read_store_batch, StoreBatch)):
        assert _said(quick, data) == _said(lambda data, kind=kind: build(kind, unpack(data, MAX_BATCH_BYTES)), data)
    try:
        batch = check_batch(data, STORE)
        assert len(batch.checked) == len(batch.batch.records)
    except (ChainError, GatewayError) as error:
        assert error.status in (400, 413)
    try:
        assert check_store_batch(data).records <= 50
    except ChainError as error:
        assert error.status in (400, 413)
    try:
        assert all(mark.stored >= 0 for mark in read_answer(data, 1 << 20).marks)
    except WireError:
        pass


def _said(read: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        return read(data)
    except WireError as error:
        return error.code


def seeds_of_chain() -> list[bytes]:
    import hashlib

    body = pack({"StoreID": STORE, "WorkstationID": "T1", "epoch": 7, "SequenceNumber": 1, "receipt": {"total": 5}})
    records = (PackedRecord(1, hashlib.sha256(body).digest(), body),)
    return [
        pack(RecordBatch(STORE, "T1", 7, records, 3, 2)),
        pack(RecordBatch(STORE, "T1", 7, ())),
        pack(StoreBatch(STORE, (Part("T1", 7, records), Part("T2", 1 << 63, ())))),
        pack(StoreAnswer(9, (Mark("T1", 7, 1),), (Disputed("T1", 7, 1),))),
    ]
