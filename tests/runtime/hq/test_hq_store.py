"""Head office's two databases keep the same: each record once, in its line, in the feed; other contents aside."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from runtime.hq import postgres as postgres_module
from runtime.hq import sqlite as sqlite_module
from runtime.hq.check import NO_MONTH, CheckedBatch, month_of
from runtime.hq.errors import HqError
from runtime.hq.plan import Plan
from runtime.hq.postgres import PostgresStore
from runtime.hq.postgres_schema import months_due, next_month
from runtime.hq.sqlite import SqliteStore
from runtime.hq.store import HqStore
from runtime.wire.chain import Disputed, FedRecord, Mark, Part, StoreAnswer
from tests.postgres import Postgres
from tests.runtime.hq.batches import checked, part
from tests.sim.batches import STORE, record

NOW = int(datetime(2026, 11, 30, tzinfo=UTC).timestamp() * 1000)
lives = itertools.count(1)


class Opener:
    """Opens the same database as often as wanted."""

    def __init__(self, kind: str, folder: Path, server: Postgres | None) -> None:
        self.kind = kind
        self.path = folder / "hq.db"
        self.dsn = server.new_database() if server is not None else ""

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[HqStore]:
        store: HqStore
        if self.kind == "sqlite":
            store = SqliteStore(self.path, lambda: NOW, next(lives))
        else:
            store = PostgresStore(self.dsn, lambda: NOW, lambda: next(lives), store_partitions=2)
        try:
            await store.start()
            yield store
        finally:
            await store.close()

    def run(self, what: Callable[[HqStore], Awaitable[None]]) -> None:
        async def main() -> None:
            async with self() as store:
                await what(store)

        asyncio.run(main())


@pytest.fixture(params=["sqlite", "postgres"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    return Opener(request.param, tmp_path, server)


async def take(store: HqStore, *parts: Part) -> StoreAnswer:
    (answer,) = await store.ingest([checked(*parts)])
    assert isinstance(answer, StoreAnswer)
    return answer


async def kept(store: HqStore, terminal: str = "T1", epoch: int = 7) -> list[int]:
    return [one.sequence for one in await store.records(STORE, terminal, epoch, 0, 500)]


def test_a_batch_of_several_lines_is_kept_and_marked(opener: Opener) -> None:
    async def main(store: HqStore) -> None:
        top = (1 << 64) - 1
        answer = await take(store, part("T1", 7, 1, 3), part("T1", top, 1, 1), part("收银2", 8, 1, 2, total_minor=5))
        assert answer.marks == (Mark("T1", 7, 3), Mark("T1", top, 1), Mark("收银2", 8, 2))
        assert answer.disputed == ()
        assert await store.records(STORE, "T1", 7, 1, 9) == [record("T1", 7, 2), record("T1", 7, 3)]
        (status,) = await store.stores()
        assert (status.store, status.lines, status.records, status.sales, status.total_minor) == (STORE, 3, 6, 6, 410)
        assert {(one.terminal, one.epoch, one.stored, one.records) for one in await store.lines(STORE)} == {
            ("T1", 7, 3, 3), ("T1", top, 1, 1), ("收银2", 8, 2, 2),
        }  # fmt: skip

    opener.run(main)

    async def later(store: HqStore) -> None:
        assert set((await store.marks(STORE)).marks) == {
            Mark("T1", 7, 3), Mark("T1", (1 << 64) - 1, 1), Mark("收银2", 8, 2),
        }  # fmt: skip
        assert (await store.marks("S9")).marks == ()

    opener.run(later)


def test_the_same_again_is_kept_once(opener: Opener) -> None:
    async def main(store: HqStore) -> None:
        for _ in range(3):
            assert (await take(store, part("T1", 7, 1, 4))).marks == (Mark("T1", 7, 4),)
        assert (await take(store, part("T1", 7, 3, 4))).marks == (Mark("T1", 7, 6),)
        twice = await store.ingest([checked(part("T1", 7, 5, 4)), checked(part("T1", 7, 6, 4))])
        assert [one.marks for one in twice if isinstance(one, StoreAnswer)] == [(Mark("T1", 7, 9),)] * 2
        assert await kept(store) == list(range(1, 10))
        (status,) = await store.stores()
        assert (status.records, status.total_minor, status.position) == (9, 900, 9)

    opener.run(main)


def test_a_gap_is_not_claimed_and_closes(opener: Opener) -> None:
    async def main(store: HqStore) -> None:
        assert (await take(store, part("T1", 7, 4, 3))).marks == (Mark("T1", 7, 0),)
        assert (await take(store, part("T1", 7, 8, 1))).marks == (Mark("T1", 7, 0),)
        assert (await take(store, part("T1", 7, 1, 2))).marks == (Mark("T1", 7, 2),)
        (line,) = await store.lines(STORE)
        assert (line.stored, line.beyond, line.records) == (2, 4, 6)
        group = await store.ingest([checked(part("T1", 7, 3, 1)), checked(part("T1", 7, 7, 3))])
        assert [one.marks for one in group if isinstance(one, StoreAnswer)] == [(Mark("T1", 7, 9),)] * 2
        (line,) = await store.lines(STORE)
        assert (line.stored, line.beyond, line.records) == (9, 0, 9)
        assert (await take(store, part("T1", 7, 10, 1))).marks == (Mark("T1", 7, 10),)

    opener.run(main)


def test_other_content_is_kept_aside_whatever_month_it_claims(opener: Opener) -> None:
    async def main(store: HqStore) -> None:
        await take(store, part("T1", 7, 1, 3, BusinessDayDate="2026-11-30"))
        other = part("T1", 7, 2, 2, BusinessDayDate="2026-12-01")
        for _ in range(2):
            answer = await take(store, other)
            assert answer.marks == (Mark("T1", 7, 3),)
            assert answer.disputed == (Disputed("T1", 7, 2), Disputed("T1", 7, 3))
        same_group = await store.ingest(
            [checked(part("T1", 7, 4, 1)), checked(part("T1", 7, 4, 1, BusinessDayDate="1999-01-31"))]
        )
        assert [one.disputed for one in same_group if isinstance(one, StoreAnswer)] == [(), (Disputed("T1", 7, 4),)]
        assert await store.records(STORE, "T1", 7, 1, 1) == [record("T1", 7, 2, BusinessDayDate="2026-11-30")]
        assert {(q.sequence, q.kept_hash != q.hash) for q in await store.quarantine(9)} == {
            (2, True), (3, True), (4, True),
        }  # fmt: skip
        (status,) = await store.stores()
        assert (status.records, status.quarantined, status.position) == (4, 3, 4)

    opener.run(main)


def test_a_month_without_a_partition_is_never_refused(opener: Opener) -> None:
    days = ["1970-01-01", "2026-11-30", "2027-02-28", "2031-07-01", "9999-12-31", "2026-13-01", "", "tomorrow"]

    async def main(store: HqStore) -> None:
        for at, day in enumerate(days, start=1):
            assert (await take(store, part("T1", 7, at, 1, BusinessDayDate=day))).marks == (Mark("T1", 7, at),)
        assert [one.record.sequence for one in await store.feed(STORE, 0, 100)] == list(range(1, len(days) + 1))
        assert await kept(store) == list(range(1, len(days) + 1))

    opener.run(main)


def test_the_feed_gives_each_record_once_in_one_order(opener: Opener) -> None:
    async def main(store: HqStore) -> None:
        await take(store, part("T2", 8, 2, 2), part("T1", 7, 1, 3))
        await take(store, part("T1", 7, 2, 3), part("T2", 8, 1, 1))
        await take(store, part("T1", 7, 1, 1, total_minor=3))
        fed = await store.feed(STORE, 0, 100)
        assert [(one.position, one.terminal, one.record.sequence) for one in fed] == [
            (1, "T2", 2), (2, "T2", 3), (3, "T1", 1), (4, "T1", 2), (5, "T1", 3), (6, "T1", 4), (7, "T2", 1),
        ]  # fmt: skip
        assert fed[3] == FedRecord(4, "T1", 7, record("T1", 7, 2))
        pages: list[FedRecord] = []
        while page := await store.feed(STORE, pages[-1].position if pages else 0, 2):
            pages += page
        assert pages == fed
        assert await store.feed("S9", 0, 5) == []

    opener.run(main)


def test_stores_written_at_once_do_not_disturb_one_another(opener: Opener) -> None:
    """Six groups at a time, each of two stores in another order, the same records from two sides."""

    async def main(store: HqStore) -> None:
        def group(n: int) -> list[CheckedBatch]:
            names = ("S1", "S2") if n % 2 else ("S2", "S1")
            return [checked(part("T1", 7, n // 2 * 5 + 1, 5, StoreID=name), store=name) for name in names]

        await asyncio.gather(*(store.ingest(group(n)) for n in range(40)))
        for name in ("S1", "S2"):
            assert (await store.marks(name)).marks == (Mark("T1", 7, 100),)
            fed = await store.feed(name, 0, 500)
            assert [one.position for one in fed] == list(range(1, 101))
            assert sorted(one.record.sequence for one in fed) == list(range(1, 101))

    opener.run(main)


def test_reading_stops_at_its_limits(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_module, "MAX_ANSWER_BYTES", 12_000)
    monkeypatch.setattr(postgres_module, "MAX_ANSWER_BYTES", 12_000)

    async def main(store: HqStore) -> None:
        await take(store, part("T1", 7, 1, 4, padding="x" * 5_000))
        assert [one.record.sequence for one in await store.feed(STORE, 0, 9)] == [1, 2]
        await take(store, part("T1", 7, 5, 1, padding="x" * 50_000))
        assert [one.record.sequence for one in await store.feed(STORE, 4, 9)] == [5], "one at least"

    opener.run(main)


def test_months() -> None:
    assert month_of("2026-11-30") == date(2026, 11, 1)
    assert month_of("x") == month_of("2026-02-30") == NO_MONTH
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert months_due(date(2026, 1, 31))[:2] == [date(2025, 12, 1), date(2026, 1, 1)]


# --- PostgreSQL alone ---------------------------------------------------------------------------------------------


@pytest.fixture
def dsn(postgres: Postgres) -> Iterator[str]:
    yield postgres.new_database()


def name_of(dsn: str) -> str:
    return dsn.split("/")[3].split("?")[0]


def test_a_month_that_gets_its_partition_later_takes_its_records_along(dsn: str, postgres: Postgres) -> None:
    now = NOW

    async def main() -> None:
        nonlocal now
        store = PostgresStore(dsn, lambda: now, lambda: 1, store_partitions=2)
        await store.start()
        await take(store, part("T1", 7, 1, 2, BusinessDayDate="2027-06-15"))
        count = "SELECT count(*) FROM record_body_2027_06"
        assert postgres.psql("SELECT count(*) FROM record_body_other", name_of(dsn)) == "2"
        now += 120 * 86_400_000
        await store.tidy()
        await store.tidy()
        assert postgres.psql("SELECT count(*) FROM record_body_other", name_of(dsn)) == "0"
        assert postgres.psql(count, name_of(dsn)) == "2"
        await take(store, part("T1", 7, 3, 1, BusinessDayDate="2027-06-16"))
        assert postgres.psql(count, name_of(dsn)) == "3"
        assert await kept(store) == [1, 2, 3]
        await store.close()

    asyncio.run(main())


def test_a_server_that_does_not_keep_what_it_confirms_is_refused(dsn: str, postgres: Postgres) -> None:
    async def refused(**more: bool) -> str:
        store = PostgresStore(dsn, lambda: NOW, lambda: 1, store_partitions=1, **more)  # type: ignore[arg-type]
        try:
            await store.start()
        except HqError as error:
            assert error.status == 503 and error.remedy.endswith(".")
            return f"{error.code} {error.args_by_name.get('setting', '')}"
        finally:
            await store.close()
        return ""

    postgres.psql(f"ALTER DATABASE {name_of(dsn)} SET synchronous_commit = off")
    assert asyncio.run(refused()) == "store_unsafe synchronous_commit"
    assert asyncio.run(refused(allow_unsafe=True)) == ""
    postgres.psql(f"ALTER DATABASE {name_of(dsn)} RESET synchronous_commit")
    assert asyncio.run(refused()) == ""


def test_a_server_that_goes_away_is_said_so_and_found_again(dsn: str, postgres: Postgres) -> None:
    async def main() -> None:
        drawn = itertools.count(1)
        store = PostgresStore(dsn, lambda: NOW, lambda: next(drawn), store_partitions=2)
        await store.start()
        life = (await take(store, part("T1", 7, 1, 2))).life
        postgres.kill()
        for _ in range(2):
            with pytest.raises(HqError) as caught:
                await take(store, part("T1", 7, 3, 1))
            assert (caught.value.code, caught.value.status) == ("store_away", 503)
            assert caught.value.retry_after_s
        postgres.start()
        for _ in range(100):
            try:
                answer = await take(store, part("T1", 7, 3, 1))
                break
            except HqError as error:
                assert error.code == "store_away"
                await asyncio.sleep(0.05)
        assert answer.marks == (Mark("T1", 7, 3),)
        assert answer.life != life, "gateways look again where head office stands"
        await store.close()

    asyncio.run(main())


def test_a_server_that_was_away_while_nobody_asked_is_another_too(postgres: Postgres, tmp_path: Path) -> None:
    """The pool connects anew by itself: nothing fails, and yet it may be a restored server."""

    async def main(store: HqStore) -> None:
        life = (await take(store, part("T1", 7, 1, 2))).life
        assert (await take(store, part("T1", 7, 3, 1))).life == life
        postgres.kill()
        postgres.start()
        await asyncio.sleep(0.2)
        assert (await store.marks(STORE)).life != life

    Opener("postgres", tmp_path, postgres).run(main)


def test_a_server_that_is_killed_while_it_is_connected_to_is_away(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """asyncpg has an error of its own for that, which is none of PostgreSQL's: it ended head office."""

    async def killed(self: PostgresStore, connection: asyncpg.Connection) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress")

    async def main() -> None:
        store = PostgresStore(dsn, lambda: NOW, lambda: 1, store_partitions=2)
        for ask in (store.start, store.tidy, store.beat, lambda: store.marks(STORE)):
            with pytest.raises(HqError) as caught, monkeypatch.context() as patch:
                patch.setattr(PostgresStore, "_init", killed)
                await ask()
            assert caught.value.code == "store_away" and not caught.value.fatal
        await store.start()
        await store.close()

    asyncio.run(main())


