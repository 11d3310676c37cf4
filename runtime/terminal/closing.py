"""The record of a sale, made at the moment when its closing row gets its number. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from runtime.day.record import Control, build_control
from runtime.journal.store import AppendContext
from runtime.sale.effects import CloseRecord, Effect
from runtime.sale.record import Identity, build_record, pack_record
from runtime.sale.state import Checkout
from runtime.wire.records import PackedRecord


def closing(
    effects: Iterable[Effect], identity: Identity, after: Checkout, at: str, quality: str
) -> Callable[[AppendContext], PackedRecord] | None:
    """What the journal calls for the record, or None where these effects close no sale. `at` is the local time."""
    for effect in effects:
        if isinstance(effect, CloseRecord):
            sequence, control, sale = effect.sequence, effect.control, effect.sale or after.sale
            break
    else:
        return None

    who = replace(identity, operator=after.desk.user or identity.operator)

    def make(context: AppendContext) -> PackedRecord:
        if control is not None:
            return pack_record(sequence, _control(control, who, sequence, at, quality, context))
        body = build_record(
            who,
            replace(after, sale=sale),
            sequence=sequence,
            at_begin=sale.began_at,
            at_end=at,
            business_day=after.day.date or at[:10],
            head=context.head,
            first_row=context.first_row,
            last_row=context.seq,
            time_quality=quality,
        )
        return pack_record(sequence, body)

    return make


def _control(control: Control, who: Identity, sequence: int, at: str, quality: str, context: AppendContext) -> bytes:
    return build_control(
        control,
        store=who.store,
        workstation=who.workstation,
        operator=who.operator,
        epoch=who.epoch,
        sequence=sequence,
        at=at,
        head=context.head,
        first_row=context.first_row,
        last_row=context.seq,
        time_quality=quality,
    )
