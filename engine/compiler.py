"""`compile_book`: from the files of a book to the bytes of a snapshot, or to all of its faults at once.

The same book gives the same bytes, in whatever order its items, promotions and keys are written. Which promotions
touch an item is worked out here (categories, brands, tags, `all` and `except` included), so that a terminal only
follows posting lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgpack

from engine.container import write_container, write_table
from engine.errors import BookError, Fault
from engine.items import Goods, read_book, read_items
from engine.rules import Rules
from engine.selectors import NO_DISCOUNT, ItemIndex
from engine.strictjson import doubts, read_json, shown

MAX_PROMOTIONS = 100_000
FILES = ("book.json", "items.csv", "promotions.json")


class Compiled:
    """A snapshot's bytes, what was odd about the book, and how much is in it (items, barcodes, promotions, slots)."""

    __slots__ = ("counts", "data", "warnings")

    def __init__(self, data: bytes, warnings: tuple[Fault, ...], counts: dict[str, int]) -> None:
        self.data = data
        self.warnings = warnings
        self.counts = counts


def compile_book(files: Mapping[str, bytes], *, lenient: bool = False) -> Compiled:
    """Compile `book.json`, `items.csv` and `promotions.json`, given as bytes.

    With `lenient` a selector that names an unknown sku is a warning. Raises BookError with every fault.
    """
    faults = [Fault("missing_file", name, "the file is missing") for name in FILES if name not in files]
    book = read_book(files["book.json"], faults) if "book.json" in files else {}
    goods = read_items(files["items.csv"], faults) if "items.csv" in files else Goods([], [], [])
    index = ItemIndex(goods.items)
    rules = Rules(index.by_sku, lenient=lenient)
    plans: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if "promotions.json" in files:
        for number, value in enumerate(_promotions(files["promotions.json"], faults), 1):
            plan = rules.read(value, number)
            if plan is not None:
                plans.append(plan)
    faults += rules.faults
    if faults:
        raise BookError(faults)
    plans.sort(key=lambda plan: str(plan[0]["id"]))
    postings = _postings(plans, index, len(goods.items))
    sections = {
        "meta": _packed({"book": book, "columns": goods.columns, "tenders": _tenders(plans)}),
        **_item_sections(goods, postings),
        "plans": write_table(_packed(record) for record, _ in plans),
        "slots": _packed([number for number, (_, selectors) in enumerate(plans) for _ in selectors]),
    }
    counts = {
        "items": len(goods.items),
        "barcodes": sum(len(codes) for codes in goods.barcodes),
        "promotions": len(plans),
    }
    return Compiled(write_container(sections), tuple(rules.warnings), counts)


def _promotions(data: bytes, faults: list[Fault]) -> list[Any]:
    before = len(faults)
    value = read_json(data, "promotions.json", faults)
    if len(faults) > before:
        return []
    if not isinstance(value, list):
        text = f"the promotions are a list, not {shown(value)}"
        faults.append(Fault("bad_type", "promotions.json", text))
        return []
    if len(value) > MAX_PROMOTIONS:
        faults.append(Fault("too_many", "promotions.json", f"a book has at most {MAX_PROMOTIONS} promotions"))
        return []
    clean: list[Any] = []
    for number, promotion in enumerate(value, 1):
        found = doubts(promotion)
        where = f"promotions.json: promotion {number}"
        if isinstance(promotion, dict) and isinstance(promotion.get("id"), str) and not doubts(promotion["id"]):
            where = f"promotions.json: promotion {promotion['id']}"
        faults.extend(Fault("bad_json", where, doubt) for doubt in dict.fromkeys(found))
        if not any("nested too deep" in doubt for doubt in found):
            clean.append(promotion)
    return clean


def _tenders(plans: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> dict[str, list[int]]:
    """The numbers of the tender promotions of each tender."""
    out: dict[str, list[int]] = {}
    for number, (record, _) in enumerate(plans):
        for name in sorted(set(record.get("tenders", ()))):
            out.setdefault(name, []).append(number)
    return dict(sorted(out.items()))


def _postings(
    plans: list[tuple[dict[str, Any], list[dict[str, Any]]]], index: ItemIndex, items: int
) -> list[tuple[int, ...]]:
    """For every item the slots that touch it, in their order."""
    touching: list[list[int]] = [[] for _ in range(items)]
    slot = 0
    for _, selectors in plans:
        for selector in selectors:
            for number in index.select(selector):
                touching[number].append(slot)
            slot += 1
    return [tuple(slots) for slots in touching]


def _item_sections(goods: Goods, postings: list[tuple[int, ...]]) -> dict[str, bytes]:
    texts: dict[str, int] = {}  # categories, brands, tags and further columns repeat: each is kept once
    lists: dict[tuple[int, ...], int] = {(): 0}  # and so do posting lists
    records: list[bytes] = []
    codes: dict[int, list[tuple[bytes, int]]] = {}

    def text(value: str) -> int:
        return texts.setdefault(value, len(texts))

    for number, item in enumerate(goods.items):
        posting = lists.setdefault(postings[number], len(lists))
        tags = [text(tag) for tag in item.tags]
        flags = (1 if item.unit == "kg" else 0) | (2 if NO_DISCOUNT in item.tags else 0)
        further = [text(item.extra[name]) for name in goods.columns]
        named = [text(item.category), text(item.brand)]
        records.append(_packed([item.sku, item.name, flags, item.price, *named, posting, tags, further]))
        for code in (item.sku, *goods.barcodes[number]):
            raw = code.encode("utf-8")
            codes.setdefault(len(raw), []).append((raw, number))
    keys: list[bytes] = []
    widths: list[tuple[int, int]] = []
    for width in sorted(codes):
        rows = sorted(codes[width])
        widths.append((width, len(rows)))
        keys.append(b"".join(raw + number.to_bytes(4, "little") for raw, number in rows))
    return {
        "items": write_table(records),
        "texts": write_table(value.encode("utf-8") for value in texts),
        "postings": write_table(_packed(_steps(slots)) for slots in lists),
        "widths": _packed(widths),
        "keys": b"".join(keys),
    }


def _steps(slots: tuple[int, ...]) -> list[int]:
    """The first slot, then the distance from each to the next: small numbers pack small."""
    return [slot - before for slot, before in zip(slots, (0, *slots), strict=False)]


def _packed(value: object) -> bytes:
    packed: bytes = msgpack.packb(value, use_bin_type=True)
    return packed
