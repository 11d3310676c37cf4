"""All that one gateway is made of, from its settings: store, what is shared, the way up, who is let in, listeners.

`lane gateway` serves one; scripts/chain_gateways.py serves many stores' in one process.
"""

from __future__ import annotations

import random
import socket
import ssl
import time
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.chain.blocking import OneThread
from runtime.gateway.admin import serve_admin
from runtime.gateway.app import OpenDoor, TimeSigner, make_app, make_page
from runtime.gateway.errors import GatewayError
from runtime.gateway.keeper import Keeper
from runtime.gateway.page.serve import Page
from runtime.gateway.retention import prune
from runtime.gateway.settings import GatewayFile
from runtime.gateway.sharing.beats import BeatEndpoints, Sharing
from runtime.gateway.sharing.board import currency_of
from runtime.gateway.sharing.store import SharedStore
from runtime.gateway.sharing.users import SharedUsers
from runtime.gateway.snapshots import GatewaySnapshots
from runtime.gateway.store import GatewayStore
from runtime.gateway.upstream import Upstream
from runtime.service.notify import Notifier
from runtime.service.watchdog import feed
from runtime.serving.kit import Bodies, Limits, OnFatal
from runtime.serving.server import Listener
from runtime.share import config_dir
from runtime.wire.messages import Sentence

if TYPE_CHECKING:
    from runtime.gateway.enrolment import Door
    from runtime.gateway.registry import Registry

HELD = 0.6  # of the time that an answer is waited for, head office may hold one back


@dataclass(frozen=True, slots=True)
class Stack:
    """What listens, and what runs beside it for as long."""

    listeners: list[Listener]
    beside: list[Coroutine[Any, Any, None]]


def open_stack(
    file: GatewayFile,
    listening: socket.socket,
    paging: socket.socket | None,
    closing: ExitStack,
    fatal: OnFatal,
    notifier: Notifier,
) -> Stack:
    """`closing` closes it. `fatal`: as runtime.serving.kit.application. Raises GatewayError."""
    settings = file.gateway
    signer = _signer(file.time_key)
    try:
        file.database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GatewayError("store_cannot_open", path=str(file.database), detail=str(error)) from error
    store = GatewayStore.open(str(file.database), settings.store, _utc_ms)
    closing.callback(store.close)
    thread = OneThread("store")
    closing.callback(thread.close)
    keeper = Keeper(store, thread, waiting=settings.max_waiting)
    upstream = _upstream(file, keeper)
    shared = SharedStore.open(file.shared, settings.store)
    closing.callback(shared.close)
    limits = Limits(settings.max_body_bytes, settings.max_requests, settings.body_timeout_ms / 1000)
    registry, door, tls = _open_door(file, limits, closing)
    snapshots = _snapshots(file)
    sharing = Sharing(shared, store, settings.store, _utc_ms, SharedUsers(file.users), prices=snapshots.number)
    beats = BeatEndpoints(sharing, keeper.ask, Bodies(limits), door or OpenDoor())
    more = [*(door.endpoints() if door is not None else ()), *snapshots.endpoints, *beats.endpoints()]

    def currency(terminal: str) -> tuple[str, int]:
        return currency_of(terminal, shared.board.terminals)

    app = make_app(keeper, limits, fatal, signer, more, door, upstream, currency)
    listeners = [Listener(app, listening, tls)]
    if paging is not None:
        people = Page(store, sharing, keeper.ask, config_dir(), lambda: _alarms(upstream, snapshots))
        listeners.append(Listener(make_page(keeper, fatal, people.endpoints(), upstream, currency), paging))
    beside: list[Coroutine[Any, Any, None]] = [
        *(feed(notifier, keeper, _is_full), snapshots.run(), prune(keeper, settings.keep_days)),
        *([upstream.run()] if upstream is not None else []),
    ]
    if registry is not None and file.trust is not None:
        beside.append(serve_admin(file.trust, registry))
    return Stack(listeners, beside)


def _alarms(upstream: Upstream | None, snapshots: GatewaySnapshots) -> Iterator[Sentence]:
    """What the page says of the way to head office and of the prices that come from there."""
    from runtime.distribution.errors import SENTENCES as PRICES
    from runtime.gateway.upstream import SENTENCES as UPWARDS

    if upstream is not None:
        well, code, args = upstream.status
        if not well and code != "CONNECTING":
            yield Sentence(code, *UPWARDS[code], args)
    code, args = snapshots.keeper.status if snapshots.keeper is not None else ("", {})
    if code:
        yield Sentence(code, *PRICES[code], args)


def _open_door(
    file: GatewayFile, limits: Limits, closing: ExitStack
) -> tuple[Registry | None, Door | None, ssl.SSLContext | None]:
    """Who is let in, and the listener's TLS; nothing of it without [tls]. Raises GatewayError."""
    if file.tls is None or file.trust is None:
        return None, None, None
    from runtime.gateway.enrolment import Door
    from runtime.gateway.registry import Registry, server_tls

    tls = server_tls(file.trust, file.gateway.store, _utc_ms())
    registry = Registry.open(file.trust, file.gateway.store, _utc_ms, days=file.tls.certificate_days)
    closing.callback(registry.close)
    return registry, Door(registry, limits), tls


def _signer(path: Path | None) -> TimeSigner | None:
    """Raises GatewayError."""
    if path is None:
        return None
    from runtime.keys import KeyFileError, Signer

    try:
        return Signer(path)
    except KeyFileError as error:
        raise GatewayError("time_key", detail=f"{error} {error.remedy}".rstrip(".")) from error


def _upstream(file: GatewayFile, keeper: Keeper) -> Upstream | None:
    """None where there is no head office."""
    from runtime.gateway.upstream import MAX_ANSWER_BYTES, Upstream
    from runtime.gateway.upward import link_to_hq

    link = link_to_hq(file, max_answer_bytes=MAX_ANSWER_BYTES)
    return None if link is None else Upstream(keeper, link, random.Random().random)


def _snapshots(file: GatewayFile) -> GatewaySnapshots:
    """Raises GatewayError."""
    from runtime.gateway.snapshots import GatewaySnapshots
    from runtime.gateway.upward import link_to_hq
    from runtime.keys import KeyFileError, trust_of
    from runtime.wire.snapshots import MAX_PIECE_BYTES

    try:
        trust = trust_of(file.trusted_keys)
        return GatewaySnapshots(
            file.snapshots_folder,
            file.gateway.store,
            file.snapshots,
            trust,
            link_to_hq(file, max_answer_bytes=2 * MAX_PIECE_BYTES),
            random.Random().random,
            hold_s=file.hq.timeout_ms / 1000 * HELD if file.hq is not None else 0.0,
        )
    except KeyFileError as error:
        raise GatewayError("snapshot_keys", detail=f"{error} {error.remedy}".rstrip(".")) from error
    except OSError as error:
        raise GatewayError("store_cannot_open", path=str(file.snapshots_folder), detail=str(error)) from error


def _is_full(error: Exception) -> bool:
    return isinstance(error, GatewayError) and error.code == "disk_full"


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000
