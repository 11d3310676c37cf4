"""Closed sales for others: ARTS POSLog's names as JSON, one line an item as CSV, and the receipt as text.

The names are those of POSLog 2.2 (ARTS, `POSLogRetailTransaction`); amounts stand as decimal numbers in text, with the
currency's digits, for a JSON number may pass through a float on its way. What POSLog has no name for (the chain's head,
the rows, the quality of the time) stands under `lanekit`.
"""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from drivers.api import QR, Barcode, Columns, Document, Feed, Rule, Text
from engine.errors import EngineError
from engine.snapshot import Snapshot
from runtime.settings import SettingsError
from runtime.terminal.money import amount_text, weight_text
from runtime.terminal.names import masked
from runtime.terminal.paper import receipt_document
from runtime.terminal.settings import read_terminal_file
from runtime.tools.journal_find import private
from runtime.translation import translator

FORMATS = ("json", "csv", "text")
CELLS = 42
SIGNS = {"CNY": "¥", "JPY": "¥", "USD": "$", "GBP": "£", "EUR": "€"}
CSV_NAMES = (
    "RetailStoreID", "WorkstationID", "SequenceNumber", "BusinessDayDate", "EndDateTime", "OperatorID",
    "LineItemSequenceNumber", "Kind", "ItemID", "Description", "Quantity", "UnitOfMeasureCode",
    "RegularSalesUnitPrice", "ExtendedAmount", "VoidFlag",
)  # fmt: skip


@dataclass(frozen=True)
class Paper:
    """What is needed to read a journal as its terminal does. Without a terminal.toml: two digits, and promotions by
    their number."""

    journal: Path
    exponent: int = 2
    currency: str = "CNY"
    header: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    gateway_url: str = ""
    translate: Callable[[str], str] = str
    promotion_name: Callable[[str], str] = str

    @classmethod
    def of(cls, path: Path, config: Path) -> Paper:
        """`path` is a journal, or a terminal.toml. Raises ValueError with a sentence."""
        if path.suffix != ".toml":
            return cls(path)
        try:
            file = read_terminal_file(path)
        except SettingsError as error:
            raise ValueError(str(error)) from error
        translate = translator(config, file.terminal.language)
        texts = (file.receipt.header, file.receipt.footer, file.gateway.url, translate)
        try:
            snapshot = Snapshot.open(str(file.snapshot))
        except (EngineError, OSError):  # the sales can be read all the same
            return cls(file.journal, 2, "CNY", *texts)
        return cls(file.journal, snapshot.exponent, snapshot.currency, *texts, snapshot.promotion_name)

    def amount(self, minor: Any) -> str:
        return amount_text(minor, self.exponent) if type(minor) is int else ""

    def line_of(self, record: dict[str, Any], as_json: bool) -> str:
        """One sale in one line."""
        if as_json:
            return json.dumps(transaction(record, self), ensure_ascii=False)
        names = [str(line.get("Name", "")) for line in _maps(record, "lines") if not line.get("VoidFlag")]
        total = self.amount(_receipt(record).get("total"))
        at = str(record.get("EndDateTime", "")).replace("T", " ")
        goods = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        return f"{record.get('SequenceNumber', 0):>8}  {at}  {total:>12}  {goods}"

    def receipt(self, record: dict[str, Any]) -> str:
        """The paper, as text of CELLS cells. Raises ValueError where a record has no receipt."""
        try:
            document = receipt_document(
                record, copy=True, header=self.header, footer=self.footer, exponent=self.exponent,
                sign=SIGNS.get(self.currency, f"{self.currency} "),
                promotion_name=self.promotion_name, _=self.translate,
            )  # fmt: skip
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ValueError(
                f"Record {record.get('SequenceNumber')} has no receipt that this version prints."
            ) from error
        return document_text(document)


def export(records: Iterable[dict[str, Any]], kind: str, paper: Paper, out: TextIO) -> int:
    """Write them one by one; gives how many."""
    count = 0
    if kind == "json":
        out.write('{"POSLog": {"MajorVersion": "2", "MinorVersion": "2", "Transaction": [')
        for record in records:
            out.write(("," if count else "") + "\n" + json.dumps(transaction(record, paper), ensure_ascii=False))
            count += 1
        out.write("\n]}}\n")
    elif kind == "csv":
        table = csv.writer(out)
        table.writerow(CSV_NAMES)
        for record in records:
            table.writerows(_csv_rows(record, paper))
            count += 1
    else:
        for record in records:
            out.write(("\n" if count else "") + paper.receipt(record))
            count += 1
    return count


