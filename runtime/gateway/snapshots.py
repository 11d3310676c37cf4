"""Snapshots at a gateway: kept supplied from head office, served to the store's terminals."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.signature import Trust
from runtime.distribution.deltas import Deltas
from runtime.distribution.endpoints import snapshot_endpoints
from runtime.distribution.fetching import Fetcher
from runtime.distribution.files import SnapshotFiles
from runtime.distribution.keeping import Identity, Keeper
from runtime.gateway.price_place import GatewayPlace
from runtime.gateway.settings import SnapshotsSettings
from runtime.link.backoff import Backoff
from runtime.link.ports import Link
from runtime.serving.kit import Bodies, Endpoint, Limits
from runtime.wire.snapshots import MAX_ASK_BYTES

log = logging.getLogger(__name__)

NAME = "gateway"
BACKOFF = Backoff(1.0, 60.0)


class GatewaySnapshots:
    """`link` None: there is no head office, and what was taken before is served still."""

    def __init__(
        self,
        folder: Path,
        store: str,
        settings: SnapshotsSettings,
        trust: Trust | None,
        link: Link | None,
        random: Callable[[], float],
        fetcher: Callable[..., Fetcher] = Fetcher,
        hold_s: float = 0.0,
    ) -> None:
        """`folder` is the gateway's own; `hold_s` as runtime.distribution.keeping has it. Raises OSError."""
        files = SnapshotFiles(folder, most_bytes=settings.max_mb << 20, most_files=settings.keep)
        self.place = GatewayPlace(files, trust)
        self.place.doubted = self._doubt
        self.deltas = Deltas(files)
        self.keeper: Keeper | None = None
        self._doubting: asyncio.Task[None] | None = None
        if link is not None:
            self.keeper = Keeper(
                Identity(store, NAME),
                link,
                fetcher(link, files.incoming, trust),
                self.place,
                trust,
                random=random,
                poll_s=settings.poll_ms / 1000,
                hold_s=hold_s,
                backoff=BACKOFF,
                changed=self.place.bell.ring,
                holdings=self.place.held,
            )
        self.endpoints: Sequence[Endpoint] = snapshot_endpoints(
            self.place, self.deltas, Bodies(Limits(body_bytes=MAX_ASK_BYTES)), store
        )

    async def run(self) -> None:
        """For ever. Cancelled, it ends what it started."""
        try:
            await asyncio.to_thread(self.place.start)
            self.place.bell.ring()
            if self.keeper is None:
                await asyncio.Event().wait()
            else:
                await self.keeper.run()
        finally:
            self.place.bell.close()
            await self.deltas.close()

    def number(self) -> int:
        """Of the publication that is served; 0: none."""
        wanted = self.place.served()
        return wanted.counter if wanted is not None else 0

    def wake(self) -> None:
        """Head office said that something is new."""
        if self.keeper is not None:
            self.keeper.wake()

    def _doubt(self) -> None:
        if self._doubting is None or self._doubting.done():
            self._doubting = asyncio.ensure_future(self._prove_again())

    async def _prove_again(self) -> None:
        if not await asyncio.to_thread(self.place.prove_again):
            self.wake()
