"""A snapshot: the compiled book, mapped from its file and decoded only where it is looked at.

The file is a container (`engine.container`) with these sections; records are msgpack:

    meta      {"book": the keys of book.json, "columns": names of the items' further columns,
              "tenders": {tender: numbers of its promotions}}
    items     table in order of sku: [sku, name, flags (1 kg, 2 no_discount), price, category, brand, posting, tags,
              further values];
              category, brand, tags and further values are numbers of `texts`
    texts     table of UTF-8 texts
    postings  table of lists of slots: the first, then the distance from each to the next
    widths    [[bytes of a code, how many codes have it], ...]
    keys      for each of those widths a sorted table of rows: the code, then its item's number (4 bytes): searched by
              bisection in the map
    plans     table in order of id: what `engine.plans.Plan` reads
    slots     [promotion's number, ...] for each slot

Opening reads the file once to check the hash, with read() and not through the map, whose pages would count as the
process's own.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

import msgpack

from engine.container import Header, head_size, read_header, verify_bytes, verify_file
from engine.errors import SnapshotError
from engine.plans import Plan
from engine.values import Item

KG = 1
NO_DISCOUNT = 2
MAX_CACHED = 4_096  # decoded promotions and posting lists that are kept
_SECTIONS = ("meta", "items", "texts", "postings", "widths", "keys", "plans", "slots")


class _Table:
    __slots__ = ("_data", "_end", "_name", "_offsets", "_records", "count")

    def __init__(self, data: mmap.mmap | bytes, header: Header, name: str) -> None:
        base, length = header.places[name]
        self._name = name
        self._data = data
        self._end = base + length
        self._offsets = base + 4
        self.count = int.from_bytes(data[base : base + 4], "little") if length >= 8 else -1
        self._records = self._offsets + 4 * (self.count + 1)
        if self.count < 0 or self._records > self._end:
            raise SnapshotError("snapshot_damaged", name, "it is too short")

    def record(self, number: int) -> bytes:
        at = self._offsets + 4 * number
        begin = int.from_bytes(self._data[at : at + 4], "little")
        end = int.from_bytes(self._data[at + 4 : at + 8], "little")
        if not 0 <= number < self.count or begin > end or self._records + end > self._end:
            raise SnapshotError("snapshot_damaged", self._name, "its offsets are wrong")
        return self._data[self._records + begin : self._records + end]


class Snapshot:
    """Prices and promotions of one book. Not for several threads at once.

    `hash` is 32 bytes and names the whole content. `verify=False` is for a file whose hash was checked before.
    """

    def __init__(self, buffer: bytes | mmap.mmap, *, verify: bool = True) -> None:
        """Take a snapshot in memory. Raises SnapshotError."""
        if verify and not isinstance(buffer, bytes):
            buffer = bytes(buffer)
        header = read_header(buffer[: head_size()], len(buffer))
        if verify and isinstance(buffer, bytes):
            verify_bytes(memoryview(buffer), header)
        self._data = buffer
        for name in _SECTIONS:
            if name not in header.places:
                raise SnapshotError("snapshot_damaged", name, "it is missing")
        self.hash: bytes = header.hash
        self._header = header
        meta = self._section("meta")
        try:
            self.book: dict[str, Any] = meta["book"]
            self.currency: str = self.book["currency"]
            self.exponent: int = self.book["exponent"]
            self._columns: list[str] = meta["columns"]
            self._tenders: dict[str, list[int]] = meta["tenders"]
            self._slots = [int(number) for number in self._section("slots")]
            widths = [(int(width), int(count)) for width, count in self._section("widths")]
        except (KeyError, TypeError, ValueError) as e:
            raise SnapshotError("snapshot_damaged", "meta", "it is not what it should be") from e
        self._items = _Table(buffer, header, "items")
        self._texts = _Table(buffer, header, "texts")
        self._postings = _Table(buffer, header, "postings")
        self._plans = _Table(buffer, header, "plans")
        self._widths: dict[int, tuple[int, int]] = {}  # bytes of a code -> where its rows begin, how many there are
        at, length = header.places["keys"]
        end = at + length
        for width, count in widths:
            self._widths[width] = (at, count)
            at += (width + 4) * count
        if at != end:
            raise SnapshotError("snapshot_damaged", "keys", "its length is wrong")
        self._plan_cache: dict[int, Plan] = {}
        self._posting_cache: dict[int, tuple[int, ...]] = {}

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, verify: bool = True) -> Snapshot:
        """Map a snapshot's file. Raises SnapshotError, also where the file cannot be opened (`snapshot_missing`)."""
        try:
            with Path(path).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                header = read_header(file.read(head_size()), size)
                if verify:
                    verify_file(file, header)
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as e:
            raise SnapshotError("snapshot_missing", "file", f"{os.fspath(path)}: {e.strerror or e}") from e
        return cls(mapped, verify=False)

    @property
    def item_count(self) -> int:
        return self._items.count

    @property
    def promotion_count(self) -> int:
        return self._plans.count

    def find(self, code: str) -> Item | None:
        """The item with this barcode or sku."""
        number = self.find_number(code)
        return None if number < 0 else self.item(number)

    def find_number(self, code: str) -> int:
        """The number of the item with this barcode or sku, -1 where there is none. Numbers are in order of sku."""
        try:
            raw = code.encode("utf-8")
        except UnicodeEncodeError:
            return -1
        width = len(raw)
        place = self._widths.get(width)
        if place is None:
            return -1
        data = self._data
        base, high = place
        low, row = 0, width + 4
        while low < high:
            middle = (low + high) // 2
            at = base + middle * row
            key = data[at : at + width]
            if key == raw:
                return int.from_bytes(data[at + width : at + row], "little")
            if key < raw:
                low = middle + 1
            else:
                high = middle
        return -1

    def item(self, number: int) -> Item:
        """The item with this number."""
        sku, name, flags, price, category, brand, _, tags, further = self._item_record(number)
        values = [self._text(value) for value in further]
        return Item(
            sku=sku,
            name=name,
            unit="kg" if flags & KG else "each",
            price=price,
            category=self._text(category),
            brand=self._text(brand),
            tags=tuple(self._text(tag) for tag in tags),
            extra=dict(zip(self._columns, values, strict=True)),
        )

    def price_facts(self, number: int) -> tuple[str, int, int, int]:
        """What pricing asks of an item: sku, flags, regular price, number of its posting list."""
        record = self._item_record(number)
        return record[0], record[2], record[3], record[6]

    def posting(self, number: int) -> tuple[int, ...]:
        """A posting list: the slots that touch the items which have it, in order."""
        found = self._posting_cache.get(number)
        if found is None:
            slots: list[int] = []
            at = 0
            for step in self._decoded("postings", self._postings.record(number)):
                at += step
                slots.append(at)
            if len(self._posting_cache) >= MAX_CACHED:
                self._posting_cache.clear()
            found = self._posting_cache[number] = tuple(slots)
        return found

    def promotion_of(self, slot: int) -> int:
        """The number of the promotion that a slot belongs to."""
        return self._slots[slot]

    def entry_of(self, slot: int) -> int:
        """Which of its promotion's slots this is, from 0."""
        number = self._slots[slot]
        entry = 0
        while entry < slot and self._slots[slot - entry - 1] == number:
            entry += 1
        return entry

    def tender_promotions(self, tender: str) -> list[int]:
        """The numbers of the promotions for paying with `tender`, in order of id."""
        return self._tenders.get(tender, [])

    def plan(self, number: int) -> Plan:
        """The promotion with this number, in order of id."""
        found = self._plan_cache.get(number)
        if found is None:
            if len(self._plan_cache) >= MAX_CACHED:
                self._plan_cache.clear()
            found = Plan(number, self._decoded("plans", self._plans.record(number)))
            self._plan_cache[number] = found
        return found

    def promotion_name(self, id: str) -> str:
        """The name that the customer sees; the id itself where no promotion has it."""
        low, high = 0, self._plans.count
        while low < high:
            middle = (low + high) // 2
            plan = self.plan(middle)
            if plan.id == id:
                return plan.name
            if plan.id < id:
                low = middle + 1
            else:
                high = middle
        return id

    def _item_record(self, number: int) -> list[Any]:
        record: list[Any] = self._decoded("items", self._items.record(number))
        if len(record) != 9:
            raise SnapshotError("snapshot_damaged", "items", "a record is not what it should be")
        return record

    def _text(self, number: int) -> str:
        try:
            return self._texts.record(number).decode("utf-8")
        except UnicodeDecodeError as e:
            raise SnapshotError("snapshot_damaged", "texts", "a text is not UTF-8") from e

    def _section(self, name: str) -> Any:
        at, length = self._header.places[name]
        return self._decoded(name, self._data[at : at + length])

    def _decoded(self, name: str, data: bytes) -> Any:
        try:
            return msgpack.unpackb(data, raw=False, strict_map_key=False)
        except (TypeError, ValueError, msgpack.UnpackException) as e:
            raise SnapshotError("snapshot_damaged", name, "a record cannot be read") from e
