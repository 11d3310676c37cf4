"""What of a terminal's status (runtime.wire.status) wants attention, each with its remedy. Pure; the limits stand here.

Light: `lane status` is run every minute by monitors, on tills where an import is felt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from runtime.journal.errors import SENTENCES as JOURNAL_SENTENCES
from runtime.wire.messages import Sentence
from runtime.wire.status import Status

UNSENT_FOR = timedelta(minutes=30)  # a gateway that is started again, or a day's updates, are no trouble
LOW_DISK_BYTES = 64 << 20
NEAR_CEILING_PERCENT = 80

# code -> (what is the matter, what to do about it); what has sentences of its own (devices, gateway, disk) uses those
STATUS_SENTENCES: dict[str, tuple[str, str]] = {
    "NOT_RUNNING": (
        "The terminal does not run.",
        "Start it: systemctl start lane-terminal. Why it ended: lane log {file}",
    ),
    "NO_ANSWER": (
        "The terminal's daemon does not answer.",
        "If it lasts, start it again: systemctl restart lane-terminal. What it said: lane log {file}",
    ),
    "OTHER_VERSION": (
        "The terminal's daemon is of another version than this program.",
        "Start it again after an update: systemctl restart lane-terminal",
    ),
    "KEPT_HERE": ("Sales wait here until the terminal runs.", ""),
    "SENT_ALL": ("The gateway had every sale when the terminal ended.", ""),
    "UNREADABLE": ("Its journal cannot be read: {why}", ""),
    "UNSENT_LONG": (
        "{count} sales are only on this terminal, the oldest since {at}.",
        "Do not change this disk. Check the network and the gateway.",
    ),
    "RECEIPTS_WAIT": ("{count} receipts wait for the printer.", "See to the printer; they are printed by themselves."),
    "DISK_FILLS": ("Only {mb} MB are left on the disk.", "Make room on the disk; journalctl and old files first."),
    "CLOCK_SUSPECT": (
        "The machine's clock is wrong; time goes on from the last sale's.",
        "Set the clock, then start the terminal again between two sales.",
    ),
    "CLOCK_REHEARSAL": ("This is a rehearsal: the clock was set by hand.", "Start the terminal without --rehearse."),
    "SNAPSHOT_REFUSED": (
        "The new price file cannot be used: {why}",
        "The last good one is sold from. Send a good one.",
    ),
    "MEMORY_NEAR": (
        "The terminal uses {mb} MB of the {ceiling} MB that it may.",
        "It starts again by itself between two sales. If it comes back, tell the makers.",
    ),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """`about`: the section of the status, with the device's name after a colon."""

    about: str
    sentence: Sentence


def troubles(status: Status) -> Iterator[Trouble]:
    """What wants attention, each with its remedy."""
    for device in status.devices:
        if not device.ok:
            yield Trouble(f"devices:{device.name}", device.sentence)
    queue, disk, memory = status.queue, status.disk, status.memory
    if not queue.ok and queue.sentence.code != "CONNECTING":
        yield Trouble("queue", queue.sentence)
    if queue.unsent and _age(queue.oldest_at, status.clock.at) > UNSENT_FOR:
        yield Trouble("queue", _said("UNSENT_LONG", count=queue.unsent, at=queue.oldest_at.replace("T", " ")))
    if status.last_sale.receipts_waiting:
        yield Trouble("last_sale", _said("RECEIPTS_WAIT", count=status.last_sale.receipts_waiting))
    if disk.code:
        yield Trouble("disk", Sentence(disk.code, *JOURNAL_SENTENCES.get(disk.code, (disk.code, ""))))
    elif 0 <= disk.free_bytes < LOW_DISK_BYTES:
        yield Trouble("disk", _said("DISK_FILLS", mb=disk.free_bytes >> 20))
    if status.clock.quality in ("suspect", "rehearsal"):
        yield Trouble("clock", _said(f"CLOCK_{status.clock.quality.upper()}"))
    if status.versions.snapshot_refused:
        yield Trouble("versions", _said("SNAPSHOT_REFUSED", why=status.versions.snapshot_refused))
    if memory.ceiling_bytes and memory.private_bytes * 100 >= memory.ceiling_bytes * NEAR_CEILING_PERCENT:
        mb, ceiling = memory.private_bytes >> 20, memory.ceiling_bytes >> 20
        yield Trouble("memory", _said("MEMORY_NEAR", mb=mb, ceiling=ceiling))


def trouble_of(code: str, /, **args: str | int) -> Trouble:
    """Of the whole terminal: it does not run, or does not answer."""
    return Trouble("terminal", _said(code, **args))


def _said(code: str, /, **args: str | int) -> Sentence:
    text, remedy = STATUS_SENTENCES[code]
    return Sentence(code, text, remedy, args)


def _age(then: str, now: str) -> timedelta:
    try:
        return datetime.fromisoformat(now) - datetime.fromisoformat(then)
    except (ValueError, TypeError):  # one of them with a zone
        return timedelta(0)
