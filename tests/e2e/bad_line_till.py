"""A terminal without devices, as a process: the real Till on a real journal sells as fast as it can, the real Forwarder
hands the sales over. Killed at any moment and started again, it goes on with the basket that it finds.

    python tests/e2e/bad_line_till.py FOLDER PORT KEYS TERMINAL SALES

Prints `sold NUMBER HASH` when a sale is closed: what would be on paper by then. Ends when told to.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from chain_keys import StoreKeys
from chain_sales import EPOCH

from runtime.forward.forwarder import Forwarder
from runtime.link.backoff import Backoff
from runtime.link.http_link import HttpLink
from tests.runtime.till_rig import MILK, WATER, Rig

STORE = "S1"  # the rig's
TIMEOUT_S = 2.0


async def _sell(folder: Path, port: int, keys: StoreKeys, terminal: str, sales: int) -> None:
    rig = Rig(folder, workstation=terminal, epoch=EPOCH)
    rng = random.Random(f"{terminal}/{rig.journal.last_sequence}")
    link = HttpLink(f"https://127.0.0.1:{port}", timeout_s=TIMEOUT_S, tls=keys.tls(terminal))
    forwarder = Forwarder(rig.journal, link, STORE, terminal, rng.random, lambda: None, Backoff(0.1, 1.0))
    rig.till.forwarder = forwarder
    sending = asyncio.ensure_future(forwarder.run())
    while rig.journal.last_sequence < sales:
        _press(rig, rng)
        await asyncio.sleep(0.001)
        if sending.done():
            sending.result()
    await sending


def _press(rig: Rig, rng: random.Random) -> None:
    """The next key of a cashier in this state."""
    state = rig.view.state
    if state in ("idle", "closed") or (state == "ringing" and rng.random() < 0.5):
        rig.scan(rng.choice((MILK, WATER)))
    elif state == "ringing":
        rig.must("subtotal")
    elif state == "tendering":
        before = rig.journal.last_sequence
        rig.must("cash", amount_minor=rig.view.total_minor)
        for record in rig.journal.records(before, 1):
            print(f"sold {record.sequence} {record.hash.hex()}", flush=True)


if __name__ == "__main__":
    place, port, keys, terminal, sales = sys.argv[1:]
    asyncio.run(_sell(Path(place), int(port), StoreKeys(STORE, Path(keys)), terminal, int(sales)))
