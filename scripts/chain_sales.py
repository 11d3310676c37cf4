"""Sales as tills close them, in any number: some are rung up on the real Till with the real engine, and the product's
own record code packs them for every store, terminal and sequence that is asked for.

    forms = Forms(rung_up())                        a second or two
    forms.records("0001", "01", EPOCH, 1, 240)      PackedRecords 1 to 240 of that terminal, 2.3 kB each
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import sys
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import msgpack
from rig import ROOT

sys.path.insert(0, str(ROOT))  # the till without devices is imported as tests.runtime.till_rig

from runtime.sale.record import Identity, build_record, pack_record
from runtime.sale.state import Checkout
from runtime.wire.records import PackedRecord
from tests.runtime.till_rig import GOODS, Rig, book

EPOCH = 0x1F2E3D4C5B6A7988
FORMS = 32  # sales of 2 to 9 lines
THINGS = "纯牛奶 酸奶 矿泉水 绿茶 方便面 酱油 香醋 大豆油 大米 坚果 瓜子 火腿肠 水饺 汤圆 饼干 面包"
FIRST_AT = datetime(2026, 11, 30, 9, 0)
A_SALE = timedelta(seconds=15)  # 240 an hour
ROWS_A_SALE = 12  # of its journal


def rung_up(folder: Path | None = None) -> list[Checkout]:
    """Closed sales, each rung up on a till with a journal, paid in cash."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        return asyncio.run(_ring(Path(name)))


async def _ring(folder: Path) -> list[Checkout]:
    rng = random.Random(5)
    goods = {f"6901028{n:06d}": ("each", rng.randint(100, 9_900)) for n in range(64)}
    things = THINGS.split()
    names = {code: f"{things[n % len(things)]} {n}00g" for n, code in enumerate(goods)}
    rig = Rig(folder, book({**GOODS, **goods}, names))
    rig.within_s = 60.0
    found = []
    try:
        for _ in range(FORMS):
            for code in rng.sample([*goods], rng.randint(2, 9)):
                rig.scan(code)
            rig.must("subtotal")
            rig.must("cash", amount_minor=rig.view.total_minor + 50)
            found.append(rig.till.checkout)
            await rig.until(lambda: not rig.view.receipts_waiting)
    finally:
        await rig.close()
    return found


def one_record(form: Checkout, store: str, terminal: str, epoch: int, sequence: int) -> bytes:
    """A record's body by the product's own code."""
    at = FIRST_AT + sequence * A_SALE
    return build_record(
        Identity(store, terminal, "1001", epoch),
        replace(form, last_sequence=sequence),
        sequence,
        (at - A_SALE).isoformat(),
        at.isoformat(),
        at.date().isoformat(),
        _head(store, terminal, sequence),
        sequence * ROWS_A_SALE,
        sequence * ROWS_A_SALE + ROWS_A_SALE - 1,
        "system",
    )


class Forms:
    """Packs hundreds of thousands of records quickly: of every form the map that the product's code packed, with what
    differs from sale to sale put in. The bytes are those of `one_record` (tests/scripts/test_chain_tools.py)."""

    def __init__(self, checkouts: list[Checkout]) -> None:
        self.checkouts = checkouts
        self._maps = [msgpack.unpackb(one_record(form, "0", "0", 1, 1)) for form in checkouts]

    def form(self, terminal: str, sequence: int) -> int:
        return (sequence * 7 + int(terminal)) % len(self._maps)

    def body(self, store: str, terminal: str, epoch: int, sequence: int) -> bytes:
        record = self._maps[self.form(terminal, sequence)]
        at = FIRST_AT + sequence * A_SALE
        record["StoreID"], record["WorkstationID"], record["epoch"] = store, terminal, epoch
        record["SequenceNumber"], record["head"] = sequence, _head(store, terminal, sequence)
        record["BeginDateTime"], record["EndDateTime"] = (at - A_SALE).isoformat(), at.isoformat()
        record["BusinessDayDate"] = at.date().isoformat()
        record["rows"] = [sequence * ROWS_A_SALE, sequence * ROWS_A_SALE + ROWS_A_SALE - 1]
        return cast(bytes, msgpack.packb(record))

    def records(self, store: str, terminal: str, epoch: int, first: int, count: int) -> list[PackedRecord]:
        """The records `first` to `first + count - 1` of a line."""
        return [pack_record(n, self.body(store, terminal, epoch, n)) for n in range(first, first + count)]


def _head(store: str, terminal: str, sequence: int) -> bytes:
    return hashlib.sha256(f"{store}/{terminal}/{sequence}".encode()).digest()
