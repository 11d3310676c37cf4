"""`compile_book`: from the files of a book to the bytes of a snapshot, or to all of its faults at once.

The same book gives the same bytes, in whatever order its items, promotions and keys are written. Which promotions
touch an item is worked out here (categories, brands, tags, `all` and `except` included), so that a terminal only
follows posting lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgpack

from engine.container import write_container
from engine.errors import BookError, Fault
from engine.items import Goods, read_book, read_items
from engine.keys import write_keys
from engine.places import places, table_size
from engine.rules import Rules
from engine.selectors import NO_DISCOUNT, ItemIndex
from engine.snapshot import KG
from engine.snapshot import NO_DISCOUNT as HAS_NO_DISCOUNT
from engine.strictjson import doubts, read_json, shown
from engine.table import write_table
from engine.values import Item

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
    handles = _handles(plans)
    sections = {
        "meta": _packed(
            {
                "book": book,
                "columns": goods.columns,
                "items": len(goods.items),
                "homes": table_size(len(goods.items)),
                "widths": sorted({len(item.sku.encode("utf-8")) for item in goods.items}),
                "tenders": _tenders(plans),
            }
        ),
        **_item_sections(goods, _postings(plans, handles, index, len(goods.items))),
        "plans": write_table([_packed(record) for record, _ in plans]),
        "slots": _packed(handles),
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


def _handles(plans: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> list[list[int]]:
    """For every promotion the handles of its slots: places that other promotions hardly move."""
    names = [f"{record['id']}\0{entry}".encode() for record, selectors in plans for entry in range(len(selectors))]
    found = iter(places(names)[1])
    return [[next(found) for _ in selectors] for _, selectors in plans]


def _tenders(plans: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> dict[str, list[int]]:
    """The numbers of the tender promotions of each tender."""
    out: dict[str, list[int]] = {}
    for number, (record, _) in enumerate(plans):
        for name in sorted(set(record.get("tenders", ()))):
            out.setdefault(name, []).append(number)
    return dict(sorted(out.items()))


def _postings(
    plans: list[tuple[dict[str, Any], list[dict[str, Any]]]], handles: list[list[int]], index: ItemIndex, items: int
) -> list[bytes]:
    """For every item its packed posting list: the handles of the slots that touch it."""
    touching: dict[int, list[int]] = {}
    for number, (_, selectors) in enumerate(plans):
        for handle, selector in zip(handles[number], selectors, strict=True):
            for item in index.select(selector):
                touching.setdefault(item, []).append(handle)
    packed = [_NOTHING] * items
    for item, found in touching.items():
        packed[item] = _packed(_steps(sorted(found)))
    return packed


def _item_sections(goods: Goods, postings: list[bytes]) -> dict[str, bytes]:
    # categories, brands, tags, further columns and posting lists repeat: each is kept once
    texts = _Kept(text.encode("utf-8") for item in goods.items for text in _texts_of(item, goods.columns))
    lists = _Kept(postings)
    count, numbers = places([item.sku.encode("utf-8") for item in goods.items])
    records = [b""] * count
    facts = bytearray(8 * count)
    codes: list[tuple[str, int]] = []
    for item, barcodes, posting, number in zip(goods.items, goods.barcodes, postings, numbers, strict=True):
        found = [texts.place[text.encode("utf-8")] for text in _texts_of(item, goods.columns)]
        tags, further = found[2 : 2 + len(item.tags)], found[2 + len(item.tags) :]
        sku = item.sku.encode("utf-8")
        records[number] = bytes([len(sku)]) + sku + _packed([item.name, found[0], found[1], tags, further])
        flags = (KG if item.unit == "kg" else 0) | (HAS_NO_DISCOUNT if NO_DISCOUNT in item.tags else 0)
        facts[8 * number : 8 * number + 4] = item.price.to_bytes(4, "little")
        facts[8 * number + 4 : 8 * number + 8] = (lists.place[posting] * 4 + flags).to_bytes(4, "little")
        codes.extend((code, number) for code in barcodes)
    kinds, keys = write_keys(codes)
    return {
        "facts": bytes(facts),
        "items": write_table(records),
        "texts": write_table(texts.records),
        "postings": write_table(lists.records),
        "kinds": _packed(kinds),
        "keys": keys,
    }


def _texts_of(item: Item, columns: list[str]) -> list[str]:
    return [item.category, item.brand, *item.tags, *(item.extra[name] for name in columns)]


class _Kept:
    """Byte strings that are kept once each, and the place of each."""

    __slots__ = ("place", "records")

    def __init__(self, values: Iterable[bytes]) -> None:
        distinct = list(dict.fromkeys(values))
        count, numbers = places(distinct)
        self.place = dict(zip(distinct, numbers, strict=True))
        self.records = [b""] * count
        for value, number in self.place.items():
            self.records[number] = value


def _steps(handles: list[int]) -> list[int]:
    """The first handle, then the distance from each to the next: small numbers pack small."""
    return [handle - before for handle, before in zip(handles, (0, *handles), strict=False)]


def _packed(value: object) -> bytes:
    packed: bytes = msgpack.packb(value, use_bin_type=True)
    return packed


_NOTHING = _packed([])
