"""One file from the server above: where it goes on, when it gives up, what it leaves behind."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections import Counter, namedtuple
from pathlib import Path
from typing import Any

import pytest

from engine.errors import SnapshotError
from runtime.distribution import fetching
from runtime.distribution.deltas import Deltas
from runtime.distribution.errors import DistributionError
from runtime.distribution.fetching import LEAST_PIECE_BYTES, Fetcher, Later, patch_in_child
from runtime.link.ports import LinkDown, LinkReply
from runtime.wire.pack import pack
from runtime.wire.records import CONTENT_TYPE
from runtime.wire.snapshots import Holding, Manifest, SnapshotAsk
from tests.runtime.distribution.chain_rig import Here, Office, SpoiledLink, Store, settle
from tests.sim.network import Reply, call

GOODS = 1_500
PIECE_BYTES = 16 << 10  # so that a file is several pieces


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "office").mkdir()
    return Office(tmp_path / "office")


class Desk:
    """A fetcher alone, with its folder, in front of a head office that has published a large file."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office = office
        self.incoming = folder / "incoming"
        self.incoming.mkdir()
        made = office.publish(250, goods=GOODS).manifest
        assert made is not None
        self.manifest: Manifest = made
        self.data = office.publications.files.place(made.file).read_bytes()
        assert len(self.data) > 2 * PIECE_BYTES
        self.asked: Counter[str] = Counter()
        self.link = SpoiledLink(lambda: office.app, self.asked)
        self.paths: list[str] = []
        self.link.spoil = self.noted

    def noted(self, path: str, reply: Reply) -> Reply:
        self.paths.append(path)
        return reply

    def fetch(self, base: tuple[bytes, Path] | None = None, **how: Any) -> Path:
        fetcher = Here(self.link, self.incoming, self.office.trust, piece_bytes=PIECE_BYTES, **how)
        return asyncio.run(fetcher.fetch(self.manifest, base))

    def left(self) -> list[str]:
        return sorted(path.name for path in self.incoming.iterdir())


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office, tmp_path)


def test_an_interrupted_transfer_goes_on_where_it_stopped(desk: Desk) -> None:
    def cut_third(path: str, reply: Reply) -> Reply:
        desk.paths.append(path)
        if len(desk.paths) == 3:
            raise LinkDown("cut")
        return reply

    desk.link.spoil = cut_third
    with pytest.raises(LinkDown):
        desk.fetch()
    half = desk.incoming / desk.left()[0]
    assert half.read_bytes() == desk.data[: 2 * PIECE_BYTES]
    desk.paths.clear()
    desk.link.spoil = desk.noted
    assert desk.fetch().read_bytes() == desk.data
    assert f"offset={2 * PIECE_BYTES}&" in desk.paths[0]


def test_pieces_shrink_on_a_link_that_is_too_slow_and_grow_again(desk: Desk) -> None:
    limits: list[int] = []

    class Slow:
        async def get(self, path: str) -> LinkReply:
            limit = int(path.rpartition("=")[2])
            limits.append(limit)
            if limit > 5_000 and len(limits) < 12:
                raise LinkDown("time-out")
            return await desk.link.get(path)

    fetcher = Fetcher(Slow(), desk.incoming, desk.office.trust, piece_bytes=PIECE_BYTES)

    async def stubborn() -> Path:
        while True:
            try:
                return await fetcher.fetch(desk.manifest, None)
            except LinkDown:
                pass

    assert asyncio.run(stubborn()).read_bytes() == desk.data
    assert min(limits) >= LEAST_PIECE_BYTES and min(limits) < 5_000 and max(limits[12:]) == PIECE_BYTES


def test_half_a_file_that_is_of_something_else_is_refused_and_gone(desk: Desk) -> None:
    part = desk.incoming / f"{desk.manifest.file.hex()}.part"
    part.write_bytes(b"x" * PIECE_BYTES)
    with pytest.raises(SnapshotError):
        desk.fetch()
    assert desk.left() == []
    assert desk.fetch().read_bytes() == desk.data


def test_half_a_file_that_is_too_long_is_begun_again(desk: Desk) -> None:
    (desk.incoming / f"{desk.manifest.file.hex()}.part").write_bytes(b"x" * (len(desk.data) + 1))
    assert desk.fetch().read_bytes() == desk.data


