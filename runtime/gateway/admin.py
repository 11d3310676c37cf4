"""What a person does with the registry: `lane gateway enrol`, `revoke`, `terminals`.

A running gateway holds its registry alone, so the command asks it over a unix socket beside the keys (`admin.sock`,
mode 0600): who may use it is who may read the keys. Where no gateway runs, the command opens the registry itself. One
request a connection, msgpack both ways.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from runtime.gateway.errors import GatewayError
from runtime.serving.admin import MAX_REQUEST_BYTES, AdminAnswer, read_answer
from runtime.serving.admin import ask as ask_socket
from runtime.serving.admin import serve_admin as serve_socket
from runtime.wire.pack import build, pack, unpack

if TYPE_CHECKING:
    from runtime.gateway.registry import Registry  # it needs the library cryptography

log = logging.getLogger("lane.gateway")

SOCKET = "admin.sock"
MOST_MINUTES = 24 * 60  # that a code may count

Action = Literal["enrol", "revoke", "terminals"]


@dataclass(frozen=True, slots=True)
class AdminRequest:
    action: Action
    terminal: str = ""
    epoch: int | None = None
    minutes: int = 60


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


# --- the running gateway, and the command ---------------------------------------------------------------------------


async def serve_admin(folder: Path, registry: Registry) -> None:
    """For ever, until it is cancelled. Raises GatewayError when the registry's disk failed."""

    async def answer(data: bytes) -> bytes:
        return answered(registry, data)

    await serve_socket(folder, SOCKET, answer)


def ask(folder: Path, asked: AdminRequest) -> AdminAnswer | None:
    """What the running gateway says; None where none runs. Raises OSError, WireError."""
    data = ask_socket(folder, SOCKET, pack(asked))
    return read_answer(data) if data is not None else None
