"""The record of a sale, made at the moment when its closing row gets its number. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace

from runtime.journal.store import AppendContext
from runtime.sale.effects import CloseRecord, Effect
from runtime.sale.record import Identity, build_record
from runtime.sale.state import Checkout
from runtime.wire.records import PackedRecord


def closing(
    effects: Iterable[Effect], identity: Identity, after: Checkout, at: str, quality: str
) -> Callable[[AppendContext], PackedRecord] | None:
    """What the journal calls for the record, or None where these effects close no sale. `at` is the local time."""
    for effect in effects:
        if isinstance(effect, CloseRecord):
            sequence, sale = effect.sequence, effect.sale or after.sale
            break
    else:
        return None

    def make(context: AppendContext) -> PackedRecord:
        body = build_record(
            replace(identity, operator=after.desk.user or identity.operator),
            replace(after, sale=sale),
            sequence=sequence,
            at_begin=sale.began_at,
            at_end=at,
            business_day=at[:10],
            head=context.head,
            first_row=context.first_row,
            last_row=context.seq,
            time_quality=quality,
        )
        return PackedRecord(sequence, hashlib.sha256(body).digest(), body)

    return make
