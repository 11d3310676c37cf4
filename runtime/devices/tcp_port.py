"""A device on the network, such as a printer on port 9100.

A printer that loses its power says nothing: keepalives and TCP_USER_TIMEOUT find that out within some fifteen seconds,
the link's own questions sooner. `localhost` is 127.0.0.1 here; any host in digits is connected to without a thread.
"""

from __future__ import annotations

import asyncio
import errno
import socket

from runtime.devices.spec import TcpPort
from runtime.devices.transport import Port, TransportError

CONNECT_S = 5.0
_OPTIONS = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 5),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 3),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 15_000),  # ms
)


class TcpTransport(Port):
    half_open = True

    def __init__(self, port: TcpPort) -> None:
        super().__init__()
        self._host = "127.0.0.1" if port.host == "localhost" else port.host
        self._port = port.port
        self._transport: asyncio.Transport | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                transport, _protocol = await loop.create_connection(lambda: _Protocol(self), self._host, self._port)
        except TimeoutError as error:
            raise TransportError("NOHARDWARE", "nobody answers there") from error
        except (OSError, UnicodeError) as error:
            refused = isinstance(error, OSError) and error.errno == errno.ECONNREFUSED
            raise TransportError("OFFLINE" if refused else "NOHARDWARE", str(error)) from error
        self._transport = transport
        transport.set_write_buffer_limits(0)
        sock: socket.socket | None = transport.get_extra_info("socket")
        for level, option, value in _OPTIONS:
            if sock is not None and hasattr(socket, option):
                sock.setsockopt(level, getattr(socket, option), value)

    def received(self, data: bytes) -> None:
        self._feed(data)

    def sent(self) -> None:
        self._sent()

    def ended(self, error: Exception | None) -> None:
        self._lose("OFFLINE", str(error) if error else "the device closed the connection")

    def _listen(self, on: bool) -> None:
        if self._transport is not None and not self._transport.is_closing():
            if on:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _send(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            self._lose("OFFLINE")
        else:
            self._transport.write(data)

    def unsent(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def close(self, code: str = "OFFLINE") -> None:
        super().close(code)
        if self._transport is not None:
            self._transport.abort()


class _Protocol(asyncio.Protocol):
    def __init__(self, port: TcpTransport) -> None:
        self._owner = port

    def data_received(self, data: bytes) -> None:
        self._owner.received(data)

    def resume_writing(self) -> None:
        self._owner.sent()

    def eof_received(self) -> bool | None:
        self._owner.ended(None)
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._owner.ended(exc)