def test_no_room_is_said_before_anything_is_fetched(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 30, 0, 2 * len(desk.data)))
    with pytest.raises(DistributionError) as caught:
        desk.fetch()
    assert caught.value.code == "prices_no_room" and desk.paths == []


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "prices_no_room"), (errno.EIO, "prices_disk")])
def test_a_disk_that_fails_in_the_middle_is_cleaned_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    real = os.pwrite

    def pwrite(handle: int, data: bytes, at: int) -> int:
        if at >= 2 * PIECE_BYTES:
            raise OSError(number, os.strerror(number))
        return real(handle, data, at)

    monkeypatch.setattr(fetching.os, "pwrite", pwrite)
    with pytest.raises(DistributionError) as caught:
        desk.fetch()
    assert caught.value.code == code and caught.value.remedy and desk.left() == []


def test_a_delta_that_is_damaged_is_thrown_away_and_the_whole_file_comes(desk: Desk) -> None:
    """By the real `lane patch`, in a process of its own."""
    old = desk.office.publications.files
    base = desk.office.publish(251, goods=GOODS).manifest
    assert base is not None

    def damaged(path: str, reply: Reply) -> Reply:
        desk.paths.append(path)
        return Reply(reply.status, reply.headers, reply.body[:-1] + b"!") if "/deltas/" in path else reply

    desk.manifest, first = base, desk.manifest
    desk.data = old.place(base.file).read_bytes()
    desk.link.spoil = damaged
    known = first.file, old.place(first.file)
    assert desk.fetch(known, patch=patch_in_child).read_bytes() == desk.data
    assert "/deltas/" in desk.paths[0] and "/snapshots/" in desk.paths[-1]
    desk.paths.clear()
    desk.link.spoil = desk.noted
    (desk.incoming / f"{base.file.hex()}.part").unlink()
    assert desk.fetch(known, patch=patch_in_child).read_bytes() == desk.data
    assert not any("/snapshots/" in path for path in desk.paths)


def test_a_file_that_is_gone_is_asked_for_later(desk: Desk) -> None:
    desk.office.publications.files.place(desk.manifest.file).unlink()
    with pytest.raises(Later):
        desk.fetch()


def test_an_answer_that_is_too_long_or_empty_is_no_piece(desk: Desk) -> None:
    for body in (b"", b"x" * ((256 << 10) + 1)):
        desk.link.spoil = lambda path, reply, body=body: Reply(200, {}, body)  # type: ignore[misc]
        with pytest.raises(Later):
            desk.fetch()


# --- what is served --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/snapshots/{file}?offset=0&limit=10", 200),
        ("/v1/snapshots/{file}?offset=99999999&limit=10", 200),  # nothing more
        ("/v1/snapshots/{file}", 400),
        ("/v1/snapshots/{file}?offset=0", 400),
        ("/v1/snapshots/{file}?offset=-1&limit=10", 400),
        ("/v1/snapshots/{file}?offset=0&limit=0", 400),
        ("/v1/snapshots/{file}?offset=0&limit=262145", 400),
        ("/v1/snapshots/{file}?offset=0&limit=10&x=1", 400),
        ("/v1/snapshots/..%2f..%2fcurrent?offset=0&limit=10", 400),
        ("/v1/snapshots/../current?offset=0&limit=10", 404),
        ("/v1/snapshots/xyz?offset=0&limit=10", 400),
        ("/v1/snapshots/" + "0" * 64 + "?offset=0&limit=10", 404),
        ("/v1/deltas/" + "0" * 64 + "/{file}/zstd?offset=0&limit=10", 404),
        ("/v1/deltas/{file}/{file}/zstd?offset=0&limit=10", 404),
        ("/v1/deltas/{file}/" + "0" * 64 + "/zstd?offset=0&limit=10", 404),
        ("/v1/deltas/" + "0" * 64 + "/{file}/rsync?offset=0&limit=10", 404),
    ],
)
def test_questions_have_bounds(desk: Desk, path: str, status: int) -> None:
    path = path.replace("{file}", desk.manifest.file.hex())
    assert asyncio.run(call(desk.office.app, "GET", path)).status == status


