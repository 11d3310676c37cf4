"""What a slip, an X report and a Z report say, row by row; paper and screen are made from the same rows. Pure.

Everything is read from the record (an X report has none: `x_record` is the same map of what is under way). While a
shift is open and its count is to be blind, no row says what the tenders come to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from runtime.day.state import ShiftState, Totals

if TYPE_CHECKING:
    from runtime.sale.state import Checkout

# ControlType -> what its paper is called
TITLE_SENTENCES: dict[str, str] = {
    "NoSale": "Drawer opened without a sale",
    "PaidIn": "Paid in",
    "PaidOut": "Paid out",
    "TenderPickup": "Taken to the safe",
    "TillOpen": "Shift opened",
    "TillSettle": "Shift closed",
    "BusinessEOD": "Z report",
    "XReport": "X report",
}
TENDER_SENTENCES: dict[str, str] = {"Cash": "Cash", "Code": "Code payment", "Other": "Other"}
# name of a count in the totals -> what it is called; its amount is `<name>_minor`, where there is one
COUNT_SENTENCES: dict[str, str] = {
    "sales": "Sales",
    "returns": "Returns",
    "voided": "Given up",
    "paid_in": "Paid in",
    "paid_out": "Paid out",
    "drops": "Taken to the safe",
    "no_sales": "Drawer opened without a sale",
}
ROW_SENTENCES: dict[str, str] = {
    "shift": "Shift",
    "report": "Report number",
    "day": "Business day",
    "float": "Float",
    "amount": "Amount",
    "reason": "Reason",
    "approver": "Approved by",
    "opened": "Opened at",
    "discount": "Discounts",
    "rounding": "Rounding of cash",
    "net": "Sales less returns",
    "expected": "Expected",
    "counted": "Counted",
    "over": "Over or short",
    "drawer": "Cash in the drawer",
    "ever": "All days so far",
    "blind": "The drawer is not counted yet",
}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """`label` is English and the key of its translation; the rest is language-free, and what is None is not there."""

    label: str
    text: str = ""
    count: int | None = None
    amount_minor: int | None = None
    strong: bool = False


def title_of(record: Mapping[str, Any]) -> str:
    return TITLE_SENTENCES[record["ControlType"]]


def rows_of(record: Mapping[str, Any], *, blind: bool) -> tuple[ReportRow, ...]:
    """The rows of a control record, as `runtime.day.record` makes it."""
    kind = record["ControlType"]
    rows = [ReportRow(ROW_SENTENCES["day"], record["BusinessDayDate"])]
    if record["ReportNumber"]:
        rows.append(ReportRow(ROW_SENTENCES["report"], str(record["ReportNumber"])))
    if record["ShiftNumber"]:
        rows.append(ReportRow(ROW_SENTENCES["shift"], str(record["ShiftNumber"])))
    if kind == "TillSettle":
        rows.append(ReportRow(ROW_SENTENCES["opened"], record["BeginDateTime"].replace("T", " ")))
    if kind in ("TillOpen", "TillSettle"):
        rows.append(ReportRow(ROW_SENTENCES["float"], amount_minor=record["Amount"], strong=kind == "TillOpen"))
    elif kind == "XReport" and record["ShiftOpen"]:
        rows.append(ReportRow(ROW_SENTENCES["float"], amount_minor=record["Amount"]))
    elif record["Amount"]:
        rows.append(ReportRow(ROW_SENTENCES["amount"], amount_minor=record["Amount"], strong=True))
    if record["Reason"]:
        rows.append(ReportRow(ROW_SENTENCES["reason"], record["Reason"]))
    if record["ApproverID"] and record["ApproverID"] != record["OperatorID"]:
        rows.append(ReportRow(ROW_SENTENCES["approver"], record["ApproverID"]))
    if record["totals"]:
        rows += _totals(record["totals"])
    if blind and record["ShiftOpen"]:
        rows.append(ReportRow(ROW_SENTENCES["blind"]))
    else:
        rows += _tenders(record)
    if kind == "BusinessEOD":
        rows.append(ReportRow(ROW_SENTENCES["ever"], amount_minor=record["GrandTotal"]))
    return tuple(rows)


def _totals(totals: Mapping[str, int]) -> list[ReportRow]:
    rows = [
        ReportRow(label, count=totals[name], amount_minor=totals.get(f"{name}_minor"))
        for name, label in COUNT_SENTENCES.items()
        if totals[name] or name in ("sales", "returns")
    ]
    for name in ("discount", "rounding"):
        if totals[f"{name}_minor"]:
            rows.append(ReportRow(ROW_SENTENCES[name], amount_minor=totals[f"{name}_minor"]))
    net_minor = totals["sales_minor"] + totals["returns_minor"]
    rows.append(ReportRow(ROW_SENTENCES["net"], amount_minor=net_minor, strong=True))
    return rows


def _tenders(record: Mapping[str, Any]) -> list[ReportRow]:
    rows: list[ReportRow] = []
    settling = record["ControlType"] == "TillSettle"
    for tender in record["tenders"]:
        label = TENDER_SENTENCES[tender["TenderType"]]
        if not settling:
            rows.append(ReportRow(label, count=tender["Count"], amount_minor=tender["Expected"]))
            continue
        rows.append(ReportRow(label, count=tender["Count"], strong=True))
        rows.append(ReportRow(ROW_SENTENCES["expected"], amount_minor=tender["Expected"]))
        if tender["Counted"] is not None:
            rows.append(ReportRow(ROW_SENTENCES["counted"], amount_minor=tender["Counted"]))
            rows.append(ReportRow(ROW_SENTENCES["over"], amount_minor=tender["Over"], strong=True))
    if "drawer" in record:
        rows.append(ReportRow(ROW_SENTENCES["drawer"], amount_minor=record["drawer"]))
    return rows


def x_record(checkout: Checkout, store: str, workstation: str, operator: str, approver: str, at: str) -> dict[str, Any]:
    """What is under way, of the open shift, else of the day: a map as a control record's, without a number."""
    shift, day = checkout.shift, checkout.day
    is_open = shift.state in (ShiftState.OPEN, ShiftState.COUNTING)
    totals = shift.totals if is_open else day.totals
    return {
        "ControlType": "XReport",
        "StoreID": store,
        "WorkstationID": workstation,
        "SequenceNumber": 0,
        "BusinessDayDate": day.date or at[:10],
        "BeginDateTime": shift.opened_at if is_open else at,
        "EndDateTime": at,
        "OperatorID": operator,
        "ApproverID": approver,
        "Reason": "",
        "Amount": shift.float_minor if is_open else 0,
        "ShiftNumber": shift.number if is_open else 0,
        "ReportNumber": 0,
        "ShiftOpen": is_open,
        "GrandTotal": 0,
        "tenders": [
            {"TenderType": _tender_type(each.kind), "Count": each.count, "Expected": each.amount_minor}
            for each in totals.tenders
        ],
        "totals": {field.name: getattr(totals, field.name) for field in fields(Totals) if field.name != "tenders"},
        "drawer": shift.drawer_minor,
    }


def _tender_type(kind: str) -> str:
    return {"cash": "Cash", "code": "Code"}.get(kind, "Other")
