"""From terminals through a gateway to head office on PostgreSQL, all real processes, each killed in the middle of it.

What a terminal let go of, because it was told that it is settled, is at head office, once, with the same bytes.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import LANE, Process, free_port

from runtime.wire.chain import FedRecord
from runtime.wire.pack import build, pack, unpack
from runtime.wire.records import CONTENT_TYPE, BatchAnswer, PackedRecord, RecordBatch
from tests.postgres import Postgres
from tests.sim.batches import STORE, record

EPOCH = 9
HEADERS = {"Content-Type": CONTENT_TYPE}
WAIT_S = 60.0


def sale(terminal: str, sequence: int) -> PackedRecord:
    return record(terminal, EPOCH, sequence, padding="x" * (sequence * 131 % 1_500), BusinessDayDate="2026-11-30")


class Terminal(threading.Thread):
    """Closes sales and sends them, again after `stored`, and lets go of them at `settled` alone."""

    def __init__(self, port: int, name: str, sales: int) -> None:
        super().__init__(name=name, daemon=True)
        self.port = port
        self.sales = sales
        self.kept = {n: sale(name, n) for n in range(1, sales + 1)}
        self.stored = self.settled = 0
        self.complaint = ""

    def run(self) -> None:
        rng = random.Random(self.name)
        connection = self._connect()
        deadline = time.monotonic() + 4 * WAIT_S + self.sales / 5
        while self.settled < self.sales and time.monotonic() < deadline:
            first = self.stored + 1
            records = [self.kept[n] for n in range(first, min(first + rng.randint(1, 10), self.sales + 1))]
            batch = RecordBatch(STORE, self.name, EPOCH, tuple(records), settled=self.settled)
            try:
                connection.request("POST", "/v1/records", pack(batch), HEADERS)
                reply = connection.getresponse()
                status, body = reply.status, reply.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(0.02)
                connection = self._connect()
                continue
            if status in (429, 503):
                time.sleep(0.02)
                continue
            if status != 200:
                self.complaint = f"status {status} {body!r}"
                return
            answer = build(BatchAnswer, unpack(body))
            if answer.quarantined or answer.stored < self.settled or answer.settled > answer.stored:
                self.complaint = f"{answer} after stored {self.stored}, settled {self.settled}"
                return
            self.stored = answer.stored
            if answer.settled > self.settled:  # too low it may be, after a start: it is heard again
                self.settled = answer.settled
                for n in list(self.kept):
                    if n <= self.settled:
                        del self.kept[n]
            if not records:
                time.sleep(0.02)
        connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)


class Chain:
    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self.postgres = postgres
        self.hq_port, self.gateway_port = free_port(), free_port()
        dsn = postgres.new_database()
        (folder / "hq.toml").write_text(
            f'[hq]\nport = {self.hq_port}\npostgres = "{dsn}"\nconnections = 2\nstore_partitions = 2\n'
        )
        (folder / "gateway.toml").write_text(
            f'[gateway]\nstore = "{STORE}"\nport = {self.gateway_port}\ndatabase = "gateway.db"\n'
            f'[hq]\nurl = "http://127.0.0.1:{self.hq_port}"\n'
        )
        self.hq = Process("hq", [*LANE, "hq", "--config", str(folder / "hq.toml")], folder)
        self.gateway = Process("gateway", [*LANE, "gateway", "--config", str(folder / "gateway.toml")], folder)

    def ask(self, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.hq_port, timeout=20)
        connection.request("GET", path)
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        assert reply.status == 200, body
        return body

    def fed(self) -> list[FedRecord]:
        found: list[FedRecord] = []
        while True:
            after = found[-1].position if found else 0
            page = unpack(self.ask(f"/v1/feed?store={STORE}&after={after}&limit=500"), 64 << 20)
            if not page:
                return found
            found += [build(FedRecord, one) for one in page]

    def stop(self) -> None:
        self.gateway.kill()
        self.hq.kill()


@pytest.fixture
def chain(tmp_path: Path, postgres: Postgres) -> Iterator[Chain]:
    made = Chain(tmp_path, postgres)
    try:
        yield made
    finally:
        made.stop()


def storm(chain: Chain, terminals: int, sales: int, kills: int) -> None:
    chain.hq.start()
    chain.gateway.start()
    tills = [Terminal(chain.gateway_port, f"T{n}", sales) for n in range(1, terminals + 1)]
    for till in tills:
        till.start()
    rng = random.Random(1)
    for n in range(kills):
        before = sum(till.settled for till in tills)
        deadline = time.monotonic() + WAIT_S
        while sum(till.settled for till in tills) <= before and any(till.is_alive() for till in tills):
            assert time.monotonic() < deadline, f"the chain stands still\n{chain.gateway.tail()}\n{chain.hq.tail()}"
            time.sleep(0.02 + rng.random() * 0.1)
        victim = (chain.gateway, chain.hq, None)[n % 3]
        if victim is None:
            chain.postgres.kill()
            chain.postgres.start()
        else:
            victim.kill(signal.SIGKILL)
            victim.start()
    for till in tills:
        till.join(4 * WAIT_S + sales / 5)
        assert not till.complaint, till.complaint
        assert till.settled == till.sales, f"{till.name} {till.settled}\n{chain.gateway.tail()}\n{chain.hq.tail()}"
    wanted = {(till.name, n): sale(till.name, n) for till in tills for n in range(1, sales + 1)}
    fed = chain.fed()
    assert [one.position for one in fed] == list(range(1, len(wanted) + 1)), "each once, in one order"
    got = {(one.terminal, one.record.sequence): one.record for one in fed}
    assert got == wanted
    assert all(hashlib.sha256(one.body).digest() == one.hash for one in got.values())
    status = json.loads(chain.ask("/v1/status"))
    assert (status["sales"], status["quarantined"]) == (len(wanted), 0)
    assert status["total_minor"] == 100 * len(wanted)


def test_every_settled_sale_is_at_head_office_once_whatever_is_killed(chain: Chain) -> None:
    storm(chain, terminals=3, sales=500, kills=3)


@pytest.mark.long
def test_every_settled_sale_is_at_head_office_once_whatever_is_killed_long(chain: Chain) -> None:
    storm(chain, terminals=20, sales=500, kills=30)
