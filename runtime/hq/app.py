"""Head office over HTTP, as runtime.wire.chain has it.

    POST /v1/records      a store's batch: committed, then answered; without parts it asks for the store's marks
    GET  /v1/feed         ?store=&after=&limit=   msgpack list of FedRecord, for those who follow the sales
    GET  /v1/records      ?store=&terminal=&epoch=&after=&limit=   msgpack list of PackedRecord, for tools and tests
    GET  /v1/stores       JSON: every store and its feed's last position
    GET  /v1/status       JSON: what is kept of every store; ?store= of every line of one
    GET  /healthz         200 while the database answers

Batches that wait together are one transaction. Whatever is sent is answered with an ErrorAnswer in msgpack and one line
in the log.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from runtime.chain.check import MAX_EPOCH, MAX_SEQUENCE, check_name
from runtime.chain.group import GroupCommit
from runtime.hq.check import CheckedBatch, check_store_batch
from runtime.hq.errors import HqError
from runtime.hq.revoked import RevokedList
from runtime.hq.store import HqStore
from runtime.serving.kit import Bodies, Endpoint, Limits, OnFatal, admit_local, application, number, packed, query
from runtime.serving.peers import peer_of
from runtime.wire.chain import FEED_LIMIT, StoreAnswer

log = logging.getLogger("lane.hq")

LARGEST_GROUP = 20  # batches in one transaction: a thousand records
MOST_WAITING = 500
LANES = 2  # transactions at a time: while one is synced the next is prepared
DEFAULT_LIMIT = 50
SHOWN_HOLES = 20
SHOWN_QUARANTINED = 20  # of the newest, in the status


async def _nothing() -> None:
    return None


class Desk:
    """Takes the stores' batches. `waiting`: batches that may wait for a commit."""

    def __init__(self, store: HqStore, waiting: int = MOST_WAITING, lanes: int = LANES) -> None:
        self.store = store
        self._group: GroupCommit[CheckedBatch, StoreAnswer] = GroupCommit(
            store.ingest, largest=LARGEST_GROUP, waiting=waiting, lanes=lanes
        )

    async def take(self, batch: CheckedBatch) -> StoreAnswer:
        """A batch: committed when this returns. Raises HqError as HqStore.ingest does, and ChainError `too_busy`."""
        if not batch.parts:
            return await self.store.marks(batch.store)
        answer = await self._group.submit(batch)
        for one in answer.disputed:
            log.warning(
                "quarantine store=%r terminal=%r epoch=%d sequence=%d",
                *(batch.store, one.terminal, one.epoch, one.sequence),
            )
        return answer


class Door:
    """Who gets in at the listener with TLS: gateways, each with its own store's records, and programs of head office's
    own with its certificate, which read. `revoked`: whose certificates count no more; asked with every request, for a
    connection may be older than what was revoked."""

    def __init__(self, revoked: RevokedList | None = None) -> None:
        self._revoked = revoked

    def admit(self, request: Request) -> None:
        """Raises HqError `no_certificate`, and what `check_revoked` raises."""
        peer = peer_of(request)
        if peer is None or peer.role not in ("gateway", "hq"):
            raise HqError("no_certificate")
        self.check_revoked(request)

    def check_revoked(self, request: Request) -> None:
        """At addresses that are for anybody, too. Raises HqError `revoked`, `revoked_unread`."""
        peer = peer_of(request)
        if peer is not None and self._revoked is not None:
            self._revoked.check(peer)

    def check_sender(self, request: Request, store: str) -> None:
        """Whether who asks may send this store's records. Raises HqError `wrong_sender`."""
        peer = peer_of(request)
        if peer is None or peer.role != "gateway" or peer.store != store:
            raise HqError("wrong_sender", peer=str(peer), store=store)

    def check_reader(self, request: Request) -> None:
        """Whether who asks may read what all stores sold. Raises HqError `not_found`."""
        peer = peer_of(request)
        if peer is None or peer.role != "hq":
            raise HqError("not_found")


class OpenDoor(Door):
    """For a listener that only this machine reaches."""

    def admit(self, request: Request) -> None:
        return

    def check_sender(self, request: Request, store: str) -> None:
        return

    def check_reader(self, request: Request) -> None:
        return


