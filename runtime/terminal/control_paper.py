"""The paper of a drawer slip, a shift's close, an X and a Z report: what stands on it, not how a printer is told. Pure.

It is made from the record, so that a copy is the same but for its mark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from drivers.api import Columns, Cut, Document, Element, Feed, Rule, Text
from runtime.day.reports import ReportRow, rows_of, title_of
from runtime.terminal.money import amount_text

AMOUNT_CELLS = 11
COUNT_CELLS = 6
SIGNED = frozenset({"PaidIn", "PaidOut", "TenderPickup", "TillOpen", "TillSettle"})  # somebody's hand stands under it


def control_document(
    record: Mapping[str, Any],
    *,
    copy: bool,
    blind: bool,
    header: tuple[str, ...],
    exponent: int,
    _: Callable[[str], str],
) -> Document:
    """The whole slip of a control record, or of `x_record`. `blind`: an open shift's tenders are not told."""
    paper: list[Element] = [Text(line, "centre") for line in header[:1]]
    if copy:
        paper.append(Text(_("*** COPY ***"), "centre", bold=True, width=2, height=2))
    paper.append(Text(_(title_of(record)), "centre", bold=True, width=2, height=2))
    number = _("No.") + f" {record['SequenceNumber']:06d}" if record["SequenceNumber"] else ""
    paper.append(Columns(((_("Till") + f" {record['WorkstationID']}", 0, "left"), (number, 26, "right"))))
    at = record["EndDateTime"].replace("T", " ")
    paper.append(Columns(((_("Cashier") + f" {record['OperatorID']}", 0, "left"), (at, 26, "right"))))
    paper.append(Rule())
    paper += [_row(row, exponent, _) for row in rows_of(record, blind=blind)]
    if record["ControlType"] in SIGNED:
        paper += [Feed(1), Text(_("Signature") + " ____________________")]
    paper += [Feed(3), Cut()]
    return tuple(paper)


def _row(row: ReportRow, exponent: int, _: Callable[[str], str]) -> Element:
    if row.text:
        return Columns(((_(row.label), 0, "left"), (row.text, 24, "right")), row.strong)
    count = "" if row.count is None else str(row.count)
    amount = "" if row.amount_minor is None else amount_text(row.amount_minor, exponent)
    return Columns(
        ((_(row.label), 0, "left"), (count, COUNT_CELLS, "right"), (amount, AMOUNT_CELLS, "right")), row.strong
    )
