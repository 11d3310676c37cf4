"""Tills that do nothing but take prices from a gateway: the real Keeper, Fetcher, TillPlace and HttpLink each, on one
loop. For measuring how long new prices take to a whole store, and for tests of it.

    async with PriceTills(folder, "http://127.0.0.1:8700", "0001", first, count=40) as tills:
        await tills.until(1)              everyone has publication number 1
        ...                               publish number 2
        seconds = await tills.until(2)    when each had it, counted from this call
"""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.signature import Trust
from runtime.distribution.fetching import Fetcher
from runtime.distribution.keeping import Identity, Keeper
from runtime.link.backoff import Backoff
from runtime.link.http_link import HttpLink
from runtime.link.ports import Tls
from runtime.terminal.price_place import TillPlace
from runtime.wire.snapshots import MAX_PIECE_BYTES

POLL_S = 2.0  # stands for the beats ([gateway] beat_ms), which these tills have not


class PriceTills:
    """`first`: the snapshot that every till has to begin with. `tls`: one for each till, or None for plain HTTP."""

    def __init__(
        self,
        folder: Path,
        url: str,
        store: str,
        first: Path,
        *,
        count: int = 40,
        trust: Trust | None = None,
        groups: Sequence[str] = (),
        poll_s: float = POLL_S,
        tls: Sequence[Tls] | None = None,
    ) -> None:
        self.places: list[TillPlace] = []
        self.paths: list[Path] = []
        self.keepers: list[Keeper] = []
        self._links: list[HttpLink] = []
        self._tasks: list[asyncio.Task[None]] = []
        for number in range(1, count + 1):
            path = folder / f"{number:02d}" / "shop.snapshot"
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                shutil.copyfile(first, path)
            place = TillPlace(path)
            link = HttpLink(url, max_answer_bytes=2 * MAX_PIECE_BYTES, tls=tls[number - 1] if tls is not None else None)
            keeper = Keeper(
                Identity(store, f"{number:02d}", groups),
                link,
                Fetcher(link, place.incoming, trust),
                place,
                trust,
                random=random.Random(number).random,
                poll_s=poll_s,
                backoff=Backoff(0.5, 5.0),
                most_refusals=3,
            )
            self.paths.append(path)
            self.places.append(place)
            self._links.append(link)
            self.keepers.append(keeper)

    async def __aenter__(self) -> PriceTills:
        self._tasks = [asyncio.ensure_future(keeper.run()) for keeper in self.keepers]
        return self

    async def __aexit__(self, *_: Any) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in self._links:
            await link.close()

    async def until(self, counter: int, within_s: float = 60.0) -> list[float]:
        """Seconds until each till had this publication, or a later one, at its path. Raises TimeoutError."""
        began_s = time.monotonic()
        had: dict[int, float] = {}
        async with asyncio.timeout(within_s):
            while len(had) < len(self.keepers):
                for number, keeper in enumerate(self.keepers):
                    code, _ = keeper.status
                    if number not in had and keeper.holding.counter >= counter and not code and keeper.idle:
                        had[number] = time.monotonic() - began_s
                await asyncio.sleep(0.005)
        return [had[number] for number in sorted(had)]
