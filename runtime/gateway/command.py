"""The store's gateway: takes closed sales from the store's terminals and keeps them.

  lane gateway --config gateway.toml            serve until stopped; prints one line when it is ready
  lane gateway --config gateway.toml --show     ask the running gateway what it has, and print it in words

With [tls], and whether it runs or not (docs/trust.md):

  lane gateway enrol --config gateway.toml --terminal 03                  print a code for `lane enrol` on the terminal
  lane gateway revoke --config gateway.toml --terminal 03 [--epoch HEX]   nothing for this terminal any more
  lane gateway terminals --config gateway.toml                            which terminals are enrolled

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
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from runtime.gateway.admin import Action, AdminRequest, ask, carry_out
from runtime.gateway.errors import GatewayError
from runtime.gateway.settings import GatewayFile, read_gateway_file
from runtime.service.log import begin, keep
from runtime.service.notify import Notifier
from runtime.serving.server import listen
from runtime.serving.server import serve as serve_listeners
from runtime.settings import SettingsError
from runtime.wire.pack import WireError

EXIT_CANNOT_START = 1
EXIT_DISK_FAILED = 3
SHOW_TIMEOUT_S = 10.0
MAX_STATUS_BYTES = 16 << 20
PAGE_HOST = "127.0.0.1"
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # listens on every address: ask it at this one


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("enrol", "revoke", "terminals"), help="left out: serve")
    # Not `config`: the program keeps the folder of its own data files under that name.
    parser.add_argument(
        "--config", dest="file", type=Path, required=True, metavar="FILE", help="the gateway's settings (TOML)"
    )
    parser.add_argument("--show", action="store_true", help="print what a running gateway has, and end")
    parser.add_argument("--terminal", default="", metavar="NUMBER", help="enrol, revoke: which terminal")
    parser.add_argument("--epoch", type=_epoch, metavar="HEX", help="revoke: only this epoch of it")


def run(arguments: argparse.Namespace) -> int:
    try:
        file = read_gateway_file(arguments.file)
        if arguments.action is not None:
            return administer(file, arguments.action, arguments.terminal, arguments.epoch)
        return show(file) if arguments.show else serve(file)
    except SettingsError as error:
        print(error, file=sys.stderr)
    except GatewayError as error:
        print(f"{error} {error.remedy}", file=sys.stderr)
    return EXIT_CANNOT_START


# --- serving ----------------------------------------------------------------------------------------------------


def serve(file: GatewayFile) -> int:
    """Open the store and answer until SIGTERM or SIGINT. Raises GatewayError where the store cannot be opened."""
    from runtime.gateway.stack import open_stack

    settings = file.gateway
    begin()
    keep(file.log_file, file.log.total_kb)
    faulthandler.enable()  # where it stood when the watchdog ended it
    with ExitStack() as closing:
        try:
            listening = closing.enter_context(listen(settings.host, settings.port))
            paging = closing.enter_context(listen(PAGE_HOST, settings.page_port)) if settings.page_port else None
        except OSError as error:
            where = f"{settings.host} port {settings.port}, page_port {settings.page_port}"
            print(f"Cannot listen on {where}: {error.strerror or error}. Is another gateway running?", file=sys.stderr)
            return EXIT_CANNOT_START
        failed = asyncio.Event()

        async def fatal() -> None:
            failed.set()

        notifier = Notifier()
        stack = open_stack(file, listening, paging, closing, fatal, notifier)
        asyncio.run(serve_listeners(stack.listeners, failed, _ready_line(file), notifier, stack.beside))
    if failed.is_set():
        print("The gateway's disk failed while writing. Start the gateway again.", file=sys.stderr)
        return EXIT_DISK_FAILED
    return 0


def _ready_line(file: GatewayFile) -> str:
    settings = file.gateway
    return f"gateway of store {settings.store} ready on {settings.host}:{settings.port}, database {file.database}"


# --- the registry -----------------------------------------------------------------------------------------------


def administer(file: GatewayFile, action: Action, terminal: str, epoch: int | None) -> int:
    """Ask the running gateway, or open its registry where none runs, and print what it says. Raises GatewayError."""
    if file.tls is None or file.trust is None:
        raise GatewayError("trust", detail="the settings have no [tls]")
    if action != "terminals" and not terminal:
        print(f"lane gateway {action}: say which: --terminal NUMBER", file=sys.stderr)
        return EXIT_CANNOT_START
    asked = AdminRequest(action, terminal, epoch, file.tls.code_minutes)
    try:
        answer = ask(file.trust, asked)
    except (OSError, WireError) as error:
        raise GatewayError("trust", detail=f"the running gateway does not answer: {error}") from error
    if answer is None:
        from runtime.gateway.registry import Registry

        registry = Registry.open(file.trust, file.gateway.store, _utc_ms, days=file.tls.certificate_days)
        try:
            answer = carry_out(registry, asked)
        finally:
            registry.close()
    print("\n".join(answer.lines), file=sys.stdout if answer.ok else sys.stderr)
    return 0 if answer.ok else EXIT_CANNOT_START


def _epoch(text: str) -> int:
    number = int(text, 16)
    if not 0 < number < 1 << 64:
        raise ValueError(text)
    return number


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000


# --- showing ----------------------------------------------------------------------------------------------------


def show(file: GatewayFile) -> int:
    """Ask the gateway that these settings describe, and print what it has."""
    settings = file.gateway
    if file.tls is not None and not settings.page_port:
        print("A gateway with [tls] is asked on its page_port: set it in [gateway].", file=sys.stderr)
        return EXIT_CANNOT_START
    host = PAGE_HOST if settings.page_port else EVERYWHERE.get(settings.host, settings.host)
    port = settings.page_port or settings.port
    try:
        lines = status_words(_ask(host, port, "/v1/status"))
        if settings.page_port:
            lines += now_words(_ask(host, port, "/v1/overview"))
        print("\n".join(lines))
    except (OSError, http.client.HTTPException) as error:
        print(f"No gateway answers on {host} port {port}: {error}. Start it first.", file=sys.stderr)
    except ValueError as error:
        print(f"What answers on {host} port {port} is no gateway: {error}.", file=sys.stderr)
    else:
        return 0
    return EXIT_CANNOT_START


def _ask(host: str, port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection(host, port, timeout=SHOW_TIMEOUT_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        data = response.read(MAX_STATUS_BYTES)
        if response.status != 200:
            raise ValueError(f"status {response.status}")
    finally:
        connection.close()
    return data


def now_words(data: bytes) -> list[str]:
    """The answer to GET /v1/overview likewise."""
    from runtime.gateway.page.words import overview_words

    try:
        return overview_words(json.loads(data))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError(repr(error)[:200]) from error


def status_words(data: bytes) -> list[str]:
    """The answer to GET /v1/status as lines for a person. Raises ValueError where it is none."""
    try:
        return words(json.loads(data))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError) as error:
        # Python's datetime has three of them for moments that it cannot hold.
        raise ValueError(repr(error)[:200]) from error


def words(status: dict[str, Any]) -> list[str]:
    """A gateway's status (GET /v1/status) as lines for a person. Amounts are in minor units' hundredths."""
    lines = [
        f"Store {status['store']}: {_count(status['sales'], 'sale')} of {_count(len(status['terminals']), 'terminal')},"
        f" in all {_amount(status['total_minor'])}."
    ]
    for one in status["terminals"]:
        seen = datetime.fromtimestamp(one["last_seen_at_ms"] / 1000).strftime("%Y-%m-%d %H:%M:%S")
        beyond = one["beyond"]
        lines.append(
            f"  terminal {one['terminal']}, epoch {int(one['epoch']):016x}: records 1 to {one['stored']} without a gap"
            + (f" and {beyond} beyond one" if beyond else "")
            + f"; {_count(one['sales'], 'sale')}, {_amount(one['total_minor'])}; last at {seen}"
        )
    if status["head_office"] is not None:
        upward = status["head_office"]
        waiting = f" {_count(upward['unsettled'], 'record')} on the way." if upward["unsettled"] else ""
        lines.append(f"  {upward['sentence']}{waiting}")
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
