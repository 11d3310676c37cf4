"""Batches as a store's gateway would pack them."""

from __future__ import annotations

from runtime.hq.check import CheckedBatch, check_store_batch
from runtime.wire.chain import Part, StoreBatch
from runtime.wire.pack import pack
from tests.sim.batches import STORE, record


def part(terminal: str, epoch: int, first: int, count: int, **more: object) -> Part:
    return Part(terminal, epoch, tuple(record(terminal, epoch, first + i, **more) for i in range(count)))


def some(terminal: str, epoch: int, *numbers: int) -> Part:
    """These records of a line, with gaps between them."""
    return Part(terminal, epoch, tuple(record(terminal, epoch, number) for number in numbers))


def checked(*parts: Part, store: str = STORE) -> CheckedBatch:
    return check_store_batch(pack(StoreBatch(store, parts)))
