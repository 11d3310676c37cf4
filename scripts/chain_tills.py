"""Terminals that come back: of each the real Forwarder over the real HttpLink with TLS, on one loop, with an hour of
sales that were made beforehand in the place of its journal.

    python scripts/chain_tills.py SPEC.json     prints `ready`, waits for a line on standard input, sends all of it;
                                                prints a line when every gateway has it, one when all of it is settled

SPEC: {"hashes": FILE, "sales": N, "stores": [{"store", "port", "folder", "terminals"}]}. The hashes of all records go
into the file before `ready`.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path
from typing import Any

from chain_keys import StoreKeys
from chain_sales import EPOCH, Forms, rung_up

from runtime.forward.forwarder import Forwarder
from runtime.journal.store import EpochInfo
from runtime.link.http_link import HttpLink
from runtime.wire.records import PackedRecord


class Held:
    """What a journal would give of these records."""

    epoch = EPOCH

    def __init__(self, records: list[PackedRecord]) -> None:
        self._records = records
        self.stored = self.settled = 0

    def add(self, records: list[PackedRecord]) -> None:
        self._records += records

    def epochs(self) -> list[EpochInfo]:
        return [EpochInfo(EPOCH, "m", len(self._records), 0, 0, 0)]

    def records(self, after: int, limit: int, max_bytes: int = 1 << 20, epoch: int | None = None) -> list[PackedRecord]:
        found, size = [], 0
        for one in self._records[after : after + limit]:
            size += len(one.body)
            if found and size > max_bytes:
                break
            found.append(one)
        return found

    def pruned(self, epoch: int) -> int:
        return 0

    def note_watermarks(self, epoch: int, stored: int, settled: int) -> None:
        self.stored, self.settled = stored, settled

    @property
    def last_sequence(self) -> int:
        return len(self._records)


async def _run(spec: dict[str, Any], forms: Forms) -> None:
    count = int(spec["sales"])
    tills: list[tuple[Held, Forwarder]] = []
    with Path(spec["hashes"]).open("wb") as hashes:
        for one in spec["stores"]:
            keys = StoreKeys(one["store"], Path(one["folder"]))
            for terminal in one["terminals"]:
                held = Held(forms.records(one["store"], terminal, EPOCH, 1, count))
                hashes.write(b"".join(record.hash for record in held.records(0, count, 1 << 40)))
                link = HttpLink(f"https://127.0.0.1:{one['port']}", timeout_s=60.0, tls=keys.tls(terminal))
                draw = random.Random(f"{one['store']}/{terminal}").random
                tills.append((held, Forwarder(held, link, one["store"], terminal, draw, lambda: None)))
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    tasks = [asyncio.ensure_future(forwarder.run()) for _, forwarder in tills]
    for word in ("stored", "settled"):
        while not all(getattr(held, word) == count for held, _ in tills):
            for task in tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.2)
        print(word, flush=True)


if __name__ == "__main__":
    asyncio.run(_run(json.loads(Path(sys.argv[1]).read_text()), Forms(rung_up())))