def test_bad_questions_are_400_and_another_store_is_403(office: Office, tmp_path: Path) -> None:
    store = Store(tmp_path / "store", office)

    def ask(body: bytes, app: Any = None) -> int:
        said = {"Content-Type": CONTENT_TYPE}
        return asyncio.run(call(app or store.app, "POST", "/v1/snapshot", body, said)).status

    good = Holding("01", 0, b"")
    assert ask(pack(SnapshotAsk("0001", good))) == 200
    assert ask(pack(SnapshotAsk("0002", good))) == 403
    assert ask(pack(SnapshotAsk("0002", good)), office.app) == 200
    bad = [Holding("", 0, b""), Holding("01", -1, b""), Holding("01", 0, b"short"), Holding("01", 1 << 53, b"")]
    bad += [Holding("01", 0, b"", "x" * 65), Holding("0\n1", 0, b"")]
    for one in bad:
        assert ask(pack(SnapshotAsk("0001", one))) == 400, one
        assert ask(pack(SnapshotAsk("0001", good, (one,)))) == 400, one
    assert ask(pack(SnapshotAsk("0001", good, (good,) * 501))) == 400
    assert ask(b"\xc1") == 400 and ask(b"") == 400 and ask(pack({"store": "0001"})) == 400


def test_a_delta_is_made_once_however_many_ask_and_only_one_at_a_time(office: Office, tmp_path: Path) -> None:
    files = office.publications.files
    made: list[str] = []
    running = [0, 0]

    async def make(old: Path, new: Path, out: Path, method: str) -> bool:
        running[0] += 1
        running[1] = max(running)
        made.append(old.name)
        await asyncio.sleep(0.01)
        out.write_bytes(b"delta")
        running[0] -= 1
        return True

    manifests = [office.publish(price).manifest for price in (1, 2, 3)]
    first, second, third = (one.file for one in manifests if one is not None)
    for path in (files.folder / "deltas").iterdir():
        path.unlink()

    async def many() -> None:
        deltas = Deltas(files, make)
        assert [deltas.find(first, third, "zstd") for _ in range(40)] == ["making"] * 40
        assert deltas.find(second, third, "zstd") == "making"
        assert deltas.find(third, third, "zstd") is None
        assert deltas.find(first, third, "whole") is None
        while deltas.find(second, third, "zstd") == "making":
            await asyncio.sleep(0.005)
        assert isinstance(deltas.find(first, third, "zstd"), Path)
        await deltas.close()

    asyncio.run(many())
    assert len(made) == 2 and running[1] == 1


def test_a_delta_that_cannot_be_made_is_not_tried_again(office: Office) -> None:
    files = office.publications.files
    first, second = office.publish(1).manifest, office.publish(2).manifest
    assert first is not None and second is not None
    for path in (files.folder / "deltas").iterdir():
        path.unlink()
    tries = [0]

    async def fail(old: Path, new: Path, out: Path, method: str) -> bool:
        tries[0] += 1
        return False

    async def ask() -> None:
        deltas = Deltas(files, fail)
        assert deltas.find(first.file, second.file, "zstd") == "making"
        await asyncio.sleep(0.01)
        assert deltas.find(first.file, second.file, "zstd") is None and tries[0] == 1

    asyncio.run(ask())


def test_a_keeper_waits_longer_after_each_failure_and_is_woken(office: Office, tmp_path: Path) -> None:
    """`run` itself: nobody is there, then somebody is."""
    store = Store(tmp_path / "store", office)
    till = store.till()
    store.office.publish(250)
    asyncio.run(settle(store.keeper, times=1))
    app, store.app = store.app, None

    async def life() -> None:
        running = asyncio.ensure_future(till.keeper.run())
        while store.asked_here["ask"] < 3:
            await asyncio.sleep(0.01)
        assert till.price() == 100
        store.app = app
        for _ in range(300):
            await asyncio.sleep(0.01)
            if till.keeper.holding.counter == 1:
                break
        assert till.price() == 250
        asked = store.asked_here["ask"]
        till.keeper.wake()  # its next question would come in two seconds
        async with asyncio.timeout(1):
            while store.asked_here["ask"] == asked:
                await asyncio.sleep(0.01)
        running.cancel()

    asyncio.run(life())
