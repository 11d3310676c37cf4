"""Small far ends for the device tests: a pty that can be pulled out and put back, a printer, a scale, a provider.

They speak the bytes of the device reference and share no code with drivers or simulators.
"""

from __future__ import annotations

import asyncio
import json
import os
import tty
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

from drivers.api import ScanData, SerialLine
from runtime.devices.manager import DeviceManager
from runtime.devices.ports import DeviceStatus
from runtime.devices.spec import DeviceSpec, SerialPort, TcpPort


class Listener:
    def __init__(self) -> None:
        self.scans: list[ScanData] = []
        self.garbage: list[str] = []
        self.states: list[tuple[str, str]] = []

    def scanned(self, device: str, scan: ScanData) -> None:
        self.scans.append(scan)

    def garbled(self, device: str, reason: str) -> None:
        self.garbage.append(reason)

    def status_changed(self, status: DeviceStatus) -> None:
        self.states.append((status.name, status.code))

    def codes(self, name: str) -> list[str]:
        return [code for device, code in self.states if device == name]


async def until(true: Callable[[], Any], limit_s: float = 8.0) -> None:
    """Poll with a deadline; a failure shows the condition's own source line."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit_s
    while not true():
        assert loop.time() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


class Pty:
    """A cable with a stable name: `plug`, `unplug`, `say`; what is heard goes to `hear`."""

    def __init__(self, path: Path, hear: Callable[[bytes], bytes] = lambda data: b"") -> None:
        self.path = path
        self.hear = hear
        self.heard = b""
        self._master = self._slave = -1
        self.plug()

    def plug(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path.symlink_to(os.ttyname(self._slave))
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def unplug(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        self.path.unlink()
        os.close(self._slave)
        os.close(self._master)
        self._master = -1

    def say(self, data: bytes) -> None:
        os.write(self._master, data)

    def _readable(self) -> None:
        data = os.read(self._master, 4096)
        self.heard += data
        answer = self.hear(data)
        if answer:
            os.write(self._master, answer)

    def port(self) -> SerialPort:
        return SerialPort(str(self.path), SerialLine(baud=115200))


class PaperPrinter:
    """What a printer answers to DLE EOT, and its paper: a number of lines, then none."""

    def __init__(self) -> None:
        self.bytes = b""
        self.lines_left = 10_000
        self.silent = False
        self.tells = True  # answers GS r
        self.drawer = False
        self.drawer_works = True
        self.asked = 0
        self.states: dict[int, int] = {}  # bits that are set in the answer to DLE EOT n, besides the paper's
        self._held = b""

    def take(self, data: bytes) -> bytes:
        answers = b""
        data, self._held = self._held + data, b""
        while data:
            if data[0] == 0x10:
                if len(data) < 3:
                    self._held = data
                    break
                assert data[1] == 4, "only DLE EOT is spoken here"
                self.asked += 1
                answers += b"" if self.silent else bytes((self._answer(data[2]),))
                data = data[3:]
                continue
            if data[0] == 0x1D and len(data) < 3:
                self._held = data
                break
            if data[:3] == b"\x1dr\x01":
                answers += b"\x00" if self.tells and self.lines_left > 0 and not self.silent else b""
                data = data[3:]
                continue
            if data[:2] == b"\x1bp" and self.drawer_works:
                self.drawer = True
            self.lines_left -= data[0] == 0x0A
            if self.lines_left > 0:
                self.bytes += data[:1]
            data = data[1:]
        return answers

    def _answer(self, n: int) -> int:
        out = self.lines_left <= 0
        bits = {1: 0x08 if out else 0, 2: 0x20 if out else 0, 3: 0, 4: 0x60 if out else 0}[n]
        return 0x12 | bits | (0x04 if n == 1 and self.drawer else 0) | self.states.get(n, 0)


class Server:
    """A TCP device on a port of its own; `hear(data)` gives the answer, `closes_after` bytes it hangs up."""

    def __init__(self, hear: Callable[[bytes], bytes]) -> None:
        self.hear = hear
        self.closes_after = -1
        self.port_number = 0
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self) -> Server:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port_number)
        self.port_number = self._server.sockets[0].getsockname()[1]
        return self

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        heard = 0
        try:
            while data := await reader.read(256):
                heard += len(data)
                writer.write(self.hear(data))
                if 0 <= self.closes_after <= heard:
                    break
        except ConnectionError:
            pass
        writer.transport.abort()

    def port(self) -> TcpPort:
        return TcpPort("127.0.0.1", self.port_number)


def scale_frame(body: bytes) -> bytes:
    bcc = 0
    for byte in body:
        bcc ^= byte
    return b"\x01\x02" + body + bytes((bcc,)) + b"\x03\x04"


class PassiveScale:
    def __init__(self) -> None:
        self.body = b"S 00.000kg"
        self.asked = 0

    def take(self, data: bytes) -> bytes:
        answer = b""
        for byte in data:
            self.asked += byte == 0x11
            answer += {0x05: b"\x06", 0x11: scale_frame(self.body)}.get(byte, b"")
        return answer


class Provider:
    """The simulated provider: `states` is what the next questions are answered; None is silence."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.states: list[str | None] = []
        self._held = b""

    def take(self, data: bytes) -> bytes:
        answer = b""
        *lines, self._held = (self._held + data).split(b"\n")
        for line in lines:
            question = json.loads(line)
            if question == {"op": "ping"}:
                answer += b'{"pong": true}\n'
                continue
            self.asked.append(question)
            state = self.states.pop(0)
            if state is not None:
                answer += json.dumps({"trade_no": question["trade_no"], "state": state}).encode() + b"\n"
        return answer


def run(test: Callable[[], Awaitable[None]], limit_s: float = 30.0) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(limit_s):
            await test()

    asyncio.run(bounded())


def manager_of(listener: Listener, **devices: tuple[Any, ...]) -> DeviceManager:
    """A manager of name=(driver, port) or name=(driver, port, settings)."""
    specs = [DeviceSpec(name, *made) for name, made in devices.items()]
    return DeviceManager(specs, listener, Random(1))
