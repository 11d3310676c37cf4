"""What came back of which receipt: a fold over the records of this journal.

Only records that say so (`ReturnFlag`) are read in full; the others are passed over by their bytes. A long journal is
read in slices beside the sale, once; after that only what is new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from runtime.journal.store import Journal
from runtime.sale.record import read_record
from runtime.sale.sold import Back
from runtime.wire.beat import CameBack
from runtime.wire.came_back import FLAG, returned_in
from runtime.wire.pack import WireError
from runtime.wire.records import PackedRecord

SLICE = 200  # records
AT_ONCE = 10_000  # records that are read while the cashier waits: some 50 ms

Key = tuple[int, int]  # epoch, SequenceNumber


class Returned:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._read: dict[int, int] = {}  # epoch -> the last record that was read
        self._came: dict[Key, list[CameBack]] = {}

    def back(self, epoch: int, sequence: int, others: Iterable[CameBack] = ()) -> Back:
        """What came back of a receipt, as far as the records were read; with what other tills took back."""
        amounts: dict[int, int] = {}
        given_minor = 0
        here = self._came.get((epoch, sequence), ())
        own = {(one.epoch, one.sequence) for one in here}
        for one in (*here, *(other for other in others if (other.epoch, other.sequence) not in own)):
            amounts[one.line] = amounts.get(one.line, 0) + one.amount
            given_minor += one.given_minor
        return Back(amounts, given_minor)

    def catch_up(self, most: int = AT_ONCE) -> bool:
        """Read on, at most so many records. True where all are read. Raises JournalError."""
        left = most
        for info in self._journal.epochs():
            while (read := self._read.get(info.epoch, 0)) < info.last_sequence:
                if left <= 0:
                    return False
                found = self._journal.records(read, min(SLICE, left), epoch=info.epoch)
                if not found:
                    break  # pruned: what is left begins later, or nothing is left
                for packed in found:
                    if FLAG in packed.body:
                        self._take(info.epoch, packed)
                self._read[info.epoch] = found[-1].sequence
                left -= len(found)
        return True

    async def read_all(self) -> None:
        """Beside the sale. Raises JournalError."""
        while not self.catch_up(SLICE):
            await asyncio.sleep(0)

    def _take(self, epoch: int, packed: PackedRecord) -> None:
        try:
            read_record(packed.body)
        except WireError:
            return  # damaged: the journal says elsewhere what is damaged
        for one in returned_in(packed.body):
            came = CameBack(one.line, one.amount, one.given_minor, "", epoch, packed.sequence)
            self._came.setdefault((one.epoch, one.sequence), []).append(came)
