"""Head office: takes the sales of all stores from their gateways and keeps each once.

  lane hq --config hq.toml            serve until stopped; prints one line when it is ready
  lane hq --config hq.toml --show     ask the running head office what it has, and print it in words
  lane hq publish SNAPSHOT ...        prices for stores; also published, withdraw: docs/snapshots.md
  lane hq revoke --store S001 ...     a gateway's certificate counts no more; also revoked: docs/trust.md
  lane hq holes                       numbers that are missing; close-hole: a person says that nobody has them

With PostgreSQL it may be started before the database: gateways are told to come later until that answers. Ends with 0
when told to stop, 1 where it cannot start, 3 when its disk failed while writing, or its connections hang: start it
again then (a supervisor does).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from runtime.hq import hole_command, publish_command, revoke_command
from runtime.hq.errors import HqError
from runtime.hq.settings import HqFile, read_hq_file
from runtime.hq.show import place_of, show
from runtime.serving.process import EXIT_CANNOT_START
from runtime.serving.process import run as run_process
from runtime.settings import SettingsError

EXIT_REFUSED = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _add_config(parser, None)
    parser.add_argument("--show", action="store_true", help="print what a running head office has, and end")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", help="left out: serve")
    for word, (add, what) in {**publish_command.ACTIONS, **revoke_command.ACTIONS, **hole_command.ACTIONS}.items():
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
        if arguments.action in revoke_command.ACTIONS:
            return revoke_command.run(arguments, file)
        if arguments.action in hole_command.ACTIONS:
            return hole_command.run(arguments, file)
        if arguments.action is not None:
            return publish_command.run(arguments, file)
        return show(file) if arguments.show else serve(file)
    except SettingsError as error:
        print(error, file=sys.stderr)
    except HqError as error:
        print(f"{error} {error.remedy}", file=sys.stderr)
    return EXIT_CANNOT_START


def serve(file: HqFile) -> int:
    """Answer until SIGTERM or SIGINT. Raises HqError where the database is there and cannot be used."""
    from runtime.hq import serve as server

    tls = server.open_tls(file)
    log = (file.log_file, file.log.total_kb)
    return run_process("head office", place_of(file), log, lambda process: server.serve(file, process, tls))
