"""A store as its page may find it: two tills that are well, one with a printer without paper, one that is off."""

from __future__ import annotations

from dataclasses import replace

from drivers.api import SENTENCES
from runtime.gateway.page.overview import Overview, overview
from runtime.gateway.sharing.beats import Heard
from runtime.gateway.sharing.store import DaySales
from runtime.gateway.sharing.tickets import Known
from runtime.gateway.store import Quarantined, TerminalStatus
from runtime.wire.beat import Shares, TicketSummary
from runtime.wire.messages import Sentence
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

NOW_MS = 1_795_372_212_000  # 2026-11-22T18:30:12 in UTC
OK = Sentence("OK", "{device} is ready.", "", {"device": "printer"})
NO_PAPER = Sentence("EPTR_REC_EMPTY", *SENTENCES["EPTR_REC_EMPTY"], {"device": "printer"})
SENDING = Sentence("SENDING", "Sales are being sent to the gateway.")


def status(name: str, **changes: object) -> Status:
    devices = ("scanner", "scale", "printer", "payment")
    made = Status(
        terminal=StatusTerminal("S001", name, "00" * 8, 812, 30_000, 1),
        devices=tuple(StatusDevice(device, "POSPrinter", True, OK) for device in devices),
        queue=StatusQueue(0, "", True, SENDING),
        last_sale=StatusSale(412, "2026-11-22T18:28:40", 0),
        disk=StatusDisk(9 << 30, 41 << 20, "whole", ""),
        clock=StatusClock("2026-11-22T18:30:12", "synchronised"),
        versions=StatusVersions("0.4.0", 2, True, "3.11.2", "3.50.4", 1, "9c41f27b" + "0" * 56, ""),
        memory=StatusMemory(58 << 20, 0),
        journal=StatusJournal(20_412, 412, 405, False),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of Status


def line(name: str, sales: int, total_minor: int, **changes: object) -> TerminalStatus:
    made = TerminalStatus(name, 11, 400, 412, 412, sales, total_minor, NOW_MS - 10**8, NOW_MS - 60_000, 0, 0, 0)
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of TerminalStatus


def scene() -> Overview:
    printer = StatusDevice("printer", "POSPrinter", False, NO_PAPER)
    three = status(
        "03",
        devices=(*status("03").devices[:2], printer, status("03").devices[3]),
        queue=StatusQueue(3, "2026-11-22T18:21:07", True, SENDING),
        last_sale=StatusSale(97, "2026-11-22T18:29:55", 3),
    )
    refused = Sentence("prices_unsigned", "New prices are not signed by head office's key and are not taken.",
                       "Tell head office; the old prices stay in use.")  # fmt: skip
    last = StatusSale(380, "2026-11-22T18:27:01", 0)
    heard = {
        "01": Heard(status("01"), None, 11, 1, 5, NOW_MS - 1_400),
        "02": Heard(status("02", last_sale=last), refused, 11, 1, 5, NOW_MS - 300),
        "03": Heard(three, None, 11, 1, 5, NOW_MS - 2_000),
    }  # fmt: skip
    tickets = (TicketSummary(4, "2026-11-22T18:12:00", 8630, 4, "海南香蕉"), TicketSummary(5, "", 1990, 1, "牛奶"))
    known = {name: Known(name, 11, Shares(currency="CNY"), NOW_MS) for name in ("01", "03")}
    known["02"] = Known("02", 11, Shares(tickets=tickets, currency="CNY"), NOW_MS)
    known["04"] = Known("04", 11, Shares(currency="CNY"), None)
    lines = [
        line("01", 412, 1_834_512), line("02", 380, 1_502_900), line("03", 97, 401_150),
        line("04", 51, 190_020, last_seen_at_ms=NOW_MS - 7_200_000, beyond=2, stored=51, settled=51),
    ]  # fmt: skip
    quarantine = [Quarantined("04", 11, 37, bytes(32), bytes(32), NOW_MS)]
    day = DaySales("2026-11-22", {"01": (143, 612_480), "02": (128, 540_210), "03": (97, 401_150), "04": (51, 190_020)})
    return overview("S001", "2026-11-22T18:30:12", NOW_MS, lines, quarantine, known, heard, day)
