#!/usr/bin/env python3
"""Writes docs/promotions.md: how promotions are written, each kind with an example and the receipt it gives.

    scripts/promotions_page.py            write the page
    scripts/promotions_page.py --check    exit 1 where the page is not what this would write

Kinds that this version of the engine does not compile are left out, and come onto the page when it does.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from textwrap import fill
from typing import Any

from promotion_examples import AT, EXAMPLES, ITEMS, Example
from return_examples import RETURNS, ReturnExample

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from engine.basket import read_basket  # noqa: E402  (found from any folder)
from engine.compiler import compile_book  # noqa: E402
from engine.errors import BookError  # noqa: E402
from engine.pricing import price  # noqa: E402
from engine.return_request import read_return_request  # noqa: E402
from engine.returns import RETURN_RULES, Refund, refund  # noqa: E402
from engine.snapshot import Snapshot  # noqa: E402
from engine.values import Receipt  # noqa: E402

PAGE = ROOT / "docs" / "promotions.md"
WIDTH = 130
BOOK = b'{"format": 1, "currency": "CNY", "exponent": 2}'

HEAD = ROOT / "scripts" / "promotions_head.md"
RETURNS_HEAD = ROOT / "scripts" / "returns_head.md"


def goods_table() -> str:
    rows = ["| sku | name | price | category | |", "|---|---|---|---|---|"]
    for row in csv.DictReader(io.StringIO(ITEMS)):
        unit = " a kg" if row["unit"] == "kg" else ""
        rows.append(
            f"| {row['sku']} | {row['name']} | {money(int(row['price']))}{unit} | {row['category']} | {row['tags']} |"
        )
    return "\n".join(rows)


def money(minor: int) -> str:
    sign, whole = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{whole // 100}.{whole % 100:02}"


def snapshot_of(promotions: list[dict[str, Any]], book: bytes = BOOK) -> Snapshot | None:
    """None where the engine does not have a kind yet. Raises BookError for any other fault."""
    files = {"book.json": book, "items.csv": ITEMS.encode(), "promotions.json": json.dumps(promotions).encode()}
    try:
        return Snapshot(compile_book(files).data)
    except BookError as error:
        if {fault.code for fault in error.faults} == {"later_version"}:
            return None
        raise


def basket_of(example: Example) -> dict[str, Any]:
    return {"at": AT, **example.more, "lines": lines_of(example.lines)}


def lines_of(lines: list[tuple[str, int]]) -> list[dict[str, Any]]:
    units = {row["sku"]: row["unit"] for row in csv.DictReader(io.StringIO(ITEMS))}
    return [{"code": sku, "milli" if units[sku] == "kg" else "qty": amount} for sku, amount in lines]


def receipt_table(receipt: Receipt, snapshot: Snapshot) -> str:
    rows = ["| goods | | regular | to pay | |", "|---|---|---|---|---|"]
    for number, line in enumerate(receipt.lines):
        item = snapshot.find(line.sku)
        name = item.name if item is not None else line.sku
        amount = f"{line.milli} g" if line.milli else str(line.qty)
        why = [line.price_promotion] if line.price_promotion else []
        why += [
            one.promotion for one in receipt.applications if number in {place for place, _ in one.units + one.gifts}
        ]
        names = ", ".join(snapshot.promotion_name(id) for id in why)
        rows.append(f"| {name} | {amount} | {money(line.gross)} | {money(line.net)} | {names} |")
    rows.append(
        f"| **total** | | {money(receipt.gross)} | **{money(receipt.total)}** | saved {money(receipt.discount)} |"
    )
    return "\n".join(rows)


def section(example: Example) -> str:
    """One kind; empty where the engine does not have it yet."""
    snapshot = snapshot_of(example.promotions)
    if snapshot is None:
        return ""
    basket = basket_of(example)
    receipt = price(snapshot, read_basket(basket))
    if receipt.total != example.total:
        raise SystemExit(f"{example.title}: the engine says {receipt.total}, the example {example.total}")
    rows = ",\n ".join(json.dumps(one, ensure_ascii=False) for one in example.promotions)
    shown = json.dumps(basket, ensure_ascii=False)
    return (
        f"## {example.title}\n\n{fill(example.text, WIDTH)}\n\n"
        f"```json\n[{rows}]\n```\n\nThe basket, and its receipt:\n\n"
        f"```json\n{shown}\n```\n\n{receipt_table(receipt, snapshot)}\n"
    )


def refunds_of(example: ReturnExample, rule: str) -> list[Refund]:
    """What the engine gives back at each visit, each answer handed back as it was written."""
    snapshot = snapshot_of(example.promotions, json.dumps({**json.loads(BOOK), "returns": rule}).encode())
    if snapshot is None:
        raise SystemExit(f"{example.title}: its promotions do not compile")
    done: list[Refund] = []
    for back in example.visits:
        plain = {**request_of(example, back), "returned": [one.to_json() for one in done]}
        asked = read_return_request(plain)
        done.append(refund(snapshot, asked.basket, asked.back, asked.earlier))
    return done


def request_of(example: ReturnExample, back: list[dict[str, Any]]) -> dict[str, Any]:
    return {"basket": {"at": AT, "lines": lines_of(example.lines)}, "return": back}


def return_section(example: ReturnExample) -> str:
    """One sale that comes back: the first visit as `lane price --return` reads it, and what every visit gives."""
    priced, allocated = (refunds_of(example, rule) for rule in RETURN_RULES)
    for found, said in ((priced, example.priced), (allocated, example.allocated)):
        if [one.refund for one in found] != said:
            raise SystemExit(f"{example.title}: the engine gives {[one.refund for one in found]}, the example {said}")
    names = {row["sku"]: row["name"] for row in csv.DictReader(io.StringIO(ITEMS))}
    rows = ["| comes back | what is kept costs | refund, `priced` | refund, `allocated` |", "|---|---|---|---|"]
    for one, other in zip(priced, allocated, strict=True):
        goods = ", ".join(f"{names[line.sku]} {f'{line.milli} g' if line.milli else line.qty}" for line in one.lines)
        rows.append(f"| {goods} | {money(one.kept.total)} | {money(one.refund)} | {money(other.refund)} |")
    rows.append(
        f"| **paid {money(priced[0].total)}** | | **{money(sum(example.priced))}** | "
        f"**{money(sum(example.allocated))}** |"
    )
    book = ",\n ".join(json.dumps(one, ensure_ascii=False) for one in example.promotions)
    first = json.dumps(request_of(example, example.visits[0]), ensure_ascii=False)
    return (
        f"### {example.title}\n\n{fill(example.text, WIDTH)}\n\n```json\n[{book}]\n```\n\n"
        f"The first that comes back, and all of it:\n\n```json\n{first}\n```\n\n" + "\n".join(rows) + "\n"
    )


def page() -> str:
    sections = [text for text in map(section, EXAMPLES) if text]
    later = left_out()
    if later:
        names = fill(f"`lane compile` refuses these, by name: {', '.join(later)}.", WIDTH)
        sections.append(f"## Not in this version\n\n{names}\n")
    sections += [RETURNS_HEAD.read_text("utf-8"), *map(return_section, RETURNS)]
    return "\n".join([HEAD.read_text("utf-8"), goods_table(), "", *sections])


def left_out() -> list[str]:
    """The titles of the kinds that the engine does not have yet."""
    return [example.title for example in EXAMPLES if snapshot_of(example.promotions) is None]


def main(words: list[str]) -> int:
    text = page()
    if "--check" in words:
        return 0 if PAGE.is_file() and PAGE.read_text("utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    later = left_out()
    print(f"{PAGE}: {len(EXAMPLES) - len(later)} examples; not yet in the engine: {', '.join(later) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
