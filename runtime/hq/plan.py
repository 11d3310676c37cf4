"""What a group of batches does to head office's tables. Pure: the same for PostgreSQL and SQLite.

    plan = Plan(batches, now_ms)
    plan.stores, plan.lines            lock and read these: `plan.begin(positions, lines)`
    plan.doubtful                      look these up, if there are any: `plan.sort_out(kept)`
    plan.open_gaps                     look these up, if there are any: `plan.close_gap(key, sequences)`
    plan.new, .aside, .feed, ...       write these
    plan.answers(life)                 after the commit

The store's row is locked from `begin` to the commit. So of one store one group is written at a time, by whatever
process, and its feed positions become visible in their order.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from runtime.chain.check import Checked
from runtime.chain.line import Line, advance, close_gap, doubtful, must_look
from runtime.hq.check import CheckedBatch
from runtime.hq.holes import missing
from runtime.wire.chain import Disputed, Hole, Mark, StoreAnswer

LineKey = tuple[str, str, int]  # store, terminal, epoch
RecordKey = tuple[str, str, int, int]  # and sequence


@dataclass(frozen=True, slots=True)
class Run:
    """Records that follow one another, as the feed keeps them: positions up to `last`, sequences from `first`."""

    key: LineKey
    last: int
    first: int
    count: int


@dataclass(slots=True)
class LineChange:
    """What is added to a line's row."""

    line: Line
    records: int = 0
    sales: int = 0
    total_minor: int = 0


@dataclass(slots=True)
class Plan:
    batches: Sequence[CheckedBatch]
    now_ms: int
    doubtful: list[RecordKey] = field(default_factory=list)
    new: list[tuple[LineKey, Checked]] = field(default_factory=list)
    aside: list[tuple[LineKey, Checked]] = field(default_factory=list)
    feed: list[Run] = field(default_factory=list)
    late: list[tuple[LineKey, int]] = field(default_factory=list)  # records of holes that a person had closed
    missing: dict[LineKey, tuple[Hole, ...]] = field(default_factory=dict)  # what is left of closed holes
    open_gaps: list[tuple[LineKey, int]] = field(default_factory=list)  # with the mark to look beyond
    positions: dict[str, int] = field(default_factory=dict)
    changes: dict[LineKey, LineChange] = field(default_factory=dict)
    _disputed: list[list[Disputed]] = field(default_factory=list)

    @property
    def stores(self) -> list[str]:
        """In the order in which they must be locked."""
        return sorted({batch.store for batch in self.batches})

    @property
    def lines(self) -> list[LineKey]:
        return sorted({(batch.store, part.terminal, part.epoch) for batch in self.batches for part in batch.parts})

    def begin(
        self,
        positions: Mapping[str, int],
        lines: Mapping[LineKey, Line],
        missing: Mapping[LineKey, tuple[Hole, ...]] = MappingProxyType({}),
    ) -> None:
        """Where the stores' feeds and the lines stand; what is not there begins. `missing`: of the lines with closed
        holes, what is left of them."""
        self.missing = dict(missing)
        self.positions = {store: positions.get(store, 0) for store in self.stores}
        self.changes = {key: LineChange(lines.get(key, Line())) for key in self.lines}
        for batch in self.batches:
            for part in batch.parts:
                key = (batch.store, part.terminal, part.epoch)
                self.doubtful += [(*key, sequence) for sequence in doubtful(self.changes[key].line, part.checked)]

    def sort_out(self, kept: Mapping[RecordKey, bytes]) -> None:
        """`kept`: the hashes of those of `doubtful` that are there."""
        added: dict[RecordKey, bytes] = {}
        gaps: dict[LineKey, int] = {}
        for batch in self.batches:
            disputed: list[Disputed] = []
            for part in batch.parts:
                key = (batch.store, part.terminal, part.epoch)
                new = []
                for one in part.checked:
                    sequence, digest = one.record.sequence, one.record.hash
                    where = (*key, sequence)
                    known = kept.get(where) or added.get(where)
                    if known is None:
                        added[where] = digest
                        new.append(one)
                    elif known != digest:
                        self.aside.append((key, one))
                        disputed.append(Disputed(part.terminal, part.epoch, sequence))
                if new:
                    self._add(key, new, gaps)
            self._disputed.append(disputed)
        self.open_gaps = [(key, self.changes[key].line.stored) for key in gaps]

    def _add(self, key: LineKey, new: list[Checked], gaps: dict[LineKey, int]) -> None:
        change = self.changes[key]
        before = change.line
        change.line = advance(before, new)
        if key in self.missing:
            numbers = [one.record.sequence for one in new]
            closed = self.missing[key]
            self.late += [(key, n) for n in numbers if any(hole.first <= n <= hole.last for hole in closed)]
            self.missing[key] = missing(self.missing[key], numbers)
        if must_look(before, change.line):
            gaps[key] = 1
        change.records += len(new)
        for one in new:
            self.new.append((key, one))
            if one.is_sale:
                change.sales += 1
                change.total_minor += one.total_minor
        self._feed(key, new)

    def _feed(self, key: LineKey, new: list[Checked]) -> None:
        first = 0
        for at, one in enumerate(new):
            sequence = one.record.sequence
            if at + 1 == len(new) or new[at + 1].record.sequence != sequence + 1:
                count = at + 1 - first
                self.positions[key[0]] += count
                self.feed.append(Run(key, self.positions[key[0]], new[first].record.sequence, count))
                first = at + 1

    def close_gap(self, key: LineKey, kept: Iterable[int]) -> None:
        """`kept`: the line's sequences beyond its mark, in rising order, those of this plan among them."""
        change = self.changes[key]
        change.line = close_gap(change.line, kept, ((one.first, one.last) for one in self.missing.get(key, ())))

    def tell(self, log: logging.Logger) -> None:
        """After the commit: what is worth a line in the log."""
        for key, sequence in self.late:
            log.warning(
                "came after all, its hole was closed: store=%r terminal=%r epoch=%d sequence=%d", *key, sequence
            )

    def _mark(self, key: LineKey) -> Mark:
        return mark(key, self.changes[key].line.stored, self.missing.get(key, ()))

    def answers(self, life: int) -> list[StoreAnswer]:
        return [
            StoreAnswer(
                life,
                tuple(self._mark((batch.store, part.terminal, part.epoch)) for part in batch.parts),
                tuple(disputed),
            )
            for batch, disputed in zip(self.batches, self._disputed, strict=True)
        ]


def mark(key: LineKey, stored: int, missing: Iterable[Hole]) -> Mark:
    """A line's mark as gateways are told it: what lies beyond `stored` is no exception yet."""
    holes = (Hole(one.first, min(one.last, stored)) for one in missing if one.first <= stored)
    return Mark(key[1], key[2], stored, tuple(holes))
