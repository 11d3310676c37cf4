"""Head office: what gateways send it and it answers them, and the files that its publishing writes. Targets of
fuzz_targets.py's list."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from fuzz_network import asked
from fuzz_rig import in_memory, unlogged

from engine.errors import SnapshotError
from runtime.distribution.deltas import Deltas
from runtime.distribution.endpoints import snapshot_endpoints
from runtime.distribution.errors import DistributionError
from runtime.distribution.fetching import Fetcher, Later
from runtime.distribution.files import SnapshotFiles
from runtime.distribution.manifest import read_manifest
from runtime.gateway.batches import check_batch
from runtime.gateway.keeper import Keeper
from runtime.gateway.store import GatewayStore
from runtime.gateway.upstream import Upstream
from runtime.gateway.upstream import _Pause as Pause
from runtime.hq.app import Desk, make_app
from runtime.hq.check import check_store_batch
from runtime.hq.errors import HqError
from runtime.hq.hole_command import HoleRequest, answered
from runtime.hq.publishing import Publication, Publications, PublicationSource
from runtime.hq.revoked import Revocation
from runtime.hq.revoked import read as read_revoked
from runtime.hq.sqlite import SqliteStore
from runtime.link.ports import LinkReply
from runtime.serving.admin import AdminAnswer, read_answer
from runtime.serving.kit import Bodies, Limits
from runtime.trust.names import Peer
from runtime.wire.chain import Disputed, Hole, Mark, Part, StoreAnswer, StoreBatch
from runtime.wire.pack import WireError, pack
from runtime.wire.records import ErrorAnswer, PackedRecord, RecordBatch
from runtime.wire.snapshots import Holding, Manifest, SnapshotAsk

STORE = "S1"
MOST_LINES = 50  # that head office may have made up before a gateway begins anew
_ROUTES = (
    ("POST", "/v1/records"), ("GET", "/v1/records"), ("GET", "/v1/feed"), ("GET", "/v1/stores"), ("GET", "/v1/status"),
    ("GET", "/healthz"), ("POST", "/v1/snapshot"), ("GET", f"/v1/snapshots/{'0' * 64}"),
    ("GET", f"/v1/deltas/{'0' * 64}/{'1' * 64}/zstd"), ("PUT", "/v1/records"), ("GET", "/elsewhere"),
)  # fmt: skip


def _records(line: str, *numbers: int) -> tuple[PackedRecord, ...]:
    found = []
    for number in numbers:
        body = pack({
            "type": "RetailTransaction", "StoreID": STORE, "WorkstationID": line, "epoch": 7,
            "SequenceNumber": number, "receipt": {"total": 5},
        })  # fmt: skip
        found.append(PackedRecord(number, hashlib.sha256(body).digest(), body))
    return tuple(found)


# --- its door -------------------------------------------------------------------------------------------------------


@cache
def _office() -> tuple[Any, asyncio.AbstractEventLoop]:
    folder = in_memory()
    store = SqliteStore(folder / "hq.db", lambda: 1, 5)
    limits = Limits(body_bytes=65_536, requests=4, body_timeout_s=1.0)
    source = PublicationSource(Publications(SnapshotFiles(folder / "hq", most_bytes=1 << 20, most_files=9), {}))
    source.bell.close()  # nobody is held back until there is news
    snapshots = snapshot_endpoints(source, Deltas(source.files), Bodies(limits))
    return make_app(Desk(store), limits, more=snapshots), asyncio.new_event_loop()


def hq_request(data: bytes) -> None:
    """A request of the kind that the first byte says: the rest is its query and its body; and, with a right hash, the
    body of a record of a store's batch."""
    method, path = _ROUTES[data[0] % len(_ROUTES)] if data else _ROUTES[0]
    rest = data[1:]
    asked(_office(), method, path, rest[:200], rest)
    if method == "POST" and path == "/v1/records":
        sealed = PackedRecord(1, hashlib.sha256(rest).digest(), rest)
        asked(_office(), method, path, b"", pack(StoreBatch(STORE, (Part("T1", 7, (sealed,)),))))


def _requests() -> list[bytes]:
    batch = StoreBatch(STORE, (Part("T1", 7, _records("T1", 1, 2)), Part("T2", 7, ())))
    queries = b"store=S1&terminal=T1&epoch=7&after=0&limit=5", b"store=S1&after=0", b"", b"store=S1", b""
    ask = SnapshotAsk(STORE, Holding("gateway", 2, b"f" * 32), (Holding("01", 1, b"g" * 32),), 30_000)
    gets = [bytes([number]) + text for number, text in enumerate(queries, 1)]
    more = [b"\x06" + pack(ask), b"\x07offset=0&limit=5", b"\x08offset=0&limit=5", b"\x09", b"\x0a"]
    return [b"\x00" + pack(batch), b"\x00" + _records("T1", 1)[0].body, *gets, *more]


