"""What a shift, a day and a drawer leave behind: ControlTransactions, with the names of ARTS POSLog.

They share number, epoch, chain and way with the sales (runtime.sale.record). `Control` is the machine's part of one,
`ControlRecord` the whole as it travels: one canonical msgpack map, closed, nothing is looked up to read it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from runtime.day.state import Totals
from runtime.wire.pack import WireError, build, pack, unpack

MAX_CONTROL_BYTES = 1 << 16

ControlType = Literal[
    "NoSale", "PaidIn", "PaidOut", "TenderPickup", "TillOpen", "TillSettle", "BusinessEOD"
]  # TenderPickup: to the safe; TillSettle: a shift's close; BusinessEOD: the Z report


@dataclass(frozen=True, slots=True)
class ControlTender:
    """Minor units. `Expected` is what the records say; `Counted` None where nobody counted, then `Over` is 0."""

    TenderType: Literal["Cash", "Code", "Other"]
    Count: int
    Expected: int
    Counted: int | None = None
    Over: int = 0  # counted less expected: negative where some is missing


@dataclass(frozen=True, slots=True)
class Control:
    """`amount_minor` is the money that moved, or the float; `number` that of the shift or of the Z report."""

    type: ControlType
    began_at: str = ""
    reason: str = ""
    approver: str = ""
    amount_minor: int = 0
    shift: int = 0
    number: int = 0
    date: str = ""  # the business day it belongs to; empty: the calendar's
    shift_open: bool = False  # the drawer is not counted yet: paper does not say what should be in it
    tenders: tuple[ControlTender, ...] = ()
    totals: Totals | None = None
    ever_minor: int = 0


@dataclass(frozen=True, slots=True)
class ControlRecord:
    type: Literal["ControlTransaction"]
    ControlType: ControlType
    StoreID: str
    WorkstationID: str
    SequenceNumber: int
    BusinessDayDate: str
    BeginDateTime: str
    EndDateTime: str
    OperatorID: str
    ApproverID: str
    TimeQuality: str
    epoch: int
    head: bytes  # the chain after the closing row
    rows: tuple[int, ...]  # first and last
    Reason: str
    Amount: int
    ShiftNumber: int
    ReportNumber: int  # of a Z report
    ShiftOpen: bool
    GrandTotal: int  # of a Z report: sales less returns of all days so far
    tenders: tuple[ControlTender, ...]
    totals: dict[str, int]  # the fields of runtime.day.state.Totals but for `tenders`


def build_control(
    control: Control,
    *,
    store: str,
    workstation: str,
    operator: str,
    epoch: int,
    sequence: int,
    at: str,
    head: bytes,
    first_row: int,
    last_row: int,
    time_quality: str,
) -> bytes:
    """The body of a record."""
    return pack(
        ControlRecord(
            type="ControlTransaction",
            ControlType=control.type,
            StoreID=store,
            WorkstationID=workstation,
            SequenceNumber=sequence,
            BusinessDayDate=control.date or at[:10],
            BeginDateTime=control.began_at or at,
            EndDateTime=at,
            OperatorID=operator,
            ApproverID=control.approver,
            TimeQuality=time_quality,
            epoch=epoch,
            head=head,
            rows=(first_row, last_row),
            Reason=control.reason,
            Amount=control.amount_minor,
            ShiftNumber=control.shift,
            ReportNumber=control.number,
            ShiftOpen=control.shift_open,
            GrandTotal=control.ever_minor,
            tenders=control.tenders,
            totals=_plain(control.totals),
        )
    )


def _plain(totals: Totals | None) -> dict[str, int]:
    if totals is None:
        return {}
    return {field.name: getattr(totals, field.name) for field in fields(totals) if field.name != "tenders"}


def parse_control(body: bytes) -> ControlRecord:
    """Strict: every field, none besides, canonical bytes, sums that add up. Raises WireError."""
    record = build(ControlRecord, unpack(body, MAX_CONTROL_BYTES))
    try:
        canonical = pack(record)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise WireError("bad_field", f"ControlRecord: {error}") from error
    if canonical != body:
        raise WireError("bad_field", "ControlRecord: not in canonical form")
    if len(record.rows) != 2 or not 1 <= record.rows[0] <= record.rows[1]:
        raise WireError("bad_field", "ControlRecord.rows: a first and a last row were expected")
    if record.SequenceNumber < 1 or not 1 <= record.epoch < 1 << 63 or len(record.head) != 32:
        raise WireError("bad_field", "ControlRecord: a number is out of range")
    for tender in record.tenders:
        over = 0 if tender.Counted is None else tender.Counted - tender.Expected
        if tender.Over != over:
            raise WireError("bad_field", "ControlRecord.tenders: a difference does not add up")
    known = {field.name for field in fields(Totals)} - {"tenders"}
    if record.totals and record.totals.keys() != known:
        raise WireError("bad_field", "ControlRecord.totals: other names than those of a report")
    if record.totals:
        came = record.totals["sales_minor"] + record.totals["returns_minor"] + record.totals["rounding_minor"]
        if record.ControlType == "BusinessEOD" and came != sum(tender.Expected for tender in record.tenders):
            raise WireError("bad_field", "ControlRecord.totals: the tenders do not pay the sales")
    return record


def read_control(body: bytes) -> dict[str, Any]:
    """The map of a record, checked as `parse_control` checks it. Raises WireError."""
    parse_control(body)
    value: dict[str, Any] = unpack(body, MAX_CONTROL_BYTES)
    return value