def transaction(record: dict[str, Any], paper: Paper) -> dict[str, Any]:
    """A record with POSLog's names."""
    receipt = _receipt(record)
    items = [_sale(line, priced, paper) for line, priced in _priced(record)]
    items += [
        {"SequenceNumber": len(items) + number, "Tender": _tender(tender, paper)}
        for number, tender in enumerate(_maps(record, "tenders"), start=1)
    ]
    own = {key: record.get(key) for key in ("epoch", "head", "rows", "snapshot", "TimeQuality")}
    return {
        "RetailStoreID": record.get("StoreID"),
        "WorkstationID": record.get("WorkstationID"),
        "SequenceNumber": record.get("SequenceNumber"),
        "BusinessDayDate": record.get("BusinessDayDate"),
        "BeginDateTime": record.get("BeginDateTime"),
        "EndDateTime": record.get("EndDateTime"),
        "OperatorID": record.get("OperatorID"),
        "CurrencyCode": paper.currency,
        str(record.get("type", "RetailTransaction")): {
            "CustomerID": masked(str(record.get("member") or "")),
            "LineItem": items,
            "Total": [
                {"TotalType": "TransactionGrossAmount", "Amount": paper.amount(receipt.get("gross"))},
                {"TotalType": "TransactionNetAmount", "Amount": paper.amount(receipt.get("total"))},
            ],
            "PriceDerivationResult": [
                {
                    "PromotionID": one.get("promotion"), "Times": one.get("times"),
                    "Amount": paper.amount(one.get("discount")),
                }
                for one in _maps(receipt, "applications")
            ],
        },
        "lanekit": private({**own, "epoch": f"{own['epoch']:016x}" if type(own["epoch"]) is int else None}),
    }  # fmt: skip


def _sale(line: dict[str, Any], priced: dict[str, Any] | None, paper: Paper) -> dict[str, Any]:
    return {
        "SequenceNumber": line.get("LineNumber"),
        "VoidFlag": bool(line.get("VoidFlag")),
        "EntryMethod": line.get("EntryMethod"),
        "Sale": {
            "POSIdentity": {"POSItemID": line.get("code")},
            "ItemID": line.get("ItemID"),
            "Description": line.get("Name"),
            "RegularSalesUnitPrice": paper.amount(line.get("regular")),
            "ExtendedAmount": paper.amount(priced.get("net")) if priced else "",
            "Quantity": _quantity(line),
            "UnitOfMeasureCode": "KGM" if line.get("unit") == "kg" else "EA",
        },
    }


def _tender(tender: dict[str, Any], paper: Paper) -> dict[str, Any]:
    given, amount = tender.get("Given"), tender.get("Amount")
    change = given - amount if type(given) is int and type(amount) is int else 0
    said = {"TenderType": tender.get("TenderType"), "Amount": paper.amount(given)}
    if change:
        said["TenderChange"] = {"TenderType": "Cash", "Amount": paper.amount(change)}
    if tender.get("TradeNo"):
        said["Authorization"] = {"ReferenceNumber": tender["TradeNo"]}
    return said


def _csv_rows(record: dict[str, Any], paper: Paper) -> Iterable[list[Any]]:
    names = ("StoreID", "WorkstationID", "SequenceNumber", "BusinessDayDate", "EndDateTime", "OperatorID")
    head = [_cell(record.get(name)) for name in names]
    for line, priced in _priced(record):
        unit = "KGM" if line.get("unit") == "kg" else "EA"
        yield [
            *head, line.get("LineNumber"), "Sale", _cell(line.get("ItemID")), _cell(line.get("Name")), _quantity(line),
            unit, paper.amount(line.get("regular")), paper.amount(priced.get("net")) if priced else "",
            int(bool(line.get("VoidFlag"))),
        ]  # fmt: skip
    for number, tender in enumerate(_maps(record, "tenders"), start=1):
        kind = _cell(tender.get("TenderType"))
        yield [
            *head,
            number,
            f"Tender {kind}",
            "",
            _cell(tender.get("TradeNo")),
            "",
            "",
            "",
            paper.amount(tender.get("Amount")),
            0,
        ]


def _cell(value: Any) -> Any:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _quantity(line: dict[str, Any]) -> str:
    weight, qty = line.get("milli"), line.get("qty")
    return weight_text(weight) if line.get("unit") == "kg" and type(weight) is int else str(qty)


def _priced(record: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Each line with its price; a voided one has none."""
    prices = iter(_maps(_receipt(record), "lines"))
    return [(line, None if line.get("VoidFlag") else next(prices, None)) for line in _maps(record, "lines")]


def _receipt(record: dict[str, Any]) -> dict[str, Any]:
    receipt = record.get("receipt")
    return receipt if isinstance(receipt, dict) else {}


def _maps(value: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = value.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


# --- paper as text ----------------------------------------------------------------------------------------------------


def document_text(document: Document, cells: int = CELLS) -> str:
    """What stands on the paper, line by line, `cells` half-width cells wide."""
    lines: list[str] = []
    for one in document:
        match one:
            case Text(text=text, align=align):
                lines += [_aligned(part, cells, align) for part in _broken(text, cells)]
            case Columns(cells=columns):
                lines.append(_columns(columns, cells))
            case Rule():
                lines.append("-" * cells)
            case Barcode(data=data) | QR(data=data):
                lines.append(_aligned(f"[{data}]", cells, "centre"))
            case Feed(lines=count):
                lines += [""] * count
            case _:
                lines.append("~" * cells)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _broken(text: str, cells: int) -> list[str]:
    lines, line = [], ""
    for character in text:
        if _width(line + character) > cells:
            lines.append(line)
            line = ""
        line += character
    return [*lines, line]


def _aligned(text: str, cells: int, align: str) -> str:
    room = max(0, cells - _width(text))
    left = {"left": 0, "centre": room // 2, "right": room}[align]
    return " " * left + text + " " * (room - left)


def _columns(columns: tuple[tuple[str, int, Any], ...], cells: int) -> str:
    left_over = max(1, cells - sum(width for _, width, _ in columns))
    parts = []
    for text, width, align in columns:
        room = width or left_over
        kept = _broken(text, room)[0] if align == "left" else text
        parts.append(_aligned(kept, room, align))
    return "".join(parts)
