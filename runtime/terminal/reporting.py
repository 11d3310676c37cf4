"""When a beat says how this till is: as soon as something changed that a person would see to, and now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.wire.status import Status

if TYPE_CHECKING:
    from runtime.terminal.till import Till

EVERY_S = 10.0  # gathering it reads the disk and the process: not with every beat of an old till


class Reporting:
    """`gather` asks for all of it (runtime.terminal.status)."""

    def __init__(self, till: Till, gather: Callable[[], Status]) -> None:
        self._till = till
        self._gather = gather
        self._seen: object = None
        self._next_s = 0.0
        self.wanted = True  # the gateway does not know it

    def status(self) -> Status | None:
        """For the next beat; None where it is as it was."""
        now_s, seen = asyncio.get_running_loop().time(), self._now()
        if not self.wanted and now_s < self._next_s and seen == self._seen:
            return None
        self._seen, self._next_s = seen, now_s + EVERY_S
        return self._gather()

    def _now(self) -> object:
        till = self._till
        network = till.network()
        codes = tuple(one.code for one in till.devices.statuses())
        counts = (network.unsent, till.checkout.last_sequence, len(till.checkout.prints))
        return (codes, network.sentence.code, counts, till.disk_code(), till.clock.quality, till.operator)
