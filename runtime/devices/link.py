"""One device's life: connect, listen, ask now and then how it is, and begin again with back-off when it is lost.

A link never gives up and never harms another: whatever ends its connection, a fault of ours or of a driver's included,
ends that connection alone; a driver that does not return is interrupted (runtime.devices.guard). A change of state is
told once. States are keys of drivers.api.SENTENCES.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from drivers.api import Garbage, Output, ScanData, Send, SerialLine
from runtime.devices.guard import DriverHung, Guarded, limited
from runtime.devices.ports import DeviceListener, DeviceStatus
from runtime.devices.registry import Driver
from runtime.devices.restarts import FAULTS, REST_S, Restarts
from runtime.devices.serial_port import SerialTransport
from runtime.devices.spec import DeviceSpec, SerialPort
from runtime.devices.tcp_port import TcpTransport
from runtime.devices.transport import Port, TransportError

log = logging.getLogger("lanekit.devices")

MAX_BAD = 5  # frames of nonsense in a row before a device is said to talk nonsense
QUIET_S = 1.0  # silence after which what is unfinished never will be finished
PROBE_EVERY_S = 5.0
ANSWER_S = 1.5
MISSES = 2  # unanswered questions after which a connection that may be half open is made anew


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a link is handed: whom to tell, chance for the back-off, the clock of its loop."""

    listener: DeviceListener
    random: Random
    clock: Callable[[], float]


