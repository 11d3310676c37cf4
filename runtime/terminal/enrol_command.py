"""Makes this terminal one of its store's: asks the gateway for a certificate, once, with a code.

  lane gateway enrol --config gateway.toml --terminal 03     on the gateway: prints the code
  lane enrol --config terminal.toml                          here: asks for the code; --code gives it at once
  lane enrol --config terminal.toml --renew                  a new one by the old one (the daemon does it itself)

The terminal may run or not: a running one uses the certificate from its next connection on. If the answer was lost, do
the same again with the same code. Exit status: 0 done, 2 refused, with what to do.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from runtime.journal.errors import JournalError
from runtime.journal.live import LiveJournal
from runtime.settings import SettingsError
from runtime.terminal.clock import EARLIEST_UTC_MS
from runtime.terminal.journal_file import open_journal
from runtime.terminal.settings import TerminalFile, read_terminal_file
from runtime.terminal.trust import own_validity
from runtime.tools.refusal import refuse
from runtime.translation import translator
from runtime.trust.errors import TrustError

_ = str  # marks what a translator must find


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", dest="file", type=Path, required=True, metavar="FILE", help="its terminal.toml")
    parser.add_argument("--code", metavar="CODE", help="twelve letters and digits; left out: it is asked for")
    parser.add_argument("--renew", action="store_true", help="a new certificate by the old one, without a code")
    parser.add_argument("--at", type=int, metavar="MS", help="the time in ms UTC, where the machine's clock is wrong")


def run(arguments: argparse.Namespace) -> int:
    try:
        settings = read_terminal_file(arguments.file)
    except SettingsError as error:
        return refuse(error)
    say = translator(arguments.config, settings.terminal.language)
    if not settings.gateway.is_private:
        return refuse(say(_("This terminal speaks plain HTTP: [gateway] url must begin with https.")))
    try:
        from runtime.terminal.enrolment import Enrolment, in_words
    except TrustError as error:
        return refuse(f"{error} {error.remedy}")
    terminal = settings.terminal
    enrolment = Enrolment(
        settings.trust, settings.gateway.url, terminal.store, terminal.workstation, lambda: _now_ms(arguments.at)
    )
    try:
        if arguments.renew:
            asyncio.run(enrolment.renew())
        else:
            epoch, carried = _epochs(settings)
            code = arguments.code or _typed(say)
            asyncio.run(enrolment.enrol(code, epoch, carried))
    except TrustError as error:
        return refuse(in_words(error, say))
    except JournalError as error:
        return refuse(f"{settings.journal}: {error}")
    dates = own_validity(settings.trust)
    until = datetime.fromtimestamp(dates[1] / 1000, UTC).date().isoformat() if dates else "?"
    done = _("Terminal {terminal} of store {store} is enrolled until {until}; it renews itself before.")
    print(say(done).format(terminal=terminal.workstation, store=terminal.store, until=until))
    return 0


def _typed(say: object) -> str:
    assert callable(say)
    print(say(_("Code from the gateway (lane gateway enrol): ")), end="", flush=True)
    return sys.stdin.readline().strip()


def _now_ms(at: int | None) -> int | None:
    """The time that was given, else the machine's; None where that cannot be."""
    now = at if at is not None else time.time_ns() // 1_000_000
    return now if now >= EARLIEST_UTC_MS else None


def _epochs(settings: TerminalFile) -> tuple[int, tuple[int, ...]]:
    """This journal's epoch and its earlier ones. Makes the journal where there is none. Raises JournalError."""
    try:
        journal = open_journal(settings)
    except JournalError as error:
        if error.code != "IN_USE":
            raise
        live = LiveJournal(settings.journal)  # the terminal runs
        try:
            found = [int(row[0]) & (1 << 64) - 1 for row in live.fetch("SELECT epoch FROM epochs ORDER BY n")]
        finally:
            live.close()
    else:
        try:
            found = [one.epoch for one in journal.epochs()]
        finally:
            journal.close()
    return found[-1], tuple(found[:-1])
