"""The store's gateway: takes closed sales from the store's terminals and keeps them.

  lane gateway --config gateway.toml            serve until stopped; prints one line when it is ready
  lane gateway --config gateway.toml --show     ask the running gateway what it has, and print it in words

Ends with 0 when told to stop, 1 where it cannot start, 3 when its disk failed while writing: start it again then (a
supervisor does), for starting is recovering.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import http.client
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.gateway.errors import GatewayError
from runtime.gateway.settings import GatewayFile, GatewaySettings, read_gateway_file
from runtime.service.log import begin, keep
from runtime.service.notify import Notifier
from runtime.service.watchdog import feed
from runtime.serving.server import Listener, listen
from runtime.serving.server import serve as serve_listeners
from runtime.settings import SettingsError

if TYPE_CHECKING:
    from runtime.gateway.app import TimeSigner

EXIT_CANNOT_START = 1
EXIT_DISK_FAILED = 3
SHOW_TIMEOUT_S = 10.0
MAX_STATUS_BYTES = 16 << 20
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # listens on every address: ask it at this one


def add_arguments(parser: argparse.ArgumentParser) -> None:
    # Not `config`: the program keeps the folder of its own data files under that name.
    parser.add_argument(
        "--config", dest="file", type=Path, required=True, metavar="FILE", help="the gateway's settings (TOML)"
    )
    parser.add_argument("--show", action="store_true", help="print what a running gateway has, and end")


def run(arguments: argparse.Namespace) -> int:
    try:
        file = read_gateway_file(arguments.file)
        return show(file.gateway) if arguments.show else serve(file)
    except SettingsError as error:
        print(error, file=sys.stderr)
    except GatewayError as error:
        print(f"{error} {error.remedy}", file=sys.stderr)
    return EXIT_CANNOT_START


# --- serving ----------------------------------------------------------------------------------------------------


def serve(file: GatewayFile) -> int:
    """Open the store and answer until SIGTERM or SIGINT. Raises GatewayError where the store cannot be opened."""
    from runtime.gateway.app import make_app
    from runtime.gateway.store import GatewayStore
    from runtime.serving.kit import Limits

    settings = file.gateway
    begin()
    keep(file.log_file, file.log.total_kb)
    faulthandler.enable()  # where it stood when the watchdog ended it
    try:
        listening = listen(settings.host, settings.port)
    except OSError as error:
        where = f"{settings.host} port {settings.port}"
        print(f"Cannot listen on {where}: {error.strerror or error}. Is another gateway running?", file=sys.stderr)
        return EXIT_CANNOT_START
    with listening:
        signer = _signer(file.time_key)
        try:
            file.database.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GatewayError("store_cannot_open", path=str(file.database), detail=str(error)) from error
        store = GatewayStore.open(str(file.database), settings.store, lambda: time.time_ns() // 1_000_000)
        failed = asyncio.Event()

        async def fatal() -> None:
            failed.set()

        limits = Limits(settings.max_body_bytes, settings.max_requests, settings.body_timeout_ms / 1000)
        try:
            app = make_app(store, limits, fatal, signer)
            notifier = Notifier()
            feeding = feed(notifier, store, _is_full)
            asyncio.run(serve_listeners([Listener(app, listening)], failed, _ready_line(file), notifier, [feeding]))
        finally:
            store.close()
    if failed.is_set():
        print("The gateway's disk failed while writing. Start the gateway again.", file=sys.stderr)
        return EXIT_DISK_FAILED
    return 0


def _signer(path: Path | None) -> TimeSigner | None:
    """Raises GatewayError."""
    if path is None:
        return None
    from runtime.keys import KeyFileError, Signer

    try:
        return Signer(path)
    except KeyFileError as error:
        raise GatewayError("time_key", detail=f"{error} {error.remedy}".rstrip(".")) from error


def _ready_line(file: GatewayFile) -> str:
    settings = file.gateway
    return f"gateway of store {settings.store} ready on {settings.host}:{settings.port}, database {file.database}"


def _is_full(error: Exception) -> bool:
    return isinstance(error, GatewayError) and error.code == "disk_full"


# --- showing ----------------------------------------------------------------------------------------------------


def show(settings: GatewaySettings) -> int:
    """Ask the gateway that these settings describe, and print what it has."""
    host = EVERYWHERE.get(settings.host, settings.host)
    try:
        print("\n".join(words(_ask_status(host, settings.port))))
    except (OSError, http.client.HTTPException) as error:
        print(f"No gateway answers on {host} port {settings.port}: {error}. Start it first.", file=sys.stderr)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"What answers on {host} port {settings.port} is no gateway: {error!r}.", file=sys.stderr)
    else:
        return 0
    return EXIT_CANNOT_START


def _ask_status(host: str, port: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection(host, port, timeout=SHOW_TIMEOUT_S)
    try:
        connection.request("GET", "/v1/status")
        response = connection.getresponse()
        data = response.read(MAX_STATUS_BYTES)
        if response.status != 200:
            raise ValueError(f"status {response.status}")
    finally:
        connection.close()
    status = json.loads(data)
    if not isinstance(status, dict):
        raise ValueError("not a status")
    return status


def words(status: dict[str, Any]) -> list[str]:
    """A gateway's status (GET /v1/status) as lines for a person. Amounts are in minor units' hundredths."""
    lines = [
        f"Store {status['store']}: {_count(status['sales'], 'sale')} of {_count(len(status['terminals']), 'terminal')},"
        f" in all {_amount(status['total_minor'])}."
    ]
    for one in status["terminals"]:
        seen = datetime.fromtimestamp(one["last_seen_at_ms"] / 1000).strftime("%Y-%m-%d %H:%M:%S")
        beyond = one["records"] - one["stored"]
        lines.append(
            f"  terminal {one['terminal']}, epoch {int(one['epoch']):016x}: records 1 to {one['stored']} without a gap"
            + (f" and {beyond} beyond one" if beyond else "")
            + f"; {_count(one['sales'], 'sale')}, {_amount(one['total_minor'])}; last at {seen}"
        )
    if status["quarantined"]:
        lines.append(
            f"  {_count(status['quarantined'], 'record')} kept aside: a number was sent again with other content."
        )
        lines += [
            f"    terminal {q['terminal']}, record {q['sequence']}: {q['quarantined'][:12]} beside {q['kept'][:12]}"
            for q in status["quarantine"]
        ]
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _amount(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
