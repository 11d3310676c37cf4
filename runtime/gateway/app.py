"""The gateway over HTTP, as runtime.wire.records has it.

    POST /v1/records      a batch: written, synced, then answered
    POST /v1/time         the time, signed (runtime.wire.times)
    GET  /v1/records      ?terminal=&epoch=&after=&limit=   msgpack list of PackedRecord, for tools and tests
    GET  /v1/status       JSON: what is kept of every terminal
    GET  /healthz         200 while the store takes records

Everything runs on one event loop and the store is asked on it: a batch costs one sync, and one order of things is worth
more than a thread. Whatever a client sends is answered with an ErrorAnswer in msgpack and one line in the log.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runtime.gateway.check import MAX_EPOCH, MAX_SEQUENCE, check_name, read_batch
from runtime.gateway.errors import RETRY_AFTER_S, GatewayError
from runtime.gateway.store import GatewayStore
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.records import CONTENT_TYPE, MAX_BATCH_BYTES
from runtime.wire.times import MAX_REQUEST_BYTES, NONCE_BYTES, TimeAnswer, TimeRequest, message

log = logging.getLogger("lane.gateway")

MAX_READ_LIMIT = 500  # records in one answer
DEFAULT_READ_LIMIT = 50
SHOWN_QUARANTINED = 20  # of the newest, in the status
DIGITS = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one gateway takes at once."""

    body_bytes: int = MAX_BATCH_BYTES
    requests: int = 32  # whose bodies are being read at the same time; a terminal sends one at a time
    body_timeout_s: float = 20.0


async def _nothing() -> None:
    return None


Handler = Callable[[Request], Awaitable[Response]]


class TimeSigner(Protocol):
    """A private key of this gateway's (runtime.keys.Signer)."""

    public: bytes

    def sign(self, said: bytes) -> bytes: ...


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000


