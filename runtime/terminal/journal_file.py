"""The terminal's journal, opened as this machine's."""

from __future__ import annotations

import os

from runtime.journal.reserve import ReserveFile
from runtime.journal.store import Journal
from runtime.terminal.machine import machine_id
from runtime.terminal.settings import TerminalFile


def open_journal(settings: TerminalFile) -> Journal:
    """Opened, or made; with a new epoch where it was another machine's. Raises JournalError."""
    machine = f"{machine_id()} {settings.terminal.store} {settings.terminal.workstation}"
    path = settings.journal
    reserve = ReserveFile(path.with_name(f"{path.name}-reserve"), settings.keeping.reserve_mb << 20)
    return Journal.open(
        path, machine=machine, random_epoch=lambda: int.from_bytes(os.urandom(8), "big"), reserve=reserve
    )
