"""A snapshot: the compiled book, mapped from its file and decoded only where it is looked at.

The file is a container (`engine.container`) with these sections. Tables are `engine.table`'s, packed is msgpack,
numbers are little-endian. Places are numbers with gaps (`engine.places`): a change of the book moves few of them.

    meta      packed {"book": the keys of book.json, "columns": names of the items' further columns, "items": how many,
              "homes": of how many places the items' homes are, "widths": how many bytes skus have,
              "tenders": {tender: numbers of its promotions}}
    facts     for each place of an item 8 bytes: price, 4; posting's place times 4 + flags (1 kg, 2 no_discount), 4
    items     table by place: a byte, so many bytes of the sku, then packed [name, category, brand, tags, further
              values]; category, brand, tags and further values are places of `texts`. An item's place follows from
              its sku
    texts     table of UTF-8 texts by place
    postings  table by place of packed lists of slots' handles: the first, then the distance from each to the next
    kinds     packed, for the next
    keys      from barcodes to places of items (`engine.keys`)
    plans     table in order of id: what `engine.plans.Plan` reads, packed
    slots     packed, for each promotion, in order of id, the list of the handles of its slots

A slot's number follows the order of promotions and so changes with every new one; its handle is a place, and does not.

Opening reads the file once to check the hash, with read() and not through the map, whose pages would count as the
process's own.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import msgpack

from engine.container import (
    check_signature_of_file,
    head_size,
    read_header,
    verify_bytes,
    verify_file,
)
from engine.errors import SnapshotError
from engine.keys import MAX_CODE_BYTES, Keys
from engine.places import home
from engine.planrecord import slots_of
from engine.plans import Plan, Posting, Touch
from engine.signature import BLOCK_BYTES, Trust, check_block
from engine.table import Table
from engine.values import Item

KG: Final = 1
NO_DISCOUNT: Final = 2
MAX_CACHED: Final = 4_096  # decoded promotions, and posting lists, that are kept
_WIDTHS = frozenset(range(1, MAX_CODE_BYTES + 1))
_FACTS: Final = struct.Struct("<II")
_FACTS_BYTES: Final = 8
_BYTES: Final = [bytes([number]) for number in range(256)]
_SECTIONS = ("meta", "facts", "items", "texts", "postings", "kinds", "keys", "plans", "slots")


class Snapshot:
    """Prices and promotions of one book. Not for several threads at once.

    `hash` is 32 bytes and names the whole content. `verify=False` is for a file whose hash was checked before. With
    `trust` only a snapshot that one of its keys has signed is taken.
    """

    def __init__(self, buffer: bytes | mmap.mmap, *, verify: bool = True, trust: Trust | None = None) -> None:
        """Take a snapshot in memory. Raises SnapshotError."""
        if verify and not isinstance(buffer, bytes):
            buffer = bytes(buffer)
        header = read_header(buffer[: head_size()], len(buffer))
        if verify and isinstance(buffer, bytes):
            verify_bytes(memoryview(buffer), header)
        if verify or trust is not None:
            check_block(buffer[header.end : header.end + BLOCK_BYTES + 1], header.hash, trust)
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
            self.item_count: int = int(meta["items"])
            self._homes: int = int(meta["homes"])
            self._widths = frozenset(meta["widths"])
            self._tenders: dict[str, list[int]] = meta["tenders"]
            texts = [self.currency, *self._columns]
            if not isinstance(self.exponent, int) or not all(isinstance(text, str) for text in texts):
                raise TypeError
            for tender, numbers in self._tenders.items():
                if not isinstance(tender, str) or not all(type(number) is int for number in numbers):
                    raise TypeError
            if not self._widths <= _WIDTHS:
                raise ValueError
        except (AttributeError, KeyError, TypeError, ValueError) as e:
            raise SnapshotError("snapshot_damaged", "meta", "it is not what it should be") from e
        self._items = Table(buffer, header, "items")
        self._texts = Table(buffer, header, "texts")
        self._postings = Table(buffer, header, "postings")
        self._plans = Table(buffer, header, "plans")
        self._facts, length = header.places["facts"]
        if length != self._items.count * _FACTS.size:
            raise SnapshotError("snapshot_damaged", "facts", "its length is wrong")
        try:
            kinds = [(int(width), int(digits), int(count)) for width, digits, count in self._section("kinds")]
        except (TypeError, ValueError) as e:
            raise SnapshotError("snapshot_damaged", "kinds", "it is not what it should be") from e
        self._keys = Keys(buffer, header, kinds)
        self._slots: list[int] = []  # slot -> number of its promotion
        self._slot_of: dict[int, int] = {}  # handle -> slot
        self._slot_counts: list[int] = []  # of each promotion
        try:
            for number, handles in enumerate(self._section("slots")):
                self._slot_counts.append(len(handles))
                for handle in handles:
                    self._slot_of[int(handle)] = len(self._slots)
                    self._slots.append(number)
        except (TypeError, ValueError) as e:
            raise SnapshotError("snapshot_damaged", "slots", "it is not what it should be") from e
        if len(self._slot_counts) != self._plans.count:
            raise SnapshotError("snapshot_damaged", "slots", "they are not those of the promotions")
        self._checked = bytearray(self._plans.count)  # whose record was looked at
        self._plan_cache: dict[int, Plan] = {}
        self._touch_cache: dict[int, Touch] = {}
        self._posting_cache: dict[int, Posting] = {}
        self._cheapest: dict[int, tuple[int, bytes, int]] | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, verify: bool = True, trust: Trust | None = None) -> Snapshot:
        """Map a snapshot's file. Raises SnapshotError, also where the file cannot be opened (`snapshot_missing`)."""
        try:
            with Path(path).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                header = read_header(file.read(head_size()), size)
                if verify:
                    verify_file(file, header)
                if verify or trust is not None:
                    check_signature_of_file(file, header, trust)
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as e:
            raise SnapshotError("snapshot_missing", "file", f"{os.fspath(path)}: {e.strerror or e}") from e
        return cls(mapped, verify=False)

    @property
    def promotion_count(self) -> int:
        return self._plans.count

    def find(self, code: str) -> Item | None:
        """The item with this barcode or sku."""
        number = self.find_number(code)
        return None if number < 0 else self.item(number)

    def find_number(self, code: str) -> int:
        """The number of the item with this barcode or sku, -1 where there is none. Numbers have gaps and no meaning."""
        number = self._number_of_sku(code)
        return self._keys.find(code) if number < 0 else number

    def _number_of_sku(self, code: str) -> int:
        try:
            sku = code.encode("utf-8")
        except UnicodeEncodeError:
            return -1
        size = len(sku)
        if size not in self._widths:
            return -1
        hashed = crc32(sku)
        return self._items.find(home(hashed, self._homes), _BYTES[size] + sku, hashed)

    def item(self, number: int) -> Item:
        """The item with this number."""
        price, rest = self._price_and_rest(number)
        raw = self._items.record(number)
        size = raw[0] if raw else 0
        record = self._decoded("items", raw[1 + size :])
        try:
            name, category, brand, tags, further = record
            if not isinstance(name, str):
                raise TypeError
            return Item(
                sku=raw[1 : 1 + size].decode("utf-8"),
                name=name,
                unit="kg" if rest & KG else "each",
                price=price,
                category=self._text(category),
                brand=self._text(brand),
                tags=tuple(self._text(tag) for tag in tags),
                extra=dict(zip(self._columns, [self._text(value) for value in further], strict=True)),
            )
        except (TypeError, ValueError) as e:
            raise SnapshotError("snapshot_damaged", "items", "a record is not what it should be") from e

    def price_facts(self, number: int) -> tuple[str, int, int, int]:
        """What pricing asks of an item: sku, flags, regular price, number of its posting list."""
        price, rest = self._price_and_rest(number)
        raw = self._items.record(number)
        if not raw:
            raise SnapshotError("snapshot_damaged", "items", "a code leads to an empty place")
        try:
            return raw[1 : 1 + raw[0]].decode("utf-8"), rest & 3, price, rest >> 2
        except UnicodeDecodeError as e:
            raise SnapshotError("snapshot_damaged", "items", "a sku is not UTF-8") from e

    def sold(self, code: str) -> tuple[str, int, int, int] | None:
        """`price_facts` of the item with this barcode or sku."""
        number = self._number_of_sku(code)
        if number < 0:
            number = self._keys.find(code)
            return None if number < 0 else self.price_facts(number)
        price, rest = self._price_and_rest(number)
        return code, rest & 3, price, rest >> 2

    def posting(self, number: int) -> tuple[int, ...]:
        """A posting list: the slots that touch the items which have it, in order."""
        slots: list[int] = []
        handle = 0
        try:
            for step in self._decoded("postings", self._postings.record(number)):
                if type(step) is not int or step < bool(slots):  # handles rise: no slot twice
                    raise TypeError
                handle += step
                slots.append(self._slot_of[handle])
        except (KeyError, TypeError) as e:
            raise SnapshotError("snapshot_damaged", "postings", "a list is not what it should be") from e
        slots.sort()
        return tuple(slots)

    def touching(self, number: int) -> Posting:
        """A posting list's promotions, in order of id."""
        found = self._posting_cache.get(number)
        if found is None:
            found = Posting([self._touch(slot) for slot in self.posting(number)])
            if len(self._posting_cache) >= MAX_CACHED:
                self._posting_cache.clear()
            self._posting_cache[number] = found
        return found

    def _touch(self, slot: int) -> Touch:
        found = self._touch_cache.get(slot)
        if found is None:
            found = (self.plan(self._slots[slot]), self.entry_of(slot))
            if len(self._touch_cache) >= MAX_CACHED:
                self._touch_cache.clear()
            self._touch_cache[slot] = found
        return found

    def cheapest(self, promotion: int, entry: int) -> Item | None:
        """The item sold by the piece, for more than 0, that costs least at its regular price (the smaller sku where
        equal) of those that a slot selects. The first call looks at every item."""
        if promotion not in self._slots:
            return None
        slot = self._slots.index(promotion) + entry
        if self._cheapest is None:
            self._cheapest = self._cheapest_of_slots()
        best = self._cheapest.get(slot)
        return None if best is None else self.item(best[2])

    def _cheapest_of_slots(self) -> dict[int, tuple[int, bytes, int]]:
        """Price, sku and number of the cheapest item that each slot selects, sold by the piece for more than 0."""
        lists: dict[int, tuple[int, bytes, int]] = {}
        facts = self._data[self._facts : self._facts + _FACTS.size * self._items.count]
        for number, (price, rest) in enumerate(_FACTS.iter_unpack(facts)):
            if price and not rest & (KG | NO_DISCOUNT):
                there = lists.get(rest >> 2)
                if there is None or price <= there[0]:
                    raw = self._items.record(number)
                    one = (price, raw[1 : 1 + raw[0]] if raw else b"", number)
                    if raw and (there is None or one < there):
                        lists[rest >> 2] = one
        out: dict[int, tuple[int, bytes, int]] = {}
        for number, found in lists.items():
            for slot in self.posting(number):
                best = out.get(slot)
                if best is None or found < best:
                    out[slot] = found
        return out

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

    @property
    def tenders(self) -> list[str]:
        """The tenders that some promotion is for."""
        return list(self._tenders)

    def tender_promotions(self, tender: str) -> list[int]:
        """The numbers of the promotions for paying with `tender`, in order of id."""
        numbers = self._tenders.get(tender, [])
        for number in numbers:
            if self.plan(number).kind != "tender":
                raise SnapshotError("snapshot_damaged", "meta", "a tender leads to another promotion")
        return numbers

    def plan(self, number: int) -> Plan:
        """The promotion with this number, in order of id."""
        found = self._plan_cache.get(number)
        if found is None:
            if len(self._plan_cache) >= MAX_CACHED:
                self._plan_cache.clear()
            record = self._decoded("plans", self._plans.record(number))
            try:
                if not self._checked[number]:
                    if slots_of(record) != self._slot_counts[number]:
                        raise ValueError("slots")
                    self._checked[number] = 1
                found = Plan(number, record)
            except (AttributeError, KeyError, TypeError, ValueError) as e:
                raise SnapshotError("snapshot_damaged", "plans", "a promotion is not what it should be") from e
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

    def _price_and_rest(self, number: int) -> tuple[int, int]:
        if not 0 <= number < self._items.count:
            raise SnapshotError("snapshot_damaged", "keys", "a code leads to no item")
        price, rest = _FACTS.unpack_from(self._data, self._facts + _FACTS_BYTES * number)
        return price, rest

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
