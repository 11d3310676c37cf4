"""The local socket that front ends talk to: Hello, then Commands in, Answers and whole Views out. Who only asks how the
terminal is (StatusRequest) is no front end.

A front end that is slow is sent only the newest View; one that sends nonsense or reads nothing is put off the line. The
sale sees nothing of that.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import PROTOCOL, Answer, Command, Hello, View
from runtime.wire.pack import WireError
from runtime.wire.status import Status, StatusRequest

log = logging.getLogger(__name__)

MAX_CLIENTS = 8
MAX_PEERS = 2 * MAX_CLIENTS  # those that have not said Hello too
MAX_UNSENT_BYTES = 256 * 1024  # more than this unread and a View waits for the next
SHORT_LINES = 50
BACKLOG = 16
ANSWERS_WITHIN_S = 1.0
MAX_BEHIND_S = 10.0  # a front end that reads nothing for so long is gone

MAX_ANSWERS_LATER = 8  # of one front end

Handle = Callable[[Command], Answer | Coroutine[Any, Any, Answer]]


class FrontEndServer:
    """`handle` takes a Command and answers it, at once or when it can; `current` gives the View of now, `status` how
    the terminal is."""

    def __init__(
        self, path: Path, handle: Handle, current: Callable[[], View], status: Callable[[], Status] | None = None
    ) -> None:
        self._path = path
        self._status = status
        self._handle = handle
        self._current = current
        self._clients: set[asyncio.StreamWriter] = set()
        self._behind: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._peers = 0
        self._later: dict[asyncio.StreamWriter, set[asyncio.Task[None]]] = {}
        self._server: asyncio.Server | None = None

    async def claim(self) -> None:
        """Takes the socket's path over from a daemon that died; nobody is served yet. Raises OSError where it cannot be
        made, and FileExistsError where a living daemon has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if await _answers(self._path):
            raise FileExistsError(f"{self._path}: another daemon serves this socket")
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        try:
            listener.bind(str(self._path))
            listener.listen(BACKLOG)  # who connects now is served when `start` is called
            self._server = await asyncio.start_unix_server(self._serve, sock=listener, start_serving=False)
        except BaseException:
            listener.close()
            raise
        finally:
            os.umask(before)

    async def start(self) -> None:
        """Serve; claims the path unless that is done."""
        if self._server is None:
            await self.claim()
        assert self._server is not None
        await self._server.start_serving()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        for writer in tuple(self._clients):
            writer.close()
        self._clients.clear()

    @property
    def front_ends(self) -> int:
        return len(self._clients)

    def publish(self, view: View) -> None:
        """To every front end that keeps up; the others get the newest when they have read what they have."""
        if not self._clients:
            return
        frame = frame_of(view)
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
            writer.write(frame_of(self._current()))
        except (ConnectionError, TimeoutError):
            log.warning("a front end reads nothing and is put off the line")
            writer.transport.abort()
        finally:
            self._behind.pop(writer, None)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._peers >= MAX_PEERS:
            writer.close()
            return
        self._peers += 1
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
            self._peers -= 1
            self._clients.discard(writer)
            late = self._behind.pop(writer, None)
            if late is not None:
                late.cancel()
            for task in self._later.pop(writer, set()):
                task.cancel()
            writer.close()

    def _take(self, message: object, writer: asyncio.StreamWriter) -> None:
        if isinstance(message, Hello):
            if message.protocol != PROTOCOL:
                raise WireError("protocol", f"it speaks protocol {message.protocol}, this daemon {PROTOCOL}")
            if len(self._clients) >= MAX_CLIENTS:
                raise WireError("too_many", f"more than {MAX_CLIENTS} front ends")
            self._clients.add(writer)
            writer.write(frame_of(self._current()))
        elif isinstance(message, Command) and writer in self._clients:
            self._answer(message, writer)
        elif isinstance(message, StatusRequest) and self._status is not None:
            if message.protocol != PROTOCOL:
                raise WireError("protocol", f"it speaks protocol {message.protocol}, this daemon {PROTOCOL}")
            writer.write(encode(self._status()))
        else:
            raise WireError("bad_type", "a front end says Hello first, then Commands")

    def _answer(self, command: Command, writer: asyncio.StreamWriter) -> None:
        answer = self._handle(command)
        if isinstance(answer, Answer):
            writer.write(encode(answer))
            return
        tasks = self._later.setdefault(writer, set())
        if len(tasks) >= MAX_ANSWERS_LATER:
            answer.close()
            raise WireError("too_many", "more commands than can be answered")
        task = asyncio.ensure_future(_answer_later(answer, writer))
        tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            tasks.discard(task)
            answer.close()  # where it was cancelled before it began
            _look_at_end(task, writer)

        task.add_done_callback(ended)


def _look_at_end(task: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a command could not be answered", exc_info=error)
        writer.transport.abort()  # a front end that waits for ever is worse than one that comes back


async def _answer_later(answer: Coroutine[Any, Any, Answer], writer: asyncio.StreamWriter) -> None:
    writer.write(encode(await answer))


def frame_of(view: View) -> bytes:
    """A View's frame. Where it is longer than a frame may be (names as long as pages), the last lines alone: a screen
    that shows part of a basket and its right total is better than one that stands still."""
    try:
        return encode(view)
    except WireError:
        log.error("a View of %d lines is too long for a frame", len(view.lines))
        return encode(replace(view, lines=view.lines[-SHORT_LINES:], discounts=view.discounts[:SHORT_LINES]))


async def _answers(path: Path) -> bool:
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            _reader, writer = await asyncio.open_unix_connection(path)
    except TimeoutError:
        return True  # it is there and busy
    except OSError:
        return False
    writer.close()
    return True
