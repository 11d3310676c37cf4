"""One process that serves: listens, says that it is ready, and ends on a signal or when what is behind it is broken."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from runtime.service.notify import Notifier

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

log = logging.getLogger("lane.serving")

SHUTDOWN_S = 5  # for requests that are being read when it is told to stop
BACKLOG = 512
GARBAGE = 20_000  # objects more than before, until the collector looks: a batch of ten makes some hundreds, all freed


@dataclass(frozen=True, slots=True)
class Listener:
    """An application on a socket that listens already. With `tls` whoever the client's certificate names is in
    `scope["lane.peer"]` (runtime.serving.peers)."""

    app: Starlette
    listening: socket.socket
    tls: ssl.SSLContext | None = None


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.create_server((str(address[0]), int(address[1])), family=family, backlog=BACKLOG)
    # Connections have it from here; asyncio sets it only where a socket says that it is TCP, which this one does not.
    # Without it an answer in two pieces waits for the client's delayed acknowledgement: 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


async def serve(
    listeners: Sequence[Listener],
    failed: asyncio.Event,
    ready: str,
    notifier: Notifier,
    beside: Sequence[Coroutine[Any, Any, None]] = (),
) -> None:
    """Until SIGTERM, SIGINT or `failed`. Prints `ready` when all listeners answer, and tells the service manager.
    `beside` runs from then on; what it raises sets `failed`. When all ends it is cancelled first: an answer that it
    holds back goes out then."""
    loop = asyncio.get_running_loop()
    working: list[asyncio.Task[None]] = []

    def stop() -> None:
        for server in servers:
            server.should_exit = True
        for task in working:
            task.cancel()

    servers = [_server(one, lambda: loop.call_soon_threadsafe(stop)) for one in listeners]

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.critical("ended: starting again is recovering", exc_info=task.exception())
            failed.set()

    async def watch() -> None:
        while not all(server.started for server in servers):
            await asyncio.sleep(0.01)
        gc.collect()
        gc.freeze()  # what the start made stays: the collector need not walk it again and again
        gc.set_threshold(GARBAGE, 20, 20)
        print(ready, flush=True)
        notifier.ready(ready)
        for one in beside:
            working.append(asyncio.ensure_future(one))
            working[-1].add_done_callback(ended)
        await failed.wait()
        stop()

    # Before the first server takes the signals for itself, and when it gives back one that it obeyed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop())
    watching = asyncio.ensure_future(watch())
    try:
        await asyncio.gather(*(server.serve([one.listening]) for server, one in zip(servers, listeners, strict=True)))
    finally:
        notifier.stopping()
        watching.cancel()
        stop()


def _server(one: Listener, stop: Callable[[], object]) -> uvicorn.Server:
    import uvicorn

    from runtime.serving.peers import PeerProtocol

    config = uvicorn.Config(
        one.app,
        loop="asyncio",
        http=PeerProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # whoever connects is who it is
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    config.load()
    config.ssl = one.tls  # uvicorn would make a context of its own, for other versions of TLS too

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            super().handle_exit(sig, frame)
            stop()  # the other listeners, and what runs beside them

    return Server(config)
