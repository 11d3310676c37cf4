"""What is fuzzed: each target takes any bytes and raises AssertionError, or anything at all, where a reader is wrong.

A reader behind a hash would refuse every mutation at the door. So its target gives the bytes twice: as they are, and as
the content of a file whose hashes are right.
"""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import fuzz_devices
import fuzz_enrolling
import fuzz_files
import fuzz_network
import fuzz_office
import fuzz_sharing
import fuzz_shown
import fuzz_trust
from fuzz_chain import chain, seeds_of_chain

from engine.basket import read_basket
from engine.codes import CodeError, read_code
from engine.compiler import compile_book
from engine.container import read_header, write_container
from engine.errors import BasketError, SnapshotError
from engine.labels import LabelTemplate, label_template
from engine.pricing import price
from engine.snapshot import Snapshot
from engine.strictjson import read_json
from runtime.day.permissions import ROLES
from runtime.day.record import Control, ControlTender, build_control, parse_control
from runtime.day.state import Totals
from runtime.day.users import NOBODY
from runtime.delta import METHODS, DeltaError, apply_delta, make_delta
from runtime.distribution.asking import read_ask
from runtime.distribution.errors import DistributionError
from runtime.distribution.manifest import check_form, read_answer
from runtime.journal.anchors import Anchor, read_state
from runtime.journal.rows import first_hash, make_row, next_hash, read_row
from runtime.journal.walk import Walk
from runtime.sale.events import CashTendered, Event, ItemAdded, Subtotalled
from runtime.sale.machine import fold
from runtime.sale.record import Identity, build_record, parse_record, read_record
from runtime.sale.state import Checkout
from runtime.serving.errors import Refused
from runtime.settings import SettingsError
from runtime.terminal.findable import findable
from runtime.terminal.users_file import read_users
from runtime.tools import refunding
from runtime.tools.journal_export import Paper, table_rows
from runtime.tools.price_baskets import answer_line
from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import Command, Hello
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.records import RecordBatch
from runtime.wire.snapshots import Holding, Manifest, SnapshotAnswer, SnapshotAsk
from runtime.wire.times import TimeAnswer, TimeRequest

CODES = ("6901234567892", "milk", "apple", "2000001", "cola")
_ITEMS = """\
sku,name,unit,price,category,brand,tags,barcodes,colour
milk,纯牛奶,each,650,10/1001,mengniu,dairy,6901234567892;6901234567908,white
cola,cola,each,350,20/2001,cola,no_discount,,
apple,apple,kg,1298,40/4001,,fresh;local,2000001,red
"""
_PROMOTIONS = [
    {"id": "A", "type": "price", "items": {"skus": ["milk"]}, "percent": 10, "who": {"levels": ["gold"]}},
    {"id": "B", "type": "set", "buy": [{"items": {"all": True}, "qty": 2}], "reward": {"off": 5}, "max_times": 3},
]
_TEMPLATES: tuple[LabelTemplate, ...] = (
    label_template("weight", prefixes=["21"], length=13, layout="FFPPPPPWWWWWC"),
    label_template("both", prefixes=["26"], length=18, layout="FFPPPPPWWWWWAAAAAC"),
)


@cache
def snapshot_bytes() -> bytes:
    files = {
        "book.json": b'{"format": 1, "currency": "CNY", "exponent": 2}',
        "items.csv": _ITEMS.encode(),
        "promotions.json": json.dumps(_PROMOTIONS).encode(),
    }
    return compile_book(files).data


@cache
def _sections() -> dict[str, bytes]:
    data = snapshot_bytes()
    return {name: data[at : at + size] for name, (at, size) in read_header(data[:8_192], len(data)).places.items()}


@cache
def _snapshot() -> Snapshot:
    return Snapshot(snapshot_bytes())


