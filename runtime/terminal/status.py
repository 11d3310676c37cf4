"""How this terminal is (runtime.wire.status), gathered from the running daemon."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import engine.pricing
from engine.values import ENGINE
from runtime.journal.errors import JournalError
from runtime.journal.store import Journal
from runtime.service.memory import ceiling_bytes, private_bytes
from runtime.terminal.clock import local_text
from runtime.terminal.names import goods_text
from runtime.terminal.sentences import sentence
from runtime.terminal.settings import TerminalFile
from runtime.terminal.snapshots import Snapshots
from runtime.terminal.till import Till
from runtime.wire.messages import PROTOCOL
from runtime.wire.pack import WireError, unpack
from runtime.wire.records import PackedRecord
from runtime.wire.status import (
    Status,
    StatusClock,
    StatusDevice,
    StatusDisk,
    StatusJournal,
    StatusMemory,
    StatusQueue,
    StatusSale,
    StatusTerminal,
    StatusVersions,
)


def status_of(
    till: Till, journal: Journal, file: TerminalFile, snapshots: Snapshots, front_ends: int, uptime_s: float
) -> Status:
    """Of the daemon that runs."""
    who, forwarder = till.identity, till.forwarder
    stored, settled = (forwarder.stored, forwarder.settled) if forwarder is not None else (0, 0)
    network = till.network()
    last = till.checkout.last_sequence
    refused = snapshots.refused
    return Status(
        terminal=StatusTerminal(
            who.store, who.workstation, f"{who.epoch:016x}", os.getpid(), int(uptime_s), front_ends
        ),
        devices=tuple(
            StatusDevice(one.name, one.device_class, one.code == "OK", sentence(one.code, device=one.name))
            for one in till.devices.statuses()
        ),
        queue=StatusQueue(network.unsent, _closed_at(journal, stored + 1), network.ok, network.sentence),
        last_sale=StatusSale(last, _closed_at(journal, last), len(till.checkout.prints)),
        disk=disk_of(file, till.disk_code(), journal.low),
        clock=StatusClock(local_text(till.clock.now()), till.clock.quality),
        versions=versions_of(journal.sqlite_version, till.snapshot.hash.hex(), str(refused) if refused else ""),
        memory=StatusMemory(private_bytes(), ceiling_bytes()),
        journal=StatusJournal(journal.last_seq, stored, settled, bool(journal.notes)),
    )


def disk_of(file: TerminalFile, code: str, low: bool) -> StatusDisk:
    """Of the journal's folder. `low`: the reserve is in use."""
    journal = file.journal
    try:
        found = os.statvfs(journal.parent)
        free = found.f_bavail * found.f_frsize
    except OSError:
        free = -1
    size = sum(_size(path) for path in (journal, journal.with_name(f"{journal.name}-wal")))
    reserve = "none" if file.keeping.reserve_mb == 0 else "in_use" if low else "whole"
    return StatusDisk(free, size, reserve, code)


def versions_of(sqlite: str, snapshot: str, refused: str) -> StatusVersions:
    from importlib.metadata import PackageNotFoundError, version

    try:
        lanekit = version("lanekit")
    except PackageNotFoundError:  # run from a folder that was never installed
        lanekit = ""
    compiled = not str(engine.pricing.__file__).endswith(".py")
    python = platform.python_version()
    return StatusVersions(lanekit, ENGINE, compiled, python, sqlite, PROTOCOL, snapshot, goods_text(refused, ""))


def closed_at(record: PackedRecord) -> str:
    """When a record was closed; empty where it does not say."""
    try:
        body = unpack(record.body)
    except WireError:
        return ""
    at = body.get("EndDateTime") if isinstance(body, dict) else None
    return at if isinstance(at, str) else ""


def _closed_at(journal: Journal, number: int) -> str:
    try:
        record = journal.record(number)
    except JournalError:
        return ""
    return closed_at(record) if record is not None else ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
