"""The receipt as a document: what stands on the paper, not how a printer is told. Pure.

It is made from the record, so that a copy is the same but for its mark. Every amount that is printed foots: lines at
regular prices, less each discount by name, is the total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from drivers.api import Barcode, Columns, Cut, Document, Element, Feed, Rule, Text
from runtime.terminal.money import amount_text, weight_text
from runtime.terminal.paper_codes import receipt_code

AMOUNT_CELLS = 11


def receipt_document(
    record: dict[str, Any],
    *,
    copy: bool,
    training: bool = False,
    header: tuple[str, ...],
    footer: tuple[str, ...],
    exponent: int,
    sign: str,
    promotion_name: Callable[[str], str],
    _: Callable[[str], str],
) -> Document:
    """The whole receipt of a RetailTransaction; in `training` it is marked so and has no number. `sign` stands
    before the total (`¥`, or the currency's letters)."""

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
    if training:
        paper.append(Text(_("*** TRAINING ***"), "centre", bold=True, width=2, height=2))
    paper.append(Columns(((_("Till") + f" {record['WorkstationID']}", 0, "left"), (_number(record, _), 26, "right"))))
    paper.append(
        Columns(((_("Cashier") + f" {record['OperatorID']}", 0, "left"), (_when(record["EndDateTime"]), 26, "right")))
    )
    if record.get("TransactionStatus") == "Voided":
        paper.append(Text(_("*** VOIDED ***"), "centre", bold=True, width=2, height=2))
    paper.append(Rule())
    receipt = record["receipt"]
    sold = [line for line in record["lines"] if not line["VoidFlag"]]
    for one, unit_minor, gross in _sold(record, sold):
        paper.append(Text((_("Returned") + " " if one.get("returned") else "") + one["Name"]))
        paper.append(
            Columns(
                (
                    (f"  {_how_much(one)} x {money(unit_minor)}", 0, "left"),
                    (money(gross), AMOUNT_CELLS, "right"),
                )
            )
        )
    paper.append(Rule())
    by_hand = _by_hand(record, _)
    savings = [(promotion_name(promotion), amount) for promotion, _times, amount in discounts(receipt)]
    savings += [(name, -amount) for name, amount in by_hand]
    total, gross = total_of(record), receipt["gross"] + sum(one["Amount"] for one in record.get("apart", ()))
    if savings:
        paper.append(row(_("At regular prices"), gross))
        paper += [row(f"  {name}", -amount) for name, amount in savings]
    pieces = sum(line["qty"] or 1 for line in sold if not line.get("returned"))
    paper.append(Columns(((_("Items") + f" {pieces}", 0, "left"),)))
    paper.append(Text(f"{_('TOTAL')} {sign}{money(total)}", "right", bold=True, width=2, height=2))
    rounding = sum(row["Amount"] for row in record.get("adjustments", ()) if row["kind"] == "rounding")
    if rounding:
        paper.append(row(_("Cash rounding"), rounding))
    for tender in record["tenders"]:
        name = _("Cash") if tender["TenderType"] == "Cash" else _("Code payment")
        name = _("Given back in cash") if tender["Given"] < 0 else name
        paper.append(row(name, tender["Given"]))
        if tender["TradeNo"]:
            paper.append(Text(f"  {tender['TradeNo']}"))
    if total >= 0:
        paper.append(row(_("Change"), record["change"]))
    if gross > total:
        paper.append(row(_("You saved"), gross - total))
    paper.append(Feed(1))
    if training:
        paper.append(Text(_("This is no receipt."), "centre", bold=True))
    else:
        paper.append(Barcode(receipt_number(record)))
    paper += [Text(line, "centre") for line in footer]
    paper += [Feed(3), Cut()]
    return tuple(paper)


def total_of(record: dict[str, Any]) -> int:
    """What a sale came to before cash was rounded; older records have the engine's total alone."""
    total = record.get("total")
    return int(record["receipt"]["total"] if total is None else total)


def _sold(record: dict[str, Any], sold: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Each line with its regular price, of one and of all."""
    apart = {one["LineNumber"]: one["Amount"] for one in record.get("apart", ())}
    priced = iter(record["receipt"]["lines"])
    for line in sold:
        if apart and line["LineNumber"] in apart:
            yield line, line["regular"], apart[line["LineNumber"]]
        else:
            said = next(priced)
            yield line, said["regular"], said["gross"]


def _by_hand(record: dict[str, Any], _: Callable[[str], str]) -> list[tuple[str, int]]:
    """What was taken off by hand, by its kind, as it stands on the paper."""
    names = {
        "price": _("Price by hand"),
        "percent": _("Discount by hand"),
        "amount": _("Discount by hand"),
        "ticket_percent": _("Discount on the sale"),
        "ticket_amount": _("Discount on the sale"),
    }
    rows: dict[str, int] = {}
    for one in record.get("adjustments", ()):
        if one["kind"] in names:
            name = names[one["kind"]]
            rows[name] = rows.get(name, 0) + one["Amount"]
    return list(rows.items())


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
    return _("No.") + f" {record['SequenceNumber']:06d}" if record["SequenceNumber"] else ""


def _when(at: str) -> str:
    return at.replace("T", " ")


def receipt_number(record: dict[str, Any]) -> str:
    """The code at the end of a receipt, by which its goods are taken back."""
    number = record["SequenceNumber"]
    return receipt_code(record["StoreID"], record["WorkstationID"], number, record.get("epoch", 0))
