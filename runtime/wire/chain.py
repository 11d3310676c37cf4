"""What a store's gateway hands to head office: batches of records of any of its terminals, over HTTP, in msgpack.

    POST /v1/records      body StoreBatch, answer 200 StoreAnswer, after the commit
    GET  /v1/feed         ?store=&after=&limit=   msgpack list of FedRecord, for those who follow the sales
    400, 413, 429, 503    as in runtime.wire.records

A **line** is the records of one terminal and epoch, gapless from 1. A `Mark` says how far head office has a line
without a gap; it is the `settled` of the gateway's answers to its terminals.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from runtime.wire.pack import WireError, build, unpack
from runtime.wire.records import MAX_BATCH, MAX_BATCH_BYTES, PackedRecord, read_record

MAX_PARTS = MAX_BATCH  # lines in one batch
MAX_MARK = (1 << 53) - 1  # and of a record's number
FEED_LIMIT = 500  # records in one answer of the feed


@dataclass(frozen=True, slots=True)
class Part:
    """Records of one line, in rising order, not always without a gap: what lies in one may be there already."""

    terminal: str
    epoch: int
    records: tuple[PackedRecord, ...]


@dataclass(frozen=True, slots=True)
class StoreBatch:
    """At most MAX_BATCH records and MAX_BATCH_BYTES in all. Without parts it asks for the marks of all lines."""

    store: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """The numbers from `first` to `last`."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Head office has every record of this line from 1 to `stored`, but for `holes`: of these a person has said that
    nobody has them any more. Who has one all the same must send it, and must not let go of it. In rising order."""

    terminal: str
    epoch: int
    stored: int
    holes: tuple[Hole, ...] = ()

    @property
    def whole(self) -> int:
        """Head office has every record from 1 to it, without exception."""
        return self.holes[0].first - 1 if self.holes else self.stored


@dataclass(frozen=True, slots=True)
class Disputed:
    """A record of the batch that head office has with other content; it keeps both versions."""

    terminal: str
    epoch: int
    sequence: int


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """`marks` of the batch's lines; of all lines of the store where it had none. What is in the batch is committed.

    `life` changes when head office's store may have lost something (it was restored, failed over, restarted): what
    lies beyond a mark is sent again then.
    """

    life: int
    marks: tuple[Mark, ...]
    disputed: tuple[Disputed, ...] = ()


@dataclass(frozen=True, slots=True)
class FedRecord:
    """A record as the feed gives it. Of one store, `position` rises by one from record to record, and never changes."""

    position: int
    terminal: str
    epoch: int
    record: PackedRecord


_PART = frozenset(("terminal", "epoch", "records"))


def read_store_batch(data: bytes) -> StoreBatch:
    """The same as `build(StoreBatch, unpack(data))`, several times as quick: head office reads thousands a second.

    Raises WireError `not_msgpack`, `bad_field`, `too_long`.
    """
    value = unpack(data, MAX_BATCH_BYTES)
    try:
        parts = value["parts"]
        if type(value["store"]) is str and len(value) == 2 and type(parts) is list:
            return StoreBatch(value["store"], tuple(map(_part, parts)))
    except (KeyError, TypeError, IndexError, AttributeError):
        pass  # the slow reader says what is wrong
    return build(StoreBatch, value)


def _part(value: Any) -> Part:
    terminal, epoch, records = value["terminal"], value["epoch"], value["records"]
    if value.keys() != _PART or type(terminal) is not str or type(epoch) is not int or type(records) is not list:
        raise TypeError
    return Part(terminal, epoch, tuple(map(read_record, records)))


def read_answer(data: bytes, limit: int) -> StoreAnswer:
    """Raises WireError for what is no answer of a head office."""
    answer = build(StoreAnswer, unpack(data, limit))
    if not 0 <= answer.life < 1 << 64 or not all(0 <= mark.stored <= MAX_MARK for mark in answer.marks):
        raise WireError("bad_field", "StoreAnswer: a mark or life that is none")
    for mark in answer.marks:
        edges = [0, *(edge for hole in mark.holes for edge in (hole.first, hole.last + 1)), mark.stored + 2]
        if any(high <= low for low, high in pairwise(edges)):
            raise WireError("bad_field", "StoreAnswer: holes that are none")
    epochs = [mark.epoch for mark in answer.marks] + [one.epoch for one in answer.disputed]
    if not all(0 <= epoch < 1 << 64 for epoch in epochs):
        raise WireError("bad_field", "StoreAnswer: an epoch that is none")
    return answer
