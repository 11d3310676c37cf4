"""What came back of which receipt: a fold over the records of this journal.

Only records that say so (`ReturnFlag`) are read in full; the others are passed over by their bytes. A long journal is
read in slices beside the sale, once; after that only what is new.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from runtime.journal.store import Journal
from runtime.sale.record import read_record
from runtime.sale.sold import Back
from runtime.wire.pack import WireError

FLAG = b"\xaaReturnFlag\xc3"  # `"ReturnFlag": true` in canonical msgpack
SLICE = 200  # records
AT_ONCE = 10_000  # records that are read while the cashier waits: some 50 ms

Key = tuple[int, int]  # epoch, SequenceNumber


@dataclass(slots=True)
class _Came:
    amounts: dict[int, int] = field(default_factory=dict)
    given_minor: int = 0


class Returned:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._read: dict[int, int] = {}  # epoch -> the last record that was read
        self._came: dict[Key, _Came] = {}

    def back(self, epoch: int, sequence: int) -> Back:
        """What came back of a receipt, as far as the records were read."""
        came = self._came.get((epoch, sequence), _Came())
        return Back(dict(came.amounts), came.given_minor)

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
                        self._take(packed.body)
                self._read[info.epoch] = found[-1].sequence
                left -= len(found)
        return True

    async def read_all(self) -> None:
        """Beside the sale. Raises JournalError."""
        while not self.catch_up(SLICE):
            await asyncio.sleep(0)

    def _take(self, body: bytes) -> None:
        try:
            record = read_record(body)
        except WireError:
            return  # damaged, or the bytes were in a text: the journal says elsewhere what is damaged
        if record["type"] != "RetailTransaction" or record.get("TransactionStatus") == "Voided":
            return
        gives: dict[int, int] = {one["LineNumber"]: -one["Amount"] for one in record["apart"]}
        for row in record["adjustments"]:
            if row["LineNumber"] in gives:
                gives[row["LineNumber"]] -= row["Amount"]
        for line in record["lines"]:
            origin: dict[str, Any] | None = line.get("returned")
            if origin is None or line["VoidFlag"] or not origin["SequenceNumber"]:
                continue
            came = self._came.setdefault((origin["epoch"], origin["SequenceNumber"]), _Came())
            number = origin["LineNumber"]
            came.amounts[number] = came.amounts.get(number, 0) + (line["qty"] or line["milli"])
            came.given_minor += gives[line["LineNumber"]]
