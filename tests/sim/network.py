"""A network that lies: between the terminals' links and the gateway's ASGI application, both real, in one process.

    network = Network(rng, Faults(...), trace)
    network.serve("gateway", app, spawn)      # `spawn` makes a request a task of the gateway's: a crash ends it
    network.down("gateway")                   # the machine is off: connections are refused
    link = Link(network, "till-1", "gateway") # what the forwarder takes as its Link
    network.part("till-1", until_s)           # nothing passes until then

A request may be dropped, delayed, or delivered a second time later (a proxy that tries again); an answer may be dropped
or come after the caller has given up. What the caller sees is an answer or LinkDown, never both. Every request that is
delivered is delivered whole: cutting bytes is HTTP's business, and tested on the real sockets.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from runtime.link.ports import LinkDown, LinkReply
from runtime.wire.records import CONTENT_TYPE
from tests.sim.loop import OWNER

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


@dataclass(frozen=True)
class _Message:
    source: str
    target: str
    method: str
    path: str
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
        self._underway: set[asyncio.Task[Any]] = set()

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

    async def request(self, source: str, target: str, method: str, path: str, body: bytes) -> Reply:
        """Raises LinkDown. A caller that gives up, or whose machine dies, does not call back what it has sent."""
        rng, faults = self._rng, self.faults
        # All of a message's fate is drawn at once, so that it does not hang on who else is speaking.
        lost, unanswered, repeated = (
            rng.random() < chance for chance in (faults.drop_request, faults.drop_answer, faults.repeat)
        )
        there_s, back_s, again_s = self._delay(), self._delay(), rng.random() * faults.slow_s
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        message = _Message(source, target, method, path, body)
        if not lost:
            self._later(self._carry(message, there_s, back_s, None if unanswered else answer))
        if repeated:
            self._later(self._carry(message, there_s + again_s, 0.0, None))
        try:
            async with asyncio.timeout(faults.timeout_s):
                return await answer
        except TimeoutError as error:
            self._trace(f"{source} gave up on {target}")
            raise LinkDown("no answer in time") from error

    def _delay(self) -> float:
        slow = self._rng.random() < self.faults.slow
        return self._rng.random() * (self.faults.slow_s if slow else self.faults.quick_s)

    async def _carry(
        self, message: _Message, there_s: float, back_s: float, answer: asyncio.Future[Reply] | None
    ) -> None:
        await asyncio.sleep(there_s)
        if self._cut(message.source, message.target):
            return
        try:
            reply = await self._deliver(message)
        except LinkDown as error:
            if answer is not None and not answer.done():
                answer.set_exception(error)
            return
        await asyncio.sleep(back_s)
        if answer is not None and not answer.done() and not self._cut(message.source, message.target):
            answer.set_result(reply)

    async def _deliver(self, message: _Message) -> Reply:
        if message.target not in self._hosts:
            raise LinkDown("connection refused")
        app, spawn = self._hosts[message.target]
        task = spawn(call(app, message.method, message.path, message.body, {"content-type": CONTENT_TYPE}))
        await asyncio.wait([task])
        if task.cancelled():
            raise LinkDown("connection reset")
        reply: Reply = task.result()
        if self._hosts.get(message.target, (None,))[0] is not app:
            raise LinkDown("connection reset")  # it died in the instant of answering
        self._trace(f"{message.target} answered {message.source} {reply.status}")
        return reply

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        context = copy_context()
        context.run(OWNER.set, "network")
        task = asyncio.get_running_loop().create_task(work, context=context)
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)


class Link:
    """A terminal's Link over the lying network."""

    def __init__(self, network: Network, source: str, target: str) -> None:
        self._network, self._source, self._target = network, source, target

    async def post(self, path: str, body: bytes) -> LinkReply:
        return await self._request("POST", path, body)

    async def get(self, path: str) -> LinkReply:
        return await self._request("GET", path, b"")

    async def _request(self, method: str, path: str, body: bytes) -> LinkReply:
        reply = await self._network.request(self._source, self._target, method, path, body)
        retry_after = reply.headers.get("retry-after")
        return LinkReply(reply.status, reply.body, int(retry_after) if retry_after else None)