def snapshot(data: bytes) -> None:
    """The file as it is; and, with right hashes, one section of a good file made of the bytes after the first."""
    try:
        Snapshot(data)
    except SnapshotError:
        pass
    else:
        assert data == snapshot_bytes(), "a snapshot that was never compiled"
    if not data:
        return
    sections = dict(_sections())
    sections[sorted(sections)[data[0] % len(sections)]] = data[1:]
    try:
        made = Snapshot(write_container(sections))
        for code in CODES:
            number = made.find_number(code)
            if number >= 0:
                item = made.find(code)
                assert item is not None and isinstance(item.name, str) and isinstance(item.price, int)
                for slot in made.posting(made.price_facts(number)[3]):
                    made.plan(made.promotion_of(slot))
    except SnapshotError as refused:
        assert refused.section in {*sections, "header", "signature"}


@cache
def _deltas() -> tuple[bytes, bytes]:
    old = snapshot_bytes()
    return old, old[:500] + b"something new" + old[600:]


def delta_seeds() -> list[bytes]:
    old, new = _deltas()
    return [make_delta(old, new, method=method) for method in METHODS]


def delta(data: bytes) -> None:
    """The delta as it is; and, with right hashes, a payload of the method that the first byte says."""
    old, new = _deltas()
    tries = [data]
    if data:
        whole = delta_seeds_head(data[0] % 3 + 1, len(data) - 1) + data[1:]
        tries.append(whole + _sha256(whole))
    for one in tries:
        try:
            assert apply_delta(old, one) == new, "another file than the one the delta was made of"
        except DeltaError:
            pass


def delta_seeds_head(method: int, length: int) -> bytes:
    """A delta's head, for a payload of this length."""
    old, new = _deltas()
    return struct.pack(
        "<8sHBB32s32sQQQ", b"LANEDLTA", 1, method, 0, _sha256(old), _sha256(new), len(old), len(new), length
    )


