"""The last lines that a process of lanekit logged.

  lane log terminal.toml                   the terminal's daemon
  lane log terminal.toml --of ui           its screen
  lane log gateway.toml --last 200         the gateway
  lane log hq.toml                         head office

A log is a ring of files of fixed size (docs/settings.md, [log]); numbers of cards and telephones are in it by their
ends only. What a process said before it could read its settings is in systemd's: journalctl -u lane-terminal.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from runtime.gateway.settings import read_gateway_file
from runtime.hq.settings import read_hq_file
from runtime.service.log import last_lines
from runtime.settings import SettingsError, read_toml
from runtime.terminal.settings import read_terminal_file
from runtime.tools.refusal import refuse
from runtime.tools.settings_list import kind_of

MAX_LINES = 100_000
NOTHING = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="terminal.toml, gateway.toml or hq.toml")
    parser.add_argument("--of", choices=("terminal", "ui"), default="terminal", help="whose log of a terminal.toml")
    parser.add_argument("--last", type=_count, default=40, metavar="N", help="so many lines (40)")


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MAX_LINES:
        raise argparse.ArgumentTypeError(f"is a whole number from 1 to {MAX_LINES}")
    return number


def run(arguments: argparse.Namespace) -> int:
    """0, or 1 where nothing was logged."""
    try:
        path = log_path(arguments.file, arguments.of)
        lines = last_lines(path, arguments.last)
    except (SettingsError, OSError) as error:
        return refuse(f"lane log: {error}")
    if not lines:
        refuse(f"lane log: nothing is logged at {path}. Has it been started with these settings?")
        return NOTHING
    print("\n".join(lines))
    return 0


def log_path(file: Path, of: str) -> Path:
    """Raises SettingsError."""
    kind = kind_of(read_toml(file))
    if kind == "gateway":
        return read_gateway_file(file).log_file
    if kind == "hq":
        return read_hq_file(file).log_file
    return read_terminal_file(file).log_of(of)
