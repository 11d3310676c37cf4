"""Files that people and head office write: targets of fuzz_targets.py's list. Each is read whole, or all of its faults
are named."""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from engine.compiler import compile_book
from engine.errors import BookError
from engine.labels import read_label
from engine.snapshot import Snapshot
from runtime.gateway.settings import read_gateway_file
from runtime.hq.settings import read_hq_file
from runtime.journal.errors import JournalError
from runtime.journal.live import LiveJournal
from runtime.journal.store import Journal
from runtime.keys import KeyFileError, Signer, new_pair, trust_of
from runtime.sale.events import CashTendered, Event, ItemAdded, PrintBegun, PrintEnded, Subtotalled
from runtime.sale.machine import step
from runtime.sale.record import Identity
from runtime.sale.state import Checkout
from runtime.settings import SettingsError
from runtime.share import config_dir
from runtime.terminal.closing import closing
from runtime.terminal.labels_file import read_label_file
from runtime.terminal.members import MemberKeyError, key_of
from runtime.terminal.settings import read_terminal_file
from runtime.tools.journal_verify import verify_all
from ui.settings import UiSettingsError
from ui.settings import read as read_ui_settings

BOOK = {
    "book.json": b'{"format": 1, "currency": "CNY", "exponent": 2, "categories": {"10": "a"}}',
    "items.csv": "sku,name,unit,price,category,brand,tags,barcodes\n"
    "milk,纯牛奶,each,650,10,m,dairy,6901234567892\n".encode(),
    "promotions.json": json.dumps([
        {"id": "A", "type": "price", "items": {"skus": ["milk"]}, "percent": 10, "who": {"levels": ["gold"]}},
        {"id": "T", "type": "tier", "items": {"all": True}, "tiers": [{"qty": 2, "percent": 10}]},
        {"id": "H", "type": "threshold", "tiers": [{"amount": 500, "off": 10}], "when": {"from": "2026-11-22"}},
    ]).encode(),
}  # fmt: skip
PATCH_BYTES = 4  # of a patch's head: three of the place, one of the length
_SOLD_AT = "2026-11-22T18:30:00"


