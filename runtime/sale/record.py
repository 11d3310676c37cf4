"""A closed sale as it travels: one canonical msgpack map with the names of ARTS POSLog.

The record is closed: nothing is looked up to read it. It carries the basket as `lane price` reads it and the receipt
as it writes it, so that anyone with the snapshot can price it again; the head of the chain after its last row, so
that it vouches for every row before; and no code of a customer's wallet, only the trade's number.
"""

from __future__ import annotations

import hashlib
import typing
from dataclasses import dataclass
from typing import Any, Literal

from runtime.day.record import read_control
from runtime.sale.state import Checkout, Origin, State
from runtime.sale.stock import movements
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.records import PackedRecord

MAX_RECORD_BYTES = 1 << 20
# The receipt of a ticket that was voided: it reads like any other.
NOTHING_SOLD: dict[str, Any] = {"gross": 0, "discount": 0, "total": 0, "lines": [], "applications": []}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who closes sales here."""

    store: str
    workstation: str
    operator: str
    epoch: int


@dataclass(frozen=True, slots=True)
class RecordReturn:
    """Where goods that came back were sold; SequenceNumber 0 where nobody has the receipt."""

    epoch: int
    SequenceNumber: int
    LineNumber: int
    Reason: str
    ApproverID: str
    WorkstationID: str = ""  # that sold it; empty: the record's own


@dataclass(frozen=True, slots=True)
class RecordLine:
    LineNumber: int
    code: str
    ItemID: str
    Name: str
    unit: Literal["each", "kg"]
    regular: int  # minor units for one, or for a kg
    qty: int
    milli: int  # grams
    EntryMethod: str
    VoidFlag: bool
    returned: RecordReturn | None = None


@dataclass(frozen=True, slots=True)
class RecordTender:
    TenderType: Literal["Cash", "Code"]
    Amount: int  # what it paid of the total
    Given: int
    TradeNo: str


@dataclass(frozen=True, slots=True)
class RecordAdjustment:
    """What was put on a line's price after the engine (runtime.sale.sums.KINDS)."""

    LineNumber: int
    kind: str
    Amount: int  # added to the line's net
    Reason: str
    ApproverID: str
    Value: int  # the price, percent or amount that was keyed; 0 for rounding


@dataclass(frozen=True, slots=True)
class RecordApart:
    """A line that is not in the basket, at its regular price."""

    LineNumber: int
    Amount: int


@dataclass(frozen=True, slots=True)
class RecordStock:
    """What the sale takes from stock (runtime.sale.stock)."""

    ItemID: str
    unit: Literal["each", "g"]
    Quantity: int  # below 0 where more came back than went out


@dataclass(frozen=True, slots=True)
class Record:
    """`BusinessDayDate` is `YYYY-MM-DD`; times are local `YYYY-MM-DDTHH:MM:SS`; amounts are minor units."""

    type: Literal["RetailTransaction"]
    StoreID: str
    WorkstationID: str
    SequenceNumber: int
    BusinessDayDate: str
    BeginDateTime: str
    EndDateTime: str
    OperatorID: str
    TimeQuality: str
    epoch: int
    head: bytes  # the chain after the closing row
    rows: tuple[int, ...]  # first and last
    snapshot: str
    member: str
    basket: dict[str, Any]
    receipt: dict[str, Any]
    lines: tuple[RecordLine, ...]
    tenders: tuple[RecordTender, ...]
    change: int
    TransactionStatus: Literal["Totaled", "Voided"] = "Totaled"  # Voided: every line is, and no money is in it
    total: int | None = None  # what it came to before cash was rounded; None in an older one: the receipt's total
    apart: tuple[RecordApart, ...] = ()
    adjustments: tuple[RecordAdjustment, ...] = ()
    stock: tuple[RecordStock, ...] = ()
    ReturnFlag: bool = False  # goods came back
    age_checked: int = 0  # years that somebody found the customer to have; 0: nothing asked for it


