"""What head office needs of its database. PostgreSQL (runtime.hq.postgres), or SQLite for one store or a trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from runtime.hq.check import CheckedBatch
from runtime.hq.holes import ClosedHole, OpenHole
from runtime.wire.chain import FedRecord, StoreAnswer
from runtime.wire.records import PackedRecord

MAX_ANSWER_BYTES = 4 << 20  # of bodies, in one answer to a reader


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What is kept of one store. `position` is the feed's last."""

    store: str
    position: int
    lines: int
    records: int
    sales: int
    total_minor: int
    quarantined: int
    last_seen_at_ms: int


@dataclass(frozen=True, slots=True)
class LineStatus:
    """Of one terminal and epoch. `stored`: all from 1 to it; `beyond` more past a gap."""

    terminal: str
    epoch: int
    stored: int
    beyond: int
    records: int
    sales: int
    total_minor: int
    first_seen_at_ms: int
    last_seen_at_ms: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A second content of a record: `kept_hash` came first. Both bodies are kept."""

    store: str
    terminal: str
    epoch: int
    sequence: int
    kept_hash: bytes
    hash: bytes
    seen_at_ms: int


class HqStore(Protocol):
    """Every method raises HqError and nothing else: `store_away`, `store_failed`, `disk_full`..."""

    async def start(self) -> None:
        """Make the tables where they are missing, and look whether the database keeps what it confirms.

        Raises HqError `store_unsafe`, `store_foreign`, `store_newer` too."""
        ...

    async def ingest(self, group: Sequence[CheckedBatch]) -> Sequence[StoreAnswer | Exception]:
        """Take batches in one transaction. When this returns, what the answers claim is committed and synced."""
        ...

    async def marks(self, store: str) -> StoreAnswer:
        """Of every line of the store."""
        ...

    async def stores(self) -> list[StoreStatus]: ...

    async def lines(self, store: str) -> list[LineStatus]: ...

    async def records(self, store: str, terminal: str, epoch: int, after: int, limit: int) -> list[PackedRecord]:
        """At most `limit` records (and about 4 MiB) with sequences beyond `after`, in their order."""
        ...

    async def feed(self, store: str, after: int, limit: int) -> list[FedRecord]:
        """At most `limit` records (and about 4 MiB) with positions beyond `after`, in their order, without a gap."""
        ...

    async def quarantine(self, limit: int) -> list[Quarantined]:
        """The newest first."""
        ...

    @property
    def commits(self) -> int:
        """Of sales, since it was opened."""
        ...

    async def beat(self) -> None:
        """A commit and its sync, on the way that the sales take, that leaves everything as it was (runtime.hq.pulse).

        Raises HqError `store_stuck` too: the database is well, and this process's connections to it are not."""
        ...

    async def holes(self) -> list[OpenHole]:
        """Every hole that a line's mark stands before, or that comes after it."""
        ...

    async def close_hole(self, hole: ClosedHole) -> None:
        """Write that a person has closed these numbers, all of them of one open hole; the mark goes on.

        Raises HqError `no_hole` too."""
        ...

    async def closed_holes(self) -> list[ClosedHole]:
        """In the order in which they were closed."""
        ...

    async def tidy(self) -> None:
        """What is due now and then: partitions for the months that come."""
        ...

    async def close(self) -> None: ...
