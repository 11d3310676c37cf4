"""The cables of simulated devices: a pty with a link to it, a TCP port, and the control socket.

A pty's link is replaced atomically and removed at the end; its slave is held open here, so that a terminal may open and
close it at will. What a pty cannot do: baud, parity and hardware flow control are accepted and mean nothing. As on a
USB cable, bytes that nobody reads wait (1 MB of them); a scale's stale weights are thrown away instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import socket
import struct
import termios
import tty
from collections.abc import Callable
from pathlib import Path

from drivers.simulators.device import Answer, ControlError, Device, Peer, Request

MAX_QUEUE = 1_048_576  # bytes that wait for a reader
MAX_CONTROL_LINE = 1_048_576
PAUSE_S = 0.1  # after a connection that failed
STALE_BYTES = 64  # of a device that talks all the time: older bytes are dropped when so many lie unread


class PtyLine:
    def __init__(self, device: Device, link: Path, drop_stale: bool = False) -> None:
        self._link = link
        self._drop_stale = drop_stale
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._name = os.ttyname(self._slave)
        self._queue = bytearray()
        self._loop = asyncio.get_running_loop()
        self._peer = device.attach(self._send)
        self._loop.add_reader(self._master, self._readable)
        replace_link(link, self._name)

    def close(self) -> None:
        self._loop.remove_reader(self._master)
        self._loop.remove_writer(self._master)
        self._peer.closed()
        with contextlib.suppress(OSError):
            if str(self._link.readlink()) == self._name:
                self._link.unlink()
        os.close(self._master)
        os.close(self._slave)

    def _readable(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except BlockingIOError:
            return
        self._peer.receive(data)

    def _send(self, data: bytes) -> None:
        if self._drop_stale and self._unread() > STALE_BYTES:
            self._queue.clear()
            termios.tcflush(self._slave, termios.TCIFLUSH)
        self._queue += data[: MAX_QUEUE - len(self._queue)]
        self._writable()

    def _unread(self) -> int:
        count: int = struct.unpack("i", fcntl.ioctl(self._slave, termios.FIONREAD, b"\0" * 4))[0]
        return count

    def _writable(self) -> None:
        try:
            del self._queue[: os.write(self._master, self._queue)]
        except BlockingIOError:
            pass
        if self._queue:
            self._loop.add_writer(self._master, self._writable)
        else:
            self._loop.remove_writer(self._master)


def replace_link(link: Path, target: str) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    new = link.with_name(f".{link.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)


class TcpLine:
    """`at_once` connections; the next waits in the queue unanswered, as at a real printer's port 9100."""

    def __init__(self, device: Device, host: str, port: int, at_once: int) -> None:
        self._device = device
        self._free = asyncio.Semaphore(at_once)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=4)
        self._socket.setblocking(False)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks = {asyncio.create_task(self._accept())}

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            writer.close()
        self._socket.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._free.acquire()
            try:
                connection, _ = await loop.sock_accept(self._socket)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                reader, writer = await asyncio.open_connection(sock=connection)
            except OSError:  # gone again already, or too many files are open
                self._free.release()
                await asyncio.sleep(PAUSE_S)
                continue
            self._writers.add(writer)
            task = asyncio.create_task(self._serve(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def send(data: bytes) -> None:
            if writer.transport.get_write_buffer_size() + len(data) <= MAX_QUEUE:
                writer.write(data)

        peer = self._device.attach(send)
        try:
            await _pump(reader, peer)
        finally:
            peer.closed()
            self._writers.discard(writer)
            writer.close()
            self._free.release()


async def _pump(reader: asyncio.StreamReader, peer: Peer) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(4096):
            peer.receive(data)


# --- control ----------------------------------------------------------------------------------------------------

Handle = Callable[[Request], Answer]


class ControlSocket:
    """One JSON object a line in, one out, in order. The socket's file is only its owner's."""

    def __init__(self, path: Path, handle: Handle) -> None:
        self._path = path
        self._handle = handle
        self._server: asyncio.Server | None = None
        self._inode = 0

    async def open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        new.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._serve, path=new, limit=MAX_CONTROL_LINE)
        new.chmod(0o600)
        new.replace(self._path)
        self._inode = self._path.stat().st_ino
        self._server = server

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(line), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass  # gone, or a line beyond the limit: the connection ends
        finally:
            writer.close()

    def _answer(self, line: bytes) -> Answer:
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise ControlError("a request is one JSON object on one line")
            return self._handle(request)
        except (ValueError, RecursionError) as error:
            return {"error": str(error)}


async def tell(path: Path, request: str) -> str:
    """Send one request to a control socket, give its answer. Raises OSError."""
    reader, writer = await asyncio.open_unix_connection(path, limit=1 << 26)
    writer.write(request.replace("\n", " ").encode() + b"\n")
    answer = await reader.readline()
    writer.close()
    return answer.decode().strip()
