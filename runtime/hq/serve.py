"""Head office's server: its database, what is published, its listeners, and what runs beside them."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
import time
from functools import partial

from runtime.chain.blocking import OneThread
from runtime.hq.app import Desk, Door, make_app, make_page
from runtime.hq.errors import HqError
from runtime.hq.hole_command import SOCKET, answered
from runtime.hq.pulse import Pulse, is_no
from runtime.hq.revoked import FILE, RevokedList
from runtime.hq.settings import HqFile
from runtime.hq.snapshots import HqSnapshots
from runtime.hq.store import HqStore
from runtime.service.watchdog import feed
from runtime.serving.admin import serve_admin
from runtime.serving.kit import Limits
from runtime.serving.process import Process
from runtime.serving.server import Listener

log = logging.getLogger("lane.hq")

AGAIN_S = 5.0  # a database that is away is asked again
TIDY_S = 3600.0


async def serve(file: HqFile, process: Process, tls: ssl.SSLContext | None) -> None:
    """Until the process is told to stop or fails. Raises HqError where the database is there and cannot be used."""
    settings = file.hq
    thread = OneThread("store")
    process.closing.callback(thread.close)
    store = open_store(file, thread, process.notifier.watchdog_s)
    try:
        is_there = await _is_there(store)
        limits = Limits(settings.max_body_bytes, settings.max_requests, settings.body_timeout_ms / 1000)
        published = _published(file)
        desk = Desk(store, settings.max_waiting, settings.connections)
        app = make_app(desk, limits, process.fatal, published.endpoints, _door(file) if tls is not None else None)
        listeners = [Listener(app, process.listening, tls)]
        if process.paging is not None:
            listeners.append(Listener(make_page(desk, process.fatal), process.paging))
        where = "PostgreSQL" if settings.postgres else f"database {file.database}"
        ready = f"head office ready on {settings.host}:{settings.port}, {where}"
        pulse = Pulse(store, ready)
        beside = [
            _tidy(store, is_there),
            serve_admin(file.snapshots, SOCKET, partial(answered, store)),
            published.run(),
            feed(process.notifier, pulse, is_no, lambda: pulse.word),
        ]
        await process.serve(listeners, ready, beside)
    finally:
        await store.close()


def open_tls(file: HqFile) -> ssl.SSLContext | None:
    """None without [tls]. Raises HqError."""
    if file.trust is None:
        return None
    from runtime.trust import issuing
    from runtime.trust.authority import HQ_FILE, ROOT, read_file
    from runtime.trust.contexts import Files, server_context
    from runtime.trust.errors import TrustError
    from runtime.trust.names import HQ

    try:
        if issuing.named(read_file(file.trust / HQ_FILE)) != HQ:
            raise TrustError("wrong_peer", detail=f"{HQ_FILE} is not head office's")
        return server_context(Files(file.trust / ROOT, file.trust / HQ_FILE))
    except TrustError as error:
        raise HqError("trust", detail=f"{error} {error.remedy}".rstrip(".")) from error


def open_store(file: HqFile, thread: OneThread, watchdog_s: float = 0.0) -> HqStore:
    """`watchdog_s`: within which the service manager wants to hear of it; 0: never. Raises HqError."""
    settings = file.hq

    def clock_ms() -> int:
        return time.time_ns() // 1_000_000

    def new_life() -> int:
        return random.SystemRandom().getrandbits(63)

    if not settings.postgres:
        from runtime.hq.sqlite import SqliteStore

        return SqliteStore(file.database, clock_ms, new_life(), thread)
    from runtime.hq.postgres import PostgresStore

    return PostgresStore(
        settings.postgres,
        clock_ms,
        new_life,
        connections=settings.connections + 2,  # for those who read
        store_partitions=settings.store_partitions,
        allow_unsafe=settings.allow_unsafe,
        # Half of the watchdog's time passes between two beats, and each waits twice so long at most.
        patience_s=watchdog_s / 6,
    )


def _door(file: HqFile) -> Door:
    """Raises HqError `revoked_unread`."""
    return Door(RevokedList(file.trust / FILE) if file.trust is not None else None)


def _published(file: HqFile) -> HqSnapshots:
    """Raises HqError."""
    try:
        return HqSnapshots(file.snapshots, file.groups)
    except OSError as error:
        raise HqError("snapshots_folder", path=str(file.snapshots), detail=str(error)) from error


async def _is_there(store: HqStore) -> bool:
    """False where the database is away: it is waited for. Raises HqError for one that cannot be used."""
    try:
        await store.start()
    except HqError as error:
        if error.code != "store_away":
            raise
        log.warning("%s %s", error, error.remedy)
        return False
    return True


async def _tidy(store: HqStore, is_there: bool) -> None:
    """What is due now and then. A database that is away is no reason to end."""
    while True:
        await asyncio.sleep(TIDY_S if is_there else AGAIN_S)
        try:
            await store.tidy()
        except HqError as error:
            if is_there:
                log.warning("%s %s", error, error.remedy)
            is_there = False
        else:
            if not is_there:
                log.info("the database answers")
            is_there = True
