"""Which terminal takes goods back of which receipt: one at a time in the store. Pure.

A hold is a terminal's from the beat that asks for it until one of its beats does not have it any more while all its
records are here: then what came back is counted, or nothing did. A terminal that got a new disk holds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runtime.gateway.sharing.store import Holder, ReceiptKey
from runtime.wire.beat import Beat


def holds_after(
    holds: Mapping[ReceiptKey, Holder], beat: Beat, stored: Callable[[], int], known: Callable[[ReceiptKey], bool]
) -> dict[ReceiptKey, Holder]:
    """The holds after a beat. `stored`: of its terminal and epoch; `known`: whether there is such a receipt."""
    me = (beat.terminal, beat.epoch)
    wanted = {(one.terminal, one.tag, one.sequence) for one in beat.receipts}
    after = {}
    for key, holder in holds.items():
        if holder[0] == me[0] and holder != me:
            continue  # it has a new disk
        if holder == me and key not in wanted and stored() >= beat.last_sequence:
            continue
        after[key] = holder
    for one in beat.receipts:
        key = (one.terminal, one.tag, one.sequence)
        if key not in after and (not one.ask or known(key)):
            after[key] = me
    return after
