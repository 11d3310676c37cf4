"""What every server's command does around its serving: its log, its sockets, its end and its exit status.

    status = run("gateway", Place(host, port, page_port), (log_file, total_kb), main)

`main` gets a Process, makes what is behind the sockets, and serves them with `Process.serve` until that ends.
"""

from __future__ import annotations

import asyncio
import faulthandler
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.service.log import begin, keep
from runtime.service.notify import Notifier
from runtime.serving.server import Listener, listen, serve

EXIT_CANNOT_START = 1
EXIT_DISK_FAILED = 3
PAGE_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens. `page_port`: for people on its own machine; 0: none."""

    host: str
    port: int
    page_port: int = 0


@dataclass(slots=True)
class Process:
    """One server's process. `closing` is closed after the loop has ended; `failed` ends it: start it again."""

    listening: socket.socket
    paging: socket.socket | None
    closing: ExitStack
    notifier: Notifier = field(default_factory=Notifier)
    failed: asyncio.Event = field(default_factory=asyncio.Event)

    async def fatal(self) -> None:
        """As runtime.serving.kit.application takes it."""
        self.failed.set()

    async def serve(
        self, listeners: Sequence[Listener], ready: str, beside: Sequence[Coroutine[Any, Any, None]]
    ) -> None:
        """As runtime.serving.server.serve."""
        await serve(listeners, self.failed, ready, self.notifier, beside)


def run(who: str, place: Place, log: tuple[Path, int], main: Callable[[Process], Coroutine[Any, Any, None]]) -> int:
    """Until SIGTERM, SIGINT or a failure; gives the exit status. `log`: the ring's newest file and its size in KiB.
    Raises what `main` raises before it serves."""
    begin()
    keep(*log)
    faulthandler.enable()  # where it stood when the watchdog ended it

    with ExitStack() as closing:
        try:
            listening = closing.enter_context(listen(place.host, place.port))
            paging = closing.enter_context(listen(PAGE_HOST, place.page_port)) if place.page_port else None
        except OSError as error:
            where = f"{place.host} port {place.port}, page_port {place.page_port}"
            print(f"Cannot listen on {where}: {error.strerror or error}. Is another {who} running?", file=sys.stderr)
            return EXIT_CANNOT_START
        process = Process(listening, paging, closing)
        asyncio.run(main(process))
    if process.failed.is_set():
        print(f"The {who} ended by itself: its log says why. Start it again.", file=sys.stderr)
        return EXIT_DISK_FAILED
    return 0
