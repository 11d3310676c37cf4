"""The gateway over HTTP, as runtime.wire.records has it.

    POST /v1/records      a batch: written, synced, then answered
    POST /v1/time         the time, signed (runtime.wire.times)
    GET  /v1/records      ?terminal=&epoch=&after=&limit=   msgpack list of PackedRecord, for tools and tests
    GET  /v1/status       JSON: what is kept of every terminal
    GET  /healthz         200 while the store takes records

One event loop; the store is asked through its keeper, which commits together what waits together. Whatever a client
sends is answered with an ErrorAnswer in msgpack and one line in the log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from runtime.chain.check import MAX_EPOCH, MAX_SEQUENCE, check_name
from runtime.gateway.batches import check_batch
from runtime.gateway.errors import GatewayError
from runtime.gateway.keeper import Keeper
from runtime.gateway.store import TerminalStatus
from runtime.serving.kit import Bodies, Endpoint, Limits, OnFatal, admit_local, application, number, packed, query
from runtime.wire.pack import WireError, build, unpack
from runtime.wire.times import MAX_REQUEST_BYTES, NONCE_BYTES, TimeAnswer, TimeRequest, message

MAX_READ_LIMIT = 500  # records in one answer
DEFAULT_READ_LIMIT = 50
SHOWN_QUARANTINED = 20  # of the newest, in the status


CurrencyOf = Callable[[str], tuple[str, int]]  # of a terminal: ISO 4217 letters, or empty, and the decimals


def _not_said(terminal: str) -> tuple[str, int]:
    return "", 2


def _currency(said: tuple[str, int]) -> dict[str, str | int]:
    return {"currency": said[0], "exponent": said[1]}


async def _nothing() -> None:
    return None


class TimeSigner(Protocol):
    """A private key of this gateway's (runtime.keys.Signer)."""

    public: bytes

    def sign(self, said: bytes) -> bytes: ...


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000


class Admission(Protocol):
    """Who gets in, where that is asked (runtime.gateway.enrolment.Door)."""

    def admit(self, request: Request) -> None:
        """Raises GatewayError."""

    def check_line(self, request: Request, terminal: str, epoch: int) -> None:
        """Whether who asks may send this line's records. Raises GatewayError."""


class OpenDoor:
    """For a listener that only this machine reaches."""

    def admit(self, request: Request) -> None:
        return

    def check_line(self, request: Request, terminal: str, epoch: int) -> None:
        return


class Upwards(Protocol):
    """What is said of the way to head office (runtime.gateway.upstream.Upstream)."""

    @property
    def status(self) -> tuple[bool, str, dict[str, str | int]]: ...

    @property
    def sentence(self) -> str: ...


class _Endpoints:
    def __init__(
        self,
        keeper: Keeper,
        limits: Limits,
        signer: TimeSigner | None,
        door: Admission,
        upstream: Upwards | None,
        currency: CurrencyOf,
    ) -> None:
        self.currency = currency
        self.upstream = upstream
        self.keeper = keeper
        self.store = keeper.store
        self.door = door
        self.signer = signer
        self.bodies = Bodies(limits)

    async def take(self, request: Request) -> Response:
        one = check_batch(await self.bodies.read_packed(request), self.store.store)
        self.door.check_line(request, one.batch.terminal, one.batch.epoch)
        return packed(await self.keeper.take(one))

    async def time(self, request: Request) -> Response:
        if self.signer is None:
            raise GatewayError("not_found")
        try:
            asked = build(TimeRequest, unpack(await self.bodies.read(request), MAX_REQUEST_BYTES))
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
        return packed(said)

    async def records(self, request: Request) -> Response:
        asked = query(request, ("terminal", "epoch", "after", "limit"))
        terminal = asked.get("terminal", "")
        check_name("terminal", terminal)
        epoch = number(asked.get("epoch"), "epoch", 0, MAX_EPOCH)
        after = number(asked.get("after", "0"), "after", 0, MAX_SEQUENCE)
        limit = number(asked.get("limit", str(DEFAULT_READ_LIMIT)), "limit", 1, MAX_READ_LIMIT)
        return packed(await self.keeper.ask(lambda: self.store.records(terminal, epoch, after, limit)))

    async def status(self, request: Request) -> Response:
        terminals, newest = await self.keeper.ask(
            lambda: (self.store.terminals(), self.store.quarantine(SHOWN_QUARANTINED))
        )
        return JSONResponse(
            {
                "store": self.store.store,
                "records": sum(t.records for t in terminals),
                "sales": sum(t.sales for t in terminals),
                "quarantined": sum(t.quarantined for t in terminals),
                "head_office": self._head_office(terminals),
                "terminals": [
                    {
                        "terminal": t.terminal,
                        "epoch": str(t.epoch),  # 64 bits: more than a JSON number carries everywhere
                        "stored": t.stored,
                        "settled": t.settled,
                        "base": t.base,
                        "beyond": t.beyond,
                        "records": t.records,
                        "sales": t.sales,
                        "total_minor": t.total_minor,
                        **_currency(self.currency(t.terminal)),
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

    def _head_office(self, terminals: Sequence[TerminalStatus]) -> dict[str, Any] | None:
        """What it has not yet, and why; None where there is none."""
        if self.upstream is None:
            return None
        ok, code, _ = self.upstream.status
        unsettled = sum(max(0, t.stored - t.settled) for t in terminals)
        return {"ok": ok, "code": code, "sentence": self.upstream.sentence, "unsettled": unsettled}

    async def health(self, request: Request) -> Response:
        if self.store.broken:
            raise GatewayError("store_broken")
        return Response(b"ok\n", media_type="text/plain")


def make_app(
    keeper: Keeper,
    limits: Limits | None = None,
    on_fatal: OnFatal = _nothing,
    signer: TimeSigner | None = None,
    more: Sequence[Endpoint] = (),
    door: Admission | None = None,
    upstream: Upwards | None = None,
    currency: CurrencyOf = _not_said,
) -> Starlette:
    """The gateway as an ASGI application over a keeper of its open store. `on_fatal` is awaited once the answer to a
    request that broke the store has gone out: the process must end then. Without a `signer` the time is not told.
    `more`: the endpoints of other modules. `door`: who gets in; None for a listener that only this machine reaches.
    `currency`: what a terminal sells in."""
    door = door or OpenDoor()
    one = _Endpoints(keeper, limits or Limits(), signer, door, upstream, currency)
    own = (
        Endpoint("/v1/records", "POST", one.take),
        Endpoint("/v1/time", "POST", one.time, anybody=True),
        Endpoint("/v1/records", "GET", one.records),
        Endpoint("/v1/status", "GET", one.status),
        Endpoint("/healthz", "GET", one.health, anybody=True),
    )
    return application([*own, *more], on_fatal, door.admit)


def make_page(
    keeper: Keeper,
    on_fatal: OnFatal = _nothing,
    more: Sequence[Endpoint] = (),
    upstream: Upwards | None = None,
    currency: CurrencyOf = _not_said,
) -> Starlette:
    """What people on this machine are shown, read-only: for a listener on 127.0.0.1. `more`: the page's own."""
    one = _Endpoints(keeper, Limits(), None, OpenDoor(), upstream, currency)
    own = (Endpoint("/v1/status", "GET", one.status), Endpoint("/healthz", "GET", one.health))
    return application([*own, *more], on_fatal, admit_local)
