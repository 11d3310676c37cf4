"""What a person asks a running server of by a command on its machine: over a unix socket, for who runs as its user.

One request a connection, bytes both ways. Where no server runs nobody answers, and the command does the work itself.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from runtime.serving.errors import Refused
from runtime.wire.pack import WireError, build, unpack

log = logging.getLogger("lane.serving")

MAX_REQUEST_BYTES = 4096
MAX_ANSWER_BYTES = 1 << 20
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class AdminAnswer:
    """What a command is answered, in words. `ok`: whether it was done."""

    ok: bool
    lines: tuple[str, ...]


def read_answer(data: bytes) -> AdminAnswer:
    """Raises WireError."""
    return build(AdminAnswer, unpack(data, MAX_ANSWER_BYTES))


async def serve_admin(folder: Path, name: str, answer: Callable[[bytes], Awaitable[bytes]]) -> None:
    """For ever, until it is cancelled, at `folder/name`. `answer` may raise WireError for what is no request, and a
    Refused that is fatal: that is raised here. Where the socket cannot be made, on a disk that takes nothing, that is
    in the log and nobody is heard: commands are worth no sale."""
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                writer.write(await answer(await reader.read(MAX_REQUEST_BYTES)))
                await writer.drain()
        except (OSError, WireError) as error:
            log.warning("a question at %s was not answered: %s", name, error)
        except Refused as error:
            if not failed.done():
                failed.set_exception(error)
        finally:
            writer.close()

    try:
        listening = _listen(folder, name)
    except OSError as error:
        log.error("commands are not heard at %s: %s", folder / name, error)
        await failed
        return
    server = await asyncio.start_unix_server(answered, sock=listening, limit=MAX_REQUEST_BYTES)
    try:
        async with server:
            await failed
    finally:
        (folder / name).unlink(missing_ok=True)


def _listen(folder: Path, name: str) -> socket.socket:
    with _at(folder, name) as path:
        path.unlink(missing_ok=True)  # the last server's; this one has the lock of what is behind
        listening = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        try:
            listening.bind(str(path))
        except OSError:
            listening.close()
            raise
        finally:
            os.umask(before)
    return listening


def ask(folder: Path, name: str, asked: bytes) -> bytes | None:
    """What the running server says; None where none runs. Raises OSError."""
    try:
        with socket.socket(socket.AF_UNIX) as one, _at(folder, name) as path:
            one.settimeout(TIMEOUT_S)
            try:
                one.connect(str(path))
            except (FileNotFoundError, ConnectionRefusedError):
                return None
            one.sendall(asked)
            data = bytearray()
            with suppress(ConnectionResetError):
                while len(data) <= MAX_ANSWER_BYTES and (part := one.recv(1 << 16)):
                    data += part
    except FileNotFoundError:  # there is no such folder yet
        return None
    return bytes(data)


@contextmanager
def _at(folder: Path, name: str) -> Iterator[Path]:
    """The socket's path, however long the folder's is: a unix socket's has at most 107 bytes."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{handle}/{name}")
    finally:
        os.close(handle)
