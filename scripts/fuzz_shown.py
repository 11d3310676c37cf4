"""What is shown to people of what another process says: statuses, a store's page, a till's screen, the records that a
journal is held against. Targets of fuzz_targets.py's list."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import cache
from typing import Any

from fuzz_network import status_seed

from runtime.gateway.page.html import LANGUAGES, page
from runtime.gateway.page.overview import Overview, overview
from runtime.gateway.sharing.beats import Heard
from runtime.gateway.sharing.board import Board, heard
from runtime.gateway.sharing.check import read_beat
from runtime.gateway.sharing.store import DaySales
from runtime.gateway.show import now_words
from runtime.hq.show import status_words
from runtime.serving.errors import Refused
from runtime.share import config_dir
from runtime.terminal.troubles import trouble_of, troubles
from runtime.tools.journal_verify import read_page
from runtime.tools.status import STATES
from runtime.tools.status_words import in_json, in_words
from runtime.translation import translator
from runtime.wire.beat import Beat, Shares, TicketSummary
from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import Notice, Sentence, View, ViewDevice, ViewDiscount, ViewLine, ViewNetwork, ViewTender
from runtime.wire.pack import WireError, build, pack, unpack
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
from ui.local import Local
from ui.models import screen
from ui.texts import Texts

AT = "2026-11-22T18:30:00"
_SAID = Sentence("OK", "{device} is ready.", "", {"device": "scanner"})
_STATUS = Status(
    StatusTerminal("S1", "7", "0" * 16, 1, 60, 1),
    (StatusDevice("scanner", "Scanner", True, _SAID), StatusDevice("p", "POSPrinter", False, _SAID)),
    StatusQueue(2, "2026-11-22T11:30:00", False, replace(_SAID, code="GATEWAY_AWAY")),
    StatusSale(3, AT, 1),
    StatusDisk(1 << 20, 1_000, "whole", "DISK_LOW"),
    StatusClock(AT, "suspect"),
    StatusVersions("0.1.0", 2, False, "3.11", "3.54.1", 1, "ab" * 32, "bad"),
    StatusMemory(140 << 20, 144 << 20),
    StatusJournal(10, 3, 0, False),
)


@cache
def _translators() -> tuple[Any, ...]:
    return tuple(translator(config_dir(), language) for language in LANGUAGES)


def status(data: bytes) -> None:
    """What a daemon answers to `lane status`, in frames and as a body with the right head: in words and as JSON."""
    try:
        for one in FrameReader().feed(data):
            if isinstance(one, Status):
                _status_shown(one)
    except WireError:
        pass
    try:
        _status_shown(build(Status, unpack(data)))
    except WireError:
        pass


def _status_shown(said: Status) -> None:
    found = [*troubles(said), trouble_of("UNREADABLE", why="x")]
    for t in _translators():
        for state in STATES.values():
            assert all(isinstance(line, str) for line in in_words(said, found, state, t))
            assert json.dumps(in_json(said, found, state, t))


def _statuses() -> list[bytes]:
    return [pack(_STATUS), encode(_STATUS), pack(replace(_STATUS, disk=StatusDisk(-1, 0, "none", "")))]


def shown(data: bytes) -> None:
    """A status of head office's and a store's overview, as JSON from another process: lines, or ValueError."""
    for read in (status_words, now_words):
        try:
            assert all(isinstance(line, str) for line in read(data))
        except ValueError:
            pass


def _shown() -> list[bytes]:
    office = {
        "records": 3, "sales": 1, "total_minor": -5, "quarantined": 1,
        "stores": [{"store": "S1", "records": 3, "lines": 1, "sales": 1, "total_minor": -5,
                    "last_seen_at_ms": 1763800000000}],
        "quarantine": [{"store": "S1", "terminal": "1", "sequence": 3, "quarantined": "ab", "kept": "cd"}],
    }  # fmt: skip
    huge = json.dumps(office).replace("1763800000000", "1" + "0" * 300).encode()
    deep = b'{"stores": ' + b"[" * 4_000  # more than Python's own reader bears
    return [json.dumps(office).encode(), json.dumps(asdict(_overview(_beat()))).encode(), huge, deep, status_seed()]


def till_page(data: bytes) -> None:
    """A till's beat with its status, as the store's page shows it in each language; and the same for `--show`."""
    try:
        beat = read_beat(data, "S")
    except Refused:
        return
    store = _overview(beat)
    for language, t in zip(LANGUAGES, _translators(), strict=True):
        text = page(store, t, language)
        assert text.startswith("<!doctype html") and "<script" not in text
    assert now_words(json.dumps(asdict(store), allow_nan=False).encode())


def _overview(beat: Beat) -> Overview:
    this = {beat.terminal: Heard(beat.status, beat.prices, beat.epoch, beat.run, beat.serial, 1)}
    day = DaySales(AT[:10], {beat.terminal: (2, 700)})
    return overview("S", AT, 2, (), (), heard(Board(), beat, 1).terminals, this, day)


def _beat() -> Beat:
    shares = Shares(tickets=(TicketSummary(1, AT, 350, 1, "milk"),), last_number=1)
    return Beat("S", "01", 11, 1, 2, _STATUS, _SAID, shares)


def _beats() -> list[bytes]:
    return [
        pack(_beat()),
        pack(replace(_beat(), status=None, prices=None)),
        pack(replace(_beat(), shares=Shares(currency="JPY", exponent=0))),
    ]


def view(data: bytes) -> None:
    """What a daemon says to a screen: all that is on it, in each language."""
    try:
        said = build(View, unpack(data))
    except WireError:
        return
    for texts in _texts():
        now = screen(said, Local(language=texts.language, connected=True), texts)
        assert len(now.rows) <= max(1, len(said.lines))


@cache
def _texts() -> tuple[Texts, ...]:
    return tuple(Texts(config_dir() / "locale", language) for language in LANGUAGES)


def _views() -> list[bytes]:
    device = ViewDevice("p", "POSPrinter", False, _SAID)
    idle = View(
        rev=1, store="S", workstation="03", operator="a", at=AT, currency="CNY", exponent=2, state="idle", lines=(),
        discounts=(), gross_minor=0, discount_minor=0, total_minor=0, paid_minor=0, change_minor=0, devices=(device,),
        network=ViewNetwork(False, 2, _SAID),
    )  # fmt: skip
    line = ViewLine(1, "milk", "milk", "each", 2, 0, 350, 350, 650, 50, "A")
    more = ViewDiscount("A", "milk", 1, 50), Notice(4, "bad", _SAID), ViewTender("Cash", 700)
    ringing = replace(
        idle, state="ringing", lines=(line,), discounts=more[:1], notice=more[1], member="13800000000",
        gross_minor=700, discount_minor=50, total_minor=650, age_question=18, hint=_SAID,
    )  # fmt: skip
    closed = replace(ringing, state="closed", tenders=more[2:], paid_minor=700, change_minor=50)
    return [*map(pack, (idle, ringing, replace(ringing, state="tendering"), closed))]


def gateway_records(data: bytes) -> None:
    """A gateway's answer to `lane journal verify --gateway`: records that go on from there, or refused."""
    try:
        found = read_page(data, 3)
    except WireError:
        return
    assert all(after < number for (after, _), (number, _) in zip([(3, b""), *found], found, strict=False))


def _records() -> list[bytes]:
    records = [PackedRecord(number, bytes(32), b"x") for number in (4, 5)]
    return [pack(records), pack([]), pack([{"sequence": 4, "hash": 1 << 40, "body": b""}])]


TARGETS = {
    "status": (status, _statuses),
    "shown": (shown, _shown),
    "till_page": (till_page, _beats),
    "view": (view, _views),
    "gateway_records": (gateway_records, _records),
}
