"""Finds rows and records in a journal: bounded, by index where there is one, else newest first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from runtime.journal.anchors import read_anchor
from runtime.journal.database import Queries, blob, text, whole
from runtime.journal.errors import JournalError
from runtime.journal.rows import Row, read_row
from runtime.journal.schema import MAX_RECORD_BYTES
from runtime.terminal.findable import findable
from runtime.terminal.names import masked
from runtime.wire.pack import WireError, unpack

MAX_SHOWN = 1000
PAGE = 100
MAX_TEXT = 100
MAX_HASH = 12


@dataclass(frozen=True, slots=True)
class Epoch:
    n: int
    epoch: int
    stored: int
    settled: int
    pruned_row: int
    pruned: int

    @property
    def name(self) -> str:
        return f"{self.epoch:016x}"


def all_epochs(live: Queries) -> list[Epoch]:
    found = live.execute("SELECT n, epoch, stored, settled FROM epochs ORDER BY n").fetchall()
    epochs = []
    for n, epoch, stored, settled in found:
        anchor = read_anchor(live, whole(n), whole(epoch))
        epochs.append(Epoch(whole(n), whole(epoch), whole(stored), whole(settled), anchor.seq, anchor.sequence))
    return epochs


def epochs_of(live: Queries, name: str | None) -> Epoch:
    """The epoch of that name, or the newest. Raises ValueError."""
    epochs = all_epochs(live)
    for one in reversed(epochs):
        if name is None or one.name == name.lower().rjust(16, "0"):
            return one
    raise ValueError(f"There is no epoch {name}. There are: {' '.join(one.name for one in epochs) or 'none'}.")


def rows_of_sale(live: Queries, one: Epoch, sale: int | None, first: int | None, most: int) -> list[Row]:
    """The rows of a sale, or from a row on, or the last. Raises ValueError where that sale is not here."""
    if sale is not None:
        found = live.execute("SELECT body FROM records WHERE n = ? AND sequence = ?", (one.n, sale)).fetchone()
        if not found:
            pruned = f" Sales up to {one.pruned} were pruned; head office has them." if sale <= one.pruned else ""
            raise ValueError(f"There is no sale {sale} in this epoch.{pruned}")
        begin, end = record_of(blob(found[0]))["rows"]
        query, bindings = "seq BETWEEN ? AND ? ORDER BY seq LIMIT ?", (whole(begin), whole(end), MAX_SHOWN)
    elif first is not None:
        query, bindings = "seq BETWEEN ? AND ? ORDER BY seq LIMIT ?", (first, (1 << 62), most)
    else:
        query, bindings = "seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?", (0, 1 << 62, most)
    found = live.execute(f"SELECT body FROM rows WHERE n = ? AND {query}", (one.n, *bindings)).fetchall()
    rows = []
    for (body,) in found:
        try:
            rows.append(read_row(blob(body)))
        except WireError as error:
            raise JournalError("DAMAGED", str(error)) from error
    return sorted(rows, key=lambda row: row.seq)


def shown_row(row: Row, as_json: bool) -> str:
    event = private(row.event)
    if as_json:
        said = {"row": row.seq, "at": row.at, "quality": row.quality, "type": row.type, "event": event}
        return json.dumps(said, ensure_ascii=False)
    parts = []
    for key, value in event.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        most = MAX_HASH if key == "snapshot" else MAX_TEXT
        parts.append(f"{key}={shown if len(shown) <= most else shown[:most] + '…'}")
    at = row.at.replace("T", " ")
    return f"{row.seq:>8}  {at} {row.quality:<14} {row.type:<20} {' '.join(parts)}".rstrip()


def printable(text: str) -> str:
    """For a person's screen: a file that somebody edited must not move its lines or turn them round."""
    return "".join(character if character.isprintable() else "?" for character in text)


def private(value: Any) -> Any:
    """The same, with bytes in hex and persons' numbers by their ends."""
    if isinstance(value, dict):
        return {key: _member(v) if key == "member" else private(v) for key, v in value.items()}
    if isinstance(value, list | tuple):  # msgpack's extension types are tuples
        return [private(v) for v in value]
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _member(value: Any) -> Any:
    """A member's number, or the map of a basket that has it as `id`."""
    if isinstance(value, dict):
        return private({key: masked(v) if isinstance(v, str) else v for key, v in value.items()})
    return masked(value) if isinstance(value, str) else private(value)


