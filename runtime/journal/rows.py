"""A row of the journal: one accepted event, numbered, chained. Values and bytes only.

    body = canonical msgpack of {seq, at, quality, type, event}        hash = SHA-256(hash of the row before + body)

The chain of an epoch begins with SHA-256("lanekit journal" + the epoch as 8 bytes, big-endian), so that no row passes
for a row of another epoch. Reading is strict: a row that this version does not know in full is an error and never
half understood.
"""

from __future__ import annotations

import hashlib
import typing
from dataclasses import dataclass
from typing import Any

from runtime.sale.events import Event
from runtime.wire.pack import MAX_BYTES, WireError, build, pack, plain, unpack

EVENT_TYPES: dict[str, type[Event]] = {cls.__name__: cls for cls in typing.get_args(Event)}


@dataclass(frozen=True, slots=True)
class Row:
    seq: int  # from 1 in each epoch, without gaps
    at: str  # local time, `YYYY-MM-DDTHH:MM:SS`; for people, orders nothing
    quality: str  # how far `at` can be trusted
    type: str  # a key of EVENT_TYPES
    event: dict[str, Any]

    def read_event(self) -> Event:
        """Raises WireError `bad_type` or `bad_field`."""
        cls = EVENT_TYPES.get(self.type)
        if cls is None:
            raise WireError("bad_type", f"{self.type!r} is no event")
        return build(cls, self.event)


def make_row(seq: int, at: str, quality: str, event: Event) -> bytes:
    """The body of a row. Raises WireError `bad_value` or `too_long`: the caller's fault, nothing is written."""
    try:
        body = pack(Row(seq, at, quality, type(event).__name__, plain(event)))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise WireError("bad_value", f"{type(event).__name__} has no packed form: {error}") from error
    if len(body) > MAX_BYTES:
        raise WireError("too_long", f"a row of {len(body)} bytes")
    return body


def read_row(body: bytes) -> Row:
    """Raises WireError."""
    return build(Row, unpack(body))


def first_hash(epoch: int) -> bytes:
    return hashlib.sha256(b"lanekit journal" + epoch.to_bytes(8, "big")).digest()


def next_hash(before: bytes, body: bytes) -> bytes:
    return hashlib.sha256(before + body).digest()