def test_two_processes_make_the_tables_at_once(dsn: str) -> None:
    async def main() -> None:
        stores = [PostgresStore(dsn, lambda: NOW, lambda: 1, store_partitions=2) for _ in range(4)]
        await asyncio.gather(*(store.start() for store in stores))
        await asyncio.gather(*(take(store, part("T1", 7, 1, 5)) for store in stores))
        assert await kept(stores[0]) == [1, 2, 3, 4, 5]
        for store in stores:
            await store.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    "said", [asyncpg.UniqueViolationError, asyncpg.DuplicateTableError, asyncpg.DuplicateObjectError]
)
def test_a_table_that_another_process_makes_at_the_same_moment_is_there(
    dsn: str, said: type[asyncpg.PostgresError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL says it in three ways, by where the other one is with it."""
    execute, refused = asyncpg.Connection.execute, list[str]()

    async def once(self: asyncpg.Connection, query: str, *more: Any, **named: Any) -> str:
        if "closed_hole" in query and not refused:
            refused.append(query)
            raise said('type "closed_hole" already exists')
        return str(await execute(self, query, *more, **named))

    async def main() -> None:
        monkeypatch.setattr(asyncpg.Connection, "execute", once)
        store = PostgresStore(dsn, lambda: NOW, lambda: 1, store_partitions=2)
        await store.start()
        assert refused and (await take(store, part("T1", 7, 1, 2))).marks == (Mark("T1", 7, 2),)
        await store.close()

    asyncio.run(main())


def test_what_was_written_past_the_lock_is_found_and_the_plan_made_anew(
    dsn: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key guards, whatever the plan says: here the first plan does not see the marks."""
    lines = Plan.begin
    blind = [1]

    def begin(self: Plan, positions: Any, known: Any, missing: Any) -> None:
        lines(self, positions, {} if blind and blind.pop() else known, missing)

    async def main() -> None:
        store = PostgresStore(dsn, lambda: NOW, lambda: 1, store_partitions=2)
        await store.start()
        blind.clear()
        await take(store, part("T1", 7, 1, 3))
        blind.append(1)
        assert (await take(store, part("T1", 7, 2, 4))).marks == (Mark("T1", 7, 5),)
        assert not blind
        assert await kept(store) == [1, 2, 3, 4, 5]
        assert len(await store.feed(STORE, 0, 9)) == 5
        await store.close()

    monkeypatch.setattr(Plan, "begin", begin)
    asyncio.run(main())
