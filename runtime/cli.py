"""`lane`: one program, one word for each thing it can be. A word's module is imported only when that word is used."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Protocol, cast

from runtime.share import config_dir
from runtime.tools.refusal import output_lost


class CommandModule(Protocol):
    """A command is a module with these two. `arguments.config` is the folder of lanekit's own data files."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


# word -> (module, what it is)
COMMANDS: dict[str, tuple[str, str]] = {
    "terminal": ("runtime.terminal.command", "the daemon of one terminal: devices, sale, journal, forwarding"),
    "ui": ("ui.command", "the cashier's screen: shows what the daemon says, sends what is pressed"),
    "gateway": ("runtime.gateway.command", "the store's gateway: keeps the sales of its terminals"),
    "enrol": ("runtime.terminal.enrol_command", "get this terminal its certificate from the gateway, with a code"),
    "hq": ("runtime.hq.command", "head office: keeps the sales of all stores"),
    "compile": ("runtime.tools.compile_book", "make a snapshot of a book of prices and promotions"),
    "price": ("runtime.tools.price_baskets", "price baskets against a snapshot, one JSON object a line"),
    "keys": ("runtime.tools.key_files", "make the keys that snapshots are signed with"),
    "ca": ("runtime.tools.ca", "the chain's authority: certificates for gateways and head office"),
    "journal": ("runtime.tools.journal", "read a terminal's journal: verify, show, search, export"),
    "diff": ("runtime.tools.diff_snapshots", "what makes the new snapshot out of the old one"),
    "patch": ("runtime.tools.patch_snapshot", "the new snapshot, from the old one and what lane diff wrote"),
    "simulate": (
        "drivers.simulators.command",
        "a device that is not there: speaks the same bytes on a pty or TCP port",
    ),
    "users": ("runtime.tools.users", "who may work at the tills: add, list, change a PIN, remove"),
    "service": ("runtime.tools.service", "systemd units: let the machine start lanekit, and start it again"),
    "log": ("runtime.tools.log", "the last lines that a terminal, screen, gateway or head office logged"),
    "status": (
        "runtime.tools.status",
        "how a terminal is: devices, queue, disk, clock, versions, each with its remedy",
    ),
    "settings": ("runtime.tools.settings_list", "list every setting with its range and meaning, or check a file"),
}

EPILOG = """\
A first walk:
  lane compile config/demo/book -o demo.snapshot     make the demo store's snapshot
  echo '{"at":"2026-11-22T18:30:00","lines":[{"code":"6901234567892","qty":1}]}' | lane price --snapshot demo.snapshot
  scripts/run                                         gateway, terminal, simulated devices and screen, all here
Each command tells more: lane COMMAND --help
"""


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="lane",
        description="lanekit, the runtime for checkout terminals.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for word, (module_name, what) in COMMANDS.items():
        if words and words[0] == word:
            module = cast(CommandModule, importlib.import_module(module_name))
            described = (module.__doc__ or what) if isinstance(getattr(module, "__doc__", None), str) else what
            one = commands.add_parser(
                word, help=what, description=described, formatter_class=argparse.RawDescriptionHelpFormatter
            )
            module.add_arguments(one)
            one.set_defaults(run=module.run)
        else:
            commands.add_parser(word, help=what, add_help=False)
    arguments = parser.parse_args(words)
    arguments.config = config_dir()
    try:
        status = int(arguments.run(arguments))
        sys.stdout.flush()
    except OSError:
        try:
            print(flush=True)  # is it where this command prints to that fails?
        except OSError as lost:
            return output_lost(lost)
        raise
    return status


if __name__ == "__main__":
    sys.exit(main())
