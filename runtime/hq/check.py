"""Is this what a store's gateway may send? Pure: bytes in, a batch or a ChainError out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from runtime.chain.check import Checked, check_line, check_name, wire_refusal
from runtime.chain.errors import ChainError
from runtime.wire.chain import MAX_PARTS, read_store_batch
from runtime.wire.pack import WireError
from runtime.wire.records import MAX_BATCH, MAX_BATCH_BYTES

NO_MONTH = date(1, 1, 1)  # of a record that says no day of business


@dataclass(frozen=True, slots=True)
class CheckedPart:
    terminal: str
    epoch: int
    checked: tuple[Checked, ...]


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    store: str
    parts: tuple[CheckedPart, ...]

    @property
    def records(self) -> int:
        return sum(len(part.checked) for part in self.parts)


def check_store_batch(data: bytes) -> CheckedBatch:
    """A batch from the bytes of a request.

    Raises ChainError `not_msgpack`, `bad_field`, `bad_hash`, `too_long`, `too_many`.
    """
    try:
        batch = read_store_batch(data)
    except WireError as error:
        raise wire_refusal(error, MAX_BATCH_BYTES) from error
    check_name("store", batch.store)
    if len(batch.parts) > MAX_PARTS:
        raise ChainError("too_many", count=len(batch.parts), limit=MAX_PARTS)
    count = sum(len(part.records) for part in batch.parts)
    if count > MAX_BATCH:
        raise ChainError("too_many", count=count, limit=MAX_BATCH)
    if len({(part.terminal, part.epoch) for part in batch.parts}) < len(batch.parts):
        raise ChainError("bad_field", detail="the same terminal and epoch twice")
    return CheckedBatch(
        batch.store,
        tuple(
            CheckedPart(part.terminal, part.epoch, check_line(batch.store, part.terminal, part.epoch, part.records))
            for part in batch.parts
        ),
    )


@lru_cache(maxsize=1024)
def month_of(business_day: str) -> date:
    """The first of the month of a BusinessDayDate `YYYY-MM-DD`; NO_MONTH where it is none."""
    try:
        return date.fromisoformat(business_day).replace(day=1)
    except ValueError:
        return NO_MONTH
