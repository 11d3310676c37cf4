"""The local socket that front ends talk to: Hello, then Commands in, Answers and whole Views out.

A front end that is slow is sent only the newest View; one that sends nonsense or reads nothing is put off the line. The
sale sees nothing of that.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import PROTOCOL, Answer, Command, Hello, View
from runtime.wire.pack import WireError

log = logging.getLogger(__name__)

MAX_CLIENTS = 8
MAX_UNSENT_BYTES = 256 * 1024  # more than this unread and a View waits for the next
MAX_BEHIND_S = 10.0  # a front end that reads nothing for so long is gone


class FrontEndServer:
    """`handle` takes a Command and answers it; `current` gives the View of now."""

    def __init__(self, path: Path, handle: Callable[[Command], Answer], current: Callable[[], View]) -> None:
        self._path = path
        self._handle = handle
        self._current = current
        self._clients: set[asyncio.StreamWriter] = set()
        self._behind: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Takes the socket's path over from a daemon that died. Raises OSError where it cannot be made."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path)
        finally:
            os.umask(before)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._clients):
            writer.close()
        self._path.unlink(missing_ok=True)

    def publish(self, view: View) -> None:
        """To every front end that keeps up; the others get the newest when they have read what they have."""
        if not self._clients:
            return
        frame = encode(view)
        for writer in tuple(self._clients):
            if writer in self._behind:
                continue
            if writer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
                self._behind[writer] = asyncio.ensure_future(self._catch_up(writer))
            else:
                writer.write(frame)

    async def _catch_up(self, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(MAX_BEHIND_S):
                await writer.drain()
            writer.write(encode(self._current()))
        except (ConnectionError, TimeoutError):
            log.warning("a front end reads nothing and is put off the line")
            writer.transport.abort()
        finally:
            self._behind.pop(writer, None)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = FrameReader()
        try:
            while data := await reader.read(65536):
                for message in frames.feed(data):
                    self._take(message, writer)
                await writer.drain()
        except WireError as error:
            log.warning("a front end is put off the line: %s (%s)", error, error.code)
        except (ConnectionError, BrokenPipeError):
            pass  # a front end may die at any time
        finally:
            self._clients.discard(writer)
            late = self._behind.pop(writer, None)
            if late is not None:
                late.cancel()
            writer.close()

    def _take(self, message: object, writer: asyncio.StreamWriter) -> None:
        if isinstance(message, Hello):
            if message.protocol != PROTOCOL:
                raise WireError("protocol", f"it speaks protocol {message.protocol}, this daemon {PROTOCOL}")
            if len(self._clients) >= MAX_CLIENTS:
                raise WireError("too_many", f"more than {MAX_CLIENTS} front ends")
            self._clients.add(writer)
            writer.write(encode(self._current()))
        elif isinstance(message, Command) and writer in self._clients:
            writer.write(encode(self._handle(message)))
        else:
            raise WireError("bad_type", "a front end says Hello first, then Commands")
