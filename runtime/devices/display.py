"""A customer's display: shows the last amount, also after it was lost and is back. It says nothing itself.

Amounts that come faster than its line carries them are passed over; the last one is always shown.
"""

from __future__ import annotations

import asyncio

from drivers.api import Lamp
from runtime.devices.link import Link, Surroundings
from runtime.devices.registry import Driver
from runtime.devices.spec import DeviceSpec
from runtime.devices.transport import Port

STALL_S = 5.0


class DisplayLink(Link):
    def __init__(self, spec: DeviceSpec, driver: Driver, around: Surroundings) -> None:
        super().__init__(spec, driver, around)
        self._latest = b""
        self._changed = asyncio.Event()

    def show(self, lamp: Lamp, amount_minor: int, exponent: int) -> None:
        self._latest = self.codec.show(lamp, amount_minor, exponent)
        self._changed.set()

    async def keep(self, port: Port) -> None:
        self._changed.set()
        while True:
            await self._changed.wait()
            self._changed.clear()
            data = self._latest or self.codec.clear()
            port.write(data)
            await port.drain(STALL_S)
            await asyncio.sleep(port.seconds_for(len(data)))