class Link:
    """A device that is only listened to (a scanner), and the base of those that are asked."""

    flushes = True  # whether silence ends what is unfinished

    def __init__(self, spec: DeviceSpec, driver: Driver, around: Surroundings) -> None:
        self.name = spec.name
        self.device_class = driver.device_class
        self.code = "CONNECTING"
        self.settings: Any = driver.settings_type(**spec.settings)
        self.port: Port | None = None  # while it is connected
        self._spec = spec
        self._driver = driver
        self._around = around
        self._restarts = Restarts(around.random)
        self._hung: asyncio.Future[None] | None = None  # fails where the driver does not return
        self.codec: Any = self._make_codec()
        self._bad = 0  # frames of nonsense since the last good one
        self._nonsense = False  # any, since the last probe
        self.heard = asyncio.Event()  # something that is not nonsense came in

    # --- its life ---

    async def run(self) -> None:
        while True:
            began = self._around.clock()
            connection = asyncio.create_task(self._connection(), name=f"device {self.name}")
            try:
                await asyncio.wait({connection})
            finally:
                await _end([connection])
            error = None if connection.cancelled() else connection.exception()
            is_fault = not isinstance(error, TransportError)
            wait_s = self._restarts.wait_s(began, self._around.clock(), is_fault)
            if isinstance(error, TransportError):
                self.set_code(error.code)
            else:
                log.error("device %s: its task failed and is begun again", self.name, exc_info=error)
                self.set_code("DRIVER_FAILED" if self._restarts.resting else "FAILURE")
            if self._restarts.resting:
                log.error("device %s: %d faults of its driver in a row; it rests %g s", self.name, FAULTS, REST_S)
            await asyncio.sleep(wait_s)

    async def _connection(self) -> None:
        port = self._make_port()
        tasks: list[asyncio.Task[None]] = []
        try:
            await port.open()
            self._hung = asyncio.get_running_loop().create_future()
            self.codec = self._make_codec()
            self.port = port
            self._bad = 0
            self.connected()
            tasks = [asyncio.create_task(self._listen(port)), asyncio.create_task(self.keep(port))]
            done, _pending = await asyncio.wait([*tasks, self._hung], return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            if self._hung is not None and self._hung.done():
                self._hung.exception()  # looked at: else the loop complains
            self._hung = None
            self.port = None
            code = port.lost.code if port.lost is not None else "TIMEOUT"
            await _end(tasks)
            port.close()
            self.disconnected(code)

    def _make_codec(self) -> Guarded:
        return Guarded(limited(self._driver.codec_type, self.settings), self._has_hung)

    def _has_hung(self, error: DriverHung) -> None:
        """Whoever called the driver, the connection ends."""
        log.error("device %s: %s", self.name, error, exc_info=error)
        if self._hung is not None and not self._hung.done():
            self._hung.set_exception(error)

    def _make_port(self) -> Port:
        if isinstance(self._spec.transport, SerialPort):
            return SerialTransport(self._spec.transport, self._driver.serial or SerialLine())
        return TcpTransport(self._spec.transport)

    async def _listen(self, port: Port) -> None:
        quiet_s = getattr(self.codec, "quiet_ms", QUIET_S * 1000) / 1000
        unfinished = False
        while True:
            outputs: Sequence[Output]
            try:
                async with asyncio.timeout(quiet_s if unfinished and self.flushes else None):
                    data = await port.read()
            except TimeoutError:
                outputs, data, unfinished = self.codec.flush(), b"", False
            else:
                outputs, unfinished = self.codec.receive(data), True
            self._take(port, data, outputs)
            await asyncio.sleep(0)  # a device that never stops talking must not keep the others waiting

    def _take(self, port: Port, data: bytes, outputs: Sequence[Output]) -> None:
        nonsense = False
        for output in outputs:
            if isinstance(output, Garbage):
                nonsense = self._nonsense = True
                self._bad += 1
                if self._bad <= MAX_BAD:
                    self.garbled(output)
                if self._bad == MAX_BAD:
                    self.set_code("FAILURE")
            elif isinstance(output, Send):
                port.write(output.data)
            else:
                if self.handle(output):
                    self._bad = 0
        if data and not nonsense:
            self.heard.set()

    def set_code(self, code: str) -> None:
        """Tell a change of state, once."""
        if code == self.code:
            return
        log.log(logging.INFO if code == "OK" else logging.WARNING, "device %s: %s", self.name, code)
        self.code = code
        try:
            self._around.listener.status_changed(self.status())
        except Exception:  # whoever listens, the device's task lives on
            log.exception("device %s: its state %s was not taken", self.name, code)

    def status(self) -> DeviceStatus:
        return DeviceStatus(self.name, self.device_class, self.code)

    # --- what a class of devices makes its own ---

    def connected(self) -> None:
        """The port is open. A device that never answers is well by that alone."""
        if not self.codec.probe():
            self.set_code("OK")

    def disconnected(self, code: str) -> None:
        """The port is gone, for `code`; whoever waits for an answer must hear of it."""

    def handle(self, output: Output) -> bool:
        """Take what the device said; True where that proves that it talks sense."""
        self.set_code("OK")
        if isinstance(output, ScanData):
            self._around.listener.scanned(self.name, output)
        return True

    def garbled(self, garbage: Garbage) -> None:
        if self.device_class == "Scanner":
            self._around.listener.garbled(self.name, garbage.reason)

    async def keep(self, port: Port) -> None:
        """Ask now and then whether it is there; ends where it is a device that never answers."""
        misses = 0
        while question := self.codec.probe():
            if await self.answers(port, question):
                misses = 0
            else:
                misses += 1
                if port.half_open and misses >= MISSES:
                    raise TransportError("TIMEOUT", "the connection is half open")
            await asyncio.sleep(PROBE_EVERY_S)

    async def answers(self, port: Port, question: bytes) -> bool:
        """Whether it answers a probe in time; its state follows."""
        self.heard.clear()
        self._nonsense = False
        port.write(question)
        try:
            async with asyncio.timeout(ANSWER_S):
                await self.heard.wait()
        except TimeoutError:
            if self.code != "FAILURE" or not self._nonsense:
                self.set_code("TIMEOUT")
            return False
        if not self._nonsense:
            self._bad = 0
            self.set_code("OK")
        return True


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
