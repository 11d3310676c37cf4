"""Real processes over bad lines: tills sell, every process is killed with SIGKILL in turn, both lines are cut, slow,
late and deaf. At head office, on PostgreSQL, is every sale that was closed, once, with its own bytes.

The tills are real Tills, journals and Forwarders in processes of their own, without devices (bad_line_till.py); gateway
and head office are `lane gateway` and `lane hq`; everything over TLS, through scripts/fault_proxy.py.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chain_ingest import hq_settings, lane_process
from chain_keys import StoreKeys, new_office
from chain_sales import EPOCH
from fault_proxy import FaultProxy
from rig import ROOT, Process, free_port, tied

from runtime.journal.store import Journal
from tests.e2e.bad_line_till import STORE
from tests.postgres import Postgres

PROGRAM = Path(__file__).with_name("bad_line_till.py")
PATHS = f"{ROOT}:{ROOT}/scripts"


class Till:
    """One process after another on the same disk."""

    def __init__(self, folder: Path, port: int, keys: StoreKeys, terminal: str, sales: int) -> None:
        self.folder = folder / f"till-{terminal}"
        self.folder.mkdir()
        self.said = self.folder / "said"
        self.words = [sys.executable, str(PROGRAM), str(self.folder), str(port), str(keys.folder), terminal, str(sales)]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.said.open("ab") as out:
            self.process = subprocess.Popen(
                tied(self.words), stdout=out, stderr=out, env={**os.environ, "PYTHONPATH": PATHS}
            )

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)

    def sold(self) -> dict[int, str]:
        """What it said that it sold. A line that was cut by a kill is not said."""
        lines = [line.split() for line in self.said.read_text(errors="replace").splitlines() if line[:5] == "sold "]
        return {int(line[1]): line[2] for line in lines if len(line) == 3 and len(line[2]) == 64}

    def journalled(self) -> dict[int, str]:
        journal = Journal.open(self.folder / "journal.db", machine="m", random_epoch=lambda: EPOCH)
        try:
            return {one.sequence: one.hash.hex() for one in journal.records(0, 1 << 20, 1 << 40)}
        finally:
            journal.close()


class Scene:
    def __init__(self, folder: Path, postgres: Postgres, tills: int, sales: int) -> None:
        self.folder, self.postgres = folder, postgres
        self.wanted = tills * sales
        office = new_office(folder / "keys")
        names = [f"{n:02d}" for n in range(1, tills + 1)]
        self.keys = office.store(STORE, names)
        self.names, self.sales = names, sales
        self.hq_port, self.gateway_port = free_port(), free_port()
        dsn = postgres.new_database()
        self.database = urlsplit(dsn).path[1:]
        hq_settings(folder / "hq.toml", self.hq_port, dsn, office, "connections = 2\nstore_partitions = 2")
        self.hq, self.gateway = lane_process("hq", folder), lane_process("gateway", folder)
        self.tills: list[Till] = []

    def write_gateway(self, port: int) -> None:
        (self.folder / "gateway.toml").write_text(
            f'[gateway]\nstore = "{STORE}"\nport = {self.gateway_port}\ndatabase = "gateway.db"\n'
            f'[tls]\nfolder = "{self.keys.folder}"\n'
            f'[hq]\nurl = "https://127.0.0.1:{port}"\ntimeout_ms = 2_000\n'
        )

    def count(self) -> int:
        return int(self.postgres.psql("SELECT coalesce(sum(records), 0)::bigint FROM line", self.database))

    def stop(self) -> None:
        for till in self.tills:
            till.kill()
        self.gateway.kill()
        self.hq.kill()


def revive(process: Process) -> None:
    process.kill(signal.SIGKILL)
    process.start(60)


async def storm(scene: Scene, faults: int, every_s: float, within_s: float) -> None:
    rng = random.Random(4)
    async with FaultProxy(scene.hq_port) as upper, FaultProxy(scene.gateway_port) as lower:
        scene.write_gateway(upper.port)
        await asyncio.gather(*(asyncio.to_thread(one.start, 60) for one in (scene.hq, scene.gateway)))
        scene.tills = [Till(scene.folder, lower.port, scene.keys, name, scene.sales) for name in scene.names]
        for till in scene.tills:
            till.start()
        for number in range(faults):
            await asyncio.sleep(every_s * (0.5 + rng.random()))
            await fault(scene, number, upper, lower, rng)
        for proxy in (upper, lower):
            proxy.well()
        deadline = time.monotonic() + within_s
        while (found := await asyncio.to_thread(scene.count)) < scene.wanted:
            assert time.monotonic() < deadline, f"{found} of {scene.wanted}: {scene.gateway.tail()}\n{scene.hq.tail()}"
            await asyncio.sleep(0.2)


async def fault(scene: Scene, number: int, upper: FaultProxy, lower: FaultProxy, rng: random.Random) -> None:
    """The faults in turn; a bad line stays bad until the next one."""
    proxy = rng.choice((upper, lower))
    for one in (upper, lower):
        one.well()
    match number % 8:
        case 0:
            till = rng.choice(scene.tills)
            till.kill()
            till.start()
        case 1:
            proxy.delay_s = 0.1
        case 2:
            await asyncio.to_thread(revive, scene.gateway)
        case 3:
            upper.cut()
            lower.cut()
        case 4:
            await asyncio.to_thread(revive, scene.hq)
        case 5:
            proxy.bytes_s = 50_000
        case 6:
            scene.postgres.kill()
            await asyncio.to_thread(scene.postgres.start)
        case _:
            proxy.deaf = True


def check(scene: Scene) -> None:
    """Head office's table against what the tills said and what they journalled; their bodies against the hashes."""
    rows = scene.postgres.psql(
        "SELECT terminal, sequence, encode(hash, 'hex'), encode(sha256(body), 'hex') FROM record_key"
        " JOIN record_body USING (store, terminal, epoch, sequence, month)",
        scene.database,
    ).splitlines()
    assert len(rows) == scene.wanted, "each once"
    found: dict[str, dict[int, str]] = {name: {} for name in scene.names}
    for row in rows:
        terminal, sequence, digest, of_body = row.split("|")
        assert digest == of_body
        found[terminal][int(sequence)] = digest
    for name, till in zip(scene.names, scene.tills, strict=True):
        assert found[name] == till.journalled()
        assert till.sold().items() <= found[name].items(), "what was on paper is there"
        assert len(till.sold()) >= scene.sales - 20  # but for the lines that a kill cut off
        assert sorted(found[name]) == list(range(1, scene.sales + 1))
    assert scene.postgres.psql("SELECT count(*) FROM quarantine", scene.database) == "0"


def run(folder: Path, postgres: Postgres, tills: int, sales: int, faults: int, every_s: float) -> None:
    scene = Scene(folder, postgres, tills, sales)
    try:
        asyncio.run(storm(scene, faults, every_s, within_s=300.0))
    finally:
        scene.stop()
    check(scene)


def test_nothing_is_lost_or_doubled_over_bad_lines(tmp_path: Path, postgres: Postgres) -> None:
    run(tmp_path, postgres, tills=3, sales=150, faults=8, every_s=0.6)


@pytest.mark.long
def test_nothing_is_lost_or_doubled_over_bad_lines_long(tmp_path: Path, postgres: Postgres) -> None:
    run(tmp_path, postgres, tills=20, sales=500, faults=64, every_s=3.0)
