"""items.csv and book.json: read strictly, every fault with its line.

RFC 4180 with a header: `sku,name,unit,price,category,brand,tags,barcodes` in any order, further columns kept as text.
A byte order mark is allowed, blank lines are skipped, blanks around a value (but for the name) are dropped. Limits: a
code is 1 to 64 bytes, a price 0 to 999,999,999 minor units, an item has at most 100 tags and 1,000 barcodes, a book
1,000,000 items.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from engine.errors import Fault
from engine.returns import return_rule
from engine.rounding import cash_rounding
from engine.strictjson import doubts, plain, read_json, shown
from engine.values import Item

COLUMNS = ("sku", "name", "unit", "price", "category", "brand", "tags", "barcodes")
UNITS = ("each", "kg")
MAX_CODE_BYTES = 64
MAX_ITEMS = 1_000_000
MAX_TAGS = 100
MAX_BARCODES = 1_000
_PRICE = re.compile(r"\d{1,9}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class Goods:
    """The items of a book in order of sku, and the names of their further columns."""

    __slots__ = ("barcodes", "columns", "items")

    def __init__(self, items: list[Item], barcodes: list[tuple[str, ...]], columns: list[str]) -> None:
        self.items = items
        self.barcodes = barcodes
        self.columns = columns


def read_book(data: bytes, faults: list[Fault]) -> dict[str, Any]:
    """book.json's keys; what is wrong goes to `faults`."""
    before = len(faults)
    value = read_json(data, "book.json", faults)
    if len(faults) > before:
        return {}
    for doubt in doubts(value):
        faults.append(Fault("bad_json", "book.json", doubt))
    if not isinstance(value, dict):
        faults.append(Fault("bad_type", "book.json", f"the book is an object, not {shown(value)}"))
        return {}
    form, currency, exponent = value.get("format"), value.get("currency"), value.get("exponent")
    if form != 1 or not isinstance(form, int) or isinstance(form, bool):
        faults.append(Fault("bad_format", "book.json", f"format must be 1, not {shown(form)}"))
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        text = f"currency must be three capital letters (ISO 4217), not {shown(currency)}"
        faults.append(Fault("bad_value", "book.json", text))
    if not isinstance(exponent, int) or isinstance(exponent, bool) or not 0 <= exponent <= 4:
        text = f"exponent must be a whole number from 0 to 4, not {shown(exponent)}"
        faults.append(Fault("bad_value", "book.json", text))
    for rule in (cash_rounding, return_rule):
        try:
            rule(value)
        except ValueError as e:
            faults.append(Fault("bad_value", "book.json", str(e)))
    if len(faults) > before:
        return {}
    book: dict[str, Any] = plain(value)
    return book


def read_items(data: bytes, faults: list[Fault]) -> Goods:
    """All items that can be read; what is wrong goes to `faults`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        faults.append(Fault("bad_text", f"items.csv:{line}", "the bytes here are not UTF-8"))
        return Goods([], [], [])
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    reader = _Reader(faults)
    line = 1
    try:
        for row in rows:
            if row:
                reader.row(row, line)
            line = rows.line_num + 1
            if len(reader.items) > MAX_ITEMS:
                faults.append(Fault("too_many", f"items.csv:{line}", f"a book has at most {MAX_ITEMS} items"))
                break
    except csv.Error as e:
        faults.append(Fault("bad_csv", f"items.csv:{line}", f"this is not CSV: {e}"))
    if not reader.header:
        faults.append(Fault("missing_column", "items.csv:1", "the header is missing"))
    order = sorted(range(len(reader.items)), key=lambda number: reader.items[number].sku)
    return Goods([reader.items[n] for n in order], [reader.barcodes[n] for n in order], reader.further)


class _Reader:
    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        self.header: list[str] = []
        self.further: list[str] = []
        self.items: list[Item] = []
        self.barcodes: list[tuple[str, ...]] = []
        self._place: dict[str, int] = {}
        self._codes: dict[str, tuple[str, int]] = {}  # code -> the sku it means, and its line

    def row(self, row: list[str], line: int) -> None:
        if not self.header:
            self._read_header(row, line)
        elif len(row) != len(self.header):
            text = f"{len(row)} values where the header has {len(self.header)} columns"
            self._fault("bad_row", line, text)
        elif all(name in self._place for name in COLUMNS):
            self._read_item(row, line)

    def _read_header(self, row: list[str], line: int) -> None:
        self.header = [name.strip() for name in row]
        for number, name in enumerate(self.header):
            if name in self._place:
                self._fault("column_twice", line, f"the column {shown(name)} is there twice")
            elif not name:
                self._fault("bad_column", line, f"column {number + 1} has no name")
            self._place[name] = number
        for name in COLUMNS:
            if name not in self._place:
                self._fault("missing_column", line, f"the column {name} is missing")
        self.further = [name for name in self.header if name not in COLUMNS]

    def _read_item(self, row: list[str], line: int) -> None:
        value = {name: row[number] for name, number in self._place.items()}
        before = len(self.faults)
        sku = value["sku"].strip()
        self._check_code(sku, "sku", line)
        unit, price = value["unit"].strip(), value["price"].strip()
        if unit not in UNITS:
            self._fault("bad_unit", line, f'unit must be "each" or "kg", not {shown(unit)}')
        if not _PRICE.fullmatch(price):
            self._fault("bad_price", line, f"price must be a whole number from 0 to 999999999, not {shown(price)}")
        tags = _parts(value["tags"])
        barcodes = tuple(code for code in _parts(value["barcodes"]) if code != sku)
        for code in barcodes:
            self._check_code(code, "a barcode", line)
        if len(tags) > MAX_TAGS or len(barcodes) > MAX_BARCODES:
            text = f"an item has at most {MAX_TAGS} tags and {MAX_BARCODES} barcodes"
            self._fault("too_many", line, text)
        for code in (sku, *barcodes):
            other = self._codes.setdefault(code, (sku, line))
            if other[1] != line:
                text = f"the code {shown(code)} is already the item {shown(other[0])} of line {other[1]}"
                self._fault("code_twice", line, text)
        if len(self.faults) > before:
            return
        extra = {name: value[name].strip() for name in self.further}
        category = "/".join(part.strip() for part in value["category"].strip().strip("/").split("/"))
        brand = value["brand"].strip()
        self.items.append(Item(sku, value["name"], unit, int(price), category, brand, tags, extra))
        self.barcodes.append(barcodes)

    def _check_code(self, code: str, what: str, line: int) -> None:
        if not 1 <= len(code.encode("utf-8")) <= MAX_CODE_BYTES:
            self._fault("bad_code", line, f"{what} must have 1 to {MAX_CODE_BYTES} bytes, not {shown(code)}")

    def _fault(self, code: str, line: int, text: str) -> None:
        self.faults.append(Fault(code, f"items.csv:{line}", text))


def _parts(text: str) -> tuple[str, ...]:
    """The parts between semicolons, each once, in their order."""
    return tuple(dict.fromkeys(part for part in (piece.strip() for piece in text.split(";")) if part))
