"""Head office: takes the sales of all stores from their gateways and keeps each once.

  lane hq --config hq.toml            serve until stopped; prints one line when it is ready
  lane hq --config hq.toml --show     ask the running head office what it has, and print it in words
  lane hq publish SNAPSHOT ...        prices for stores; also published, withdraw: docs/snapshots.md

With PostgreSQL it may be started before the database: gateways are told to come later until that answers. Ends with 0
when told to stop, 1 where it cannot start, 3 when its disk failed while writing (SQLite alone): start it again then.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import logging
import random
import socket
import ssl
import sys
import time
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.hq import publish_command
from runtime.hq.errors import HqError
from runtime.hq.settings import HqFile, HqSettings, read_hq_file
from runtime.service.notify import Notifier
from runtime.serving.server import Listener, listen
from runtime.serving.server import serve as serve_listeners
from runtime.settings import SettingsError

if TYPE_CHECKING:
    from runtime.chain.blocking import OneThread
    from runtime.hq.snapshots import HqSnapshots
    from runtime.hq.store import HqStore

log = logging.getLogger("lane.hq")

EXIT_CANNOT_START = 1
EXIT_REFUSED = 2
EXIT_DISK_FAILED = 3
AGAIN_S = 5.0  # a database that is away is asked again
TIDY_S = 3600.0
SHOW_TIMEOUT_S = 10.0
PAGE_HOST = "127.0.0.1"
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # listens on every address: ask it at this one
MAX_STATUS_BYTES = 64 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _add_config(parser, None)
    parser.add_argument("--show", action="store_true", help="print what a running head office has, and end")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", help="left out: serve")
    for word, (add, what) in publish_command.ACTIONS.items():
        one = actions.add_parser(word, help=what, description=what)
        _add_config(one, argparse.SUPPRESS)  # it may stand before the action or after it
        add(one)


def _add_config(parser: argparse.ArgumentParser, default: str | None) -> None:
    # Not `config`: the program keeps the folder of its own data files under that name.
    parser.add_argument(
        "--config", dest="file", type=Path, metavar="FILE", default=default, help="head office's settings (TOML)"
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.file is None:
        print("Which head office? Give --config hq.toml.", file=sys.stderr)
        return EXIT_REFUSED
    try:
        file = read_hq_file(arguments.file)
        if arguments.action is not None:
            return publish_command.run(arguments, file)
        return show(file.hq) if arguments.show else serve(file)
    except SettingsError as error:
        print(error, file=sys.stderr)
    except HqError as error:
        print(f"{error} {error.remedy}", file=sys.stderr)
    return EXIT_CANNOT_START


# --- serving ----------------------------------------------------------------------------------------------------


def serve(file: HqFile) -> int:
    """Answer until SIGTERM or SIGINT. Raises HqError where the database is there and cannot be used."""
    from runtime.chain.blocking import OneThread

    settings = file.hq
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    tls = _tls(file)
    try:
        listening = listen(settings.host, settings.port)
        paging = listen(PAGE_HOST, settings.page_port) if settings.page_port else None
    except OSError as error:
        where = f"{settings.host} port {settings.port}, page_port {settings.page_port}"
        print(f"Cannot listen on {where}: {error.strerror or error}. Is it running already?", file=sys.stderr)
        return EXIT_CANNOT_START
    thread = OneThread("store")
    try:
        with listening, paging or nullcontext():
            broken = asyncio.run(_serve(file, thread, listening, paging, tls))
    finally:
        thread.close()
    if broken:
        print("Head office's disk failed while writing. Start it again.", file=sys.stderr)
        return EXIT_DISK_FAILED
    return 0


def _tls(file: HqFile) -> ssl.SSLContext | None:
    """Raises HqError."""
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


async def _serve(
    file: HqFile,
    thread: OneThread,
    listening: socket.socket,
    paging: socket.socket | None,
    tls: ssl.SSLContext | None,
) -> bool:
    from runtime.hq.app import Desk, Door, make_app, make_page
    from runtime.serving.kit import Limits

    settings = file.hq
    store = _open(file, thread)
    failed = asyncio.Event()

    async def fatal() -> None:
        failed.set()

    try:
        is_there = await _is_there(store)
        limits = Limits(settings.max_body_bytes, settings.max_requests, settings.body_timeout_ms / 1000)
        published = _published(file)
        desk = Desk(store, settings.max_waiting, settings.connections)
        app = make_app(desk, limits, fatal, published.endpoints, Door() if tls is not None else None)
        listeners = [Listener(app, listening, tls)]
        if paging is not None:
            listeners.append(Listener(make_page(desk, fatal), paging))
        ready = f"head office ready on {settings.host}:{settings.port}, {_database(file)}"
        await serve_listeners(listeners, failed, ready, Notifier(), [_tidy(store, is_there), published.run()])
    finally:
        await store.close()
    return failed.is_set()


def _published(file: HqFile) -> HqSnapshots:
    """Raises HqError."""
    from runtime.hq.snapshots import HqSnapshots

    try:
        return HqSnapshots(file.snapshots, file.groups)
    except OSError as error:
        raise HqError("snapshots_folder", path=str(file.snapshots), detail=str(error)) from error


def _open(file: HqFile, thread: OneThread) -> HqStore:
    """Raises HqError."""
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
    )


def _database(file: HqFile) -> str:
    return "PostgreSQL" if file.hq.postgres else f"database {file.database}"


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


# --- showing ----------------------------------------------------------------------------------------------------


def show(settings: HqSettings) -> int:
    """Ask the head office that these settings describe, and print what it has."""
    host = EVERYWHERE.get(settings.host, settings.host)
    where = (PAGE_HOST, settings.page_port) if settings.page_port else (host, settings.port)
    try:
        print("\n".join(status_words(_ask_status(*where))))
    except (OSError, http.client.HTTPException) as error:
        print(f"No head office answers on {where[0]} port {where[1]}: {error}. Start it first.", file=sys.stderr)
    except ValueError as error:
        print(f"What answers on {where[0]} port {where[1]} has no status: {error}. See its log.", file=sys.stderr)
    else:
        return 0
    return EXIT_CANNOT_START


def _ask_status(host: str, port: int) -> bytes:
    connection = http.client.HTTPConnection(host, port, timeout=SHOW_TIMEOUT_S)
    try:
        connection.request("GET", "/v1/status")
        response = connection.getresponse()
        data = response.read(MAX_STATUS_BYTES)
        if response.status != 200:
            raise ValueError(f"status {response.status}")
    finally:
        connection.close()
    return data


def status_words(data: bytes) -> list[str]:
    """The answer to GET /v1/status as lines for a person. Raises ValueError where it is none."""
    try:
        return words(json.loads(data))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError) as error:
        # Python's datetime has three of them for moments that it cannot hold.
        raise ValueError(repr(error)[:200]) from error


def words(status: dict[str, Any]) -> list[str]:
    """A head office's status (GET /v1/status) as lines for a person. Amounts are in minor units' hundredths."""
    lines = [
        f"Head office: {_count(status['sales'], 'sale')} of {_count(len(status['stores']), 'store')},"
        f" in all {_amount(status['total_minor'])}."
    ]
    for one in status["stores"]:
        seen = datetime.fromtimestamp(one["last_seen_at_ms"] / 1000).strftime("%Y-%m-%d %H:%M:%S")
        lines.append(
            f"  store {one['store']}: {_count(one['records'], 'record')} of {_count(one['lines'], 'line')};"
            f" {_count(one['sales'], 'sale')}, {_amount(one['total_minor'])}; last at {seen}"
        )
    if status["quarantined"]:
        lines.append(f"  {_count(status['quarantined'], 'record')} kept aside: a number came again with other content.")
        lines += [
            f"    store {q['store']}, terminal {q['terminal']}, record {q['sequence']}: {q['quarantined'][:12]}"
            f" beside {q['kept'][:12]}"
            for q in status["quarantine"]
        ]
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _amount(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
