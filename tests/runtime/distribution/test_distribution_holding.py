"""Answers that are held back until there is news: by a gateway, by head office, and by one that is told to stop."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chain_rig import Office, Store, nothing, settle

from runtime.distribution.keeping import Identity, Keeper
from runtime.hq.publishing import Publications
from runtime.hq.snapshots import HqSnapshots
from runtime.link.backoff import Backoff
from runtime.serving.kit import application
from runtime.wire.pack import build, pack, unpack
from runtime.wire.records import CONTENT_TYPE
from runtime.wire.snapshots import ASK_PATH, MAX_HOLD_MS, Holding, Manifest, SnapshotAnswer, SnapshotAsk
from tests.sim.network import call

SOON_S = 0.2  # nothing comes in this time, where nothing shall come


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    yield Store(tmp_path / "store", Office(tmp_path / "office"))


async def ask(app: Any, has: Manifest | None, hold_ms: int) -> Manifest | None:
    holding = Holding("gateway", has.counter, has.file) if has is not None else Holding("gateway", 0, b"")
    body = pack(SnapshotAsk("0001", holding, None, hold_ms))
    said = await call(app, "POST", ASK_PATH, body, {"Content-Type": CONTENT_TYPE})
    assert said.status == 200
    return build(SnapshotAnswer, unpack(said.body)).manifest


async def waits(answer: asyncio.Future[Manifest | None]) -> bool:
    done, _ = await asyncio.wait([answer], timeout=SOON_S)
    return not done


def in_loop(main: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await main()

    asyncio.run(bounded())


def test_an_answer_is_held_until_there_is_another_publication(store: Store) -> None:
    async def main() -> None:
        store.office.publish(100)
        await settle(store.keeper)
        has = store.place.served()
        assert await ask(store.app, None, MAX_HOLD_MS) == has, "who has nothing is answered at once"
        answer = asyncio.ensure_future(ask(store.app, has, MAX_HOLD_MS))
        assert await waits(answer)
        store.place.bell.ring()
        assert await waits(answer), "it is the same publication still"
        store.office.publish(200)
        await settle(store.keeper)
        store.place.bell.ring()
        new = await answer
        assert new is not None and has is not None and new.counter > has.counter

    in_loop(main)


def test_a_gateway_rings_when_it_has_taken_something(store: Store) -> None:
    async def main() -> None:
        store.office.publish(100)
        answer = asyncio.ensure_future(ask(store.app, None, MAX_HOLD_MS))
        running = asyncio.ensure_future(store.gateway.run())
        new = await answer
        assert new is not None and store.served() == 100
        running.cancel()

    in_loop(main)


def test_an_answer_is_held_no_longer_than_asked_for(store: Store) -> None:
    async def main() -> None:
        store.office.publish(100)
        await settle(store.keeper)
        has = store.place.served()
        began_s = time.monotonic()
        assert await ask(store.app, has, 300) == has
        assert time.monotonic() - began_s >= 0.3
        assert await ask(store.app, has, 0) == has, "and not at all where nobody asks for it"

    in_loop(main)


@pytest.mark.parametrize("hold_ms", [-1, MAX_HOLD_MS + 1])
def test_nobody_holds_for_longer(store: Store, hold_ms: int) -> None:
    body = pack(SnapshotAsk("0001", Holding("gateway", 0, b""), None, hold_ms))
    assert asyncio.run(call(store.app, "POST", ASK_PATH, body, {"Content-Type": CONTENT_TYPE})).status == 400


def test_who_stops_lets_go_of_everybody(store: Store) -> None:
    async def main() -> None:
        answer = asyncio.ensure_future(ask(store.app, None, MAX_HOLD_MS))
        assert await waits(answer)
        store.place.bell.close()
        assert await answer is None
        began_s = time.monotonic()
        await ask(store.app, None, MAX_HOLD_MS)
        assert time.monotonic() - began_s < 1, "and of who comes later"

    in_loop(main)


def test_head_office_sees_what_another_process_published(tmp_path: Path) -> None:
    office = Office(tmp_path / "office")
    serving = HqSnapshots(office.folder / "published", {})
    app = application(serving.endpoints, nothing)

    async def main() -> None:
        running = asyncio.ensure_future(serving.run())
        answer = asyncio.ensure_future(ask(app, None, MAX_HOLD_MS))
        assert await waits(answer)
        other = Publications(office.publications.files, {})
        other.publish(office.signed(100), ("all",), signer=office.signer, trust=office.trust, now_ms=0)
        new = await answer
        assert new is not None and new.counter == 1
        late = asyncio.ensure_future(ask(app, new, MAX_HOLD_MS))
        assert await waits(late)
        running.cancel()
        assert await late == new, "told to stop it answers at once"

    in_loop(main)


def test_a_publication_of_the_same_tick_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file system's clock stands still for some milliseconds: two publications may leave one time."""
    office = Office(tmp_path / "office")
    reading = Publications(office.publications.files, {})
    folder = reading.files.folder / "publications"
    office.publish(100)
    now_ns = folder.stat().st_mtime_ns
    monkeypatch.setattr(time, "time_ns", lambda: now_ns + 1)
    assert len(reading.all()) == 1
    office.publish(200)
    os.utime(folder, ns=(now_ns, now_ns))
    assert len(reading.all()) == 2


@pytest.mark.parametrize(("hold_s", "least", "most"), [(0.4, 3, 9), (0.0, 1, 1)])
def test_a_question_that_was_held_is_followed_by_the_next(store: Store, hold_s: float, least: int, most: int) -> None:
    """And where it is not held, by one a `poll_s` later."""

    async def main() -> None:
        store.office.publish(100)
        await settle(store.keeper)
        till = store.till()
        await settle(till.keeper)
        store.asked_here.clear()
        keeper = Keeper(
            Identity("0001", "01", ("north",)), till.link, till.fetcher, till.place, store.trust,
            random=lambda: 0.5, poll_s=60.0, hold_s=hold_s, backoff=Backoff(0.01, 0.02),
        )  # fmt: skip
        running = asyncio.ensure_future(keeper.run())
        await asyncio.sleep(2.0)
        running.cancel()
        assert least <= store.asked_here["ask"] <= most

    in_loop(main)
