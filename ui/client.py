"""The daemon's local socket, seen from a front end: one thread that sleeps in select, and never the screen's thread.

Rule: what arrives is handed over whole and in order, and `wake` is called from the thread at once (latency is a human
at a till); a newer View takes the place of an unread older one, so what waits is bounded. The connection is made again
for ever, with back-off. A command is never kept for later: what cannot be written now is told as lost, for a cash
command that arrives a minute late would be a second payment.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import PROTOCOL, Answer, Command, Hello, View
from runtime.wire.pack import WireError

FIRST_RETRY_S = 0.1
MAX_RETRY_S = 1.0
CONNECT_TIMEOUT_S = 2.0
MAX_WAITING = 1000  # answers that nobody took: then the connection is begun anew
MAX_OUTGOING = 64 << 10  # bytes the daemon has not taken: it is stuck, and the connection is begun anew


@dataclass(frozen=True, slots=True)
class Link:
    """The connection was made or lost. `reason`: of the loss, for the log; `garbled`: it did not speak our protocol."""

    up: bool
    reason: str = ""
    garbled: bool = False


Arrival = View | Answer | Link


class Client:
    """`start`, then `take` whenever `wake` was called; `send` from any thread; `stop`."""

    def __init__(
        self, path: Path, wake: Callable[[], None], role: Literal["cashier", "customer", "tool"] = "cashier"
    ) -> None:
        self._path = path
        self._wake = wake
        self._role: Literal["cashier", "customer", "tool"] = role
        self._lock = threading.Lock()
        self._arrived: deque[Arrival] = deque()
        self._outgoing = bytearray()
        self._up = False
        self._stopping = False
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="lane-ui-socket", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; waits for it a moment."""
        self._stopping = True
        self._poke()
        if self._thread.is_alive():
            self._thread.join(CONNECT_TIMEOUT_S)

    def take(self) -> list[Arrival]:
        """All that arrived since the last call, in order."""
        with self._lock:
            arrived = list(self._arrived)
            self._arrived.clear()
        return arrived

    def send(self, command: Command) -> bool:
        """False where there is no connection: then it is not sent, now or later."""
        frame = encode(command)
        with self._lock:
            if not self._up:
                return False
            self._outgoing += frame
        self._poke()
        return True

    # --- the thread -------------------------------------------------------------------------------------------

    def _poke(self) -> None:
        try:
            self._near.send(b"!")
        except BlockingIOError:
            pass  # it has been poked often enough

    def _put(self, arrival: Arrival) -> None:
        with self._lock:
            if isinstance(arrival, View) and self._arrived and isinstance(self._arrived[-1], View):
                self._arrived.pop()
            if len(self._arrived) >= MAX_WAITING:
                raise WireError("too_many", "answers that nobody takes")
            self._arrived.append(arrival)
        self._wake()

    def _run(self) -> None:
        retry_s = FIRST_RETRY_S
        while not self._stopping:
            began = time.monotonic()
            lost = self._one_connection()
            retry_s = FIRST_RETRY_S if time.monotonic() - began > MAX_RETRY_S else min(retry_s * 2, MAX_RETRY_S)
            with self._lock:
                was_up, self._up = self._up, False
                self._outgoing.clear()
                self._arrived = deque(a for a in self._arrived if not isinstance(a, Link))
                self._arrived.append(lost)
            if was_up or retry_s == 2 * FIRST_RETRY_S:
                self._wake()
            if not self._stopping:
                self._pause(retry_s)

    def _pause(self, seconds: float) -> None:
        """Sleeps, but not through a stop."""
        until = time.monotonic() + seconds
        while not self._stopping and (left := until - time.monotonic()) > 0:
            if select.select([self._far], [], [], left)[0]:
                self._far.recv(4096)

    def _one_connection(self) -> Link:
        """Until it ends; says why."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(CONNECT_TIMEOUT_S)
                connection.connect(str(self._path))
                connection.sendall(encode(Hello(PROTOCOL, self._role)))
                connection.setblocking(False)
                with self._lock:
                    self._outgoing.clear()
                    self._up = True
                self._put(Link(True))
                return Link(False, f"{self._path}: {self._serve(connection)}")
        except OSError as error:
            return Link(False, f"{self._path}: {error.strerror or error}")
        except WireError as error:
            return Link(False, f"{self._path}: {error.code}: {error}", garbled=True)

    def _serve(self, connection: socket.socket) -> str:
        reader = FrameReader()
        while not self._stopping:
            with self._lock:
                writing = [connection] if self._outgoing else []
                if len(self._outgoing) > MAX_OUTGOING:
                    return "the daemon does not read"
            readable, writable, _ = select.select([connection, self._far], writing, [])
            if self._far in readable:
                self._far.recv(4096)
            if writable:
                with self._lock:
                    sent = connection.send(self._outgoing)
                    del self._outgoing[:sent]
            if connection in readable:
                data = connection.recv(1 << 16)
                if not data:
                    return "the daemon closed the connection"
                for message in reader.feed(data):
                    if isinstance(message, View | Answer):
                        self._put(message)
        return "stopped"
