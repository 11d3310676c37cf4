"""Runs `lane` where things hang: `python hanging_disk.py FLAG VARIANT terminal --config ...`.

A sync does not return while FLAG exists; SIGUSR1 stops the event loop for ever. VARIANT is `real`, or one fault in the
real code: `no-commit` (a beat that commits nothing), `timer` (a thread that feeds the watchdog). Of head office on
PostgreSQL: `wedged` (its pool's connections hang while FLAG exists), and `no-newcomer` (they do, and nobody else is
asked); `impatient` (a database that says no ends it).
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from pathlib import Path

import apsw

import runtime.gateway.database
import runtime.hq.postgres
import runtime.hq.postgres_beat
import runtime.hq.serve
import runtime.hq.sqlite
import runtime.journal.store
from runtime.cli import main
from runtime.service.notify import Notifier


class HangingFile(apsw.VFSFile):
    flag = Path()

    def xSync(self, flags: int) -> None:
        while self.flag.exists():
            time.sleep(0.01)
        super().xSync(flags)


class HangingDisk(apsw.VFS):
    def __init__(self) -> None:
        super().__init__("hanging", "unix", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> HangingFile:
        return HangingFile("unix", name, flags)


def no_commit(store: object) -> None:
    pass


async def no_commit_either(store: object) -> None:
    pass


async def wedged(store: runtime.hq.postgres.PostgresStore) -> None:
    while HangingFile.flag.exists():
        await asyncio.sleep(0.01)
    async with store._connection() as connection:
        await runtime.hq.postgres_beat.commit_nothing(connection)


async def nobody(beat: object) -> bool:
    return False


def by_timer() -> None:
    notifier = Notifier()
    while True:
        notifier.alive()
        time.sleep(notifier.watchdog_s / 2)


if __name__ == "__main__":
    HangingFile.flag = Path(sys.argv[1])
    disk = HangingDisk()
    signal.signal(signal.SIGUSR1, lambda _number, _frame: time.sleep(3600))
    if sys.argv[2] == "no-commit":
        runtime.journal.store.Journal.beat = no_commit  # type: ignore[assignment,method-assign]
        runtime.gateway.database.GatewayDatabase.beat = no_commit  # type: ignore[assignment,method-assign]
        runtime.hq.sqlite.SqliteStore.beat = no_commit_either  # type: ignore[assignment,method-assign]
    elif sys.argv[2] in ("wedged", "no-newcomer"):
        runtime.hq.postgres.PostgresStore._beat = wedged  # type: ignore[method-assign]
        if sys.argv[2] == "no-newcomer":
            runtime.hq.postgres_beat.PostgresBeat._newcomer = nobody  # type: ignore[assignment,method-assign]
    elif sys.argv[2] == "impatient":
        runtime.hq.serve.is_no = lambda error: False
    elif sys.argv[2] == "timer":
        threading.Thread(target=by_timer, daemon=True).start()
    sys.exit(main(sys.argv[3:]))
