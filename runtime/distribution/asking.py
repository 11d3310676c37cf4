"""The question that gateways and tills ask, read from bytes. Pure."""

from __future__ import annotations

from runtime.serving.errors import Refused
from runtime.wire.pack import WireError, build, unpack
from runtime.wire.snapshots import (
    HASH_BYTES,
    MAX_ASK_BYTES,
    MAX_COUNTER,
    MAX_HOLD_MS,
    MAX_HOLDINGS,
    Holding,
    SnapshotAsk,
)

MAX_NAME = 64  # characters


def read_ask(data: bytes) -> SnapshotAsk:
    """Raises Refused `not_msgpack`, `bad_field`."""
    try:
        ask = build(SnapshotAsk, unpack(data, MAX_ASK_BYTES))
    except WireError as error:
        raise Refused("not_msgpack" if error.code == "not_msgpack" else "bad_field", detail=str(error)) from error
    holdings = ask.holdings or ()
    if not _is_name(ask.store) or len(holdings) > MAX_HOLDINGS or not all(map(_is_holding, (ask.has, *holdings))):
        raise Refused("bad_field", detail="a name, counter or hash is out of bounds")
    if not 0 <= ask.hold_ms <= MAX_HOLD_MS:
        raise Refused("bad_field", detail=f"hold_ms is from 0 to {MAX_HOLD_MS}")
    return ask


def _is_name(text: str) -> bool:
    return 1 <= len(text) <= MAX_NAME and text.isprintable()


def _is_holding(one: Holding) -> bool:
    return (
        _is_name(one.name)
        and 0 <= one.counter <= MAX_COUNTER
        and len(one.file) in (0, HASH_BYTES)
        and len(one.refused) <= MAX_NAME
        and (one.refused.isprintable() or not one.refused)
    )
