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
import sys
import time
from pathlib import Path

from runtime.gateway.admin import Action, AdminRequest, ask, carry_out
from runtime.gateway.errors import GatewayError
from runtime.gateway.settings import GatewayFile, read_gateway_file
from runtime.gateway.show import place_of, show
from runtime.serving.process import EXIT_CANNOT_START, Process
from runtime.serving.process import run as run_process
from runtime.settings import SettingsError
from runtime.wire.pack import WireError


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


def serve(file: GatewayFile) -> int:
    """Open the store and answer until SIGTERM or SIGINT. Raises GatewayError where the store cannot be opened."""
    from runtime.gateway.stack import open_stack

    async def main(process: Process) -> None:
        stack = open_stack(file, process.listening, process.paging, process.closing, process.fatal, process.notifier)
        await process.serve(stack.listeners, _ready_line(file), stack.beside)

    return run_process("gateway", place_of(file), (file.log_file, file.log.total_kb), main)


def _ready_line(file: GatewayFile) -> str:
    settings = file.gateway
    return f"gateway of store {settings.store} ready on {settings.host}:{settings.port}, database {file.database}"


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
