"""The receipt as a document: what stands on the paper, not how a printer is told. Pure.

It is made from the record, so that a copy is the same but for its mark. Every amount that is printed foots: lines at
regular prices, less each discount by name, is the total.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drivers.api import Barcode, Columns, Cut, Document, Element, Feed, Rule, Text
from runtime.terminal.money import amount_text, weight_text

AMOUNT_CELLS = 11
HEAD_DIGITS = 16  # of the chain's head, in hex


def receipt_number(record: dict[str, Any]) -> str:
    """Store, terminal and number as the receipt's barcode has them."""
    return f"{record['StoreID']}-{record['WorkstationID']}-{record['SequenceNumber']:06d}"


def receipt_document(
    record: dict[str, Any],
    *,
    copy: bool,
    header: tuple[str, ...],
    footer: tuple[str, ...],
    exponent: int,
    sign: str,
    promotion_name: Callable[[str], str],
    _: Callable[[str], str],
) -> Document:
    """The whole receipt of a RetailTransaction. `sign` stands before the total (`¥`, or the currency's letters)."""

    def money(amount_minor: int) -> str:
        return amount_text(amount_minor, exponent)

    def row(label: str, amount_minor: int, bold: bool = False) -> Columns:
        return Columns(((label, 0, "left"), (money(amount_minor), AMOUNT_CELLS, "right")), bold)

    paper: list[Element] = []
    for number, line in enumerate(header):
        size = 2 if number == 0 else 1
        paper.append(Text(line, "centre", bold=number == 0, width=size, height=size))
    if copy:
        paper.append(Text(_("*** COPY ***"), "centre", bold=True, width=2, height=2))
    paper.append(Columns(((_("Till") + f" {record['WorkstationID']}", 0, "left"), (_number(record, _), 26, "right"))))
    paper.append(
        Columns(((_("Cashier") + f" {record['OperatorID']}", 0, "left"), (_when(record["EndDateTime"]), 26, "right")))
    )
    paper.append(Rule())
    receipt = record["receipt"]
    sold = [line for line in record["lines"] if not line["VoidFlag"]]
    for line, priced in zip(sold, receipt["lines"], strict=True):
        paper.append(Text(line["Name"]))
        paper.append(
            Columns(
                (
                    (f"  {_how_much(line)} x {money(priced['regular'])}", 0, "left"),
                    (money(priced["gross"]), AMOUNT_CELLS, "right"),
                )
            )
        )
    paper.append(Rule())
    savings = discounts(receipt)
    if savings:
        paper.append(row(_("At regular prices"), receipt["gross"]))
        paper += [row(f"  {promotion_name(promotion)}", -amount) for promotion, _times, amount in savings]
    pieces = sum(line["qty"] or 1 for line in sold)
    paper.append(Columns(((_("Items") + f" {pieces}", 0, "left"),)))
    paper.append(Text(f"{_('TOTAL')} {sign}{money(receipt['total'])}", "right", bold=True, width=2, height=2))
    for tender in record["tenders"]:
        name = _("Cash") if tender["TenderType"] == "Cash" else _("Code payment")
        paper.append(row(name, tender["Given"]))
        if tender["TradeNo"]:
            paper.append(Text(f"  {tender['TradeNo']}"))
    paper.append(row(_("Change"), record["change"]))
    if receipt["discount"]:
        paper.append(row(_("You saved"), receipt["discount"]))
    paper.append(Feed(1))
    paper.append(Barcode(receipt_number(record)))
    head = record.get("head")
    if isinstance(head, bytes):  # what lane journal verify --sale holds against the journal
        paper.append(Text(head.hex()[:HEAD_DIGITS], "centre"))
    paper += [Text(line, "centre") for line in footer]
    paper += [Feed(3), Cut()]
    return tuple(paper)


def discounts(receipt: dict[str, Any]) -> list[tuple[str, int, int]]:
    """(promotion, times, amount) of all that was taken off, shelf prices too; their sum is the receipt's discount."""
    shelf: dict[str, int] = {}
    for line in receipt["lines"]:
        if line["gross"] > line["current"] and line["price_promotion"]:
            shelf[line["price_promotion"]] = shelf.get(line["price_promotion"], 0) + line["gross"] - line["current"]
    rows = [(promotion, 1, amount) for promotion, amount in shelf.items()]
    rows += [(a["promotion"], a["times"], a["discount"]) for a in receipt["applications"]]
    return rows


def _how_much(line: dict[str, Any]) -> str:
    return f"{weight_text(line['milli'])} kg" if line["unit"] == "kg" else str(line["qty"])


def _number(record: dict[str, Any], _: Callable[[str], str]) -> str:
    return _("No.") + f" {record['SequenceNumber']:06d}"


def _when(at: str) -> str:
    return at.replace("T", " ")
