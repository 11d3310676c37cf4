"""What a beat of head office's database is, and what it says of a database that is away, hangs, or is well."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from runtime.hq.errors import HqError
from runtime.hq.postgres import PostgresStore
from runtime.hq.pulse import Pulse, is_no
from runtime.hq.sqlite import SqliteStore
from tests.postgres import Postgres
from tests.runtime.hq.batches import checked, part

PATIENCE_S = 0.5


@pytest.fixture
def dsn(postgres: Postgres) -> Iterator[str]:
    yield postgres.new_database()


async def beaten(store: Any) -> str:
    """The code of what a beat raises, with `fed` where the watchdog is fed all the same; within its time."""
    began = time.monotonic()
    code = "committed"
    try:
        await Pulse(store, "ready").beat()
    except HqError as error:
        code = f"{error.code} fed" if is_no(error) else error.code
    assert time.monotonic() - began < 2 * PATIENCE_S + 0.5
    return code


def opened(dsn: str) -> PostgresStore:
    return PostgresStore(dsn, lambda: 1, lambda: 1, store_partitions=1, connections=1, patience_s=PATIENCE_S)


def test_a_beat_on_sqlite_is_a_commit_that_leaves_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        store = SqliteStore(tmp_path / "hq.db", lambda: 1, 1)
        before = store.commits
        assert await beaten(store) == "committed"
        assert store.commits == before + 1
        await store.ingest([checked(part("T1", 7, 1, 1))])
        assert store.commits == before + 2
        assert (await store.stores())[0].records == 1
        await store.close()

    asyncio.run(main())


def test_a_beat_on_postgres_is_written_and_synced_and_leaves_nothing(dsn: str, postgres: Postgres) -> None:
    database = dsn.split("/")[3].split("?")[0]

    async def main() -> None:
        store = opened(dsn)
        await store.start()
        rows = postgres.psql("SELECT * FROM about", database)
        before = postgres.psql("SELECT pg_current_wal_flush_lsn()", database)
        assert await beaten(store) == "committed"
        synced = postgres.psql(f"SELECT pg_current_wal_flush_lsn() - '{before}'", database)
        assert float(synced) > 0
        assert postgres.psql("SELECT * FROM about", database) == rows
        assert store.commits == 0, "they are the sales'"
        await store.ingest([checked(part("T1", 7, 1, 1))])
        assert store.commits == 1
        await store.close()

    asyncio.run(main())


def test_a_database_that_is_away_or_hangs_feeds_and_one_that_is_well_must_answer(dsn: str, postgres: Postgres) -> None:
    async def main() -> None:
        store = opened(dsn)
        await store.start()
        postgres.kill()
        try:
            assert await beaten(store) == "store_away fed"
            assert await beaten(store) == "store_away fed"
        finally:
            postgres.start()
        assert await beaten(store) == "committed"
        postgres.hang(True)
        try:
            assert await beaten(store) == "store_away fed"
            assert await beaten(store) == "store_away fed"
        finally:
            postgres.hang(False)
        await asyncio.sleep(PATIENCE_S)
        assert await beaten(store) == "committed"
        async with _held(store):
            assert await beaten(store) == "store_stuck"
        assert await beaten(store) == "committed"
        await store.close()

    asyncio.run(main())


@asynccontextmanager
async def _held(store: PostgresStore) -> AsyncIterator[None]:
    """Somebody has the pool's only connection and does not give it back."""
    async with store._connection():
        yield


def test_sales_that_come_through_are_proof_while_a_beat_waits(dsn: str) -> None:
    async def main() -> None:
        store = opened(dsn)
        await store.start()

        async def sell() -> None:
            await asyncio.sleep(PATIENCE_S / 2)
            store.commits += 1

        selling = asyncio.ensure_future(sell())
        async with _held(store):
            assert await beaten(store) == "committed"
        await selling
        await store.close()

    asyncio.run(main())


def test_an_error_of_its_own_disk_does_not_feed() -> None:
    assert is_no(HqError("disk_full")) and is_no(HqError("store_failed", detail="x"))
    assert not is_no(HqError("store_failed", fatal=True, detail="x")) and not is_no(OSError())
