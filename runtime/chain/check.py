"""Is this what a terminal of that store may have closed? Pure: records in, facts or a ChainError out.

A record is believed only as far as it proves itself: its body under its hash, and in it the store, terminal, epoch and
sequence that it is sent for. A body's other fields are kept, and neither judged nor built: a newer terminal may
say more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from runtime.chain.errors import ChainError
from runtime.wire.came_back import MAX_TOTAL_MINOR
from runtime.wire.chain import MAX_MARK
from runtime.wire.pack import WireError, peek
from runtime.wire.records import MAX_BATCH, PackedRecord

MAX_NAME = 64  # characters of a store's or terminal's name
MAX_EPOCH = (1 << 64) - 1
MAX_SEQUENCE = MAX_MARK  # far more than a terminal will ever sell; exact in every JSON reader
MAX_RECORD_BYTES = 1 << 20
MAX_VERSIONS = 16  # contents of one record that are kept aside
_FACTS = frozenset(
    ("StoreID", "WorkstationID", "epoch", "SequenceNumber", "type", "TransactionStatus", "BusinessDayDate", "total")
)
_RECEIPT = frozenset(("receipt",))


class Checked(NamedTuple):
    """A record that has proved itself, and the facts of it that are counted or sorted by."""

    record: PackedRecord
    is_sale: bool
    total_minor: int  # 0 where the record says none
    business_day: str  # as it stands there, of any form; empty where the record says none


def wire_refusal(error: WireError, limit: int) -> ChainError:
    """What the wire's reader says, as a server says it."""
    if error.code == "too_long":
        return ChainError("too_long", limit=limit)
    return ChainError("not_msgpack" if error.code == "not_msgpack" else "bad_field", detail=str(error))


def check_line(store: str, terminal: str, epoch: int, records: Sequence[PackedRecord]) -> tuple[Checked, ...]:
    """Every record of this line, checked, in rising order.

    Raises ChainError `bad_field`, `bad_hash`, `too_many`, `not_msgpack`, `too_long`.
    """
    check_name("terminal", terminal)
    if not 0 <= epoch <= MAX_EPOCH:
        raise ChainError("bad_field", detail=f"epoch {epoch} is not of 64 bits")
    if len(records) > MAX_BATCH:
        raise ChainError("too_many", count=len(records), limit=MAX_BATCH)
    before = 0
    for one in records:
        if not before < one.sequence <= MAX_SEQUENCE:
            raise ChainError("bad_field", detail=f"sequence {one.sequence} is not {before + 1} to {MAX_SEQUENCE}")
        before = one.sequence
    return tuple([_checked(record, store, terminal, epoch) for record in records])


def check_name(what: str, name: str, most: int = MAX_NAME) -> None:
    """A store's, terminal's or person's name, or another text of one line. Raises ChainError `bad_field`."""
    if not 1 <= len(name) <= most or not name.isprintable():
        raise ChainError("bad_field", detail=f"{what} is not 1 to {most} printable characters")


def _checked(record: PackedRecord, store: str, terminal: str, epoch: int) -> Checked:
    if hashlib.sha256(record.body).digest() != record.hash:
        raise ChainError("bad_hash", sequence=record.sequence)
    try:
        body = peek(record.body, _FACTS, MAX_RECORD_BYTES)
        if "total" not in body:  # an older terminal's: it stands in the receipt
            body |= peek(record.body, _RECEIPT, MAX_RECORD_BYTES)
    except WireError as error:
        if error.code == "bad_field":
            raise ChainError("bad_field", detail=f"record {record.sequence}: {error}") from error
        raise wire_refusal(error, MAX_RECORD_BYTES) from error
    number, line = body.get("SequenceNumber"), body.get("epoch")
    if type(number) is not int or type(line) is not int or number != record.sequence or line != epoch:
        raise ChainError("bad_field", detail=f"record {record.sequence}: its number is not what it was sent for")
    if body.get("StoreID") != store or body.get("WorkstationID") != terminal:
        raise ChainError("bad_field", detail=f"record {record.sequence}: its place is not what it was sent for")
    return _facts(record, body)


def _facts(record: PackedRecord, body: dict[Any, Any]) -> Checked:
    receipt = body.get("receipt")
    total = body.get("total", receipt.get("total") if isinstance(receipt, dict) else None)
    if type(total) is not int or abs(total) > MAX_TOTAL_MINOR:
        total = 0
    is_sale = body.get("type") == "RetailTransaction" and body.get("TransactionStatus") != "Voided"
    day = body.get("BusinessDayDate")
    return Checked(record, is_sale, total, day if isinstance(day, str) else "")
