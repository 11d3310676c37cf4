"""A scale: asked while goods are weighed, and now and then whether it is there.

A scale that talks all the time is well as long as it talks. Only a reading that came after the weighing began counts:
what the last customer left on the scale is not this one's weight.
"""

from __future__ import annotations

import asyncio

from drivers.api import Output, ScaleReading
from runtime.devices.link import PROBE_EVERY_S, Link, Surroundings
from runtime.devices.registry import Driver
from runtime.devices.spec import DeviceSpec
from runtime.devices.transport import Port, TransportError

ANSWER_S = 0.6  # one conversation
AGAIN_S = 0.1  # between two conversations of one weighing
TALKS_S = 3.0  # a scale that talks all the time and has said nothing for so long is silent


class ScaleLink(Link):
    def __init__(self, spec: DeviceSpec, driver: Driver, around: Surroundings) -> None:
        super().__init__(spec, driver, around)
        self._turn = asyncio.Lock()
        self._reading: asyncio.Future[ScaleReading | None] | None = None
        self._talks = not self.codec.ask()

    def connected(self) -> None:
        """Its first answer says that it is well, not its port."""

    def disconnected(self, code: str) -> None:
        if self._reading is not None and not self._reading.done():
            self._reading.set_result(None)

    def handle(self, output: Output) -> bool:
        if not isinstance(output, ScaleReading):
            return False
        self.set_code("OK")
        if self._reading is not None and not self._reading.done():
            self._reading.set_result(output)
        return True

    async def keep(self, port: Port) -> None:
        while True:
            if self._talks:
                await self._hears(port)
            else:
                async with self._turn:
                    await self.answers(port, self.codec.probe())
                await asyncio.sleep(PROBE_EVERY_S)

    async def _hears(self, port: Port) -> None:
        self.heard.clear()
        try:
            async with asyncio.timeout(TALKS_S):
                await self.heard.wait()
        except TimeoutError:
            if self.code != "FAILURE":
                self.set_code("TIMEOUT")
            if port.half_open:
                raise TransportError("TIMEOUT", "the connection is half open") from None
        else:
            await asyncio.sleep(TALKS_S / 2)

    async def weigh(self, timeout_s: float) -> ScaleReading | str:
        """The first steady reading above zero within the time, else the last one that is neither, else the trouble."""
        last: ScaleReading | None = None
        try:
            async with asyncio.timeout(timeout_s), self._turn:
                while (port := self.port) is not None:
                    reading = await self._read(port)
                    if reading is not None:
                        last = reading
                        if reading.code == "OK":
                            return reading
                    if reading is None or not self._talks:
                        await asyncio.sleep(AGAIN_S)
        except TimeoutError:
            pass
        except TransportError as error:
            return last or error.code
        if last is not None and self.port is not None:
            return last
        return self.code if self.code != "OK" else "TIMEOUT"

    async def _read(self, port: Port) -> ScaleReading | None:
        """One reading that begins now; None where none comes in time."""
        self._reading = asyncio.get_running_loop().create_future()
        if question := self.codec.ask():
            port.write(question)
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._reading
        except TimeoutError:
            if self.code == "OK":
                self.set_code("TIMEOUT")
            return None
        finally:
            self._reading = None