class _Endpoints:
    def __init__(self, store: GatewayStore, limits: Limits, signer: TimeSigner | None) -> None:
        self.store = store
        self.signer = signer
        self.limits = limits
        self.reading = 0

    async def take(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != CONTENT_TYPE:
            raise GatewayError("bad_content_type", expected=CONTENT_TYPE)
        batch = read_batch(await self._body(request))
        answer = self.store.ingest(batch)
        if answer.quarantined:
            log.warning(
                "quarantine terminal=%r epoch=%d sequences=%s", batch.terminal, batch.epoch, list(answer.quarantined)
            )
        return Response(pack(answer), media_type=CONTENT_TYPE)

    async def time(self, request: Request) -> Response:
        if self.signer is None:
            raise GatewayError("not_found")
        try:
            asked = build(TimeRequest, unpack(await self._body(request), MAX_REQUEST_BYTES))
        except WireError as error:
            raise GatewayError("bad_field", detail=str(error)) from error
        check_name("terminal", asked.terminal)
        if asked.store != self.store.store:
            raise GatewayError("wrong_store", terminal=asked.terminal, sent=asked.store, store=self.store.store)
        if len(asked.nonce) != NONCE_BYTES:
            raise GatewayError("bad_field", detail=f"a nonce of {NONCE_BYTES} bytes was expected")
        utc_ms = _utc_ms()
        signature = self.signer.sign(message(asked, utc_ms))
        said = TimeAnswer(asked.store, asked.terminal, asked.nonce, utc_ms, self.signer.public, signature)
        return Response(pack(said), media_type=CONTENT_TYPE)

    async def _body(self, request: Request) -> bytes:
        """The bytes of the request, counted as they come: what Content-Length says is not believed."""
        if self.reading >= self.limits.requests:
            raise GatewayError("too_busy", count=self.reading)
        self.reading += 1
        try:
            async with asyncio.timeout(self.limits.body_timeout_s):
                data = bytearray()
                async for chunk in request.stream():
                    data += chunk
                    if len(data) > self.limits.body_bytes:
                        raise GatewayError("too_long", limit=self.limits.body_bytes)
                return bytes(data)
        except TimeoutError as error:
            raise GatewayError("too_slow", limit=round(self.limits.body_timeout_s)) from error
        finally:
            self.reading -= 1

    async def records(self, request: Request) -> Response:
        asked = request.query_params
        extra = set(asked) - {"terminal", "epoch", "after", "limit"}
        if extra or len(asked.multi_items()) != len(asked):
            raise GatewayError("bad_query", detail="terminal, epoch, after and limit are known, each once")
        terminal = asked.get("terminal", "")
        check_name("terminal", terminal)
        found = self.store.records(
            terminal,
            _number(asked.get("epoch"), "epoch", 0, MAX_EPOCH),
            _number(asked.get("after", "0"), "after", 0, MAX_SEQUENCE),
            _number(asked.get("limit", str(DEFAULT_READ_LIMIT)), "limit", 1, MAX_READ_LIMIT),
        )
        return Response(pack(found), media_type=CONTENT_TYPE)

    async def status(self, request: Request) -> Response:
        terminals = self.store.terminals()
        newest = self.store.quarantine(SHOWN_QUARANTINED)
        return JSONResponse(
            {
                "store": self.store.store,
                "records": sum(t.records for t in terminals),
                "sales": sum(t.sales for t in terminals),
                "total_minor": sum(t.total_minor for t in terminals),
                "quarantined": sum(t.quarantined for t in terminals),
                "terminals": [
                    {
                        "terminal": t.terminal,
                        "epoch": str(t.epoch),  # 64 bits: more than a JSON number carries everywhere
                        "stored": t.stored,
                        "settled": 0,
                        "records": t.records,
                        "sales": t.sales,
                        "total_minor": t.total_minor,
                        "quarantined": t.quarantined,
                        "first_seen_at_ms": t.first_seen_at_ms,
                        "last_seen_at_ms": t.last_seen_at_ms,
                    }
                    for t in terminals
                ],
                "quarantine": [
                    {
                        "terminal": q.terminal,
                        "epoch": str(q.epoch),
                        "sequence": q.sequence,
                        "kept": q.kept_hash.hex(),
                        "quarantined": q.hash.hex(),
                        "seen_at_ms": q.seen_at_ms,
                    }
                    for q in newest
                ],
            }
        )

    async def health(self, request: Request) -> Response:
        if self.store.broken:
            raise GatewayError("store_broken")
        return Response(b"ok\n", media_type="text/plain")


def make_app(
    store: GatewayStore,
    limits: Limits | None = None,
    on_fatal: Callable[[], Awaitable[None]] = _nothing,
    signer: TimeSigner | None = None,
) -> Starlette:
    """The gateway as an ASGI application over an open store. `on_fatal` is awaited once the answer to a request that
    broke the store has gone out: the process must end then. Without a `signer` the time is not told."""
    endpoints = _Endpoints(store, limits or Limits(), signer)

    def guarded(handler: Handler) -> Handler:
        async def guard(request: Request) -> Response:
            try:
                return await handler(request)
            except GatewayError as error:
                return _refuse(request, error, on_fatal if error.fatal else None)
            except ClientDisconnect:
                return _refuse(request, GatewayError("bad_request"), None)

        return guard

    async def no_route(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        code = {404: "not_found", 405: "method_not_allowed"}.get(status, "bad_request")
        response = _refuse(request, GatewayError(code), None)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    app = Starlette(
        routes=[
            Route("/v1/records", guarded(endpoints.take), methods=["POST"]),
            Route("/v1/records", guarded(endpoints.records), methods=["GET"]),
            Route("/v1/time", guarded(endpoints.time), methods=["POST"]),
            Route("/v1/status", guarded(endpoints.status), methods=["GET"]),
            Route("/healthz", guarded(endpoints.health), methods=["GET"]),
        ],
        exception_handlers={HTTPException: no_route},
    )
    app.router.redirect_slashes = False
    return app


def _refuse(request: Request, error: GatewayError, fatal: Callable[[], Awaitable[None]] | None) -> Response:
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
    retry_after = RETRY_AFTER_S.get(error.code)
    if retry_after is not None:
        response.headers["retry-after"] = str(retry_after)
    return response


def _number(text: str | None, name: str, low: int, high: int) -> int:
    if text is None or not DIGITS.fullmatch(text) or not low <= int(text) <= high:
        raise GatewayError("bad_query", detail=f"{name} is a whole number from {low} to {high}")
    return int(text)
