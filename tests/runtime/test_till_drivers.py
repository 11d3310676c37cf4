"""A driver that fails (it may be anybody's) is its device's trouble and nobody else's."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from drivers.api import Text
from runtime.devices.manager import DeviceManager
from runtime.devices.spec import DeviceSpec, SerialPort, TcpPort
from runtime.terminal.paying import NOTHING_WENT_OUT


class Quiet:
    def scanned(self, *_: Any) -> None: ...
    def garbled(self, *_: Any) -> None: ...
    def status_changed(self, *_: Any) -> None: ...


def breaks(*_: Any) -> Any:
    raise ZeroDivisionError("a driver's own fault")


def test_a_driver_that_raises_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from drivers.electronic_value import simulated
    from drivers.line_display import led8
    from drivers.pos_printer import escpos

    monkeypatch.setattr(escpos.Codec, "encode", breaks)
    monkeypatch.setattr(led8.Codec, "show", breaks)
    monkeypatch.setattr(simulated.Codec, "pay", breaks)
    specs = [
        DeviceSpec("printer", "pos_printer.escpos", TcpPort("127.0.0.1", 1)),
        DeviceSpec("display", "line_display.led8", SerialPort("/nowhere/display")),
        DeviceSpec("payment", "electronic_value.simulated", TcpPort("127.0.0.1", 2)),
    ]

    async def main() -> None:
        manager = DeviceManager(specs, Quiet(), random.Random(1))
        assert (await manager.print_document((Text("x"),))).code == "FAILURE"
        manager.show("total", 1)
        # not among the answers that mean that nothing went out: it is asked again
        assert await manager.pay("T", "1" * 18, 1, 0.1) == "FAILURE"

    asyncio.run(main())


def test_a_provider_that_is_not_there_certainly_heard_nothing_and_a_silent_one_may_have() -> None:
    """What the real link answers is what runtime.terminal.paying builds on."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        await asyncio.sleep(60)

    async def ask(port: int) -> object:
        spec = DeviceSpec("payment", "electronic_value.simulated", TcpPort("127.0.0.1", port))
        manager = DeviceManager([spec], Quiet(), random.Random(1))
        await manager.start()
        await asyncio.sleep(0.1)
        try:
            return await manager.pay("T", "1" * 18, 1, 0.5)
        finally:
            await manager.stop()

    async def main() -> None:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        assert await ask(port) == "TIMEOUT"
        server.close()
        assert await ask(port) in NOTHING_WENT_OUT

    asyncio.run(main())