@contextmanager
def _file(data: bytes, name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lanekit-fuzz-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def settings(data: bytes) -> None:
    """A terminal's settings, read by the daemon and by the screen, a gateway's, and head office's."""
    with _file(data, "any.toml") as path:
        for read in (read_terminal_file, read_gateway_file, read_hq_file, read_ui_settings):
            try:
                read(path)
            except SettingsError as refused:
                assert refused.faults and all(str(fault).startswith("any.toml: ") for fault in refused.faults)
            except UiSettingsError as refused:
                assert refused.faults


def settings_seeds() -> list[bytes]:
    demo = config_dir() / "demo"
    ui = b'[ui]\ntheme = "dark"\n[ui.keys]\nno_sale = ["Ctrl+K"]\n[ui.reasons]\nno_sale = ["a"]\n'
    whole = (demo / "terminal.toml").read_bytes()
    deep = [b"a = " + b"[" * 4_000, b"a = " + b"1" * 5_000]  # more than Python's own reader bears
    hq = b'[hq]\npostgres = ""\nport = 8800\n[tls]\nfolder = "keys"\n[groups]\nnorth = ["S1", "S2"]\n'
    return [*deep, hq, (demo / "gateway.toml").read_bytes(), ui, whole, *whole.split(b"\n\n")]


def labels(data: bytes) -> None:
    """A file of label templates, and a label that each of them takes."""
    with _file(data, "labels.toml") as path:
        try:
            templates = read_label_file(path)
        except SettingsError as refused:
            assert refused.faults
            return
    for template in templates:
        code = (template.prefixes[0] + "1234567890" * 5)[: len(template.layout)]
        assert template.fits(code)
        read_label(code, template)


def labels_seeds() -> list[bytes]:
    whole = (config_dir() / "labels.toml").read_bytes()
    return [whole, *(b"[label" + part for part in whole.split(b"[label")[1:])]


def book(data: bytes) -> None:
    """A book with one of its files, which the first byte says, made of the bytes after it: compiled, or its faults."""
    name = sorted(BOOK)[data[0] % len(BOOK)] if data else "book.json"
    try:
        compiled = compile_book({**BOOK, name: data[1:]})
    except BookError as refused:
        assert refused.faults and all(fault.code and fault.text for fault in refused.faults)
        return
    assert Snapshot(compiled.data).exponent in range(5)


def book_seeds() -> list[bytes]:
    return [bytes((number,)) + BOOK[name] for number, name in enumerate(sorted(BOOK))]


def key(data: bytes) -> None:
    """A file of a key: as one that is trusted, as one that signs, and as one that seals members' numbers."""
    with _file(data, "key.pem") as path:
        try:
            trust = trust_of([path])
            assert trust is not None and all(len(one) == 32 for one in trust.keys)
        except KeyFileError as refused:
            assert refused.remedy
        try:
            assert len(Signer(path).sign(b"x")) == 64
        except KeyFileError as refused:
            assert refused.remedy
        try:
            assert len(key_of(path, make=False)) == 32
        except MemberKeyError as refused:
            assert "key.pem" in str(refused)


def key_seeds() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        new_pair(Path(folder))
        return [b"0f" * 32 + b"\n", *(one.read_bytes() for one in sorted(Path(folder).iterdir()))]


def sold(name: str) -> Iterator[Event]:
    yield ItemAdded("6901234567892", "milk", name, "each", 350, 1, 0, "scanned", _SOLD_AT, "s")
    yield Subtotalled(
        {"at": _SOLD_AT, "lines": [{"code": "6901234567892", "qty": 1}]},
        {"gross": 350, "discount": 0, "total": 350, "applications": [],
         "lines": [{"regular": 350, "gross": 350, "current": 350, "net": 350, "discount": 0, "price_promotion": None}]},
        "s",
    )  # fmt: skip
    yield CashTendered(1_000, _SOLD_AT)


@cache
def _journal() -> bytes:
    """A small journal's file, its log in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        journal = Journal.open(path, machine="m", random_epoch=lambda: 7)
        state = Checkout()
        for sale in range(1, 4):
            events = [*sold(f"milk {sale}"), PrintBegun(sale, False), PrintEnded(sale, "OK")]
            for event in events:
                state, effects = step(state, event)
                close = closing(effects, Identity("S1", "1", "9", 7), state, _SOLD_AT, "system")
                journal.append(_SOLD_AT, "system", event, close=close, checkpoint=state if close else None)
        journal.close()
        return path.read_bytes()


def journal(data: bytes) -> None:
    """A journal's file with patches, each a place, a length and bytes: walked, and what is wrong is said."""
    content = bytearray(_journal())
    at = 0
    while at + PATCH_BYTES < len(data):
        place, length = int.from_bytes(data[at : at + 3], "little") % len(content), data[at + 3]
        at += PATCH_BYTES
        piece = data[at : at + length]
        content[place : place + len(piece)] = piece
        at += length
    with _file(bytes(content), "journal.db") as path:
        os.utime(path, (1, 1))  # a file that was just written is looked at twice
        try:
            live = LiveJournal(path)
        except JournalError as refused:
            assert refused.code
            return
        try:
            verdicts = verify_all(live, None, [], None)
            assert bytes(content) != _journal() or [one.faults for one in verdicts] == [[]]
        except JournalError as refused:
            assert refused.code
        finally:
            live.close()


def journal_seeds() -> list[bytes]:
    size, dice = len(_journal()), random.Random(5)
    places = [0, 18, 60, 100, *(dice.randrange(size) for _ in range(60))]
    return [b"", *(place.to_bytes(3, "little") + bytes((1, dice.randrange(256))) for place in places)]
