#!/usr/bin/env python3
"""Writes config/demo/book/items.csv: the goods of the demo store.

    scripts/make_demo_book.py            write the file
    scripts/make_demo_book.py --check    exit 1 where the file is not what this would write

The goods are a table below, one line each; brands and names are invented. A barcode is made from the item's place, with
the prefixes 690 to 699 of GS1 China and a right check digit, and never changes as long as new goods are added at the
end of their section. Columns after `barcodes` are the demo's own: English name, tax rate in percent, least age of the
buyer, pack, and of oden the pieces, the grams that one sale takes out of stock, and the stock that it takes them from.
"""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

from demo_goods import EACH, SPECIAL, WEIGHED

BOOK = Path(__file__).resolve().parent.parent / "config" / "demo" / "book"
HEADER = [
    "sku",
    "name",
    "unit",
    "price",
    "category",
    "brand",
    "tags",
    "barcodes",
    "name_en",
    "tax_rate",
    "age",
    "pack",
    "pieces",
    "stock_g",
    "stock_sku",
]
FIRST_BARCODE = "6901234567892"


def check_digit(digits: str) -> int:
    """EAN-13, written here once more so that a fault in engine.gtin does not hide in the demo's own data."""
    odd, even = sum(map(int, digits[0::2])), sum(map(int, digits[1::2]))
    return (10 - (odd + 3 * even) % 10) % 10


def barcode(section: int, place: int) -> str:
    """EAN-13 of the goods number `place` of a section: 69x, a maker of five digits, an article of four."""
    digits = f"69{section % 10}{10_000 + 731 * section:05}{place:04}"
    return digits + str(check_digit(digits))


def rows() -> list[list[str]]:
    found = []
    for section, (category, tax, goods) in enumerate(EACH):
        for place, line in enumerate(goods.strip().splitlines(), 1):
            name, price, brand, pack, english, *tags = (part.strip() for part in line.split("|"))
            code = barcode(section, place) if found else FIRST_BARCODE
            sku = f"{section + 1:02}{place:04}"
            age = "18" if "age18" in tags else ""
            kept = [tag for tag in tags if tag != "age18"]
            found.append(
                [sku, name, "each", price, category, brand, ";".join(kept), code, english, tax, age, pack, "", "", ""]
            )
    for category, tax, goods in WEIGHED:
        for line in goods.strip().splitlines():
            sku, name, price, english, *tags = (part.strip() for part in line.split("|"))
            found.append([sku, name, "kg", price, category, "", ";".join(tags), "", english, tax, "", "", "", "", ""])
    for line in SPECIAL.strip().splitlines():
        parts = [part.strip() for part in line.split("|")]
        found.append(parts + [""] * (len(HEADER) - len(parts)))
        made = found[-1][HEADER.index("barcodes")]
        if made.isdigit() and len(made) == 12:
            found[-1][HEADER.index("barcodes")] = made + str(check_digit(made))
    return found


def text() -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows())
    return out.getvalue()


def main() -> int:
    path = BOOK / "items.csv"
    if "--check" in sys.argv[1:]:
        return 0 if path.read_text(encoding="utf-8") == text() else 1
    path.write_text(text(), encoding="utf-8")
    print(f"{path}: {len(rows())} goods")
    return 0


if __name__ == "__main__":
    sys.exit(main())
