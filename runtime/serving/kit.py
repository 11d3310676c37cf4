"""The pieces that every server's application is made of: routes with a guard, bodies with bounds, numbers in queries.

Whatever a client sends is answered: with what was asked for, or with an ErrorAnswer in msgpack and one line in the log;
never with a 500. A module of endpoints makes its routes with `route` and reads bodies with `Bodies`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from runtime.serving.errors import Refused
from runtime.wire.pack import pack
from runtime.wire.records import CONTENT_TYPE, MAX_BATCH_BYTES

log = logging.getLogger("lane.serving")

DIGITS = re.compile(r"[0-9]{1,20}")
Handler = Callable[[Request], Awaitable[Response]]
Admit = Callable[[Request], None]  # raises Refused for who gets nothing here
OnFatal = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server takes at once."""

    body_bytes: int = MAX_BATCH_BYTES
    requests: int = 32  # whose bodies are being read at the same time; a client sends one at a time
    body_timeout_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address with one method; `handler` may raise Refused. `anybody`: also who is not admitted."""

    path: str
    method: str
    handler: Handler
    anybody: bool = False


class Bodies:
    """Reads the bodies of requests, within bounds. One for a server: it counts how many are being read."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.reading = 0

    async def read(self, request: Request, limit: int | None = None) -> bytes:
        """The bytes of the request, counted as they come: what Content-Length says is not believed.

        Raises Refused `too_busy`, `too_long`, `too_slow`.
        """
        limit = self.limits.body_bytes if limit is None else limit
        if self.reading >= self.limits.requests:
            raise Refused("too_busy", count=self.reading)
        self.reading += 1
        try:
            async with asyncio.timeout(self.limits.body_timeout_s):
                data = bytearray()
                while True:  # as Request.stream does, without its layers
                    message = await request.receive()
                    if message["type"] == "http.disconnect":
                        raise ClientDisconnect
                    data += message.get("body", b"")
                    if len(data) > limit:
                        raise Refused("too_long", limit=limit)
                    if not message.get("more_body", False):
                        return bytes(data)
        except TimeoutError as error:
            raise Refused("too_slow", limit=round(self.limits.body_timeout_s)) from error
        finally:
            self.reading -= 1

    async def read_packed(self, request: Request, limit: int | None = None) -> bytes:
        """The same, of a request that says that it is msgpack. Raises Refused `bad_content_type` too."""
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != CONTENT_TYPE:
            raise Refused("bad_content_type", expected=CONTENT_TYPE)
        return await self.read(request, limit)


def packed(value: Any) -> Response:
    """200 with this value in msgpack."""
    return Response(pack(value), media_type=CONTENT_TYPE)


def query(request: Request, known: Iterable[str]) -> dict[str, str]:
    """What stands behind the question mark. Raises Refused `bad_query` for what is not known or said twice."""
    asked = request.query_params
    names = tuple(known)
    if set(asked) - set(names) or len(asked.multi_items()) != len(asked):
        raise Refused("bad_query", detail=f"{', '.join(names)} are known, each once")
    return dict(asked)


def number(text: str | None, name: str, low: int, high: int) -> int:
    """A whole number in decimal digits. Raises Refused `bad_query`."""
    if text is None or not DIGITS.fullmatch(text) or not low <= int(text) <= high:
        raise Refused("bad_query", detail=f"{name} is a whole number from {low} to {high}")
    return int(text)


def admit_all(request: Request) -> None:
    """For a listener that only this machine reaches."""


def admit_local(request: Request) -> None:
    """For a listener on 127.0.0.1 that browsers ask too: a page from elsewhere that had its name point here is
    refused (DNS rebinding). Raises Refused `not_found`."""
    host = request.headers.get("host", "")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if name not in ("127.0.0.1", "localhost", "[::1]"):
        raise Refused("not_found")


def application(endpoints: Sequence[Endpoint], on_fatal: OnFatal, admit: Admit = admit_all) -> Starlette:
    """An ASGI application of these endpoints. `on_fatal` is awaited once the answer to a request that raised a fatal
    Refused has gone out: the process must end then. `admit` is asked before anything of a request is read."""

    def guarded(one: Endpoint) -> Handler:
        async def guard(request: Request) -> Response:
            try:
                if not one.anybody:
                    admit(request)
                return await one.handler(request)
            except Refused as error:
                return _refuse(request, error, on_fatal if error.fatal else None)
            except ClientDisconnect:
                return _refuse(request, Refused("bad_request"), None)

        return guard

    async def no_route(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        code = {404: "not_found", 405: "method_not_allowed"}.get(status, "bad_request")
        response = _refuse(request, Refused(code), None)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    handlers = [(one, guarded(one)) for one in endpoints]
    app = _Application(
        routes=[Route(one.path, handler, methods=[one.method]) for one, handler in handlers],
        exception_handlers={HTTPException: no_route},
    )
    app.fixed = {(one.method, one.path): handler for one, handler in handlers if "{" not in one.path}
    app.router.redirect_slashes = False
    return app


class _Application(Starlette):
    """Starlette, past whose layers an address that is known whole goes straight to its handler: they would take as
    long as keeping a batch does."""

    fixed: dict[tuple[str, str], Handler]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self.fixed.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if handler is None:
            await super().__call__(scope, receive, send)
            return
        response = await handler(Request(scope, receive, send))
        await response(scope, receive, send)


def _refuse(request: Request, error: Refused, fatal: OnFatal | None) -> Response:
    client = request.client.host if request.client else "?"
    log.warning(
        "refused %s %r code=%s from=%s: %r", request.method, request.scope["path"], error.code, client, str(error)
    )
    response = Response(
        pack(error.answer()),
        status_code=error.status,
        media_type=CONTENT_TYPE,
        background=BackgroundTask(fatal) if fatal else None,
    )
    if error.status == 403:  # whoever was refused for who it is shows its certificate anew, and maybe another
        response.headers["connection"] = "close"
    if error.retry_after_s is not None:
        response.headers["retry-after"] = str(error.retry_after_s)
    return response
