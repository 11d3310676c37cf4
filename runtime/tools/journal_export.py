"""Records for others: ARTS POSLog's names as JSON (runtime.tools.poslog), a table as CSV, and the paper as text.

Every row of the table stands for itself, and its ExtendedAmount is what it adds: of one sale, Sale, Return, the
modifiers by hand and Rounding sum to its Tender rows. A control record has a row of its ControlType; where it counts
tenders, `Expected`, `Counted` and `Over` of each follow, and a report's counts and sums as `Total ...`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from drivers.api import Document
from engine.errors import EngineError
from engine.snapshot import Snapshot
from runtime.currency import sign_of
from runtime.settings import SettingsError
from runtime.terminal.control_paper import control_document
from runtime.terminal.findable import amount_of, maps, net_lines
from runtime.terminal.money import amount_text
from runtime.terminal.paper import receipt_document
from runtime.terminal.settings import read_terminal_file
from runtime.tools.paper_text import document_text
from runtime.tools.poslog import is_control, quantity, transaction, unit_of
from runtime.translation import translator

FORMATS = ("json", "csv", "text")
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
    blind: bool = True  # [shift] blind
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
        texts = (file.receipt.header, file.receipt.footer, file.gateway.url, file.shift.blind, translate)
        try:
            snapshot = Snapshot.open(str(file.snapshot))
        except (EngineError, OSError):  # the sales can be read all the same
            return cls(file.journal, 2, "CNY", *texts)
        return cls(file.journal, snapshot.exponent, snapshot.currency, *texts, snapshot.promotion_name)

    def amount(self, minor: Any) -> str:
        return amount_text(minor, self.exponent) if type(minor) is int else ""

    def line_of(self, record: dict[str, Any], as_json: bool) -> str:
        """One record in one line."""
        if as_json:
            return json.dumps(self.poslog(record), ensure_ascii=False)
        total = self.amount(amount_of(record))
        at = str(record.get("EndDateTime", "")).replace("T", " ")
        goods = _in_words(record)
        return f"{record.get('SequenceNumber', 0)!s:>8}  {at}  {total:>12}  {goods}"

    def poslog(self, record: dict[str, Any]) -> dict[str, Any]:
        return transaction(record, self.currency, self.amount)

    def text(self, record: dict[str, Any]) -> str:
        """The paper as the terminal prints a copy of it. Raises ValueError where a record has none."""
        try:
            return document_text(self._document(record))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration, RuntimeError) as error:
            raise ValueError(f"Record {record.get('SequenceNumber')} has no paper that this version prints.") from error

    def _document(self, record: dict[str, Any]) -> Document:
        if is_control(record):
            return control_document(
                record, copy=True, blind=self.blind, header=self.header, exponent=self.exponent, _=self.translate
            )
        return receipt_document(
            record, copy=True, header=self.header, footer=self.footer, exponent=self.exponent,
            sign=sign_of(self.currency),
            promotion_name=self.promotion_name, _=self.translate,
        )  # fmt: skip


def _in_words(record: dict[str, Any]) -> str:
    """What was sold and came back, or what a control record is and why."""
    if is_control(record):
        reason = str(record.get("Reason") or "")
        return str(record.get("ControlType")) + (f": {reason}" if reason else "")
    voided = record.get("TransactionStatus") == "Voided"
    lines = [line for line in maps(record, "lines") if voided or not line.get("VoidFlag")]
    names = [("Returned " if line.get("returned") else "") + str(line.get("Name", "")) for line in lines]
    goods = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return f"Voided: {goods}" if voided else goods


def export(records: Iterable[dict[str, Any]], kind: str, paper: Paper, out: TextIO) -> int:
    """Write them one by one; gives how many."""
    count = 0
    if kind == "json":
        out.write('{"POSLog": {"MajorVersion": "2", "MinorVersion": "2", "Transaction": [')
        for record in records:
            out.write(("," if count else "") + "\n" + json.dumps(paper.poslog(record), ensure_ascii=False))
            count += 1
        out.write("\n]}}\n")
    elif kind == "csv":
        table = csv.writer(out)
        table.writerow(CSV_NAMES)
        for record in records:
            table.writerows(table_rows(record, paper))
            count += 1
    else:
        for record in records:
            out.write(("\n" if count else "") + paper.text(record))
            count += 1
    return count


def table_rows(record: dict[str, Any], paper: Paper) -> Iterator[list[Any]]:
    """The record's rows, with the cells that CSV_NAMES names."""
    names = ("StoreID", "WorkstationID", "SequenceNumber", "BusinessDayDate", "EndDateTime", "OperatorID")
    head = [_cell(record.get(name)) for name in names]

    def row(number: Any, kind: str, text: Any, amount: Any, qty: Any = "", void: int = 0, item: Any = "") -> list[Any]:
        return [*head, number, kind, item, _cell(text), qty, "", "", paper.amount(amount), void]

    if is_control(record):
        kind = str(record.get("ControlType"))
        yield row("", _cell(kind), record.get("Reason"), record.get("Amount"))
        for place, tender in enumerate(maps(record, "tenders"), start=1):
            name = str(tender.get("TenderType"))
            yield row(place, f"Expected {name}", "", tender.get("Expected"), tender.get("Count"))
            if tender.get("Counted") is not None:
                yield row(place, f"Counted {name}", "", tender.get("Counted"))
                yield row(place, f"Over {name}", "", tender.get("Over"))
        yield from (row("", f"Total {name}", "", amount, qty) for name, qty, amount in _report_sums(record))
        return
    for line, net in net_lines(record):
        kind = "Return" if isinstance(line.get("returned"), dict) else "Sale"
        yield [
            *head, line.get("LineNumber"), kind, _cell(line.get("ItemID")), _cell(line.get("Name")), quantity(line),
            unit_of(line), paper.amount(line.get("regular")), paper.amount(net), int(bool(line.get("VoidFlag"))),
        ]  # fmt: skip
    for one in maps(record, "adjustments"):
        kind = "Rounding" if one.get("kind") == "rounding" else f"Modifier {one.get('kind')}"
        yield row(one.get("LineNumber"), kind, one.get("Reason"), one.get("Amount"))
    for number, tender in enumerate(maps(record, "tenders"), start=1):
        yield row(number, f"Tender {tender.get('TenderType')}", tender.get("TradeNo"), tender.get("Amount"))


def _report_sums(record: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Name, count and amount of what a report says; what has only one of the two leaves the other empty."""
    totals = record.get("totals")
    if isinstance(totals, dict):
        names = dict.fromkeys(str(name).removesuffix("_minor") for name in totals)
        yield from ((name, totals.get(name, ""), totals.get(f"{name}_minor")) for name in names)


def _cell(value: Any) -> Any:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