class _Endpoints:
    def __init__(self, desk: Desk, limits: Limits, door: Door) -> None:
        self.door = door
        self.desk = desk
        self.store = desk.store
        self.bodies = Bodies(limits)

    async def take(self, request: Request) -> Response:
        batch = check_store_batch(await self.bodies.read_packed(request))
        self.door.check_sender(request, batch.store)
        return packed(await self.desk.take(batch))

    async def feed(self, request: Request) -> Response:
        self.door.check_reader(request)
        asked = query(request, ("store", "after", "limit"))
        return packed(await self.store.feed(_name(asked, "store"), _after(asked), _limit(asked)))

    async def records(self, request: Request) -> Response:
        self.door.check_reader(request)
        asked = query(request, ("store", "terminal", "epoch", "after", "limit"))
        store, terminal = _name(asked, "store"), _name(asked, "terminal")
        epoch = number(asked.get("epoch"), "epoch", 0, MAX_EPOCH)
        return packed(await self.store.records(store, terminal, epoch, _after(asked), _limit(asked)))

    async def stores(self, request: Request) -> Response:
        self.door.check_reader(request)
        query(request, ())
        return JSONResponse({one.store: one.position for one in await self.store.stores()})

    async def status(self, request: Request) -> Response:
        self.door.check_reader(request)
        asked = query(request, ("store",))
        if asked:
            name = _name(asked, "store")
            return JSONResponse({"store": name, "lines": [_line(one) for one in await self.store.lines(name)]})
        stores = await self.store.stores()
        newest = await self.store.quarantine(SHOWN_QUARANTINED)
        holes = await self.store.holes()
        late = [one for one in await self.store.closed_holes() if one.found]
        return JSONResponse(
            {
                **{name: sum(getattr(one, name) for one in stores) for name in ("records", "sales", "total_minor")},
                "quarantined": sum(one.quarantined for one in stores),
                "open_holes": len(holes),
                "holes": [_line(one) for one in holes[:SHOWN_HOLES]],
                "late": [_line(one) for one in late[-SHOWN_HOLES:]],
                "stores": [dataclasses.asdict(one) for one in stores],
                "quarantine": [
                    {
                        **{name: getattr(one, name) for name in ("store", "terminal", "sequence", "seen_at_ms")},
                        "epoch": str(one.epoch),
                        "kept": one.kept_hash.hex(),
                        "quarantined": one.hash.hex(),
                    }
                    for one in newest
                ],
            }
        )

    async def health(self, request: Request) -> Response:
        self.door.check_revoked(request)
        await self.store.marks("")
        return Response(b"ok\n", media_type="text/plain")


def make_app(
    desk: Desk,
    limits: Limits | None = None,
    on_fatal: OnFatal = _nothing,
    more: Sequence[Endpoint] = (),
    door: Door | None = None,
) -> Starlette:
    """Head office as an ASGI application over an open store. `on_fatal` is awaited once the answer to a request that
    broke the store has gone out: the process must end then. `more`: the endpoints of other modules. `door`: who gets
    in; None for a listener that only this machine reaches."""
    door = door or OpenDoor()
    one = _Endpoints(desk, limits or Limits(requests=MOST_WAITING), door)
    own = (
        Endpoint("/v1/records", "POST", one.take),
        Endpoint("/v1/feed", "GET", one.feed),
        Endpoint("/v1/records", "GET", one.records),
        Endpoint("/v1/stores", "GET", one.stores),
        Endpoint("/v1/status", "GET", one.status),
        Endpoint("/healthz", "GET", one.health, anybody=True),
    )
    return application([*own, *(_looked_at_again(each, door) for each in more)], on_fatal, door.admit)


def _looked_at_again(one: Endpoint, door: Door) -> Endpoint:
    """A question may be held back until there is news: who was revoked meanwhile is not told them."""

    async def handler(request: Request) -> Response:
        response = await one.handler(request)
        door.check_revoked(request)
        return response

    return replace(one, handler=handler)


def _name(asked: dict[str, str], what: str) -> str:
    name = asked.get(what, "")
    check_name(what, name)
    return name


def _after(asked: dict[str, str]) -> int:
    return number(asked.get("after", "0"), "after", 0, MAX_SEQUENCE)


def _limit(asked: dict[str, str]) -> int:
    return number(asked.get("limit", str(DEFAULT_LIMIT)), "limit", 1, FEED_LIMIT)


def _line(line: Any) -> dict[str, Any]:
    return {**dataclasses.asdict(line), "epoch": str(line.epoch)}  # 64 bits: more than a JSON number carries everywhere


def make_page(desk: Desk, on_fatal: OnFatal = _nothing) -> Starlette:
    """What programs and people on this machine read: for a listener on 127.0.0.1."""
    one = _Endpoints(desk, Limits(), OpenDoor())
    readers = (("feed", one.feed), ("records", one.records), ("stores", one.stores), ("status", one.status))
    own = [Endpoint(f"/v1/{name}", "GET", handler) for name, handler in readers]
    return application([*own, Endpoint("/healthz", "GET", one.health)], on_fatal, admit_local)
