"""How many sales a gateway and head office take, each beside a bare strawman: real processes, TLS with client
certificates, batches sent from outside (scripts/chain_load.py), runs in turn on the same machine.

Not 2xx is no work: one such answer and the run does not count (it raises).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from chain_keys import Office, new_office
from chain_load import write_bodies
from chain_sales import EPOCH, Forms, rung_up
from rig import LANE, ROOT, Process, free_port

from runtime.wire.chain import Part, StoreBatch
from runtime.wire.pack import pack
from runtime.wire.records import RecordBatch
from tests.postgres import Postgres

BATCH, STORE_BATCH = 10, 50
TERMINALS, GATEWAYS = 40, 40
POSTGRES = ("shared_buffers=512MB", "max_wal_size=4GB", "wal_compression=off")


@dataclass(frozen=True)
class Sender:
    """One kept connection: whose key it shows, and what it sends."""

    own: Path
    bodies: Path


@dataclass(frozen=True)
class Load:
    senders: list[Sender]
    root: Path
    sales: int

    def run(self, port: int, folder: Path) -> dict[str, Any]:
        """All of it, from a process of its own. Raises RuntimeError where an answer is not 2xx."""
        connections = [{"cert": str(one.own), "key": str(one.own), "bodies": str(one.bodies)} for one in self.senders]
        spec = {"host": "127.0.0.1", "port": port, "path": "/v1/records", "ca": str(self.root)}
        (folder / "load.json").write_text(json.dumps({**spec, "connections": connections}))
        words = [sys.executable, str(ROOT / "scripts" / "chain_load.py"), str(folder / "load.json")]
        done = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert done.stdin is not None and done.stdout is not None
        if done.stdout.readline().strip() != "ready":
            raise RuntimeError("the load generator did not connect")
        done.stdin.write("go\n")
        done.stdin.flush()
        said: dict[str, Any] = json.loads(done.communicate()[0])
        if any(not 200 <= int(status) < 300 for status in said["statuses"]):
            raise RuntimeError(f"not all of it was taken: {said['statuses']}")
        said["sales_s"] = self.sales / said["took_s"]
        return said


def gateway(quick: bool, folder: Path) -> dict[str, Any]:
    """40 terminals of a store, batches of 10."""
    forms, batches = Forms(rung_up()), 5 if quick else 60
    terminals = [f"{n:02d}" for n in range(1, TERMINALS + 1)]
    keys = new_office(folder / "keys").store("S001", terminals)
    senders = []
    for terminal in terminals:
        sales = forms.records("S001", terminal, EPOCH, 1, batches * BATCH)
        parts = [tuple(sales[at : at + BATCH]) for at in range(0, len(sales), BATCH)]
        bodies = [pack(RecordBatch("S001", terminal, EPOCH, part)) for part in parts]
        write_bodies(folder / f"{terminal}.bodies", bodies)
        senders.append(Sender(keys.till(terminal), folder / f"{terminal}.bodies"))
    load = Load(senders, keys.root, TERMINALS * batches * BATCH)
    sizes = {"batch_b": len(bodies[0]), "record_b": sum(len(one.body) for one in sales) // len(sales)}

    def ours(number: int, port: int) -> Process:
        text = f'[gateway]\nstore = "S001"\nport = {port}\ndatabase = "{number}.db"\nmax_requests = 100\n'
        (folder / f"gateway-{number}.toml").write_text(text + f'[tls]\nfolder = "{keys.folder}"\n')
        return lane_process("gateway", folder, f"gateway-{number}")

    def straw(number: int, port: int) -> Process:
        return _straw(folder, "sqlite", str(folder / f"straw-{number}.db"), port, keys.gateway, keys.root)

    return {**_compare(load, folder, 1 if quick else 3, ours, straw), **sizes}


def head_office(quick: bool, folder: Path) -> dict[str, Any]:
    """40 gateways, batches of 50 of one terminal each, PostgreSQL with fsync on the same disk."""
    forms, batches = Forms(rung_up()), 3 if quick else 40
    office = new_office(folder / "keys")
    senders = []
    for n in range(1, GATEWAYS + 1):
        store = f"S{n:03d}"
        keys = office.store(store, [])
        sales = forms.records(store, "01", EPOCH, 1, batches * STORE_BATCH)
        parts = [tuple(sales[at : at + STORE_BATCH]) for at in range(0, len(sales), STORE_BATCH)]
        write_bodies(
            folder / f"{store}.bodies", [pack(StoreBatch(store, (Part("01", EPOCH, part),))) for part in parts]
        )
        senders.append(Sender(keys.gateway, folder / f"{store}.bodies"))
    load = Load(senders, keys.root, GATEWAYS * batches * STORE_BATCH)
    with Postgres(*POSTGRES, place=str(folder)) as postgres:

        def ours(number: int, port: int) -> Process:
            hq_settings(folder / f"hq-{number}.toml", port, postgres.new_database(), office)
            return lane_process("hq", folder, f"hq-{number}")

        def straw(number: int, port: int) -> Process:
            own = office.hq / "hq.pem"
            return _straw(folder, "postgres", postgres.new_database(), port, own, keys.root)

        return _compare(load, folder, 1 if quick else 3, ours, straw, postgres)


def hq_settings(path: Path, port: int, dsn: str, office: Office, more: str = "") -> None:
    path.write_text(f'[hq]\nport = {port}\npostgres = "{dsn}"\n{more}\n[tls]\nfolder = "{office.hq}"\n')


def lane_process(what: str, folder: Path, name: str = "") -> Process:
    """`lane hq` or `lane gateway` with the settings that lie in the folder under its name."""
    name = name or what
    return Process(name, [*LANE, what, "--config", str(folder / f"{name}.toml")], folder)


def _straw(folder: Path, kind: str, place: str, port: int, own: Path, root: Path) -> Process:
    words = [sys.executable, str(ROOT / "scripts" / "chain_straw.py"), kind, place, "--port", str(port)]
    return Process("straw", [*words, "--cert", str(own), "--key", str(own), "--ca", str(root)], folder)


def _compare(
    load: Load,
    folder: Path,
    runs: int,
    ours: Callable[[int, int], Process],
    straw: Callable[[int, int], Process],
    postgres: Postgres | None = None,
) -> dict[str, Any]:
    """The medians of both, run in turn, each time with a database of its own."""
    found: dict[str, list[dict[str, Any]]] = {"ours": [], "straw": []}
    for number in range(runs):
        for name, make in (("ours", ours), ("straw", straw)):
            port = free_port()
            process = make(number, port).start(60)
            try:
                before_s = _cpu_s(process.pid) + (postgres.cpu_s() if postgres else 0.0)
                said = load.run(port, folder)
                cpu_s = _cpu_s(process.pid) + (postgres.cpu_s() if postgres else 0.0) - before_s
            finally:
                process.kill()
            found[name].append(
                {**said, "cpu_us": 1e6 * cpu_s / load.sales, "load_us": 1e6 * said["cpu_s"] / load.sales}
            )
            print(f"  {name}: {said['sales_s']:,.0f} sales/s, p99 {said['p99_ms']:.0f} ms", file=sys.stderr, flush=True)
    names = ("sales_s", "p50_ms", "p99_ms", "cpu_us", "load_us")
    medians = {who: {key: statistics.median(run[key] for run in rows) for key in names} for who, rows in found.items()}
    bare, full = medians["straw"], medians["ours"]
    return {**medians, "runs": runs, "sales": load.sales, "share": full["sales_s"] / bare["sales_s"]}


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
