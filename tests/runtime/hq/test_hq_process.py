"""The real head office as a process: with certificates, without its database, told to stop."""

from __future__ import annotations

import asyncio
import http.client
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import LANE, ROOT, Process, free_port

from runtime.link.http_link import HttpLink
from runtime.link.ports import LinkDown
from runtime.trust.authority import make_chain, make_hq, make_store
from runtime.trust.contexts import Files, Tls
from runtime.trust.names import HQ
from runtime.wire.chain import Mark, StoreBatch, read_answer
from runtime.wire.pack import pack, unpack
from tests.postgres import Postgres
from tests.runtime.hq.batches import part
from tests.runtime.trust.chains import NOW, new_chain
from tests.sim.batches import STORE


def lane(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LANE, "hq", *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


class Hq:
    def __init__(self, folder: Path, more: str = "", after: str = "") -> None:
        self.port, self.page_port = free_port(), free_port()
        self.file = folder / "hq.toml"
        self.file.write_text(f"[hq]\nport = {self.port}\npage_port = {self.page_port}\n{more}{after}")
        self.process = Process("hq", [*LANE, "hq", "--config", str(self.file)], folder)

    def ask(self, method: str, path: str, body: bytes = b"", page: bool = False) -> tuple[int, bytes, str | None]:
        connection = http.client.HTTPConnection("127.0.0.1", self.page_port if page else self.port, timeout=20)
        connection.request(method, path, body, {"Content-Type": "application/msgpack"})
        reply = connection.getresponse()
        said = reply.status, reply.read(), reply.getheader("retry-after")
        connection.close()
        return said

    def post(self, batch: StoreBatch) -> tuple[int, bytes, str | None]:
        return self.ask("POST", "/v1/records", pack(batch))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path


def test_it_takes_shows_and_ends_in_order(folder: Path) -> None:
    hq = Hq(folder)
    nobody = lane("--config", hq.file, "--show")
    assert nobody.returncode == 1 and "No head office answers" in nobody.stderr
    hq.process.start()
    try:
        status, body, _ = hq.post(StoreBatch(STORE, (part("T1", 7, 1, 3, total_minor=1234),)))
        assert status == 200 and read_answer(body, 1 << 20).marks == (Mark("T1", 7, 3),)
        shown = lane("--config", hq.file, "--show")
        assert "3 sales of 1 store, in all 37.02" in shown.stdout, shown.stderr
        assert hq.ask("GET", "/healthz", page=True)[0] == 200
        assert hq.ask("POST", "/v1/records", page=True)[0] == 405, "the page only reads"
    finally:
        hq.process.kill()


def test_without_its_database_it_says_so_and_waits(folder: Path, postgres: Postgres) -> None:
    dsn = postgres.new_database()
    hq = Hq(folder, f'postgres = "{dsn.replace("host=", "host=/nowhere")}"\n')
    hq.process.start()
    try:
        for ask in (hq.post(StoreBatch(STORE, (part("T1", 7, 1, 1),))), hq.ask("GET", "/healthz")):
            assert ask[0] == 503 and ask[2] and unpack(ask[1])["code"] == "store_away"
    finally:
        hq.process.kill()
    unsafe = dsn.split("/")[3].split("?")[0]
    postgres.psql(f"ALTER DATABASE {unsafe} SET synchronous_commit = off")
    hq.file.write_text(f'[hq]\nport = {hq.port}\npostgres = "{dsn}"\n')
    refused = lane("--config", hq.file)
    assert refused.returncode == 1 and "synchronous_commit = off" in refused.stderr


def test_only_a_gateway_of_its_store_gets_in(folder: Path) -> None:
    make_chain(folder / "ca", "Chain", NOW)
    for store in (STORE, "S2"):
        make_store(folder / "ca", store, folder / store, NOW)
    make_hq(folder / "ca", folder / "hq", NOW)
    elsewhere = new_chain(folder / "elsewhere")
    root = folder / "ca" / "root.pem"
    hq = Hq(folder, after='[tls]\nfolder = "hq"\n')
    hq.process.start()
    batch = pack(StoreBatch(STORE, (part("T1", 7, 1, 2),)))

    async def ask(own: Path | None, get: str = "") -> tuple[int, bytes]:
        tls = Tls(Files(root, own), HQ, lambda: time.time_ns() // 1_000_000)
        link = HttpLink(f"https://127.0.0.1:{hq.port}", timeout_s=20, tls=tls)
        try:
            reply = await (link.get(get) if get else link.post("/v1/records", batch))
            return reply.status, reply.body
        except LinkDown:
            return 0, b""
        finally:
            await link.close()

    def said(own: Path | None, get: str = "") -> tuple[int, str]:
        status, body = asyncio.run(ask(own, get))
        return status, unpack(body).get("code", "") if body and status != 200 else ""

    own = folder / STORE / "gateway.pem"
    try:
        assert said(own) == (200, "")
        assert said(None) == (403, "no_certificate")
        assert said(folder / "S2" / "gateway.pem") == (403, "wrong_sender")
        assert said(elsewhere.gateway(STORE).own) == (0, ""), "another chain's: no handshake"
        feed = f"/v1/feed?store={STORE}"
        assert said(own, feed) == (404, "not_found"), "a gateway sends, it does not read"
        assert said(folder / "hq" / "hq.pem", feed) == (200, "")
        assert hq.ask("GET", feed, page=True)[0] == 200
        with pytest.raises((OSError, http.client.HTTPException)):
            hq.ask("GET", "/healthz")  # in the clear: nothing
    finally:
        hq.process.kill()
