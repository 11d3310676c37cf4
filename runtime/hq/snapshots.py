"""Snapshots at head office: what is published, served to the stores' gateways."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from runtime.distribution.deltas import Deltas
from runtime.distribution.endpoints import snapshot_endpoints
from runtime.hq.publish_command import open_publications
from runtime.hq.publishing import PublicationSource
from runtime.serving.kit import Bodies, Endpoint, Limits
from runtime.wire.snapshots import MAX_ASK_BYTES

log = logging.getLogger("lane.hq")

WRITE_AFTER_S = 2.0  # what stores have is for people: not with every word of theirs
LOOK_S = 0.25  # how often it is looked whether `lane hq publish` wrote something


class HqSnapshots:
    """The folder is shared with `lane hq publish`, which may run at any time."""

    def __init__(self, folder: Path, groups: Mapping[str, Collection[str]]) -> None:
        """Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self._publications = open_publications(folder, groups)
        self._news = False
        self._deltas = Deltas(self._publications.files)
        self._source = PublicationSource(self._publications, self._heard)
        self.endpoints: Sequence[Endpoint] = snapshot_endpoints(
            self._source, self._deltas, Bodies(Limits(body_bytes=MAX_ASK_BYTES, requests=500))
        )

    def _heard(self) -> None:
        self._news = True

    async def run(self) -> None:
        """For ever: tell gateways that wait what is new, write down what stores have. Cancelled, it ends what it
        started, and nobody waits any more."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._look())
                tasks.create_task(self._note())
        finally:
            self._source.bell.close()
            await self._deltas.close()

    async def _look(self) -> None:
        newest = self._newest()
        while True:
            await asyncio.sleep(LOOK_S)
            if newest != (newest := self._newest()):
                self._source.bell.ring()

    def _newest(self) -> int:
        try:
            found = self._publications.all()
        except OSError as error:
            log.warning("what is published cannot be read: %s", error)
            return 0
        return found[-1].counter if found else 0

    async def _note(self) -> None:
        while True:
            await asyncio.sleep(WRITE_AFTER_S)
            if self._news:
                self._news = False
                try:
                    self._publications.write_holdings()
                except OSError as error:
                    log.warning("what stores have cannot be written down: %s", error)
