"""A network that lies: between the terminals' links and the gateway's ASGI application, both real, in one process.

    network = Network(rng, Faults(...), trace)
    network.serve("gateway", app, spawn)      # `spawn` makes the request a task of the gateway's machine: a crash ends it
    network.down("gateway")                   # the machine is off: connections are refused
    link = Link(network, "till-1", "gateway") # what the forwarder takes as its GatewayLink
    network.part("till-1", until_s)           # nothing passes until then

A request may be dropped, delayed, or delivered a second time later (a proxy that tries again); an answer may be dropped
or come after the caller has given up. What the caller sees is an answer or LinkDown, never both. Every request that is
delivered is delivered whole: cutting bytes is HTTP's business, and tested on the real sockets.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from runtime.forward.ports import LinkDown, LinkReply
from runtime.wire.records import CONTENT_TYPE

Asgi = Callable[..., Coroutine[Any, Any, None]]
Spawn = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]


@dataclass
class Faults:
    """Chances of one message, from 0 to 1, and times in seconds."""

    drop_request: float = 0.0
    drop_answer: float = 0.0
    repeat: float = 0.0
    slow: float = 0.0  # takes up to `slow_s` instead of up to `quick_s`
    quick_s: float = 0.05
    slow_s: float = 40.0
    timeout_s: float = 10.0  # how long a caller waits


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


async def call(app: Asgi, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
    """One HTTP request to an ASGI application in memory. The body comes in two pieces, as it may from a socket."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
        "client": ("terminal", 0),
        "server": ("gateway", 80),
    }
    half = len(body) // 2
    pieces = [(body[:half], True), (body[half:], False)]
    status, answered, data = 0, {}, bytearray()

    async def receive() -> dict[str, Any]:
        if not pieces:
            return {"type": "http.disconnect"}
        piece, more = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": more}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, answered
        if message["type"] == "http.response.start":
            status = message["status"]
            answered = {k.decode().lower(): v.decode() for k, v in message["headers"]}
        else:
            data.extend(message.get("body", b""))

    await app(scope, receive, send)
    return Reply(status, answered, bytes(data))


class Network:
    """Everything that it does is drawn from `rng`, in the order in which it is asked."""

    def __init__(self, rng: random.Random, faults: Faults, trace: Callable[[str], None]) -> None:
        self._rng = rng
        self._trace = trace
        self.faults = faults
        self._hosts: dict[str, tuple[Asgi, Spawn]] = {}
        self._parted: dict[str, float] = {}
        self._ghosts: set[asyncio.Task[Any]] = set()

    def serve(self, name: str, app: Asgi, spawn: Spawn) -> None:
        self._hosts[name] = (app, spawn)

    def down(self, name: str) -> None:
        self._hosts.pop(name, None)

    def part(self, name: str, until_s: float) -> None:
        """Nothing to or from this machine passes until then."""
        self._parted[name] = max(until_s, self._parted.get(name, 0.0))

    def heal(self) -> None:
        self._parted.clear()
        self.faults = Faults(timeout_s=self.faults.timeout_s)

    def _cut(self, *names: str) -> bool:
        now = asyncio.get_running_loop().time()
        return any(self._parted.get(name, 0.0) > now for name in names)

    async def request(self, source: str, target: str, path: str, body: bytes) -> Reply:
        """Raises LinkDown."""
        try:
            async with asyncio.timeout(self.faults.timeout_s):
                return await self._request(source, target, path, body)
        except TimeoutError as error:
            self._trace(f"{source} gave up on {target}")
            raise LinkDown("no answer in time") from error

    async def _request(self, source: str, target: str, path: str, body: bytes) -> Reply:
        rng, faults = self._rng, self.faults
        # All of a message's fate is drawn at once, so that it does not hang on who else is speaking.
        dropped, unanswered, repeated = (
            rng.random() < chance for chance in (faults.drop_request, faults.drop_answer, faults.repeat)
        )
        there_s, back_s, again_s = self._delay(), self._delay(), rng.random() * faults.slow_s
        if repeated:
            self._later(self._repeat(source, target, path, body, again_s))
        await asyncio.sleep(there_s)
        if dropped or self._cut(source, target):
            await asyncio.get_running_loop().create_future()  # for ever: the caller's patience ends it
        reply = await self._deliver(source, target, path, body)
        if unanswered or self._cut(source, target):
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(back_s)
        return reply

    def _delay(self) -> float:
        slow = self._rng.random() < self.faults.slow
        return self._rng.random() * (self.faults.slow_s if slow else self.faults.quick_s)

    async def _repeat(self, source: str, target: str, path: str, body: bytes, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if self._cut(source, target):
            return
        self._trace(f"{source} repeated to {target}")
        try:
            await self._deliver(source, target, path, body)
        except LinkDown:
            return

    async def _deliver(self, source: str, target: str, path: str, body: bytes) -> Reply:
        if target not in self._hosts:
            raise LinkDown("connection refused")
        app, spawn = self._hosts[target]
        task = spawn(call(app, "POST", path, body, {"content-type": CONTENT_TYPE}))
        try:
            # Shielded: a caller that gives up does not stop what has reached the other machine.
            reply: Reply = await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise LinkDown("connection reset") from None
            raise
        self._trace(f"{target} answered {source} {reply.status}")
        return reply

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._ghosts.add(task)
        task.add_done_callback(self._ghosts.discard)


class Link:
    """A terminal's GatewayLink over the lying network."""

    def __init__(self, network: Network, source: str, target: str) -> None:
        self._network, self._source, self._target = network, source, target

    async def post(self, path: str, body: bytes) -> LinkReply:
        reply = await self._network.request(self._source, self._target, path, body)
        retry_after = reply.headers.get("retry-after")
        return LinkReply(reply.status, reply.body, int(retry_after) if retry_after else None)
