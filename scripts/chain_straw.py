"""The bare minimum that takes sales over HTTP: insert, sync, answer. What lanekit's servers are measured against.

    python scripts/chain_straw.py sqlite PATH --port P [--cert C --key K --ca A]
    python scripts/chain_straw.py postgres DSN --port P [...]

No checks, no watermarks, no quarantine: the batch's msgpack is opened, its records are inserted, requests that wait
together share one commit and one sync (SQLite: a thread; PostgreSQL does that itself), and the answer is a fixed map.
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgpack
import uvicorn

Row = tuple[str, str, int, int, bytes, bytes]
Keep = Callable[[list[Row]], Awaitable[None]]
ANSWER = msgpack.packb({"stored": 0, "settled": 0, "quarantined": []})


def rows_of(data: bytes) -> list[Row]:
    """The records of a terminal's batch, or of a store's (its parts)."""
    batch = msgpack.unpackb(data)
    store = batch["store"]
    return [
        (store, part["terminal"], part["epoch"] - (1 << 63), one["sequence"], one["hash"], one["body"])
        for part in batch.get("parts", [batch])
        for one in part["records"]
    ]


def sqlite_keeper(path: str) -> Keep:
    import apsw

    connection = apsw.Connection(path)
    for pragma in ("page_size=16384", "journal_mode=WAL", "synchronous=FULL", "locking_mode=EXCLUSIVE"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(
        "CREATE TABLE record (store, terminal, epoch, sequence, hash, body, UNIQUE (store, terminal, epoch, sequence))"
    )
    thread = ThreadPoolExecutor(1)
    waiting: list[tuple[list[Row], asyncio.Future[None]]] = []
    draining: asyncio.Task[None] | None = None

    def write(batches: list[list[Row]]) -> None:
        with connection:
            for rows in batches:
                connection.executemany("INSERT OR IGNORE INTO record VALUES (?,?,?,?,?,?)", rows)

    async def drain() -> None:
        loop = asyncio.get_running_loop()
        while waiting:
            taken = waiting.copy()
            waiting.clear()
            await loop.run_in_executor(thread, write, [rows for rows, _ in taken])
            for _, future in taken:
                future.set_result(None)

    async def keep(rows: list[Row]) -> None:
        nonlocal draining
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append((rows, future))
        if draining is None or draining.done():
            draining = asyncio.ensure_future(drain())
        await future

    return keep


def postgres_keeper(dsn: str) -> Keep:
    import asyncpg

    pool: Any = None
    lock = asyncio.Lock()
    table = (
        "CREATE TABLE IF NOT EXISTS straw (store text, terminal text, epoch bigint, sequence bigint, hash bytea,"
        " body bytea, PRIMARY KEY (store, terminal, epoch, sequence))"
    )
    insert = (
        "INSERT INTO straw SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bytea[],"
        " $6::bytea[]) ON CONFLICT DO NOTHING"
    )

    async def keep(rows: list[Row]) -> None:
        nonlocal pool
        async with lock:
            if pool is None:
                pool = await asyncpg.create_pool(dsn, min_size=8, max_size=8)
                await pool.execute(table)
        await pool.execute(insert, *(list(column) for column in zip(*rows, strict=True)))

    return keep


def application(keep: Keep) -> Callable[..., Awaitable[None]]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        data = b""
        more = True
        while more:
            message = await receive()
            data += message.get("body", b"")
            more = message.get("more_body", False)
        await keep(rows_of(data))
        headers = [(b"content-type", b"application/msgpack"), (b"content-length", b"%d" % len(ANSWER))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": ANSWER})

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("sqlite", "postgres"))
    parser.add_argument("place", help="the database's path, or PostgreSQL's DSN")
    parser.add_argument("--port", type=int, required=True)
    for name in ("cert", "key", "ca"):
        parser.add_argument(f"--{name}")
    asked = parser.parse_args()
    keep = sqlite_keeper(asked.place) if asked.kind == "sqlite" else postgres_keeper(asked.place)
    tls: dict[str, Any] = {}
    if asked.cert:
        tls = {"ssl_certfile": asked.cert, "ssl_keyfile": asked.key, "ssl_ca_certs": asked.ca}
        tls["ssl_cert_reqs"] = ssl.CERT_REQUIRED
    config = uvicorn.Config(
        application(keep), port=asked.port, lifespan="off", ws="none", access_log=False, log_level="warning", **tls
    )
    server = uvicorn.Server(config)

    async def serve() -> None:
        task = asyncio.ensure_future(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        print("ready", flush=True)
        await task

    asyncio.run(serve())


if __name__ == "__main__":
    main()
