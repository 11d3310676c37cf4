"""A gateway's certificate that was revoked gets nothing at head office; a new one of the same store does. Real TLS."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openapi
import pytest
from starlette.requests import Request
from starlette.responses import Response

from runtime.gateway.batches import checked_batch
from runtime.gateway.keeper import Keeper
from runtime.gateway.store import GatewayStore
from runtime.gateway.upstream import Upstream
from runtime.hq.app import Desk, Door, make_app
from runtime.hq.errors import HqError
from runtime.hq.revoked import FILE, RevokedList
from runtime.hq.serve import open_tls
from runtime.hq.settings import read_hq_file
from runtime.hq.sqlite import SqliteStore
from runtime.link.backoff import Backoff
from runtime.link.http_link import HttpLink
from runtime.serving.kit import Endpoint
from runtime.serving.server import Listener, _server, listen
from runtime.trust.authority import make_chain, make_hq, make_store
from runtime.trust.contexts import Files, Tls
from runtime.trust.issuing import serial_of
from runtime.trust.names import HQ
from runtime.wire.chain import StoreBatch
from runtime.wire.pack import pack, unpack
from tests.runtime.hq.batches import part
from tests.runtime.hq.test_hq_process import Hq, lane
from tests.sim.batches import STORE, batch

MADE = datetime.now(UTC) - timedelta(minutes=2)
BATCH = pack(StoreBatch(STORE, (part("T1", 7, 1, 2),)))


class Chain:
    """Certificates of two stores and of head office."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        make_chain(folder / "ca", "Chain", MADE)
        make_hq(folder / "ca", folder / "hq", MADE)
        self.old, self.other = self.gateway(STORE, "old", MADE), self.gateway("S2", "other", MADE)

    def gateway(self, store: str, name: str, made: datetime) -> Path:
        make_store(self.folder / "ca", store, self.folder / name, made)
        return self.folder / name / "gateway.pem"

    def link(self, own: Path, port: int) -> HttpLink:
        tls = Tls(Files(self.folder / "ca" / "root.pem", own), HQ, lambda: time.time_ns() // 1_000_000)
        return HttpLink(f"https://127.0.0.1:{port}", timeout_s=20, tls=tls)


def said(reply: Any) -> tuple[int, str]:
    return reply.status, "" if reply.status == 200 else str(unpack(reply.body)["code"])


async def ask_all(link: HttpLink) -> set[tuple[int, str]]:
    """What every address of head office's page of addresses says."""
    heard = set()
    for one in openapi.HQ:
        path = one.path.replace("{method}", "zstd").replace("{old}", "0" * 64).replace("{file}", "0" * 64)
        asked = "&".join(f"{name}={'S1' if name == 'store' else '1'}" for name, _, required in one.query if required)
        path += f"?{asked}" if asked else ""
        heard.add(said(await (link.post(path, BATCH) if one.method == "POST" else link.get(path))))
    return heard


def revoke(hq: Hq, *words: object) -> subprocess.CompletedProcess[str]:
    done = lane("revoke", "--config", hq.file, "--store", STORE, "--by", "Wang", *words)
    assert done.returncode == 0, done.stderr
    return done


def test_a_stolen_gateway_gets_nothing_and_its_successor_all(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    hq = Hq(tmp_path, after='[tls]\nfolder = "hq"\n')
    hq.process.start()

    async def main() -> None:
        stolen, other = chain.link(chain.old, hq.port), chain.link(chain.other, hq.port)
        assert said(await stolen.post("/v1/records", BATCH)) == (200, "")
        done = await asyncio.to_thread(revoke, hq)
        assert f"store {STORE}, all made before" in done.stdout and f"lane ca store DIR {STORE}" in done.stdout
        assert said(await stolen.post("/v1/records", BATCH)) == (403, "revoked"), "on the open connection"
        assert await ask_all(stolen) == {(403, "revoked")}
        new = chain.link(chain.gateway(STORE, "new", datetime.now(UTC) + timedelta(seconds=2)), hq.port)
        assert said(await new.post("/v1/records", BATCH)) == (200, "")
        assert said(await other.post("/v1/records", pack(StoreBatch("S2", ())))) == (200, "")
        assert said(await chain.link(tmp_path / "hq" / "hq.pem", hq.port).get("/v1/stores")) == (200, "")
        hq.process.kill()
        hq.process.start()
        assert await ask_all(stolen) == {(403, "revoked")}
        assert said(await new.post("/v1/records", BATCH)) == (200, "")
        for link in (stolen, other, new):
            await link.close()

    try:
        asyncio.run(main())
        listed = lane("revoked", "--config", hq.file)
        assert listed.stdout.count("\n") == 1 and "by Wang" in listed.stdout
    finally:
        hq.process.kill()


@asynccontextmanager
async def serving(folder: Path, door: Door, more: Sequence[Endpoint] = ()) -> AsyncIterator[int]:
    """Head office in this process, on its port; with the keys that are in `folder`."""
    (folder / "in.toml").write_text('[hq]\n[tls]\nfolder = "hq"\n')
    store = SqliteStore(folder / "in.db", lambda: 1_000, 5)
    with listen("127.0.0.1", 0) as listening:
        app = make_app(Desk(store), more=more, door=door)
        server = _server(Listener(app, listening, open_tls(read_hq_file(folder / "in.toml"))), lambda: None)
        running = asyncio.ensure_future(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await running
            await store.close()


class AtTheHandshake(Door):
    """The fault: who was let in once is let in for as long as its connection lasts."""

    def __init__(self, revoked: RevokedList | None = None) -> None:
        super().__init__(revoked)
        self._known: set[object] = set()

    def check_revoked(self, request: Request) -> None:
        client = request.scope["client"]
        if client not in self._known:
            super().check_revoked(request)
            self._known.add(client)


@pytest.mark.parametrize(("kind", "heard"), [(Door, (403, "revoked")), (AtTheHandshake, (200, ""))])
def test_an_open_connection_is_looked_at_too(tmp_path: Path, kind: type[Door], heard: tuple[int, str]) -> None:
    chain = Chain(tmp_path)
    hq = Hq(tmp_path, after='[tls]\nfolder = "hq"\n')  # for its settings

    async def main() -> None:
        async with serving(tmp_path, kind(RevokedList(tmp_path / "hq" / FILE))) as port:
            link = chain.link(chain.old, port)
            assert said(await link.post("/v1/records", BATCH)) == (200, "")
            await asyncio.to_thread(revoke, hq)
            assert said(await link.post("/v1/records", BATCH)) == heard
            await link.close()

    asyncio.run(main())


def test_a_question_that_was_held_back_meanwhile_is_answered_with_a_no(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    hq = Hq(tmp_path, after='[tls]\nfolder = "hq"\n')

    async def main() -> None:
        asked, news = asyncio.Event(), asyncio.Event()

        async def held(request: Request) -> Response:
            asked.set()
            await news.wait()
            return Response(b"news")

        door = Door(RevokedList(tmp_path / "hq" / FILE))
        async with serving(tmp_path, door, [Endpoint("/held", "GET", held)]) as port:
            asking = asyncio.ensure_future(chain.link(chain.old, port).get("/held"))
            await asked.wait()
            await asyncio.to_thread(revoke, hq)
            news.set()
            assert said(await asking) == (403, "revoked")

    asyncio.run(main())


def test_a_number_is_one_certificate_and_a_moment_all_before_it(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    hq = Hq(tmp_path, after='[tls]\nfolder = "hq"\n')
    revoke(hq, "--certificate", chain.old)
    later = chain.gateway(STORE, "later", MADE)
    revoke(hq, "--certificate", f"{serial_of(later.read_bytes()):X}")
    third, last = chain.gateway(STORE, "third", MADE), chain.gateway(STORE, "last", MADE + timedelta(minutes=1))

    async def main() -> None:
        async with serving(tmp_path, Door(RevokedList(tmp_path / "hq" / FILE))) as port:

            async def all_of() -> list[int]:
                return [(await chain.link(one, port).get("/healthz")).status for one in (chain.old, later, third, last)]

            assert await all_of() == [403, 403, 200, 200]
            when = (MADE + timedelta(seconds=30)).astimezone().isoformat(timespec="seconds")
            await asyncio.to_thread(revoke, hq, "--before", when)
            assert await all_of() == [403, 403, 403, 200]

    asyncio.run(main())
    for words, why in (
        (("--certificate", chain.other), "is no certificate of the gateway of store"),
        (("--certificate", "nowhere.pem"), "nowhere.pem"),
        (("--before", "tomorrow"), "no moment"),
    ):
        refused = lane("revoke", "--config", hq.file, "--store", STORE, "--by", "Wang", *words)
        assert refused.returncode == 2 and why in refused.stderr


@pytest.mark.parametrize("spoil", [lambda path: path.write_text("{"), lambda path: path.unlink()])
def test_a_list_that_is_damaged_or_gone_lets_nobody_in(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    chain = Chain(tmp_path)
    hq = Hq(tmp_path, after='[tls]\nfolder = "hq"\n')
    revoke(hq)
    path = tmp_path / "hq" / FILE
    kept = path.read_bytes()

    async def main() -> None:
        async with serving(tmp_path, Door(RevokedList(path))) as port:
            link = chain.link(chain.other, port)
            assert (await link.get("/healthz")).status == 200
            spoil(path)
            for _ in range(2):
                reply = await link.get("/v1/stores")
                assert said(reply) == (503, "revoked_unread") and reply.retry_after_s
            path.write_bytes(kept)
            assert (await link.get("/healthz")).status == 200
            assert said(await chain.link(chain.old, port).get("/healthz")) == (403, "revoked")

    asyncio.run(main())


def test_a_list_that_is_damaged_is_no_list_to_start_with(tmp_path: Path) -> None:
    for text in ("", "[]", '{"revoked": [{"store": 1}]}', '{"revoked": [{"store": "S", "number": "x"}]}'):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(HqError) as caught:
            RevokedList(tmp_path / FILE)
        assert caught.value.code == "revoked_unread"


def test_the_gateway_says_so_and_goes_on_with_its_new_certificate(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    hq = Hq(tmp_path, after='[tls]\nfolder = "hq"\n')

    async def main() -> None:
        store = GatewayStore.open(str(tmp_path / "g.db"), STORE, lambda: 1_000)
        keeper = Keeper(store)
        async with serving(tmp_path, Door(RevokedList(tmp_path / "hq" / FILE))) as port:
            upstream = Upstream(keeper, chain.link(chain.old, port), lambda: 0.5, Backoff(0.01, 0.01))
            running = asyncio.ensure_future(upstream.run())

            async def until(what: Callable[[], bool]) -> None:
                async with asyncio.timeout(20):
                    while not what():
                        await asyncio.sleep(0.005)

            await keeper.take(checked_batch(batch("T1", 7, 1, 3), STORE))
            await until(lambda: store.terminals()[0].settled == 3)
            await asyncio.to_thread(revoke, hq)
            await keeper.take(checked_batch(batch("T1", 7, 4, 1), STORE))
            await until(lambda: upstream.status[1] == "HQ_REVOKED")
            assert not upstream.status[0] and "lane ca store" in upstream.sentence
            new = chain.gateway(STORE, "new", datetime.now(UTC) + timedelta(seconds=2))
            chain.old.write_bytes(new.read_bytes())
            await until(lambda: store.terminals()[0].settled == 4)
            assert upstream.status[0]
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        store.close()

    asyncio.run(main())