def _sha256(data: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(data).digest()


def basket(data: bytes) -> None:
    """A line of JSON to its receipt: sums foot, or the basket is refused by its own error."""
    answer = answer_line(_snapshot(), data, 50)
    if "error" not in answer:
        assert answer["gross"] - answer["discount"] == answer["total"] >= 0
        assert sum(line["net"] for line in answer["lines"]) == answer["total"]
    plain = read_json(data, "basket", [])
    try:
        receipt = price(_snapshot(), read_basket(plain), 50)
        assert all(0 <= line.net <= line.gross for line in receipt.lines)
    except BasketError as refused:
        assert refused.line is None or refused.line >= 0


def sale_back(data: bytes) -> None:
    """A line of `lane price --return`: a refund that was paid before, or the return is refused by its own error."""
    answer = answer_line(_snapshot(), data, 50, refunding.answer)
    if "error" not in answer:
        assert 0 <= answer["refund"] <= answer["total"] - answer["refunded"] and answer["refunded"] >= 0
        assert sum(line["refund"] for line in answer["lines"]) == answer["refund"]
        assert answer["kept"]["lines"] or answer["remaining"] == 0


def code(data: bytes) -> None:
    """A scanned or keyed code: goods, or CodeError."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        reading = read_code(text, _snapshot().find, _TEMPLATES)
        assert reading.weight_g is None or reading.weight_g > 0
    except CodeError:
        pass


def frame(data: bytes) -> None:
    """The local socket's bytes, however they are cut, and the gateway's."""
    cut = data[0] if data else 0
    reader = FrameReader()
    try:
        for part in (data[1 : 1 + cut], data[1 + cut :]):
            for message in reader.feed(part):
                encode(message)
    except WireError:
        pass
    for kind in (RecordBatch, TimeRequest, TimeAnswer):
        try:
            build(kind, unpack(data))
        except WireError:
            pass


def row(data: bytes) -> None:
    """A row of the journal and the state of a checkpoint: read in full, or refused; and a walk that names its fault."""
    walk = Walk(7, Anchor(0, first_hash(7), 0))
    fault = walk.row(1, data, next_hash(first_hash(7), data))
    try:
        read_row(data).read_event()
    except WireError:
        assert fault is not None and fault.row == 1
    try:
        read_state(data)
    except WireError:
        pass


def record(data: bytes) -> None:
    """The body of a sale's record: read in full and shown, or refused. One of another version, or that somebody
    edited, is exported and searched as it is."""
    try:
        read = parse_record(data)
        assert pack(unpack(data)) == data and read.SequenceNumber >= 1
        read_record(data)
    except WireError:
        pass
    _shown(data)


def control(data: bytes) -> None:
    """The body of a control record, likewise."""
    try:
        assert pack(parse_control(data)) == data
        read_record(data)
    except WireError:
        pass
    _shown(data)


def _shown(data: bytes) -> None:
    try:
        value = unpack(data)
    except WireError:
        return
    if not isinstance(value, dict):
        return
    findable(value)
    paper = Paper(Path())
    for as_json in (True, False):
        paper.line_of(value, as_json)
    assert all(len(row) == 15 for row in table_rows(value, paper))
    try:
        paper.text(value)
    except ValueError:
        pass


def users(data: bytes) -> None:
    """The file of users: all of it, or every fault that it has."""
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(data)
        file.flush()
        try:
            assert all(number == user.id for number, user in read_users(Path(file.name)).items())
        except SettingsError as refused:
            assert refused.faults


def manifest(data: bytes) -> None:
    """What is said of snapshots, in both directions: within its bounds, or refused with a code."""
    try:
        wanted = read_answer(data)
        if wanted is not None:
            check_form(wanted)
            assert 0 < wanted.size < 1 << 28 and 0 < wanted.counter < 1 << 53
            assert read_answer(pack(SnapshotAnswer(wanted))) == wanted
    except DistributionError as refused:
        assert refused.code == "prices_unreadable"
    try:
        ask = read_ask(data)
        assert read_ask(pack(ask)) == ask and ask.store.isprintable() and 0 <= ask.has.counter < 1 << 53
    except Refused as refused:
        assert refused.code in ("not_msgpack", "bad_field")


def _seeds_of_manifest() -> list[bytes]:
    said = Manifest(3, "group:north", bytes(32), b"f" * 32, 1_000, b"k" * 32, b"s" * 64)
    held = Holding("01", 2, b"f" * 32, "prices_refused")
    asks = SnapshotAsk("0001", held), SnapshotAsk("0001", Holding("gateway", 0, b""), (held, held))
    return [pack(SnapshotAnswer(said)), pack(SnapshotAnswer(None)), *map(pack, asks)]


def _seeds_of_record() -> list[bytes]:
    at = "2026-11-22T18:30:00"
    sold: list[Event] = [
        ItemAdded("6901234567892", "milk", "milk", "each", 350, 1, 0, "scanned", at, "s"),
        Subtotalled({"lines": []}, {"gross": 350, "discount": 0, "total": 350, "lines": [], "applications": []}),
        CashTendered(1_000, at),
    ]
    return [build_record(Identity("S", "1", "7", 9), fold(sold), 1, at, at, at[:10], bytes(32), 1, 3, "system")]


def _seeds_of_control() -> list[bytes]:
    said = {"store": "S", "workstation": "1", "operator": "7", "at": "2026-11-22T18:30:00", "time_quality": "system"}
    slips = [
        Control("PaidOut", reason="post", approver="2001", amount_minor=200),
        Control("TillSettle", shift=3, tenders=(ControlTender("Cash", 2, 900, 850, -50),), totals=Totals()),
        Control("BusinessEOD", number=4, tenders=(ControlTender("Code", 1, 900),), totals=Totals(1, 900)),
    ]
    return [build_control(one, epoch=9, sequence=5, head=bytes(32), first_row=1, last_row=2, **said) for one in slips]


def _seeds_of_users() -> list[bytes]:
    return [f'[user.1001]\nname = "A"\nrole = "{role}"\npin = "{NOBODY}"\n'.encode() for role in ROLES]


def _seeds_of_row() -> list[bytes]:
    event = ItemAdded("6901234567892", "milk", "milk", "each", 350, 1, 0, "scanned", "2026-11-22T18:30:00", "s")
    return [make_row(1, "2026-11-22T18:30:00", "synchronised", event), pack(Checkout())]


def _seeds_of_snapshot() -> list[bytes]:
    names = sorted(_sections())
    return [snapshot_bytes(), *(bytes([number]) + _sections()[name] for number, name in enumerate(names))]


def _seeds_of_delta() -> list[bytes]:
    seeds = delta_seeds()
    return [*seeds, *(bytes([number]) + seed[100:-32] for number, seed in enumerate(seeds))]


def _seeds_of_basket() -> list[bytes]:
    return [
        b'{"id":"b","at":"2026-11-22T18:30","lines":[{"code":"milk","qty":3},{"code":"apple","milli":500}]}',
        b'{"id":"b","at":"2026-11-22T18:30:00","store":"1","groups":["a"],"channel":"c","tender":"t","coupons":["x"],'
        b'"member":{"id":"1","level":"gold","tags":["t"],"birthday":"02-29"},"used":{"B":{"total":1}},'
        b'"lines":[{"code":"cola","qty":2}]}',
    ]


def _seeds_of_sale_back() -> list[bytes]:
    sale = _seeds_of_basket()[0]
    parts = [
        b'"return":[{"line":0,"qty":1},{"code":"apple","milli":500}]',
        b'"returned":[[{"line":1}],{"refund":3,"lines":[{"line":0,"qty":1}]}],"return":[{"code":"milk","qty":1}]',
        b'"receipt":' + json.dumps(answer_line(_snapshot(), sale)).encode() + b',"return":[{"line":0}]',
    ]
    return [b'{"basket":' + sale + b"," + part + b"}" for part in parts]


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], list[bytes]]]] = {
    "snapshot": (snapshot, _seeds_of_snapshot),
    "delta": (delta, _seeds_of_delta),
    "basket": (basket, _seeds_of_basket),
    "return": (sale_back, _seeds_of_sale_back),
    "code": (code, lambda: [text.encode() for text in (*CODES, "2100001005003", "260000100500006490", " milk ")]),
    "row": (row, _seeds_of_row),
    "record": (record, _seeds_of_record),
    "control": (control, _seeds_of_control),
    "users": (users, _seeds_of_users),
    "manifest": (manifest, _seeds_of_manifest),
    "chain": (chain, seeds_of_chain),
    "frame": (frame, lambda: [b"\x05" + encode(m) for m in (Hello(1, "ui"), Command(7, "scan", {"code": "milk"}))]),
    "settings": (fuzz_files.settings, fuzz_files.settings_seeds),
    "labels": (fuzz_files.labels, fuzz_files.labels_seeds),
    "book": (fuzz_files.book, fuzz_files.book_seeds),
    "key": (fuzz_files.key, fuzz_files.key_seeds),
    "journal": (fuzz_files.journal, fuzz_files.journal_seeds),
    "request": (fuzz_network.request, fuzz_network.request_seeds),
    "answer": (fuzz_network.answer, fuzz_network.answer_seeds),
    "gs1": (fuzz_network.gs1, fuzz_network.gs1_seeds),
    "paper": (fuzz_network.paper, fuzz_network.paper_seeds),
    **{
        name: (fuzz_devices.heard(device_class), partial(fuzz_devices.seeds_of, device_class))
        for name, device_class in fuzz_devices.CLASSES.items()
    },
    "simulators": (fuzz_devices.simulators, fuzz_devices.simulators_seeds),
    **fuzz_sharing.TARGETS,
    **fuzz_trust.TARGETS,
    **fuzz_enrolling.TARGETS,
    **fuzz_office.TARGETS,
    **fuzz_shown.TARGETS,
}


def mutated(seed: bytes, rng_bytes: Callable[[int], int], other: bytes) -> bytes:
    """One to four small changes; `rng_bytes(n)` gives a number from 0 to n - 1."""
    data = bytearray(seed)
    for _ in range(1 + rng_bytes(4)):
        at = rng_bytes(len(data) + 1)
        kind = rng_bytes(6)
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << rng_bytes(8)
        elif kind == 1:
            data[at:at] = bytes(rng_bytes(256) for _ in range(1 + rng_bytes(8)))
        elif kind == 2:
            del data[at : at + 1 + rng_bytes(16)]
        elif kind == 3:
            data[at : at + 4] = rng_bytes(1 << 32).to_bytes(4, "little")
        elif kind == 4:
            data[at:at] = other[rng_bytes(len(other) + 1) :][: 1 + rng_bytes(64)]
        else:
            data[at : at + 1] = bytes([(0x00, 0x7F, 0x80, 0xC0, 0xC1, 0xFF)[rng_bytes(6)]])
    return bytes(data)
