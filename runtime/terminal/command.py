"""The daemon of one terminal: devices, sale, journal, forwarding, and the local socket for its front ends.

    lane terminal --config config/demo/terminal.toml

It has no screen of its own: `lane ui --socket PATH` is one. It may be killed at any time; started again it has the same
basket. It prints one line that begins with `ready` when it can sell. It ends with status 1 where starting it again
may help (a full disk, a failed sync, another daemon on its journal), with 2 where a person must mend something first.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from runtime.terminal.clock import rehearsal_time

FAILED = 1  # start again: what is on disk is sound
MISUSED = 2  # the settings or the files they name must be mended first


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", dest="file", type=Path, required=True, metavar="FILE", help="its terminal.toml")
    parser.add_argument(
        "--rehearse",
        type=rehearsal_time,
        metavar="AT",
        help="sell as if it were this local time (2026-11-22T18:30:00); front ends may then set the clock",
    )


def run(arguments: argparse.Namespace) -> int:
    """0 where it was told to stop, 1 where it must be started again, 2 where the settings are at fault."""
    import asyncio
    import faulthandler

    from runtime.service.log import begin
    from runtime.settings import SettingsError
    from runtime.terminal.daemon import Daemon, StartError

    begin()
    faulthandler.enable()  # where it stood when the watchdog ended it
    try:
        return asyncio.run(Daemon(arguments.file, arguments.config, arguments.rehearse).run())
    except SettingsError as error:
        print(f"lane terminal: {error}", file=sys.stderr)
        return MISUSED
    except StartError as error:
        logging.getLogger("lane.terminal").critical("cannot start: %s", error)
        return FAILED if error.passing else MISUSED
