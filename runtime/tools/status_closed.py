"""What can be said of a terminal that does not run: from its settings, its closed journal and its price file."""

from __future__ import annotations

import contextlib
from datetime import datetime

import apsw

from engine.errors import EngineError
from engine.snapshot import Snapshot
from runtime.journal.database import SOUND_SQLITE, blob, whole
from runtime.journal.errors import JournalError
from runtime.journal.live import LiveJournal
from runtime.terminal.clock import local_text
from runtime.terminal.settings import TerminalFile
from runtime.terminal.status import closed_at, disk_of, versions_of
from runtime.terminal.troubles import STATUS_SENTENCES
from runtime.tools.journal_find import all_epochs
from runtime.wire.messages import Sentence
from runtime.wire.records import PackedRecord
from runtime.wire.status import (
    Status,
    StatusClock,
    StatusJournal,
    StatusMemory,
    StatusQueue,
    StatusSale,
    StatusTerminal,
)


def closed_status(file: TerminalFile) -> tuple[Status, str]:
    """The status, and why the journal could not be read; empty where it could."""
    why = ""
    epoch, rows, stored, settled, last, unsent = "", 0, 0, 0, 0, 0
    last_at = oldest_at = ""
    try:
        live = LiveJournal(file.journal)
    except JournalError as error:
        why = str(error) if file.journal.exists() else f"{file.journal} is not there"
    else:
        with contextlib.closing(live):
            try:
                for one in all_epochs(live):
                    epoch, stored, settled = one.name, one.stored, one.settled
                    rows = _last(live, "SELECT max(seq) FROM rows WHERE n = ?", one.n) or one.pruned_row
                    last = _last(live, "SELECT max(sequence) FROM records WHERE n = ?", one.n) or one.pruned
                    unsent += max(0, last - stored)
                    last_at = _closed_at(live, one.n, last)
                    oldest_at = oldest_at or _closed_at(live, one.n, stored + 1)
            except JournalError as error:
                why = str(error)
    who, sqlite = file.terminal, apsw.sqlite_lib_version()
    code = "KEPT_HERE" if unsent else "SENT_ALL"
    status = Status(
        terminal=StatusTerminal(who.store, who.workstation, epoch, 0, 0, 0),
        devices=(),
        queue=StatusQueue(unsent, oldest_at, True, Sentence(code, *STATUS_SENTENCES[code])),
        last_sale=StatusSale(last, last_at, 0),
        disk=disk_of(file, "", False),
        clock=StatusClock(local_text(datetime.now()), ""),
        versions=versions_of(sqlite, _snapshot_hash(file), ""),
        memory=StatusMemory(-1, 0),
        journal=StatusJournal(rows, stored, settled, tuple(map(int, sqlite.split("."))) < SOUND_SQLITE),
    )
    return status, why


def _last(live: LiveJournal, sql: str, n: int) -> int:
    found = live.fetch(sql, (n,))
    return whole(found[0][0]) if found and found[0][0] is not None else 0


def _closed_at(live: LiveJournal, n: int, number: int) -> str:
    found = live.fetch("SELECT hash, body FROM records WHERE n = ? AND sequence = ?", (n, number))
    return closed_at(PackedRecord(number, blob(found[0][0]), blob(found[0][1]))) if found else ""


def _snapshot_hash(file: TerminalFile) -> str:
    try:
        return Snapshot.open(str(file.snapshot), verify=False).hash.hex()
    except (EngineError, OSError):
        return ""