# --- its answers, at a gateway --------------------------------------------------------------------------------------


class _Canned:
    """Head office, which says these in turn."""

    def __init__(self) -> None:
        self.said: list[LinkReply] = []

    async def post(self, path: str, body: bytes) -> LinkReply:
        return self.said.pop(0) if self.said else LinkReply(503, b"", None)

    async def get(self, path: str) -> LinkReply:
        return await self.post(path, b"")


@cache
def _gateway() -> tuple[Keeper, asyncio.AbstractEventLoop]:
    keeper, loop = (
        Keeper(GatewayStore.open(str(in_memory() / "gateway.db"), STORE, lambda: 1)),
        asyncio.new_event_loop(),
    )
    for line in ("T1", "T2"):
        loop.run_until_complete(
            keeper.take(check_batch(pack(RecordBatch(STORE, line, 7, _records(line, 1, 2))), STORE))
        )
    return keeper, loop


_STATUSES = (200, 200, 200, 400, 413, 429, 500)


def hq_answer(data: bytes) -> None:
    """What head office answers, to the question for its marks and then to a batch; the first byte says with which
    status, the second how long the first answer is. A gateway goes on or pauses, and can say in words how it is."""
    keeper, loop = _gateway()
    link = _Canned()
    upstream = Upstream(keeper, link, lambda: 0.5)
    status, length, rest = (_STATUSES[data[0] % len(_STATUSES)], data[1], data[2:]) if len(data) > 1 else (200, 0, data)
    marks = pack(StoreAnswer(9, ()))
    for said in ([LinkReply(200, rest[:length], None), LinkReply(status, rest[length:], None)],
                 [LinkReply(200, marks, None), LinkReply(status, rest, None)]):  # fmt: skip
        link.said = said
        try:
            with unlogged():
                loop.run_until_complete(asyncio.wait_for(upstream._round(), 60))
        except Pause as pause:
            upstream._tell(pause.code, reason=pause.reason)
        assert upstream.sentence.isprintable() and len(upstream.sentence) < 600
    lines = keeper.store.terminals()
    assert all(one.settled >= 0 and one.stored >= 0 for one in lines)
    for line in ("T1", "T2"):  # whatever head office says that it has: the records are not its to take
        assert [one.sequence for one in keeper.store.records(line, 7, 0, 9)] == [1, 2]
    if len(lines) > MOST_LINES:
        keeper.store.close()
        _gateway.cache_clear()


def _answers() -> list[bytes]:
    none = pack(StoreAnswer(9, ()))
    both = pack(StoreAnswer(9, (Mark("T1", 7, 2), Mark("T2", 7, 2)), (Disputed("T1", 7, 1),)))
    other = pack(StoreAnswer(8, (Mark("T1", 7, 1 << 62),)))
    refusal = pack(ErrorAnswer("store", "bad_hash", "No."))
    holed = pack(StoreAnswer(9, (Mark("T1", 7, 9, (Hole(1, 2), Hole(5, 9))),)))
    past = pack(StoreAnswer(8, (Mark("T1", 7, 1 << 63),)))  # more than a database holds
    bodies = [
        (0, past, both),
        (0, none, both),
        (0, both, none),
        (0, holed, both),
        (1, other, both),
        (3, none, refusal),
        (5, none, refusal),
    ]
    return [bytes([status, len(first)]) + first + second for status, first, second in bodies]


# --- its prices -----------------------------------------------------------------------------------------------------

_FILE = b"the whole file" * 40


