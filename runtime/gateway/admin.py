"""What a person does with the registry: `lane gateway enrol`, `revoke`, `terminals`.

A running gateway holds its registry alone, so the command asks it over a unix socket beside the keys (`admin.sock`,
mode 0600): who may use it is who may read the keys. Where no gateway runs, the command opens the registry itself. One
request a connection, msgpack both ways.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from runtime.gateway.errors import GatewayError
from runtime.wire.pack import WireError, build, pack, unpack

if TYPE_CHECKING:
    from runtime.gateway.registry import Registry  # it needs the library cryptography

log = logging.getLogger("lane.gateway")

SOCKET = "admin.sock"
MAX_REQUEST_BYTES = 4096
MAX_ANSWER_BYTES = 1 << 20
TIMEOUT_S = 10.0
MOST_MINUTES = 24 * 60  # that a code may count

Action = Literal["enrol", "revoke", "terminals"]


@dataclass(frozen=True, slots=True)
class AdminRequest:
    action: Action
    terminal: str = ""
    epoch: int | None = None
    minutes: int = 60


@dataclass(frozen=True, slots=True)
class AdminAnswer:
    ok: bool
    lines: tuple[str, ...]


def carry_out(registry: Registry, asked: AdminRequest) -> AdminAnswer:
    """Do it, in words. Raises GatewayError with `fatal` only."""
    try:
        if asked.action == "enrol":
            return AdminAnswer(True, _enrol(registry, asked))
        if asked.action == "revoke":
            return AdminAnswer(True, (_revoked(registry.revoke(asked.terminal, asked.epoch), asked),))
        return AdminAnswer(True, tuple(_listed(registry)))
    except GatewayError as error:
        if error.fatal:
            raise
        return AdminAnswer(False, (f"{error} {error.remedy}",))


def answered(registry: Registry, data: bytes) -> bytes:
    """What the socket says to these bytes. Raises WireError where they are no request, GatewayError with `fatal`."""
    asked = build(AdminRequest, unpack(data, MAX_REQUEST_BYTES))
    said = carry_out(registry, asked)
    log.info("%s terminal=%r: %s", asked.action, asked.terminal, "done" if said.ok else "refused")
    return pack(said)


def read_answer(data: bytes) -> AdminAnswer:
    """What the command was answered. Raises WireError."""
    return build(AdminAnswer, unpack(data, MAX_ANSWER_BYTES))


def _enrol(registry: Registry, asked: AdminRequest) -> tuple[str, ...]:
    if not 1 <= asked.minutes <= MOST_MINUTES:
        raise GatewayError("bad_field", detail=f"a code counts for 1 to {MOST_MINUTES} minutes")
    code = registry.make_code(asked.terminal, os.urandom(21), asked.minutes)
    return (
        f"Code for terminal {asked.terminal}: {code}",
        f"It counts once, for {asked.minutes} minutes. On the terminal:",
        f"  lane enrol --config terminal.toml --code {code}",
    )


def _revoked(count: int, asked: AdminRequest) -> str:
    of = f"terminal {asked.terminal}" + (f", epoch {asked.epoch:016x}" if asked.epoch is not None else "")
    return f"Revoked {of}: it gets nothing from now on." if count else f"There is no certificate of {of} that counts."


def _listed(registry: Registry) -> list[str]:
    lines = []
    for one in registry.enrolled():
        until = datetime.fromtimestamp(one.ends_at_ms / 1000).strftime("%Y-%m-%d")
        state = f"until {until}"
        if one.revoked_at_ms is not None:
            state = f"revoked {datetime.fromtimestamp(one.revoked_at_ms / 1000).strftime('%Y-%m-%d %H:%M')}"
        lines.append(f"terminal {one.terminal}, epoch {one.epoch:016x}: {state}")
    return lines or ["No terminal is enrolled."]


# --- the running gateway --------------------------------------------------------------------------------------------


async def serve_admin(folder: Path, registry: Registry) -> None:
    """For ever, until it is cancelled. Raises GatewayError when the registry's disk failed."""
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                writer.write(answered(registry, await reader.read(MAX_REQUEST_BYTES)))
                await writer.drain()
        except (OSError, WireError) as error:
            log.warning("a question to the registry was not answered: %s", error)
        except GatewayError as error:
            if not failed.done():
                failed.set_exception(error)
        finally:
            writer.close()

    with _at(folder) as path:
        path.unlink(missing_ok=True)  # the last gateway's; this one has the registry's lock
        listening = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        try:
            listening.bind(str(path))
        finally:
            os.umask(before)
    server = await asyncio.start_unix_server(answer, sock=listening, limit=MAX_REQUEST_BYTES)
    try:
        async with server:
            await failed
    finally:
        (folder / SOCKET).unlink(missing_ok=True)


@contextmanager
def _at(folder: Path) -> Iterator[Path]:
    """The socket's path, however long the folder's is: a unix socket's has at most 107 bytes."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{handle}/{SOCKET}")
    finally:
        os.close(handle)


# --- the command ----------------------------------------------------------------------------------------------------


def ask(folder: Path, asked: AdminRequest) -> AdminAnswer | None:
    """What the running gateway says; None where none runs. Raises OSError, WireError."""
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(TIMEOUT_S)
        with _at(folder) as path:
            try:
                one.connect(str(path))
            except (FileNotFoundError, ConnectionRefusedError):
                return None
        one.sendall(pack(asked))
        data = bytearray()
        with suppress(ConnectionResetError):
            while len(data) <= MAX_ANSWER_BYTES and (part := one.recv(1 << 16)):
                data += part
    return read_answer(bytes(data))
