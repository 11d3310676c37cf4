"""Receipts of the whole store for goods that come back: asked from the gateway, held there against all other tills.

A hold is in every beat from the question until nothing of the receipt is on the screen, in the sale or in a ticket that
waits; the gateway gives it to one till at a time, and only lets go when all records of that till are there. So of no
receipt comes more back than was sold, anywhere in the store, while its tills can reach the gateway. Without it a till
takes back what it sold itself, as it knows it (docs/adr/0026).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime.sale.record import read_record
from runtime.terminal.paper_codes import tag_of
from runtime.wire.beat import CameBack, ReceiptHold, ReceiptNews
from runtime.wire.messages import Sentence
from runtime.wire.pack import WireError

if TYPE_CHECKING:
    from runtime.terminal.till import Till

ASK_S = 6.0  # how long an answer is waited for
MAX_KEPT = 20  # records of other tills

Receipt = tuple[str, str, int]  # terminal, tag of its epoch, SequenceNumber
Place = tuple[int, int]  # epoch, SequenceNumber


@dataclass(slots=True)
class _Asking:
    since_s: float
    epoch: int  # 0: not known yet
    opens: bool  # a person waits to see it


class Elsewhere:
    def __init__(self, till: Till) -> None:
        self._till = till
        self._asking: dict[Receipt, _Asking] = {}
        self._held: dict[Receipt, int] = {}  # its epoch
        self._records: dict[Place, Mapping[str, Any]] = {}
        self._back: dict[Place, tuple[CameBack, ...]] = {}

    @property
    def fast(self) -> bool:
        return bool(self._asking)

    def ask(self, receipt: Receipt, epoch: int = 0, opens: bool = True) -> None:
        """With the next beat, which comes at once."""
        if receipt not in self._asking:
            self._asking[receipt] = _Asking(asyncio.get_running_loop().time(), epoch, opens)
            self._till.sharing.poke()

    def record(self, place: Place) -> Mapping[str, Any] | None:
        return self._records.get(place)

    def came_back(self, place: Place) -> tuple[CameBack, ...]:
        """What came back of it in the store, as the gateway said when it gave the hold."""
        return self._back.get(place, ())

    def knows(self, place: Place) -> bool:
        return place in self._back

    # --- beats -------------------------------------------------------------------------------------------------------

    def holds(self, in_use: Iterable[tuple[str, int, int]]) -> tuple[ReceiptHold, ...]:
        """What a beat says; `in_use`: (terminal, epoch, SequenceNumber) of what is on the screen or in a sale."""
        used = {(terminal, tag_of(epoch), sequence): epoch for terminal, epoch, sequence in in_use}
        for receipt in [one for one in self._held if one not in used]:
            self._let_go(receipt)
        holds = [ReceiptHold(*receipt, ask=True, epoch=one.epoch) for receipt, one in self._asking.items()]
        holds += [
            ReceiptHold(*receipt, ask=False, epoch=epoch)
            for receipt, epoch in used.items()
            if receipt not in self._asking
        ]
        return tuple(holds)

    def _let_go(self, receipt: Receipt) -> None:
        place = (self._held.pop(receipt), receipt[2])
        self._records.pop(place, None)
        self._back.pop(place, None)

    def heard(self, news: Iterable[ReceiptNews]) -> list[tuple[ReceiptNews, bool]]:
        """What the answers say of what was asked for, and whether a person waits for it."""
        told = []
        for one in news:
            receipt = (one.terminal, one.tag, one.sequence)
            asking = self._asking.pop(receipt, None)
            if asking is None:
                continue
            if one.state == "held" and not self._take(one, receipt):
                one = ReceiptNews(*receipt, state="unknown")
            told.append((one, asking.opens))
        return told

    def _take(self, one: ReceiptNews, receipt: Receipt) -> bool:
        who = self._till.identity
        place = (one.epoch, one.sequence)
        if tag_of(one.epoch) != one.tag:
            return False
        if one.record and one.terminal != who.workstation:
            try:
                record = read_record(one.record)
            except WireError:
                return False
            said = (record["StoreID"], record["WorkstationID"], record["epoch"], record["SequenceNumber"])
            if said != (who.store, one.terminal, *place):
                return False
            if len(self._records) >= MAX_KEPT:
                self._records.pop(next(iter(self._records)))
            self._records[place] = record
        self._held[receipt] = one.epoch
        self._back[place] = one.back
        return True

    def given_up(self, online: bool) -> list[tuple[Receipt, bool]]:
        """The questions that nobody answered in time, or that nobody will: they are asked no more."""
        now_s = asyncio.get_running_loop().time()
        old = [(one, ask.opens) for one, ask in self._asking.items() if not online or now_s - ask.since_s > ASK_S]
        for receipt, _ in old:
            del self._asking[receipt]
        return old


def says(news: ReceiptNews, sentence: Any) -> Sentence:
    """Why a receipt cannot be looked at."""
    if news.state == "elsewhere":
        said: Sentence = sentence("receipt_held", number=news.sequence, terminal=news.holder)
    else:
        said = sentence("receipt_not_here", number=news.sequence, workstation=news.terminal)
    return said