def record_of(body: bytes) -> dict[str, Any]:
    """A record of this version or another, as it is. Raises JournalError DAMAGED."""
    try:
        value = unpack(body, MAX_RECORD_BYTES)
    except WireError as error:
        raise JournalError("DAMAGED", str(error)) from error
    if not isinstance(value, dict):
        raise JournalError("DAMAGED", "a record that is no map")
    return value


@dataclass(frozen=True, slots=True)
class Wanted:
    """What records are looked for; an empty field asks nothing."""

    first: int = 1
    last: int = (1 << 62) - 1
    first_day: str = ""
    last_day: str = ""
    amount_minor: int | None = None
    sku: str = ""
    text: str = ""

    @classmethod
    def of(
        cls,
        sale: str | None,
        first_day: str | None,
        last_day: str | None,
        amount: str | None,
        sku: str | None,
        text: str | None,
        exponent: int,
    ) -> Wanted:
        """From what a person wrote. Raises ValueError with a sentence."""
        first, last = 1, (1 << 62) - 1
        if sale is not None:
            said = re.fullmatch(r"(\d{1,15})(?:-(\d{1,15}))?", sale)
            if not said:
                raise ValueError(f"--sale {sale!r} is neither a number nor two as 100-120.")
            first = int(said[1])
            last = int(said[2] or said[1])
        for day in (first_day, last_day):
            if day:
                try:
                    date.fromisoformat(day)
                except ValueError:
                    raise ValueError(f"{day!r} is no day as 2026-11-22.") from None
        minor = _minor(amount, exponent) if amount is not None else None
        return cls(first, last, first_day or "", last_day or "", minor, sku or "", (text or "").casefold())

    def fits(self, record: dict[str, Any]) -> bool:
        day = str(record.get("BusinessDayDate", ""))
        if (self.first_day and day < self.first_day) or (self.last_day and day > self.last_day):
            return False
        said = findable(record)
        if self.sku and self.sku not in said.goods:
            return False
        if self.amount_minor is not None and self.amount_minor not in said.amounts | said.parts:
            return False
        return not self.text or any(self.text in one.casefold() for one in (*said.others, *said.names))


def _minor(amount: str, exponent: int) -> int:
    said = re.fullmatch(r"(-?)(\d{1,12})(?:[.,](\d{1,6}))?", amount)
    if not said or len(said[3] or "") > exponent:
        raise ValueError(f"--amount {amount!r} is no amount as {'12.50' if exponent else '12'}.")
    return int(said[1] + said[2] + (said[3] or "").ljust(exponent, "0"))


def matching(live: Queries, one: Epoch, wanted: Wanted, newest_first: bool) -> Iterator[dict[str, Any]]:
    """The records that fit. Raises JournalError DAMAGED."""
    step = -1 if newest_first else 1
    at = wanted.last if newest_first else wanted.first
    while True:
        order = "sequence <= ?1 AND sequence >= ?2 ORDER BY sequence DESC" if newest_first else (
            "sequence >= ?1 AND sequence <= ?2 ORDER BY sequence")  # fmt: skip
        page = live.execute(
            f"SELECT sequence, body FROM records WHERE n = ?3 AND {order} LIMIT {PAGE}",
            (at, wanted.first if newest_first else wanted.last, one.n),
        ).fetchall()
        for sequence, body in page:
            record = record_of(blob(body))
            if wanted.fits(record):
                yield record
            at = whole(sequence) + step
        if len(page) < PAGE:
            return


def store_of(live: Queries, one: Epoch) -> tuple[str, str] | None:
    """Store and terminal, as the newest record has them."""
    found = live.execute("SELECT body FROM records WHERE n = ? ORDER BY sequence DESC LIMIT 1", (one.n,)).fetchone()
    if not found:
        return None
    record = record_of(blob(found[0]))
    return text(record.get("StoreID")), text(record.get("WorkstationID"))