def build_record(
    identity: Identity,
    checkout_after: Checkout,
    sequence: int,
    at_begin: str,
    at_end: str,
    business_day: str,
    head: bytes,
    first_row: int,
    last_row: int,
    time_quality: str,
) -> bytes:
    """The body of a record. Raises WireError `bad_value` where the sale is not closed or does not add up."""
    sale = checkout_after.sale
    if sale.state is not State.CLOSED or checkout_after.last_sequence != sequence or sale.due_minor != 0:
        raise WireError("bad_value", f"record {sequence}: the sale is not closed")
    record = Record(
        type="RetailTransaction",
        StoreID=identity.store,
        WorkstationID=identity.workstation,
        SequenceNumber=sequence,
        BusinessDayDate=business_day,
        BeginDateTime=at_begin,
        EndDateTime=at_end,
        OperatorID=identity.operator,
        TimeQuality=time_quality,
        epoch=identity.epoch,
        head=head,
        rows=(first_row, last_row),
        snapshot=sale.snapshot,
        member=sale.member,
        basket=sale.basket,
        receipt=NOTHING_SOLD if sale.voided else sale.receipt,
        lines=tuple(
            RecordLine(
                LineNumber=line.line,
                code=line.code,
                ItemID=line.sku,
                Name=line.name,
                unit="kg" if line.unit == "kg" else "each",
                regular=line.regular_minor,
                qty=line.qty,
                milli=line.weight_g,
                EntryMethod=line.entry,
                VoidFlag=line.voided,
                returned=_returned(line.returned),
            )
            for line in sale.lines
        ),
        tenders=tuple(
            RecordTender(
                TenderType="Cash" if tender.kind == "cash" else "Code",
                Amount=tender.amount_minor,
                Given=tender.given_minor,
                TradeNo=tender.trade_no,
            )
            for tender in sale.tenders
        ),
        change=sale.change_minor,
        TransactionStatus="Voided" if sale.voided else "Totaled",
        total=sale.total_minor,
        apart=tuple(RecordApart(one.line, one.gross_minor) for one in sale.apart),
        adjustments=tuple(
            RecordAdjustment(row.line, row.kind, row.amount_minor, row.reason, row.approver, row.value)
            for row in (*sale.adjustments, *sale.rounding)
        ),
        stock=tuple(RecordStock(sku, "g" if unit == "g" else "each", amount) for sku, unit, amount in movements(sale)),
        ReturnFlag=any(line.returned is not None for line in sale.live_lines),
        age_checked=sale.age_checked,
    )
    return pack(record)


def _returned(origin: Origin | None) -> RecordReturn | None:
    if origin is None:
        return None
    of = (origin.epoch, origin.sequence, origin.line)
    return RecordReturn(*of, origin.reason, origin.approver, origin.terminal)


def pack_record(sequence: int, body: bytes) -> PackedRecord:
    return PackedRecord(sequence, hashlib.sha256(body).digest(), body)


def parse_record(body: bytes) -> Record:
    """Strict: every field, none besides, canonical bytes, sums that add up. Raises WireError."""
    value = unpack(body, MAX_RECORD_BYTES)
    record = build(Record, value)
    try:
        canonical = pack(value)  # not of the record: an older one has fewer fields
    except (TypeError, ValueError, OverflowError, RecursionError) as error:  # a float, a time, an extension type
        raise WireError("bad_field", f"Record: {error}") from error
    if canonical != body:
        raise WireError("bad_field", "Record: not in canonical form")
    if len(record.rows) != 2 or not 1 <= record.rows[0] <= record.rows[1]:
        raise WireError("bad_field", "Record.rows: a first and a last row were expected")
    if record.SequenceNumber < 1 or not 1 <= record.epoch < 1 << 63 or len(record.head) != 32:
        raise WireError("bad_field", "Record: a number is out of range")
    _check_sums(record)
    if record.change != sum(tender.Given - tender.Amount for tender in record.tenders) or record.change < 0:
        raise WireError("bad_field", "Record.change: it does not add up")
    if record.TransactionStatus == "Voided" and (record.tenders or not all(line.VoidFlag for line in record.lines)):
        raise WireError("bad_field", "Record: a voided one that sold something")
    return record


def _check_sums(record: Record) -> None:
    """The engine's total, with what was put on it, is the total; with the rounding of cash, what was paid."""
    priced = record.receipt.get("total")
    if type(priced) is not int:
        raise WireError("bad_field", "Record.receipt: it has no total")
    rounding = sum(row.Amount for row in record.adjustments if row.kind == "rounding")
    total = priced + sum(one.Amount for one in record.apart) + sum(row.Amount for row in record.adjustments) - rounding
    if total != (priced if record.total is None else record.total):
        raise WireError("bad_field", "Record.total: it does not add up")
    if total + rounding != sum(tender.Amount for tender in record.tenders):
        raise WireError("bad_field", "Record.tenders: they do not pay the total")


def read_record(body: bytes) -> dict[str, Any]:
    """The map of a record, a sale's or a ControlTransaction's (runtime.day.record), checked as `parse_record` and
    `parse_control` check it. Raises WireError."""
    value = unpack(body, MAX_RECORD_BYTES)
    if isinstance(value, dict) and value.get("type") == "ControlTransaction":
        return read_control(body)
    parse_record(body)
    return typing.cast("dict[str, Any]", value)
