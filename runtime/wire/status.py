"""How a terminal is, for technicians and monitors: asked and answered over the local socket, without a Hello.

    StatusRequest   ->   Status, at once; what asks is no front end and is sent no View

`lane status --json` writes it as JSON; docs/status.md has every field, and a test that both agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.wire.messages import Sentence


@dataclass(frozen=True, slots=True)
class StatusRequest:
    protocol: int


@dataclass(frozen=True, slots=True)
class StatusTerminal:
    store: str
    workstation: str
    epoch: str  # 16 hex digits
    pid: int
    uptime_s: int
    front_ends: int  # that are connected


@dataclass(frozen=True, slots=True)
class StatusDevice:
    name: str
    device_class: str
    ok: bool
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class StatusQueue:
    """Closed sales on their way to the gateway."""

    unsent: int  # that are only on this terminal, those of older epochs too
    oldest_at: str  # when the oldest of them was closed; empty where there is none, or it cannot be read
    ok: bool
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class StatusSale:
    number: int  # 0 before the first
    at: str
    receipts_waiting: int  # closed sales whose receipt is not on paper yet


@dataclass(frozen=True, slots=True)
class StatusDisk:
    free_bytes: int  # -1: nobody knows
    journal_bytes: int  # its file and its log
    reserve: str  # "whole", "in_use", or "none": the settings want none
    code: str  # DISK_LOW, DISK_LAST, or empty


@dataclass(frozen=True, slots=True)
class StatusClock:
    at: str
    quality: str  # docs/reliability.md


@dataclass(frozen=True, slots=True)
class StatusVersions:
    lanekit: str
    engine: int
    compiled: bool  # the engine, by mypyc
    python: str
    sqlite: str
    protocol: int
    snapshot: str  # its hash
    snapshot_refused: str  # what is wrong with the file at its path; empty where nothing is


@dataclass(frozen=True, slots=True)
class StatusMemory:
    private_bytes: int  # what is this process's alone; -1: nobody knows
    ceiling_bytes: int  # MemoryHigh of its unit; 0: none


@dataclass(frozen=True, slots=True)
class StatusJournal:
    rows: int  # the number of the last row
    stored: int  # the last record that the gateway has
    settled: int  # the last record that head office has
    old_sqlite: bool  # SQLite with the fault that one connection avoids


@dataclass(frozen=True, slots=True)
class Status:
    """Times are local, `YYYY-MM-DDTHH:MM:SS`."""

    terminal: StatusTerminal
    devices: tuple[StatusDevice, ...]
    queue: StatusQueue
    last_sale: StatusSale
    disk: StatusDisk
    clock: StatusClock
    versions: StatusVersions
    memory: StatusMemory
    journal: StatusJournal