class _Pieces:
    """Answers as the bytes say: of each a status, a length, and what it carries."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.asked = 0

    async def get(self, path: str) -> LinkReply:
        self.asked += 1
        assert self.asked < 2_000, "asked for ever"
        if len(self._data) < 3:
            return LinkReply(404, b"", None)
        kind, length = self._data[0], int.from_bytes(self._data[1:3], "little")
        body, self._data = self._data[3 : 3 + length], self._data[3 + length :]
        status = (200, 200, 200, 404, 429, 503)[kind % 6]
        return LinkReply(status, body, kind if kind > 200 else None)


@cache
def _incoming() -> tuple[Path, asyncio.AbstractEventLoop]:
    folder = in_memory()
    (folder / "old").write_bytes(b"the file before")
    return folder, asyncio.new_event_loop()


def pieces(data: bytes) -> None:
    """A file of prices as it is fetched, by delta and whole: damaged, later, or not at all; and no longer than was
    asked for."""
    folder, loop = _incoming()
    manifest = Manifest(3, "all", bytes(32), b"f" * 32, len(_FILE))

    async def blocking(function: Any, *arguments: Any) -> Any:
        return function(*arguments)

    async def patched(old: Path, delta: Path, new: Path) -> bool:
        return False

    async def sleep(seconds: float) -> None:
        assert 0 <= seconds <= 3600

    for base in (None, (b"o" * 32, folder / "old")):
        fetcher = Fetcher(
            _Pieces(data), folder / "incoming", None, blocking=blocking, patch=patched, methods=("zstd", "bsdiff"),
            sleep=sleep, piece_bytes=256, small_bytes=100,
        )  # fmt: skip
        try:
            loop.run_until_complete(fetcher.fetch(manifest, base))
        except (SnapshotError, DistributionError, Later):
            pass
        for left in (folder / "incoming").iterdir():
            assert left.stat().st_size <= 2 * manifest.size
            left.unlink()


def _pieces() -> list[bytes]:
    def piece(content: bytes, kind: int = 0) -> bytes:
        return bytes([kind]) + len(content).to_bytes(2, "little") + content

    whole = b"".join(piece(_FILE[at : at + 256]) for at in range(0, len(_FILE), 256))
    return [whole, piece(b"delta") + whole, piece(b"", 4) * 3 + whole, piece(_FILE), piece(b"", 3)]


def publication(data: bytes) -> None:
    """A publication's file, what stores have, and a manifest that was taken: as they were written, or passed over."""
    folder = _publishing()
    files = SnapshotFiles(folder, most_bytes=1 << 20, most_files=9)
    (folder / "publications" / "000000000001").write_bytes(data)
    (folder / "holdings.json").write_bytes(data)
    with unlogged():
        one = Publications(files, {"north": ("S1",)})
        assert all(found.manifest is None or 0 < found.manifest.size < 1 << 28 for found in one.all())
        one.due("S1")
        one.write_holdings()
        assert Publications(files, {}).holdings == one.holdings
    try:
        found = read_manifest(data)
        assert read_manifest(pack(found)) == found
    except DistributionError as refused:
        assert refused.code == "prices_unreadable"


@cache
def _publishing() -> Path:
    folder = in_memory()
    (folder / "publications").mkdir()
    return folder


def _publications() -> list[bytes]:
    one = Manifest(3, "group:north", bytes(32), b"f" * 32, 1_000, b"k" * 32, b"s" * 64)
    published = [Publication(3, "group:north", one, "a.snapshot", 5), Publication(4, "store:S1", None, "", 5)]
    held = {**asdict(Holding("01", 2, b"f" * 32, "prices_refused")), "file": "66" * 32}
    holdings = json.dumps({"S1": {"gateway": held, "terminals": [held]}}).encode()
    deep = b'{"S1": ' + b"[" * 4_000  # more than Python's own reader bears
    return [*map(pack, published), pack(one), holdings, deep]


# --- what a person asks, and the list of who counts no more ---------------------------------------------------------


@cache
def _with_a_hole() -> tuple[SqliteStore, asyncio.AbstractEventLoop]:
    store, loop = SqliteStore(in_memory() / "hq.db", lambda: 1_000, 5), asyncio.new_event_loop()
    part = Part("1", 7, _records("1", 1, 2, 5))
    loop.run_until_complete(store.ingest([check_store_batch(pack(StoreBatch(STORE, (part,))))]))
    return store, loop


def holes(data: bytes) -> None:
    """A question at head office's own socket, and the command's reading of an answer."""
    store, loop = _with_a_hole()
    try:
        said = read_answer(loop.run_until_complete(answered(store, data)))
        assert said.lines and all(line.isprintable() for line in said.lines)
    except WireError:
        pass
    try:
        read_answer(data)
    except WireError:
        pass


def _hole_seeds() -> list[bytes]:
    asked = HoleRequest("close-hole", STORE, "1", 7, 3, 3, "burnt", "Wang")
    return [pack(HoleRequest("holes")), pack(asked), pack(replace(asked, last=9)), pack(AdminAnswer(True, ("x",)))]


def revoked(data: bytes) -> None:
    """The list of certificates that count no more."""
    path = _list()
    path.write_bytes(data)
    try:
        for one in read_revoked(path):
            one.covers(Peer("gateway", "S001", "S001", serial=5, made_ms=9))
    except HqError as error:
        assert error.code == "revoked_unread"


@cache
def _list() -> Path:
    return in_memory() / "revoked.json"


def _lists() -> list[bytes]:
    listed = [Revocation(store="S001", before_ms=7, by="Wang", at_ms=5), Revocation(store="S001", number="5")]
    return [json.dumps({"revoked": [asdict(one) for one in listed]}).encode(), b'{"revoked": []}']


TARGETS = {
    "holes": (holes, _hole_seeds),
    "revoked": (revoked, _lists),
    "hq_request": (hq_request, _requests),
    "hq_answer": (hq_answer, _answers),
    "pieces": (pieces, _pieces),
    "publication": (publication, _publications),
}
