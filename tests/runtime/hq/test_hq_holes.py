"""Holes that nobody can fill: listed, closed by a person, gone over by the mark; and a record that turns up late."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import random
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.hq.app import Desk, make_app
from runtime.hq.errors import HqError
from runtime.hq.hole_command import HoleRequest, carry_out
from runtime.hq.holes import ClosedHole, missing, still_open
from runtime.hq.plan import mark
from runtime.hq.show import words
from runtime.hq.sqlite import HOLES, SqliteStore
from runtime.hq.store import HqStore
from runtime.wire.chain import Disputed, Hole, Mark, StoreAnswer, StoreBatch, read_answer
from runtime.wire.pack import WireError, pack
from tests.postgres import Postgres
from tests.runtime.hq.batches import part, some
from tests.runtime.hq.test_hq_process import Hq, lane
from tests.runtime.hq.test_hq_store import Opener, take
from tests.sim.batches import STORE
from tests.sim.network import call

TOP = (1 << 64) - 1


@pytest.fixture(params=["sqlite", "postgres"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    return Opener(request.param, tmp_path, server)


async def close(store: HqStore, first: int, last: int, epoch: int = 7, terminal: str = "T1") -> str:
    """The code of the refusal; empty where it was closed."""
    try:
        await store.close_hole(ClosedHole(STORE, terminal, epoch, first, last, "burnt", "Wang", 9))
    except HqError as error:
        return error.code
    return ""


async def numbers(store: HqStore) -> list[tuple[int, int, int]]:
    return [(one.first, one.last, one.beyond) for one in await store.holes()]


async def line(store: HqStore) -> tuple[int, int, int]:
    (one,) = await store.lines(STORE)
    return one.stored, one.beyond, one.records


def test_holes_are_listed_and_the_mark_goes_over_what_was_closed(opener: Opener) -> None:
    async def main(store: HqStore) -> None:
        await take(store, some("T1", TOP, 1, 2, 3, 6, 7))
        await take(store, part("T1", TOP, 10, 1), part("T1", TOP - 1, 1, 1))
        found = await store.holes()
        assert [(one.store, one.terminal, one.epoch) for one in found] == [(STORE, "T1", TOP)] * 2
        assert await numbers(store) == [(4, 5, 3), (8, 9, 3)] and found[0].since_ms > 0
        assert await close(store, 8, 9, TOP) == "", "the second may be closed first"
        assert (await store.marks(STORE)).marks[-1] in (Mark("T1", TOP, 3), Mark("T1", TOP - 1, 1))
        assert await numbers(store) == [(4, 5, 3)]
        assert await close(store, 4, 5, TOP) == ""
        assert await numbers(store) == []
        told = Mark("T1", TOP, 10, (Hole(4, 5), Hole(8, 9)))
        assert told in (await store.marks(STORE)).marks and told.whole == 3
        answer = await take(store, part("T1", TOP, 11, 2))
        assert answer.marks == (replace(told, stored=12),)

    opener.run(main)

    async def later(store: HqStore) -> None:
        said = [
            (one.first, one.last, one.reason, one.closed_by, one.closed_at_ms) for one in await store.closed_holes()
        ]
        assert said == [(4, 5, "burnt", "Wang", 9), (8, 9, "burnt", "Wang", 9)]
        assert (await take(store, part("T1", TOP, 13, 1))).marks[0].stored == 13

    opener.run(later)


def test_only_what_is_missing_and_has_something_beyond_is_a_hole(opener: Opener) -> None:
    async def main(store: HqStore) -> None:
        await take(store, some("T1", 7, 1, 2, 3, 7))
        for first, last in ((3, 4), (4, 7), (6, 8), (8, 8), (5, 4), (1, 1)):
            assert await close(store, first, last) == "no_hole", (first, last)
        assert await close(store, 4, 4, epoch=8) == "no_hole"
        assert await close(store, 5, 5) == "", "a part of one"
        assert await close(store, 5, 5) == "no_hole", "closed already"
        assert await numbers(store) == [(4, 4, 1), (6, 6, 1)]
        assert await line(store) == (3, 1, 4)
        assert (await take(store, part("T1", 7, 4, 1))).marks == (Mark("T1", 7, 5, (Hole(5, 5),)),)
        assert (await take(store, part("T1", 7, 6, 1))).marks == (Mark("T1", 7, 7, (Hole(5, 5),)),)
        assert await line(store) == (7, 0, 6)

    opener.run(main)


def test_a_record_that_turns_up_is_kept_once_and_said(opener: Opener, caplog: pytest.LogCaptureFixture) -> None:
    async def main(store: HqStore) -> None:
        await take(store, some("T1", 7, 1, 2, 3, 7))
        assert await close(store, 4, 6) == ""
        with caplog.at_level(logging.WARNING, "lane.hq"):
            answer = await take(store, part("T1", 7, 5, 1))
        assert answer.marks == (Mark("T1", 7, 7, (Hole(4, 4), Hole(6, 6))),)
        assert caplog.text.count("came after all, its hole was closed") == 1 and "sequence=5" in caplog.text
        (closed,) = await store.closed_holes()
        assert (closed.first, closed.last, closed.found) == (4, 6, 1)
        assert (await take(store, part("T1", 7, 5, 1))).marks == answer.marks, "sent again"
        assert (await take(store, part("T1", 7, 5, 1, total_minor=3))).disputed == (Disputed("T1", 7, 5),)
        assert await line(store) == (7, 0, 5)
        fed = [one.record.sequence for one in await store.feed(STORE, 0, 50)]
        assert fed == [1, 2, 3, 7, 5] and fed.count(5) == 1
        assert (await take(store, some("T1", 7, 4, 6))).marks[0] == Mark("T1", 7, 7)
        assert (await store.closed_holes())[0].found == 3
        assert await line(store) == (7, 0, 7)

    opener.run(main)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_comes_and_is_closed_the_mark_says_what_is_here(seed: int, tmp_path: Path) -> None:
    """Records in any order, holes closed whole and in parts, against a plain set of numbers."""
    chance = random.Random(seed)

    async def main() -> None:
        store = SqliteStore(tmp_path / "hq.db", lambda: 1, 5)
        here, closed = set[int](), set[int]()
        for _ in range(40):
            if chance.random() < 0.6:
                some_ = sorted({chance.randint(1, 30) for _ in range(chance.randint(1, 4))})
                await take(store, some("T1", 7, *some_))
                here.update(some_)
            elif holes := await store.holes():
                hole = chance.choice(holes)
                first = chance.randint(hole.first, hole.last)
                last = chance.randint(first, hole.last)
                assert await close(store, first, last) == ""
                closed.update(range(first, last + 1))
            if not here:
                continue
            stored = next(n - 1 for n in range(1, 40) if n not in here | closed)
            told = read_answer(pack(await store.marks(STORE)), 1 << 20).marks[0]
            missing_ = [n for hole in told.holes for n in range(hole.first, hole.last + 1)]
            assert (told.stored, missing_) == (stored, [n for n in range(1, stored + 1) if n not in here])
            assert await line(store) == (stored, sum(n > stored for n in here), len(here))
            open_ = {n for hole in await store.holes() for n in range(hole.first, hole.last + 1)}
            assert open_ == {n for n in range(stored + 1, max(here)) if n not in here | closed}
        await store.close()

    asyncio.run(main())


def test_a_record_of_a_closed_hole_is_said_though_another_hole_is_open_before_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        store = SqliteStore(tmp_path / "hq.db", lambda: 1, 5)
        await take(store, some("T1", 7, 1, 3, 6))
        assert await close(store, 4, 5) == ""
        with caplog.at_level(logging.WARNING, "lane.hq"):
            await take(store, some("T1", 7, 4, 7))
        assert caplog.text.count("came after all, its hole was closed") == 1 and "sequence=4" in caplog.text
        assert (await take(store, part("T1", 7, 2, 1))).marks == (Mark("T1", 7, 7, (Hole(5, 5),)),)
        await store.close()

    asyncio.run(main())


def test_batches_that_come_while_a_hole_is_closed_lose_nothing(opener: Opener) -> None:
    async def main(store: HqStore) -> None:
        await take(store, some("T1", 7, 1, 2, 3, 5))

        async def sell() -> None:
            for number in range(6, 40):
                await take(store, part("T1", 7, number, 1))

        await asyncio.gather(sell(), close(store, 4, 4), sell())
        assert await line(store) == (39, 0, 38)
        assert (await store.marks(STORE)).marks == (Mark("T1", 7, 39, (Hole(4, 4),)),)

    opener.run(main)


def test_a_database_of_before_gets_its_table(tmp_path: Path, postgres: Postgres) -> None:
    path = tmp_path / "hq.db"

    async def main(store: HqStore) -> None:
        await take(store, some("T1", 7, 1, 2, 3, 5))
        await store.close()

    asyncio.run(main(SqliteStore(path, lambda: 1, 1)))
    with sqlite3.connect(path) as old:
        old.executescript("DROP TABLE closed_hole; PRAGMA user_version=1")
    old.close()
    store = SqliteStore(path, lambda: 1, 1)
    assert "closed_hole" in HOLES and asyncio.run(close(store, 4, 4)) == ""
    asyncio.run(store.close())
    opener = Opener("postgres", tmp_path, postgres)
    opener.run(main)
    database = opener.dsn.split("/")[3].split("?")[0]
    postgres.psql("DROP TABLE closed_hole; UPDATE about SET version = 1", database)

    async def later(store: HqStore) -> None:
        assert await close(store, 4, 4) == ""

    opener.run(later)
    assert postgres.psql("SELECT max(version) FROM about", database) == "2"


@pytest.mark.parametrize("order", list(itertools.permutations((3, 4, 5))))
def test_a_hole_may_be_closed_in_parts_in_any_order(order: tuple[int, ...], tmp_path: Path) -> None:
    """A gateway reads what it is told after each, and the mark goes over all of it in the end."""

    async def main() -> None:
        store = SqliteStore(tmp_path / "hq.db", lambda: 1, 5)
        await take(store, some("T1", 7, 1, 2, 6, 7))
        for number in order:
            assert await close(store, number, number) == ""
            read_answer(pack(await store.marks(STORE)), 1 << 20)
        told = (Mark("T1", 7, 7, (Hole(3, 5),)),)
        assert (await store.marks(STORE)).marks == told and await line(store) == (7, 0, 4)
        assert (await take(store, part("T1", 7, 4, 1))).marks == (Mark("T1", 7, 7, (Hole(3, 3), Hole(5, 5))),)
        await store.close()

    asyncio.run(main())


def test_what_is_left_of_holes() -> None:
    assert missing([Hole(8, 9), Hole(3, 6)], [3, 5, 9, 12]) == (Hole(4, 4), Hole(6, 6), Hole(8, 8))
    assert missing([Hole(6, 6), Hole(3, 4), Hole(5, 5)], [4]) == (Hole(3, 3), Hole(5, 6)), "parts are one hole"
    assert mark(("S", "T", 7), 5, [Hole(4, 6)]) == Mark("T", 7, 5, (Hole(4, 5),))
    assert missing([Hole(3, 6)], []) == (Hole(3, 6),) and missing([Hole(3, 4)], [3, 4]) == ()
    assert still_open([Hole(3, 9)], [Hole(5, 6), Hole(9, 9)]) == (Hole(3, 4), Hole(7, 8))
    assert mark(("S", "T", 7), 5, [Hole(3, 4), Hole(7, 8)]) == Mark("T", 7, 5, (Hole(3, 4),))


@pytest.mark.parametrize("holes", [((0, 1),), ((3, 2),), ((2, 3), (3, 4)), ((2, 9),), ((4, 4), (2, 2))])
def test_holes_that_are_none_are_no_answer(holes: tuple[tuple[int, int], ...]) -> None:
    said = StoreAnswer(5, (Mark("T1", 7, 8, tuple(Hole(*one) for one in holes)),))
    with pytest.raises(WireError):
        read_answer(pack(said), 1 << 20)
    good = StoreAnswer(5, (Mark("T1", 7, 8, (Hole(1, 2), Hole(8, 8))),))
    assert read_answer(pack(good), 1 << 20) == good


def test_the_status_says_holes_and_what_came_after_all(tmp_path: Path) -> None:
    async def main() -> None:
        store = SqliteStore(tmp_path / "hq.db", lambda: 1_000, 5)
        app = make_app(Desk(store))

        async def status() -> str:
            return "\n".join(words(json.loads((await call(app, "GET", "/v1/status", b"", {})).body)))

        await take(store, some("T1", 7, 1, 3))
        assert "1 hole: what came after it counts as beyond. See lane hq holes." in await status()
        asked = HoleRequest("close-hole", STORE, "T1", 7, 2, 2, "till burnt", "Wang")
        assert (await carry_out(store, replace(asked, reason=""))).ok is False
        assert (await carry_out(store, replace(asked, by="x" * 65))).ok is False
        assert (await carry_out(store, asked)).ok
        said = await carry_out(store, asked)
        assert not said.ok and "are no open hole" in said.lines[0]
        assert "hole" not in await status()
        await take(store, part("T1", 7, 2, 1))
        text = await status()
        assert "! 1 record came after all: store S1, terminal T1, numbers 2 to 2." in text and "till burnt" in text
        await store.close()

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_commands_ask_a_running_head_office_and_work_without(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    more = f'postgres = "{request.getfixturevalue("postgres").new_database()}"\n' if kind == "postgres" else ""
    hq = Hq(tmp_path, more)
    hq.process.start()
    close_hole = ["close-hole", "--config", hq.file, "--store", STORE, "--terminal", "T1", "--epoch", f"{7:016x}"]
    who = ["--reason", "till and gateway burnt", "--by", "Wang Fang"]
    try:
        hq.post(StoreBatch(STORE, (part("T1", 7, 1, 2), part("T2", 7, 1, 2))))
        hq.post(StoreBatch(STORE, (part("T1", 7, 5, 2),)))
        listed = lane("holes", "--config", hq.file)
        assert "open    store S1, terminal T1, epoch 0000000000000007, numbers 3-4: since" in listed.stdout
        assert "2 records beyond" in listed.stdout
        for words_, why in ((["--numbers", "2-4"], "no open hole"), (["--numbers", "x"], "not like 17")):
            refused = lane(*close_hole, *words_, *who)
            assert refused.returncode == 2 and why in refused.stderr
        assert lane(*close_hole, "--numbers", "3", *who).returncode == 0
        _, body, _ = hq.post(StoreBatch(STORE, (part("T1", 7, 7, 1),)))
        assert read_answer(body, 1 << 20).marks == (Mark("T1", 7, 3, (Hole(3, 3),)),)
    finally:
        hq.process.kill()
    done = lane(*close_hole, "--numbers", "4", *who)
    assert done.returncode == 0, done.stderr
    listed = lane("holes", "--config", hq.file)
    assert (
        listed.stdout.startswith("No number is missing") and listed.stdout.count("by Wang Fang, till and gateway") == 2
    )
