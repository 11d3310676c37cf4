"""What a sale costs the disk: commits, syncs and bytes, counted under SQLite, with checkpoints and receipts."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from runtime.sale import events as e
from tests.reliability.memory_disk import VFS, MemoryDisk, memory_vfs
from tests.reliability.selling import Till, basket, open_at

REAL_SECTOR = 4096  # what SQLite takes a disk's sector to be, on Linux


@dataclass(frozen=True, slots=True)
class Wear:
    lines: int
    events: int  # accepted
    syncs: int
    bytes_written: int
    sales: int

    @property
    def commits_a_sale(self) -> float:
        return self.events / self.sales  # one commit an event: `measure` looks

    @property
    def syncs_a_commit(self) -> float:
        return self.syncs / self.events

    @property
    def kib_a_sale(self) -> float:
        return self.bytes_written / self.sales / 1024


def measure(lines: int, sales: int = 60) -> Wear:
    """Cash sales of so many lines with their receipts, on a journal that has some already."""
    disk = memory_vfs().disk = MemoryDisk()
    disk.sector = REAL_SECTOR
    till = Till(lambda: open_at(VFS), random.Random(lines))
    till.start()
    assert till.journal is not None
    for _ in range(20):
        till.sell(6)
    till.journal._database.tidy()
    before = (till.truth.acknowledged, disk.syncs, disk.bytes_written)
    for _ in range(sales):
        plain_sale(till, lines)
    events = till.truth.acknowledged - before[0]
    return Wear(lines, events, disk.syncs - before[1], disk.bytes_written - before[2], sales)


def plain_sale(till: Till, lines: int) -> None:
    """Nothing but scans, the total, cash and the receipt: lines + 4 events."""
    for event in basket(random.Random(till.truth.acknowledged), lines):
        till.accept(event)
    till.total()
    till.accept(e.CashTendered(till.checkout.sale.due_minor, "2026-11-22T18:30:00"))
    till.print()


def figures(one: Wear) -> dict[str, Any]:
    return {
        "commits": one.commits_a_sale, "syncs": one.syncs / one.sales, "syncs_a_commit": one.syncs_a_commit,
        "kib": one.kib_a_sale,
    }  # fmt: skip
