"""What every port has in common: bytes that came in wait here, a loss is remembered, nothing blocks the loop.

A port is opened once and thrown away when it is lost: the link makes a new one. Limits: MAX_INPUT unread bytes (then
the port is not read until they are), MAX_OUTPUT unsent ones (then the device is as good as silent).
"""

from __future__ import annotations

import asyncio

MAX_INPUT = 65_536
MAX_OUTPUT = 1_048_576


class TransportError(Exception):
    """The port is not there, is taken, or was lost; `code` is a key of drivers.api.SENTENCES."""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(code, why)
        self.code = code


class Port:
    """The base of the transports; a subclass opens, sends, and calls `_feed`, `_sent` and `_lose`."""

    half_open = False  # whether the far end may be gone without this end knowing

    def __init__(self) -> None:
        self.lost: TransportError | None = None
        self._input = bytearray()
        self._arrived = asyncio.Event()
        self._progress = asyncio.Event()

    async def open(self) -> None:
        """Raises TransportError."""
        raise TransportError("NOHARDWARE")

    async def read(self) -> bytes:
        """What has come in, at least one byte. Raises TransportError once the port is lost and all is read."""
        while not self._input:
            if self.lost is not None:
                raise self.lost
            self._arrived.clear()
            await self._arrived.wait()
        data = bytes(self._input)
        self._input.clear()
        self._listen(True)
        return data

    def write(self, data: bytes) -> None:
        """Send, in order, as the device takes it. Raises TransportError where it is lost or took nothing for long."""
        if self.lost is not None:
            raise self.lost
        if self.unsent() + len(data) > MAX_OUTPUT:
            raise TransportError("TIMEOUT", "the device takes no bytes")
        self._send(data)
        if self.lost is not None:
            raise self.lost

    async def drain(self, stall_s: float) -> None:
        """Wait until all is sent. Raises TransportError where nothing moves for `stall_s` seconds, or at a loss."""
        while self.lost is None and self.unsent():
            before = self.unsent()
            self._progress.clear()
            try:
                async with asyncio.timeout(stall_s):
                    await self._progress.wait()
            except TimeoutError:
                if self.unsent() >= before:
                    raise TransportError("TIMEOUT", "the device takes no bytes") from None
        if self.lost is not None:
            raise self.lost

    def unsent(self) -> int:
        """Bytes that the system has not taken yet."""
        return 0

    def seconds_for(self, count: int) -> float:
        """How long the line itself needs for so many bytes."""
        return 0.0

    def close(self, code: str = "OFFLINE") -> None:
        """Let go of the port, for the reason `code`; nothing is read from it any more."""
        self._lose(code)

    def _send(self, data: bytes) -> None:
        raise TransportError("NOHARDWARE")

    def _listen(self, on: bool) -> None:
        """Begin or stop to take bytes in; called often, mostly for nothing."""

    def _feed(self, data: bytes) -> None:
        self._input += data
        self._arrived.set()
        if len(self._input) >= MAX_INPUT:
            self._listen(False)

    def _sent(self) -> None:
        self._progress.set()

    def _lose(self, code: str, why: str = "") -> None:
        if self.lost is None:
            self.lost = TransportError(code, why)
        self._arrived.set()
        self._progress.set()
