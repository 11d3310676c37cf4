"""A TCP proxy that is a bad line: cuts connections, delays, is slow, takes bytes and gives none back.

    async with FaultProxy(target_port) as proxy:
        proxy.port              whoever connects there is passed on, byte by byte
        proxy.cut()             every connection ends, in the middle of whatever it carries (RST)
        proxy.delay_s = 0.2     each piece waits so long
        proxy.bytes_s = 20_000  a slow line, each way
        proxy.deaf = True       half-open: it takes connections and bytes, and nothing gets through
        proxy.up, proxy.down    bytes that went through, to the target and back

It knows nothing of what it carries, which is TLS.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

PIECE_BYTES = 1 << 16
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: closing sends RST


class FaultProxy:
    def __init__(self, target_port: int, host: str = "127.0.0.1") -> None:
        self._target = (host, target_port)
        self._host = host
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.delay_s = 0.0
        self.bytes_s = 0
        self.deaf = False
        self.up = self.down = 0
        self.connections = 0

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._serve, self._host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: Any) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        for writer in list(self._writers):
            sock = writer.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    def well(self) -> None:
        """A good line again, for connections that are there, too."""
        self.delay_s, self.bytes_s, self.deaf = 0.0, 0, False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1
        beyond: asyncio.StreamWriter | None = None
        try:
            answers, beyond = await asyncio.open_connection(*self._target)
            self._writers.add(beyond)
            await asyncio.gather(self._pass(reader, beyond, True), self._pass(answers, writer, False))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for one in (writer, beyond):
                if one is not None:
                    self._writers.discard(one)
                    one.transport.abort()
            self._tasks.discard(task)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, up: bool) -> None:
        while data := await reader.read(PIECE_BYTES):
            if self.deaf:
                continue
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self.bytes_s:
                await asyncio.sleep(len(data) / self.bytes_s)
            if up:
                self.up += len(data)
            else:
                self.down += len(data)
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError("one side has closed: so does the other")
